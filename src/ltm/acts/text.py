"""The `text` act: writes text in bytes, or in pieces of a vocabulary, all at once or from left to right."""

from __future__ import annotations

from typing import Any, Literal

import numpy.typing as npt
from pydantic import model_validator

from ltm.acts.saying import Saying
from ltm.errors import DataError
from ltm.senses.pieces import BYTES, decode_pieces
from ltm.senses.text import Piece, check_vocabulary, symbols_of, unit_words


class TextActSpec(Saying):
    """Text in any language, written in UTF-8."""

    kind: Literal["text"]
    unit: Literal["bytes", "pieces"] = "bytes"
    """What is said at a site: a byte, or a piece of a vocabulary."""
    pieces: tuple[Piece, ...] = ()
    """With `unit: pieces`: the vocabulary beside the 256 bytes, as of the sense."""
    cut: bool = False
    """Whether of a text that is too long the beginning is learned, rather than the text refused."""

    @model_validator(mode="after")
    def _vocabulary_fits(self) -> TextActSpec:
        check_vocabulary(self.unit, self.pieces)
        return self

    @property
    def symbols(self) -> int:
        """Bytes, pieces, and the end."""
        return BYTES + len(self.pieces) + 1

    def words(self) -> str:
        """Says what such texts are: `up to 48 bytes`."""
        return unit_words(self.longest, self.unit, self.pieces)

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns text into the numbers of its bytes or pieces and the end's, filled up to `longest + 1` places.

        Raises:
            DataError: no text, or too long.
        """
        if not isinstance(value, str):
            raise DataError(f"expected text, got {type(value).__name__}")
        symbols = symbols_of(value, self.pieces)
        if len(symbols) > self.longest and not self.cut:
            raise DataError(f"{len(symbols):,} {self.unit}; at most {self.longest:,} can be said")
        return self.ended(symbols[: self.longest])

    def decode(self, encoded: npt.NDArray[Any]) -> str:
        """Turns numbers up to the end's back into text; bytes that aren't UTF-8 become U+FFFD."""
        return decode_pieces(self.begun(encoded), self.pieces)

    def answer(self, symbols_N: npt.NDArray[Any], seen: npt.NDArray[Any]) -> str:
        """Turns the chosen numbers into text."""
        return self.decode(symbols_N)
