"""Tokenizers of models from elsewhere: a text is read and written by the very one that a model was trained with.

A chart names one by the SHA-256 of its `tokenizer.json`, in the form of the package tokenizers; the file itself lies in
the brain folder. What was read of such files is kept here under its hash, so that a chart, which is data, finds it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from typing import Any

from ltm.errors import DataError, LtmError
from ltm.scenes.extras import library

MOST_BYTES = 50_000_000
WHAT = "a model's own vocabulary"
_KEPT: dict[str, str] = {}
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")


class NoTokenizer(DataError):
    """What should be a tokenizer's file is none."""


def keep(content: str) -> str:
    """Keeps a tokenizer's file at hand; returns its SHA-256.

    Raises:
        NoTokenizer: not in the form of the package tokenizers.
        DataError: that package is not installed.
    """
    digest = hashlib.sha256(content.encode()).hexdigest()
    if digest not in _KEPT:
        _read(content)
        _KEPT[digest] = content
    return digest


def content_of(digest: str) -> str:
    """Returns a tokenizer's file.

    Raises:
        DataError: it was never read: the chart came without its brain folder.
    """
    if digest not in _KEPT:
        raise DataError(f"tokenizer {digest[:12]}… isn't at hand: it lies in the folder of the brain it belongs to")
    return _KEPT[digest]


def most_symbols(digest: str) -> int:
    """Returns how many symbols a model must have at least to read what a tokenizer writes.

    Raises:
        DataError: as `tokenizer_of`.
    """
    return 1 + max(tokenizer_of(digest).get_vocab().values(), default=-1)


@functools.lru_cache(maxsize=8)
def tokenizer_of(digest: str) -> Any:
    """Returns a tokenizer.

    Raises:
        DataError: it was never read, or the package tokenizers is not installed.
    """
    return _read(content_of(digest))


def encode_tokens(text: str, digest: str) -> list[int]:
    """Returns the symbols of a text, with those that a tokenizer puts before or behind all texts.

    Raises:
        DataError: as `tokenizer_of`, or a text that holds what the tokenizer has no symbol for.
    """
    whole = text.encode("utf-8", "replace").decode()  # halves of letters, which no UTF-8 holds
    try:
        symbols: list[int] = tokenizer_of(digest).encode(whole).ids
    except LtmError:
        raise
    except Exception as problem:  # the package raises nothing narrower
        raise DataError(f"the model's tokenizer can't read this text: {str(problem)[:200]}") from None
    return symbols


def bytes_of_tokens(digest: str, symbols: int) -> list[int]:
    """Returns for how many bytes of text each symbol stands; 0 for signs that stand for none, such as an end.

    Raises:
        DataError: as `tokenizer_of`.
    """
    whole = json.loads(content_of(digest))
    signs = {token["id"] for token in whole.get("added_tokens", ()) if token.get("special")}
    by_letters = "ByteLevel" in json.dumps(whole.get("decoder"))  # GPT-2's alphabet: a letter for each byte
    tokenizer, sizes = tokenizer_of(digest), []
    for symbol in range(symbols):
        token = tokenizer.id_to_token(symbol)
        if token is None or symbol in signs:
            sizes.append(0)
        elif by_letters:
            sizes.append(len(token))
        else:
            sizes.append(1 if _BYTE.fullmatch(token) else len(token.replace("▁", " ").encode()))
    return sizes


def _read(content: str) -> Any:
    tokenizers = library("tokenizers", WHAT)
    try:
        tokenizer = tokenizers.Tokenizer.from_str(content)
    except Exception as problem:  # the package raises nothing narrower
        raise NoTokenizer(f"no tokenizer that the package tokenizers reads: {str(problem)[:200]}") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
