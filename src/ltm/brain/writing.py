"""Turns the symbols that a brain says into text, as they come."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ltm.senses.pieces import piece_bytes
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec
from ltm.senses.tokenizer import token_stream, tokenizer_of


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
    """Writes tokens of a model from elsewhere; signs such as an end stand for no text."""

    def __init__(self, text: str, symbols: Sequence[int], digest: str) -> None:
        self.begun = text
        self._tokenizer, self._stream = tokenizer_of(digest), token_stream(symbols)

    def write(self, symbol: int) -> str:
        """Returns the letters that a token completes."""
        return self._stream.step(self._tokenizer, symbol) or ""

    def rest(self) -> str:
        """Returns nothing: what is no letter yet is left out."""
        return ""


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
