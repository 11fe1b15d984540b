"""The `grid` sense: a rectangle of symbols, each becoming one site of the field."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ltm.chart.base import Part
from ltm.errors import DataError

VOID = 255
"""Marks sites outside a grid, where grids of several shapes share a batch."""


class GridSpec(Part):
    """A grid of symbols, read from text, nested lists or an array.

    Text is one character a symbol, in rows; `alphabet` gives the characters, and rows may be separated by newlines or
    `/`. Without an alphabet digits stand for themselves, and `.` and `_` for 0.
    """

    kind: Literal["grid"]
    rows: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Fixed number of rows; any when absent."""
    columns: Annotated[int, Field(ge=1, le=1024)] | None = None
    symbols: Annotated[int, Field(ge=2, le=250)]
    """Symbols are the numbers 0 to symbols - 1."""
    alphabet: Annotated[str, Field(min_length=2, max_length=250)] | None = None
    """The character of each symbol, in order."""
    form: Literal["text", "lists"] = "text"
    """How values are written: text or nested lists."""

    @model_validator(mode="after")
    def _alphabet_fits(self) -> GridSpec:
        if self.alphabet is not None:
            if len(self.alphabet) != self.symbols:
                raise ValueError(f"alphabet has {len(self.alphabet)} characters for {self.symbols} symbols")
            if len(set(self.alphabet)) != len(self.alphabet):
                raise ValueError("alphabet repeats a character")
        elif self.form == "text" and self.symbols > 10:
            raise ValueError(f"text with {self.symbols} symbols needs an alphabet")
        return self

    def encode(self, value: Any) -> npt.NDArray[np.uint8]:
        """Turns text, nested lists or an array into symbols `[rows, columns]`.

        Raises:
            DataError: wrong length, ragged rows, or a symbol that is not in the alphabet.
        """
        symbols = self._from_text(value) if isinstance(value, str) else self._from_lists(value)
        for axis, (name, wanted) in enumerate((("rows", self.rows), ("columns", self.columns))):
            if wanted is not None and symbols.shape[axis] != wanted:
                raise DataError(f"expected {wanted} {name}, got {symbols.shape[axis]}")
        return symbols

    def decode(self, symbols: npt.NDArray[Any]) -> Any:
        """Turns symbols `[rows, columns]` back into the form in which values are written."""
        if self.form == "lists":
            return [[int(symbol) for symbol in row] for row in symbols]
        letters = self.alphabet or "0123456789"
        lines = ["".join(letters[int(symbol)] for symbol in row) for row in symbols]
        return ("" if self.rows is not None and self.columns is not None else "/").join(lines)

    def _from_text(self, text: str) -> npt.NDArray[np.uint8]:
        letters = self.alphabet or "0123456789"[: self.symbols]
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
        table = {letter: index for index, letter in enumerate(letters)}
        if self.alphabet is None:
            table |= {".": 0, "_": 0}
        try:
            return np.array([[table[letter] for letter in line] for line in lines], dtype=np.uint8)
        except KeyError as problem:
            raise DataError(f"symbol {problem.args[0]!r} is not among {letters!r}") from None

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
