"""Texts in pieces: byte-pair encoding over the bytes of UTF-8 (Sennrich et al. 2016; Radford et al. 2019).

A vocabulary is a list of pieces in the order in which they were learned, written in GPT-2's alphabet for bytes, so that
`Ġthe` is ` the`. Symbols 0 to 255 are the bytes, those above the pieces: every text has an encoding, and comes back
letter by letter. Nothing but the list is needed to read and write texts; `ltm.scenes.learn_pieces` learns one.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Sequence

BYTES = 256
WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?[^\s\w]+| ?_+|\s+(?!\S)|\s+")
"""A word with the space before it; pieces never reach across two of them."""


@functools.lru_cache(maxsize=1)
def byte_letters() -> tuple[str, ...]:
    """Returns the letter that stands for each byte: printable ones for themselves, others from U+0100 on."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in plain else next(others)) for byte in range(BYTES))


def written_words(text: str) -> list[str]:
    """Returns the words of a text in the letters of their bytes; joined they are the whole text."""
    letters = byte_letters()
    return ["".join(letters[byte] for byte in word.encode("utf-8", "replace")) for word in WORD.findall(text)]


def check_pieces(pieces: Sequence[str]) -> None:
    """Refuses what is no vocabulary.

    Raises:
        ValueError: a piece that comes twice, or that isn't made of letters for bytes.
    """
    letters = set(byte_letters())
    for piece in pieces:
        if len(piece) < 2 or not letters.issuperset(piece):
            raise ValueError(f"piece {piece!r}: expected two or more letters of GPT-2's alphabet for bytes")
    if len(set(pieces)) < len(pieces):
        raise ValueError("a piece is listed twice")


def encode_pieces(text: str, pieces: tuple[str, ...]) -> list[int]:
    """Returns the symbols of a text: in every word, neighbours that make the earliest piece are joined first."""
    return [symbol for word in written_words(text) for symbol in _of_word(word, pieces)]


def decode_pieces(symbols: Iterable[int], pieces: Sequence[str]) -> str:
    """Returns the text of symbols; bytes that aren't UTF-8 become U+FFFD."""
    return piece_bytes(symbols, pieces).decode("utf-8", "replace")


def piece_bytes(symbols: Iterable[int], pieces: Sequence[str]) -> bytes:
    """Returns the bytes of symbols."""
    letters = byte_letters()
    bytes_of = {letter: byte for byte, letter in enumerate(letters)}
    written = "".join(letters[symbol] if symbol < BYTES else pieces[symbol - BYTES] for symbol in symbols)
    return bytes(bytes_of[letter] for letter in written)


@functools.lru_cache(maxsize=8)
def _ranks(pieces: tuple[str, ...]) -> dict[str, int]:
    return {piece: symbol for symbol, piece in enumerate((*byte_letters(), *pieces))}


@functools.lru_cache(maxsize=2**15)
def _of_word(word: str, pieces: tuple[str, ...]) -> tuple[int, ...]:
    ranks, parts = _ranks(pieces), list(word)
    while len(parts) > 1:
        joined = [
            (ranks.get(left + right, len(ranks)), place)
            for place, (left, right) in enumerate(itertools.pairwise(parts))
        ]
        rank, place = min(joined)
        if rank == len(ranks):
            break
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return tuple(ranks[part] for part in parts)
