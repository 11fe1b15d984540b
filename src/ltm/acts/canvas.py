"""The `canvas` act: a grid on sites of its own, so that it may be larger or smaller than anything that is seen.

Every cell of the canvas says a symbol, or that it lies outside. The answer is the rectangle from the first corner on
that agrees best with which cells do: the one with the most cells inside beyond those outside.

Shapes: B batch, R rows and C columns of the canvas, N = R·C cells, D field width, V symbols.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Bool, Float, Integer
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.acts.each_site import ReadsEachSite
from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.senses.grid import GridSpec
from ltm.senses.layout import VOID, Layout, Written
from ltm.zones.layers import Linear, truncated_normal_

MOST_SIDE = 128


class CanvasSpec(Part):
    """A grid of any size up to the canvas's, read from text, nested lists or an array."""

    kind: Literal["canvas"]
    rows: Annotated[int, Field(ge=1, le=MOST_SIDE)]
    """At most; the field gets rows × columns sites more."""
    columns: Annotated[int, Field(ge=1, le=MOST_SIDE)]
    """At most."""
    colours: Annotated[int, Field(ge=2, le=249)]
    """Symbols are the numbers 0 to colours - 1."""
    alphabet: Annotated[str, Field(min_length=2, max_length=249)] | None = None
    """The character of each symbol, in order."""
    form: Literal["text", "lists"] = "text"
    """How values are written: text in rows parted by newlines or `/`, or nested lists."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Label smoothing of the training loss."""

    @model_validator(mode="after")
    def _is_a_grid(self) -> CanvasSpec:
        _grid(self)  # says what is wrong with its alphabet
        return self

    @property
    def symbols(self) -> int:
        """The colours, and what lies outside, which is the last."""
        return self.colours + 1

    @property
    def own_sites(self) -> int:
        """Sites that the act adds to the field."""
        return self.rows * self.columns

    @property
    def own_grid(self) -> tuple[int, int]:
        """Their rows and columns."""
        return self.rows, self.columns

    @property
    def layout(self) -> Layout:
        """The canvas: the value, a rim of what lies outside, and nothing beyond that."""
        return Layout(rank=2, dtype="uint8")

    @property
    def written(self) -> Written:
        """Text, or lists of rows."""
        return "lists" if self.form == "lists" else "plain"

    @property
    def letters(self) -> str:
        """The character of each symbol, where it is written as text."""
        return _grid(self).letters

    def words(self) -> str:
        """Says what such grids are: `up to 5×7, 10 symbols`."""
        return f"up to {self.rows}×{self.columns}, {self.colours} symbols"

    def place(self, first_sense: str) -> str | None:
        """It reads sites of its own, of no sense."""
        return None

    def grid(self, value: Any) -> npt.NDArray[np.uint8]:
        """Returns the symbols of a value, as large as it is.

        Raises:
            DataError: no grid, a symbol that is not among its own, or larger than the canvas.
        """
        symbols = _grid(self).encode(value)
        if symbols.shape[0] > self.rows or symbols.shape[1] > self.columns:
            shape = "×".join(map(str, symbols.shape))
            raise DataError(f"a grid of {shape}; the canvas has room for {self.rows}×{self.columns}")
        return symbols

    def encode(self, value: Any) -> npt.NDArray[np.uint8]:
        """Turns a value into the canvas's cells `[R, C]`: a rim of cells outside tells where it ends.

        Raises:
            DataError: see `grid`.
        """
        symbols = self.grid(value)
        rows, columns = symbols.shape
        cells = np.full(self.own_grid, VOID, dtype=np.uint8)
        cells[: rows + 1, : columns + 1] = self.colours
        cells[:rows, :columns] = symbols
        return cells

    def decode(self, encoded: npt.NDArray[Any]) -> Any:
        """Turns cells `[R, C]` back into a value as large as it was."""
        inside = encoded < self.colours
        rows, columns = max(1, int(inside.any(1).sum())), max(1, int(inside.any(0).sum()))
        return _grid(self).decode(np.where(inside, encoded, 0)[:rows, :columns])

    def answer(self, symbols_N: npt.NDArray[Any], seen: npt.NDArray[Any]) -> Any:
        """Turns chosen symbols into a value."""
        return self.decode(symbols_N.reshape(self.own_grid))


@functools.lru_cache(maxsize=64)
def _grid_of(symbols: int, alphabet: str | None, form: Literal["text", "lists"]) -> GridSpec:
    return GridSpec(kind="grid", symbols=symbols, alphabet=alphabet, form=form)


def _grid(spec: CanvasSpec) -> GridSpec:
    """Returns the grid of any size that it is a canvas for."""
    return _grid_of(spec.colours, spec.alphabet, spec.form)


def with_rim(inside_BRC: Bool[Tensor, "B R C"]) -> Bool[Tensor, "B R C"]:
    """Returns cells with the rim that ends them: one row down, one column on, and where both meet."""
    down_BRC = inside_BRC.clone()
    down_BRC[:, 1:] |= inside_BRC[:, :-1]
    there_BRC = down_BRC.clone()
    there_BRC[:, :, 1:] |= down_BRC[:, :, :-1]
    return there_BRC


class CanvasAct(ReadsEachSite):
    """The weights of a `canvas` act: what its rows and columns hold before any thought, and a matrix to symbols."""

    def __init__(self, spec: CanvasSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.row = nn.Parameter(torch.empty(spec.rows, width))
        self.column = nn.Parameter(torch.empty(spec.columns, width))
        self.read = Linear(width, spec.symbols)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws rows and columns so that their sum has unit variance."""
        truncated_normal_(self.row, 0.5**0.5, generator)
        truncated_normal_(self.column, 0.5**0.5, generator)

    def blank(self, batch: int) -> Float[Tensor, "B N D"]:
        """Returns what its sites hold before any thought."""
        blank_RCD = self.row[:, None] + self.column[None, :]
        return blank_RCD.flatten(0, 1).expand(batch, -1, -1)

    def cells(self, sites: int) -> int:
        """A symbol for each site of its own."""
        return sites

    def settle(self, symbols_BN: Integer[Tensor, "B N"]) -> Integer[Tensor, "B N"]:
        """Returns the answer as one rectangle: the first symbol where a cell in it said outside, outside beyond it."""
        inside_BN = symbols_BN < self.spec.colours
        votes_BRC = (2 * inside_BN.long() - 1).view(-1, *self.spec.own_grid)
        lead_BN = votes_BRC.cumsum(1).cumsum(2).flatten(1)
        cells = lead_BN.shape[1]
        # Of rectangles with equal leads the first, whatever makes the choice.
        order_N = torch.arange(cells)
        best_B = (lead_BN * cells - order_N).argmax(1)
        last_row_B, last_column_B = best_B // self.spec.columns, best_B % self.spec.columns
        row_N, column_N = order_N // self.spec.columns, order_N % self.spec.columns
        within_BN = (row_N <= last_row_B[:, None]) & (column_N <= last_column_B[:, None])
        filled_BN = symbols_BN.masked_fill(~inside_BN, 0)
        return filled_BN.masked_fill(~within_BN, self.spec.colours)

    def exists(
        self, mask_BS: Bool[Tensor, "B S"] | None, symbols_BN: Integer[Tensor, "B N"]
    ) -> Bool[Tensor, "B N"] | None:
        """Returns which cells count: those of the answer, and the rim that ends it."""
        inside_BRC = (symbols_BN < self.spec.colours).view(-1, *self.spec.own_grid)
        return with_rim(inside_BRC).flatten(1)
