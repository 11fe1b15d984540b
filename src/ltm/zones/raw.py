"""What a sense of kind `raw` holds for a batch of scenes, for zones that look at values themselves.

Shapes: B batch, L tokens of the longest text.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from ltm.senses.layout import void_of

_Function = TypeVar("_Function", bound=Callable[..., Any])


def uncompiled(function: _Function) -> _Function:
    """Marks a function that `torch.compile` leaves alone: hashing and looking up are no tensor's affair.

    The mark is made once the compiler is there: importing it alone takes longer than a brain takes to answer.
    """
    marked: list[Callable[..., Any]] = []

    @functools.wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        if "torch._dynamo" not in sys.modules:
            return function(*args, **named)
        if not marked:
            marked.append(torch.compiler.disable(function))  # type: ignore[no-untyped-call]
        return marked[0](*args, **named)

    return cast(_Function, called)


@dataclass(eq=False)
class Raw:
    """Values, and where their sites are in the field.

    Attributes:
        values: `[B, *sides]`; texts are padded.
        first: of their sites.
        last: the site behind them.
        keys: eight bytes or more for each, which equal values share.
    """

    values: Tensor
    first: int
    last: int
    keys: tuple[bytes, ...]

    @classmethod
    @uncompiled
    def of(cls, values: Tensor, first: int, last: int) -> Raw:
        """Wraps values; texts count without their padding, so that they are the same in any batch."""
        keys = []
        for row in range(len(values)):
            value = whole(values[row])
            keys.append(hashlib.blake2b(value.numpy().tobytes(), digest_size=16).digest())
        return cls(values, first, last, tuple(keys))

    def some(self, index: Tensor) -> Raw:
        """Returns the values of some examples."""
        return Raw(self.values[index], self.first, self.last, tuple(self.keys[row] for row in index.tolist()))


def whole(value: Tensor) -> Tensor:
    """Returns one value without its padding."""
    return value if value.dim() != 1 else value[: int((value != void_of(value.dtype)).sum())].contiguous()
