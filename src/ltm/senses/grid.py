"""The `grid` sense: a rectangle of symbols, each becoming one site of the field."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.senses.layout import VOID, Layout, Written, unless_all
from ltm.zones.layers import truncated_normal_


class GridSpec(Part):
    """A grid of symbols, read from text, nested lists or an array.

    Text is one character a symbol, in rows; `alphabet` gives the characters, and rows may be separated by newlines or
    `/`. Without an alphabet digits stand for themselves. Where `0` is a character, `.` and `_` mean it too.
    """

    kind: Literal["grid"]
    rows: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Fixed number of rows; any when absent."""
    columns: Annotated[int, Field(ge=1, le=1024)] | None = None
    largest: Annotated[int, Field(ge=1, le=8192)] | None = None
    """Rows or columns at most where these aren't fixed, as all grids of a batch take the room of the largest."""
    symbols: Annotated[int, Field(ge=2, le=250)]
    """Symbols are the numbers 0 to symbols - 1."""
    alphabet: Annotated[str, Field(min_length=2, max_length=250)] | None = None
    """The character of each symbol, in order."""
    form: Literal["text", "lists"] = "text"
    """How values are written: text or nested lists."""
    positions: Literal["none", "learned"] = "none"
    """`learned` adds a vector for each row and each column; needs fixed rows and columns."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Standard deviation of what it writes."""

    @model_validator(mode="after")
    def _alphabet_fits(self) -> GridSpec:
        if self.alphabet is not None:
            if len(self.alphabet) != self.symbols:
                raise ValueError(f"alphabet has {len(self.alphabet)} characters for {self.symbols} symbols")
            if len(set(self.alphabet)) != len(self.alphabet):
                raise ValueError("alphabet repeats a character")
            if self.form == "text" and any(letter.isspace() for letter in self.alphabet):
                raise ValueError("alphabet holds white space, which stands around values and between their rows")
            if self.form == "text" and "/" in self.alphabet and (self.rows is None or self.columns is None):
                raise ValueError("alphabet holds '/', which parts the rows of grids of any size")
        elif self.form == "text" and self.symbols > 10:
            raise ValueError(f"text with {self.symbols} symbols needs an alphabet")
        if self.positions == "learned" and (self.rows is None or self.columns is None):
            raise ValueError("learned positions need fixed rows and columns")
        return self

    @property
    def layout(self) -> Layout:
        """Rows and columns of symbols."""
        return Layout(rank=2, dtype="uint8")

    @property
    def written(self) -> Written:
        """Text, or lists of rows."""
        return "lists" if self.form == "lists" else "plain"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of sites that a value of a shape takes: one a cell."""
        return (shape[0], shape[1])

    @property
    def fixed_sites(self) -> tuple[int, int] | None:
        """Rows and columns of sites where every value has the same; otherwise None."""
        return None if self.rows is None or self.columns is None else (self.rows, self.columns)

    def words(self) -> str:
        """Says the shape of a grid: `9×9, 10 symbols`."""
        any_ = "any size" if self.largest is None else f"up to {self.largest}×{self.largest}"
        shape = f"{self.rows or 'any'}×{self.columns or 'any'}" if self.rows or self.columns else any_
        return f"{shape}, {self.symbols} symbols"

    @property
    def letters(self) -> str:
        """The character of each symbol."""
        return self.alphabet or "0123456789"[: self.symbols]

    def encode(self, value: Any) -> npt.NDArray[np.uint8]:
        """Turns text, nested lists or an array into symbols `[rows, columns]`.

        Raises:
            DataError: wrong length, ragged rows, or a symbol that is not in the alphabet.
        """
        symbols = self._from_text(value) if isinstance(value, str) else self._from_lists(value)
        for axis, (name, wanted) in enumerate((("rows", self.rows), ("columns", self.columns))):
            if wanted is not None and symbols.shape[axis] != wanted:
                raise DataError(f"expected {wanted} {name}, got {symbols.shape[axis]}")
            if wanted is None and self.largest is not None and symbols.shape[axis] > self.largest:
                raise DataError(f"expected at most {self.largest} {name}, got {symbols.shape[axis]}")
        return symbols

    def decode(self, symbols: npt.NDArray[Any]) -> Any:
        """Turns symbols `[rows, columns]` back into the form in which values are written."""
        if self.form == "lists":
            return [[int(symbol) for symbol in row] for row in symbols]
        letters = self.letters
        lines = ["".join(letters[int(symbol)] for symbol in row) for row in symbols]
        return ("" if self.rows is not None and self.columns is not None else "/").join(lines)

    def _from_text(self, text: str) -> npt.NDArray[np.uint8]:
        letters = self.letters
        lines = text.replace("/", "\n").split("\n") if "/" not in letters else text.split("\n")
        lines = [line for line in (line.strip() for line in lines) if line]
        if len(lines) == 1 and self.rows is not None and self.columns is not None:
            flat = lines[0]
            if len(flat) != self.rows * self.columns:
                expected = f"{self.rows * self.columns} characters ({self.rows} rows of {self.columns})"
                raise DataError(f"expected {expected}, got {len(flat)}")
            lines = [flat[start : start + self.columns] for start in range(0, len(flat), self.columns)]
        if not lines:
            raise DataError("the grid is empty")
        if len({len(line) for line in lines}) > 1:
            raise DataError(f"rows differ in length: {sorted({len(line) for line in lines})}")
        table, flat = _table(letters), "".join(lines)
        unknown = {letter for letter in set(flat) if ord(letter) not in table}
        if unknown:
            raise DataError(f"symbol {min(unknown, key=flat.index)!r} is not among {letters!r}")
        # Files of a million rows come through here: translating in one go is ten times faster than cell by cell.
        symbols = bytearray(flat.translate(table), "latin-1")
        return np.frombuffer(symbols, dtype=np.uint8).reshape(len(lines), -1)

    def _from_lists(self, value: Any) -> npt.NDArray[np.uint8]:
        try:
            symbols = np.asarray(value)
        except ValueError:
            raise DataError("rows differ in length") from None
        if symbols.ndim != 2 or symbols.size == 0:
            raise DataError(f"expected a list of rows, got an array of shape {symbols.shape}")
        if not np.issubdtype(symbols.dtype, np.integer):
            raise DataError(f"symbols must be whole numbers, got {symbols.dtype}")
        if symbols.min() < 0 or symbols.max() >= self.symbols:
            raise DataError(f"symbols must lie in 0 to {self.symbols - 1}, got {symbols.min()} to {symbols.max()}")
        return symbols.astype(np.uint8)


@functools.lru_cache(maxsize=64)
def _table(letters: str) -> dict[int, str]:
    """Returns what `str.translate` needs to turn letters into characters whose codes are the symbols."""
    table = {ord(letter): chr(index) for index, letter in enumerate(letters)}
    if ord("0") in table:
        table = {ord("."): table[ord("0")], ord("_"): table[ord("0")]} | table
    return table


class GridSense(nn.Module):
    """The weights of a `grid` sense: one vector a symbol, and one a row and a column where positions are learned."""

    def __init__(self, spec: GridSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.symbol = nn.Parameter(torch.empty(spec.symbols, width))
        learned = spec.positions == "learned"
        self.row = nn.Parameter(torch.empty(spec.rows or 1, width)) if learned else None
        self.column = nn.Parameter(torch.empty(spec.columns or 1, width)) if learned else None

    def initialise(self, generator: torch.Generator) -> None:
        """Draws symbols with standard deviation 1/sqrt(width) before scaling by its root; positions likewise."""
        std = self.symbol.shape[1] ** -0.5
        truncated_normal_(self.symbol, std, generator)
        if self.row is not None and self.column is not None:
            truncated_normal_(self.row, std, generator)
            truncated_normal_(self.column, std, generator)

    def exists(self, grid_BRC: Integer[Tensor, "B R C"]) -> Bool[Tensor, "B S"] | None:
        """Returns which sites lie in the grid; None when all do."""
        return unless_all((grid_BRC != VOID).flatten(1))

    def parents(self, grid_BRC: Integer[Tensor, "B R C"]) -> None:
        """Its sites make no tree."""

    def forward(self, grid_BRC: Integer[Tensor, "B R C"]) -> Float[Tensor, "B S D"]:
        """Writes each cell's vector at its site; sites outside the grid get zeros."""
        cells_BRC = grid_BRC.long()
        void_BRC = cells_BRC == VOID
        seen = F.embedding(cells_BRC.masked_fill(void_BRC, 0), self.symbol)
        if self.row is not None and self.column is not None:
            seen = seen + self.row[:, None] + self.column[None, :]
        seen = seen * (self.spec.scale * self.symbol.shape[1] ** 0.5)
        written: Tensor = seen.masked_fill(void_BRC[..., None], 0.0).flatten(1, 2)
        return written
