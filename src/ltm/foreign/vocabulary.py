"""What a model from elsewhere calls its symbols, where `tokenizer.json` lies beside its weights."""

from __future__ import annotations

import json
from pathlib import Path

from ltm.errors import FolderError
from ltm.runtime.weights import read_bytes

FILE = "tokenizer.json"
MOST_BYTES = 50_000_000


def vocabulary_of(place: Path, symbols: int) -> list[str] | None:
    """Returns the name of each symbol; None where there is no such file.

    Symbols beyond the vocabulary, with which tables are filled up, are called by their number.

    Raises:
        FolderError: the file is damaged, or names symbols that the model doesn't have.
    """
    path = place / FILE if place.is_dir() else place.with_name(FILE)
    if not path.exists():
        return None
    try:
        whole = json.loads(read_bytes(path, MOST_BYTES))
        numbers = dict(whole["model"]["vocab"])
        numbers |= {token["content"]: token["id"] for token in whole.get("added_tokens", ())}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise FolderError(f"{path}: expected a tokenizer with 'model.vocab', from tokens to numbers") from None
    names = [f"<{number}>" for number in range(symbols)]
    for token, number in numbers.items():
        if not isinstance(number, int) or not 0 <= number < symbols:
            raise FolderError(f"{path}: token {token!r} has number {number!r}; the model has {symbols:,} symbols")
        names[number] = _name(token) or f"<{number}>"
    if len(set(names)) < symbols:
        seen: set[str] = set()
        for number, name in enumerate(names):
            names[number] = f"{name}<{number}>" if name in seen else name
            seen.add(names[number])
    return names


def _name(token: str) -> str:
    """Returns what a token is called; spaces, which part the tokens of a sequence, as most vocabularies write them."""
    written = ("▁" if letter.isspace() else letter for letter in token)
    return "".join(letter for letter in written if letter.isprintable())
