"""How encoded values are laid out in arrays: their axes, number type, and what marks places beyond a value's end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

VOID = 255
"""Marks places outside a grid of symbols, where grids of several shapes share a batch."""
_VOIDS: dict[str, int | float] = {"uint8": VOID, "int16": -(2**15), "int32": -1, "float32": math.nan}


Written = Literal["plain", "lists", "file"]
"""How a cell of a table holds a value: as it is, as text such as `[[0, 1], [1, 0]]`, or as a file's name (or lists)."""


@dataclass(frozen=True)
class Layout:
    """The arrays of one column of scenes.

    Attributes:
        rank: axes of one value; 2 for a grid.
        dtype: `uint8` for up to 250 symbols, `int32` for more, `int16` for sounds, `float32` for measurements.
        longest: places along one axis at most.
        symbolic: numbers name symbols, rather than measure something.
    """

    rank: int = 2
    dtype: str = "uint8"
    longest: int = 1024
    symbolic: bool = True

    @property
    def void(self) -> int | float:
        """What pads a value to the largest of its column."""
        return _VOIDS[self.dtype]


def unless_all(there: torch.Tensor) -> torch.Tensor | None:
    """Returns which places exist, or None when all do, so that nothing is spent on leaving some out.

    While a graph is made for export nothing is known of the values yet, so which places exist stays a part of it.
    """
    return None if not torch.compiler.is_exporting() and bool(there.all()) else there


def void_of(dtype: torch.dtype | np.dtype[np.generic]) -> int | float:
    """Returns what pads values of a number type."""
    return _VOIDS[str(dtype).removeprefix("torch.")]
