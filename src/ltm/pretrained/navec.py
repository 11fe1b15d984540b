"""Navec's vectors for Russian words (Kukushkin 2019, https://github.com/natasha/navec), from a file that somebody has.

The package navec holds no vectors: they lie on another host, as `navec_hudlit_v1_12B_500K_300d_100q.tar` and the like.
Such a file is a plain tar of a few settings, of words with their counts, and of vectors in product quantisation (Jégou
et al. 2011): a vector is put together of parts, each one of 256 at most. It holds no code; the package isn't needed.

Texts are parted as those were from which the vectors were learned: words in small Russian and Latin letters, with
hyphens inside; what stands between them is left out, and a word without a vector has that of `<unk>`.

Shapes: L words, V words of the vocabulary, Q parts of a vector, P channels of a part, N choices for a part.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import FolderError
from ltm.pretrained.facts import Facts, Run, Value, in_a_row
from ltm.runtime.weights import read_bytes

ENDING = ".tar"
META, WORDS, VECTORS = "meta.json", "vocab.bin", "pq.bin"
PROTOCOL = 1
UNKNOWN = "<unk>"
MOST_BYTES = 10**9
"""Of a file, and of its words once they are unpacked; those that are given away have 50 MB at most."""
LONGEST = 8192
LETTERS = "a-zа-яё"
_WORD = f"[{LETTERS}](?:[{LETTERS}-]*[{LETTERS}])?"


@dataclass(frozen=True, eq=False)
class Vectors:
    """A file's vectors.

    Attributes:
        words: the vocabulary.
        choices_VQ: which part each vector has at each place.
        parts_QNP: the parts.
    """

    words: tuple[str, ...]
    choices_VQ: npt.NDArray[np.uint8]
    parts_QNP: npt.NDArray[np.float32]


def facts_of(file: Path, layers: int | None = None) -> Facts:
    """Returns what a file's vectors are made of words.

    Raises:
        FolderError: damaged, or not such a file.
    """
    found = read(read_bytes(file, MOST_BYTES), str(file))
    parts, _, each = found.parts_QNP.shape
    weights = found.choices_VQ.size + found.parts_QNP.size
    return Facts("text", parts * each, weights, in_a_row, lambda words: 0, most=LONGEST)


def load(contents: Mapping[str, bytes], source: str) -> Run:
    """Makes what looks words up of the content of its one file.

    Raises:
        FolderError: damaged, or not such a file.
    """
    (data,) = contents.values()
    found = read(data, source)
    places_Q = np.arange(len(found.parts_QNP))

    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns the vectors `[L, Q x P]` of words `[L]`."""
        parts_LQP = found.parts_QNP[places_Q, found.choices_VQ[np.asarray(value, dtype=np.int64)]]
        return np.ascontiguousarray(parts_LQP.reshape(len(value), -1))

    return run


def vocabulary_in(data: bytes, source: str) -> str:
    """Returns the content of a `tokenizer.json` for a file's words.

    Raises:
        FolderError: damaged, or not such a file.
    """
    words = _words(_members(data, source)[WORDS], source)
    parted = {"type": "Split", "pattern": {"Regex": _WORD}, "behavior": "Removed", "invert": True}
    vocabulary = {word: number for number, word in enumerate(words)}
    whole: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": parted,
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN},
    }
    return json.dumps(whole, ensure_ascii=False)


def read(data: bytes, source: str) -> Vectors:
    """Reads a file's words and vectors.

    Raises:
        FolderError: damaged, NaN, or not such a file.
    """
    members = _members(data, source)
    words, packed = _words(members[WORDS], source), members[VECTORS]
    if len(packed) < 16:
        raise FolderError(f"{source}: {VECTORS}: truncated")
    count, width, parts, choices = (int(number) for number in np.frombuffer(packed[:16], "<u4"))
    if count != len(words) or not 0 < parts <= width <= 10_000 or width % parts or not 0 < choices <= 256:
        sizes = f"{count:,} vectors of {width:,} channels in {parts:,} parts, {choices:,} for each"
        raise FolderError(f"{source}: {VECTORS}: {sizes}, for {len(words):,} words: not what such files hold")
    if len(packed) != 16 + count * parts + 4 * choices * width:
        expected = 16 + count * parts + 4 * choices * width
        raise FolderError(f"{source}: {VECTORS}: {len(packed):,} bytes; expected {expected:,}")
    choices_VQ = np.frombuffer(packed, np.uint8, count * parts, 16).reshape(count, parts)
    parts_QNP = np.frombuffer(packed, "<f4", choices * width, 16 + count * parts).reshape(parts, choices, -1)
    if choices_VQ.max() >= choices or not np.isfinite(parts_QNP).all():
        raise FolderError(f"{source}: {VECTORS}: parts that aren't there, NaN or infinity")
    return Vectors(words, choices_VQ, parts_QNP.astype(np.float32))


def _members(data: bytes, source: str) -> dict[str, bytes]:
    """Returns the contents of the three files of a tar, which is only looked into, never unpacked."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as whole:
            for name in (META, WORDS, VECTORS):
                member = whole.getmember(name)
                # A sparse file may claim any size.
                if not member.isreg() or member.issparse() or member.size > len(data):
                    raise FolderError(f"{source}: {name}: not an ordinary file")
                held = whole.extractfile(member)
                assert held is not None  # of ordinary files there is something
                found[name] = held.read()
    except KeyError as problem:
        raise FolderError(f"{source}: not a file of navec's vectors: {problem.args[0]}") from None
    except (tarfile.TarError, OSError, ValueError, EOFError) as problem:
        raise FolderError(f"{source}: damaged, or not a file of navec's vectors: {str(problem)[:200]}") from None
    try:
        told: Any = json.loads(found[META])
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("protocol") != PROTOCOL:
        raise FolderError(f"{source}: {META}: expected protocol {PROTOCOL}")
    return found


def _words(packed: bytes, source: str) -> tuple[str, ...]:
    """Returns the words: their number, a count for each, and they themselves, a line each."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            unpacked = stream.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise FolderError(f"{source}: {WORDS}: damaged: {str(problem)[:200]}") from None
    count = int.from_bytes(unpacked[:4], "little")
    if len(unpacked) > MOST_BYTES or len(unpacked) < 4 + 4 * count:
        raise FolderError(f"{source}: {WORDS}: {count:,} words don't go with what is there")
    try:
        words = tuple(unpacked[4 + 4 * count :].decode().split("\n"))
    except UnicodeDecodeError:
        raise FolderError(f"{source}: {WORDS}: not UTF-8 text") from None
    if len(words) != count or UNKNOWN not in words:
        raise FolderError(f"{source}: {WORDS}: expected {count:,} words, {UNKNOWN} among them, got {len(words):,}")
    return words
