"""How a model from elsewhere reads texts: `tokenizer.json`, where it lies beside its weights, or a GGUF file's own."""

from __future__ import annotations

from pathlib import Path

from ltm.errors import FolderError
from ltm.foreign.gguf_file import MOST_BYTES as LARGEST
from ltm.foreign.gguf_file import Header, is_gguf
from ltm.foreign.gguf_vocabulary import vocabulary_of
from ltm.runtime.record import TOKENIZER
from ltm.runtime.weights import read_bytes
from ltm.senses.tokenizer import MOST_BYTES, NoTokenizer, keep, most_symbols


def tokenizer_beside(place: Path, symbols: int) -> str | None:
    """Takes in a model's tokenizer; returns its SHA-256, or None where there is none.

    Args:
        place: the model's file or folder.
        symbols: that the model has.

    Raises:
        FolderError: the file is damaged, of a kind that isn't read, or writes symbols that the model doesn't have.
        DataError: the package tokenizers is not installed.
    """
    path = place / TOKENIZER if place.is_dir() else place.with_name(TOKENIZER)
    content = _content_at(path) if path.exists() else None
    if content is None and place.is_file() and is_gguf(place):
        path = place
        content = vocabulary_of(Header(read_bytes(place, LARGEST), str(place)).settings, str(place))
    if content is None:
        return None
    try:
        digest = keep(content)
    except NoTokenizer as problem:
        raise FolderError(f"{path}: {problem}") from None
    if most_symbols(digest) > symbols:
        raise FolderError(f"{path}: writes {most_symbols(digest):,} symbols; the model has {symbols:,}")
    return digest


def _content_at(path: Path) -> str:
    try:
        return read_bytes(path, MOST_BYTES).decode()
    except UnicodeDecodeError:
        raise FolderError(f"{path}: not UTF-8 text") from None
