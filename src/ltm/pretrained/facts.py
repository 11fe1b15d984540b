"""What has to be known of a pretrained model before it is loaded: what it takes, what it makes of it, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Takes = Literal["text", "image", "audio"]
Value = npt.NDArray[np.generic]
"""One scene's value as a sense of kind `raw` encodes it: tokens int32 `[L]`, pixels uint8 `[R, C, 3]`, samples int16
`[N]`."""


class Sized(Protocol):
    """An array or a tensor."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How long its axes are."""


class Run(Protocol):
    """A loaded model."""

    def __call__(self, value: Value) -> npt.NDArray[np.float32]:
        """Returns what it makes of one value, `[sites, channels]`: its sites row by row."""


@dataclass(frozen=True)
class Facts:
    """A model as charts need to know it. Units are tokens of a text, samples of a sound, columns of a picture.

    Attributes:
        takes: what it was trained on.
        channels: numbers that it makes of each site.
        weights: how many it has.
        sites: from units to rows and columns of what it makes.
        operations: from units to what it computes for one value: multiply-adds times two, matrix products only.
        least: units of a text or a sound at least.
        most: likewise at most.
        size: rows and columns of pictures.
        line: whether pictures are lines of text, which keep their shape, and of which a sense says how long they are.
        rate: samples a second of sounds.
        adaptable: of the layers that are run, how many may have low-rank adapters: all or none.
    """

    takes: Takes
    channels: int
    weights: int
    sites: Callable[[int], tuple[int, int]]
    operations: Callable[[int], int]
    least: int = 1
    most: int = 1
    size: tuple[int, int] = (1, 1)
    line: bool = False
    rate: int = 16_000
    adaptable: int = 0


def units_of(value: Sized) -> int:
    """Returns the units of a value as a sense encodes it."""
    # Only pictures have rows; what is counted of them are the columns.
    return int(value.shape[1]) if len(value.shape) == 3 else int(value.shape[0])


def in_a_row(units: int) -> tuple[int, int]:
    """Returns the sites of models that make one thing of each token."""
    return 1, units
