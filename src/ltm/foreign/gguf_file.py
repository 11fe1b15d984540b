"""GGUF files (versions 2 and 3), in which llama.cpp's models are given away: settings, texts and tensors in one file.

The header is read here, where every length is held against the bytes that are left, so that a damaged file is refused
rather than walked through for ever. Tensors are mostly quantised; the package gguf (`pip install 'ltm[language]'`)
turns them into fp32.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ltm.errors import FolderError
from ltm.runtime.weights import not_finite, read_bytes
from ltm.scenes.extras import library

MAGIC, ENDING = b"GGUF", ".gguf"
MOST_BYTES = 8 * 10**9
ARCHITECTURE = "general.architecture"
_VERSIONS = (2, 3)
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
"""Kinds of values."""
_MOST_AXES = 4


@dataclass(frozen=True)
class Stored:
    """A tensor as the file holds it.

    Attributes:
        shape: in this project's order, rows first.
        kind: how its numbers are stored, by the package's number.
        start: of its bytes, behind the header.
    """

    shape: tuple[int, ...]
    kind: int
    start: int


class Header:
    """What stands before a file's tensors.

    Args:
        data: the file's content.
        source: what messages call it.

    Raises:
        FolderError: damaged, cut off, or of a version that isn't read.
    """

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self._data, self._at = memoryview(data), 0
        if bytes(self._take(4)) != MAGIC:
            raise FolderError(f"{source}: not a GGUF file")
        version = self._number("I")
        if version not in _VERSIONS:
            raise FolderError(f"{source}: GGUF of version {version}; {' and '.join(map(str, _VERSIONS))} are read")
        count, settings = self._number("Q"), self._number("Q")
        self.settings: dict[str, Any] = {}
        """By name: numbers, texts, and lists of either."""
        for _ in range(settings):
            name = self._text()
            self._once(name, self.settings)
            self.settings[name] = self._value(self._number("I"))
        self.tensors: dict[str, Stored] = {}
        for _ in range(count):
            name = self._text()
            self._once(name, self.tensors)
            self.tensors[name] = self._tensor(name)
        align = self.settings.get("general.alignment", 32)
        if not isinstance(align, int) or not 0 < align <= 2**16:
            raise FolderError(f"{source}: general.alignment: expected 1 to {2**16:,}, got {align!r}")
        self.start = -(-self._at // align) * align
        """Of the tensors' bytes."""

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return len(self._data)

    def bytes_from(self, start: int, count: int, name: str) -> memoryview:
        """Returns the bytes of a tensor.

        Raises:
            FolderError: the file ends before them.
        """
        first = self.start + start
        if first + count > len(self._data):
            raise FolderError(f"{self.source}: truncated: tensor {name!r} goes beyond the file's end")
        return self._data[first : first + count]

    def _take(self, count: int) -> memoryview:
        if count > len(self._data) - self._at:
            raise FolderError(f"{self.source}: truncated, or not a GGUF file")
        self._at += count
        return self._data[self._at - count : self._at]

    def _number(self, code: str) -> Any:
        return struct.unpack(f"<{code}", self._take(struct.calcsize(f"<{code}")))[0]

    def _text(self) -> str:
        return bytes(self._take(self._number("Q"))).decode("utf-8", "replace")

    def _value(self, kind: int) -> Any:
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind == _TEXT:
            return self._text()
        if kind != _LIST:
            raise FolderError(f"{self.source}: damaged: a value of an unknown kind ({kind})")
        of, count = self._number("I"), self._number("Q")
        if of in _NUMBERS:
            each = struct.calcsize(f"<{_NUMBERS[of]}")
            return list(struct.unpack(f"<{count}{_NUMBERS[of]}", self._take(count * each)))
        if of != _TEXT:
            raise FolderError(f"{self.source}: damaged: a list of an unknown kind ({of})")
        return [self._text() for _ in range(count)]

    def _tensor(self, name: str) -> Stored:
        axes = self._number("I")
        if not 1 <= axes <= _MOST_AXES:
            raise FolderError(f"{self.source}: tensor {name!r} has {axes} axes; expected 1 to {_MOST_AXES}")
        shape = tuple(self._number("Q") for _ in range(axes))[::-1]
        if min(shape) < 1:
            raise FolderError(f"{self.source}: tensor {name!r} is empty")
        return Stored(shape, self._number("I"), self._number("Q"))

    def _once(self, name: str, known: Mapping[str, Any]) -> None:
        if name in known:
            raise FolderError(f"{self.source}: damaged: {name!r} is there twice")


def read_gguf(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Reads a file's settings, and its tensors in fp32.

    Raises:
        FolderError: damaged, too large, NaN, or stored in a way that the package gguf doesn't know.
        DataError: that package is not installed.
    """
    header = Header(read_bytes(path, MOST_BYTES), str(path))
    return header.settings, tensors_of(header)


def tensors_of(header: Header, wanted: Callable[[str], bool] = lambda name: True) -> dict[str, Tensor]:
    """Returns a file's tensors in fp32.

    Args:
        header: of the file.
        wanted: which tensors, by their names.

    Raises:
        FolderError: cut off, NaN, or stored in a way that the package gguf doesn't know.
        DataError: that package is not installed.
    """
    library("gguf", f"{header.source}: a GGUF file")  # says what is missing before anything is computed
    chosen = {name: stored for name, stored in header.tensors.items() if wanted(name)}
    if sum(_bytes_of(name, stored, header)[1] for name, stored in chosen.items()) > header.size:
        # What would be unpacked many times from the same bytes would take any amount of memory.
        raise FolderError(f"{header.source}: truncated, or damaged: tensors go beyond the file's end, or overlap")
    return {name: _dequantised(name, stored, header) for name, stored in chosen.items()}


def _bytes_of(name: str, stored: Stored, header: Header) -> tuple[Any, int, int]:
    """Returns how a tensor is stored, its bytes in the file, and those of a row."""
    constants = library("gguf.constants", header.source)
    try:
        kind = constants.GGMLQuantizationType(stored.kind)
        block, size = constants.GGML_QUANT_SIZES[kind]
    except (ValueError, KeyError):
        raise FolderError(f"{header.source}: tensor {name!r} is stored in an unknown way ({stored.kind})") from None
    *_, columns = stored.shape
    if columns % block:
        raise FolderError(f"{header.source}: tensor {name!r}: rows of {columns}; {kind.name} has blocks of {block}")
    return kind, math.prod(stored.shape) // block * size, columns // block * size


def _dequantised(name: str, stored: Stored, header: Header) -> Tensor:
    quants = library("gguf.quants", header.source)
    kind, count, a_row = _bytes_of(name, stored, header)
    held = header.bytes_from(stored.start, count, name)
    rows = np.frombuffer(held, dtype=np.uint8).reshape(-1, a_row)
    try:
        with np.errstate(all="ignore"):  # what isn't finite is refused below
            found = np.array(quants.dequantize(rows, kind), dtype=np.float32).reshape(stored.shape)
    except NotImplementedError:
        raise FolderError(f"{header.source}: tensor {name!r} is stored as {kind.name}, which is not read") from None
    tensor = torch.from_numpy(found)
    problem = not_finite(tensor)
    if problem:
        raise FolderError(f"{header.source}: tensor {name!r} holds {problem}")
    return tensor


def is_gguf(path: Path) -> bool:
    """Whether a file is of this kind, by its first bytes."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
