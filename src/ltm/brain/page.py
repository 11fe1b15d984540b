"""What pictures are read into: the cells of a grid, or the tokens of a sequence.

Shapes: N readings, C cells (or tokens).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.errors import DataError
from ltm.senses.grid import GridSpec
from ltm.senses.sequence import SequenceSpec

Reading = tuple[int, ...]
"""One symbol a picture."""


@dataclass(frozen=True)
class GridPage:
    """A grid of fixed rows and columns.

    Attributes:
        spec: the mind's sense.
        blank: what a cell without a picture holds.
    """

    spec: GridSpec
    blank: int | None = 0

    def __post_init__(self) -> None:
        if not self.spec.rows or not self.spec.columns:
            raise DataError("the grid must have fixed rows and columns")

    @property
    def symbols(self) -> Sequence[str]:
        """What a picture may show, as the eye's labels say it, by the number that the mind sees."""
        return tuple(self.spec.letters) if self.spec.form == "text" else tuple(map(str, range(self.spec.symbols)))

    @property
    def sides(self) -> tuple[int, int]:
        """Rows and columns."""
        assert self.spec.rows and self.spec.columns  # checked when it was made
        return self.spec.rows, self.spec.columns

    def check(self, count: int) -> None:
        """Refuses all but one picture, or None, a cell.

        Raises:
            DataError: says how many they must be.
        """
        rows, columns = self.sides
        if count != rows * columns:
            raise DataError(f"expected {rows * columns} pictures ({rows} rows of {columns}), got {count}")

    def place(self, cell: int) -> str:
        """Says row and column, from 1."""
        return f"row {cell // self.sides[1] + 1}, column {cell % self.sides[1] + 1}"

    def readable(self, reading: Reading) -> bool:
        """Any symbols make a grid."""
        return True

    def encode(self, readings: Sequence[Reading]) -> Tensor:
        """Returns grids `[N, rows, columns]`."""
        return torch.from_numpy(self._grid(readings))

    def decode(self, reading: Reading) -> Any:
        """Returns text or nested lists."""
        return self.spec.decode(self._grid([reading])[0])

    def _grid(self, readings: Sequence[Reading]) -> npt.NDArray[np.uint8]:
        return np.array(readings, dtype=np.uint8).reshape(len(readings), *self.sides)


@dataclass(frozen=True)
class SequencePage:
    """A sequence of tokens, each of which is a picture.

    Attributes:
        spec: the mind's sense.
        blank: None, as there is no place without a picture.
    """

    spec: SequenceSpec
    blank: int | None = None

    @property
    def symbols(self) -> Sequence[str]:
        """The tokens, in order."""
        return self.spec.tokens

    def check(self, count: int) -> None:
        """Refuses no pictures, and more than the mind can see.

        Raises:
            DataError: says how many they may be.
        """
        if not 1 <= count <= self.spec.longest:
            raise DataError(f"expected 1 to {self.spec.longest:,} pictures, one a token, got {count:,}")

    def place(self, cell: int) -> str:
        """Says the number, from 1."""
        return f"picture {cell + 1}"

    def readable(self, reading: Reading) -> bool:
        """Whether every bracket that is opened is closed, and none is closed that isn't open."""
        depth = 0
        for symbol in reading:
            token = self.spec.tokens[symbol]
            depth += (token in self.spec.opening) - (token in self.spec.closing)
            if depth < 0:
                return False
        return depth == 0

    def encode(self, readings: Sequence[Reading]) -> Tensor:
        """Returns sequences `[N, C]`, with brackets `[N, C, 3]`."""
        return torch.from_numpy(np.stack([self.spec.encode(self._tokens(reading)) for reading in readings]))

    def decode(self, reading: Reading) -> str:
        """Returns the tokens parted by spaces."""
        return " ".join(self._tokens(reading))

    def _tokens(self, reading: Reading) -> list[str]:
        return [self.spec.tokens[symbol] for symbol in reading]


Page = GridPage | SequencePage
"""The form in which a reasoning brain sees what pictures show."""


def page_of(spec: Any) -> Page:
    """Returns the page of a sense.

    Raises:
        DataError: it is neither a grid of fixed size nor a sequence.
    """
    if isinstance(spec, GridSpec):
        return GridPage(spec)
    if isinstance(spec, SequenceSpec):
        return SequencePage(spec)
    raise DataError(f"the brain that thinks must see one grid or one sequence, not a value of the kind {spec.kind!r}")
