"""What this machine can do: matrix-product rate in fp32 and bf16, a compiler or none, memory in use."""

from __future__ import annotations

import functools
import resource
import shutil
import statistics
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Rates:
    """Measured matrix-product rates in operations (multiply-adds times two) a second."""

    fp32: float
    bf16: float

    @property
    def best(self) -> float:
        """The faster of the two."""
        return max(self.fp32, self.bf16)


def matrix_rate(dtype: torch.dtype, seconds: float = 0.3) -> float:
    """Returns the median rate of products of `[2048, 1024]` by `[1024, 1024]`, large enough to be near the peak."""
    left, right = torch.ones(2048, 1024, dtype=dtype), torch.ones(1024, 1024, dtype=dtype)
    rates: list[float] = []
    deadline = time.perf_counter() + seconds
    with torch.no_grad():
        F.linear(left, right)
        while time.perf_counter() < deadline or len(rates) < 3:
            start = time.perf_counter()
            F.linear(left, right)
            rates.append(2 * 2048 * 1024 * 1024 / (time.perf_counter() - start))
    return statistics.median(rates)


@functools.cache
def rates() -> Rates:
    """Measures both rates once a process."""
    return Rates(matrix_rate(torch.float32), matrix_rate(torch.bfloat16))


def compiler() -> str | None:
    """Returns the C++ compiler that `torch.compile` would use, or None."""
    for name in ("g++", "clang++", "c++"):
        found = shutil.which(name)
        if found:
            return found
    return None


def peak_memory() -> int:
    """Returns the process's largest resident size so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
