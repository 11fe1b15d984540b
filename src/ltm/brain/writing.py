"""Turns the symbols that a brain says into text, as they come."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ltm.senses.pieces import piece_bytes
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec
from ltm.senses.tokenizer import tokenizer_of

NO_LETTER = "\ufffd"
LETTER = 4
"""Bytes of a letter at most; so many tokens that make none never will."""
TOLD_AGAIN = 16


@runtime_checkable
class Writer(Protocol):
    """Writes one text."""

    begun: str
    """What to show of the text before it is gone on with."""

    def write(self, symbol: int) -> str:
        """Returns the text that a symbol completes; what is the beginning of a letter waits for the rest."""

    def rest(self) -> str:
        """Returns what still waits, as well as it can be read."""


class BytesWriter:
    """Writes bytes, or pieces of a vocabulary."""

    def __init__(self, text: str, pieces: Sequence[str]) -> None:
        self.begun, self._pieces = text, pieces
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, symbol: int) -> str:
        """Returns the letters that a symbol completes."""
        return self._decoder.decode(piece_bytes([symbol], self._pieces))

    def rest(self) -> str:
        """Returns a sign for bytes that are no letter."""
        return self._decoder.decode(b"", final=True)


class NamesWriter:
    """Writes symbols by their names, with spaces between them."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self.begun, self._names = " ".join(text.split()), names
        self._space = " " if self.begun else ""

    def write(self, symbol: int) -> str:
        """Returns a symbol's name."""
        said = self._space + (self._names[symbol] if symbol < len(self._names) else "?")
        self._space = " "
        return said

    def rest(self) -> str:
        """Returns nothing: names are whole."""
        return ""


class TokensWriter:
    """Writes tokens of a model from elsewhere; signs such as an end stand for no text.

    What a token adds to a text depends on those before it, such as the space of a first word. So the last ones that are
    written already are told again with those that aren't, and what is new is what comes behind.
    """

    def __init__(self, text: str, symbols: Sequence[int], digest: str) -> None:
        self.begun, self._tokenizer = text, tokenizer_of(digest)
        self._before, self._waiting = list(symbols[-TOLD_AGAIN:]), list[int]()

    def write(self, symbol: int) -> str:
        """Returns the letters that a token completes."""
        self._waiting.append(symbol)
        new = self._new()
        if new.endswith(NO_LETTER) and len(self._waiting) < LETTER:
            return ""
        self._before, self._waiting = (self._before + self._waiting)[-TOLD_AGAIN:], []
        return new

    def rest(self) -> str:
        """Returns a sign for bytes that are no letter."""
        return self._new() if self._waiting else ""

    def _new(self) -> str:
        whole: str = self._tokenizer.decode(self._before + self._waiting)
        return whole[len(self._tokenizer.decode(self._before)) :]


def writer_of(spec: object, text: str, symbols: Sequence[int]) -> Writer:
    """Returns what writes on after a text.

    Args:
        spec: how the brain reads.
        text: what is gone on with.
        symbols: its symbols.
    """
    if isinstance(spec, SequenceSpec):
        return NamesWriter(text, spec.tokens)
    assert isinstance(spec, TextSpec)  # no other sense goes with an act `next`
    if spec.tokenizer is not None:
        return TokensWriter(text, symbols, spec.tokenizer)
    return BytesWriter(text, spec.pieces)
