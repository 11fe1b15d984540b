"""Rows from a NumPy archive, unpacked a few at a time: every array is a column, its first axis counts the rows."""

from __future__ import annotations

import lzma
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from ltm.chart.base import format_bytes
from ltm.errors import DataError
from ltm.scenes.told import Told, nobody

_BLOCK_BYTES = 2**20
"""Of a column that are unpacked at once, or one row where that is more."""
_MOST_ROW = 2**28
"""Bytes of one row of a column; more is no scene."""
_MOST_WHOLE = 2**30
"""Bytes of an array that can't be read row by row, since its columns lie together (Fortran order)."""
_ROWS_BETWEEN = 4096
"""Rows between two reports of how far reading is."""


class _Column:
    """One array of an archive, read row by row.

    Args:
        file: the array as `numpy.save` writes it.

    Raises:
        ValueError: it isn't one, or one whose rows don't lie one after another.
    """

    def __init__(self, file: IO[bytes]) -> None:
        version = npy.read_magic(file)
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if read_header is None:
            raise ValueError(f"format {'.'.join(map(str, version))} of arrays isn't known")
        shape, columnwise, self.dtype = read_header(file)
        if self.dtype.hasobject:
            # Arrays of objects are pickles, which could run code.
            raise ValueError("an array of objects; expected numbers or text")
        if not shape:
            raise ValueError("a single number; expected arrays whose first axis counts the rows")
        self.file, self.count, self.sides = file, int(shape[0]), shape[1:]
        self.columnwise = columnwise and len(shape) > 1
        self.row_bytes = math.prod(self.sides) * self.dtype.itemsize
        if self.row_bytes > _MOST_ROW:
            raise ValueError(f"a row of {self.row_bytes:,} bytes; at most {_MOST_ROW:,} are read")
        size = self.count * self.row_bytes
        if self.columnwise and size > _MOST_WHOLE:
            raise ValueError(
                f"an array of {format_bytes(size)} whose columns, not rows, lie together: at most "
                f"{format_bytes(_MOST_WHOLE)} are read; save it as np.ascontiguousarray(array)"
            )

    def rows(self, start: int) -> Iterator[Any]:
        """Yields the rows from `start` on."""
        if self.columnwise:
            yield from self._block(self.count).reshape(*self.sides[::-1], self.count).T[start:]
            return
        step = max(1, _BLOCK_BYTES // max(1, self.row_bytes))
        for first in range(0, self.count, step):
            count = min(step, self.count - first)
            block = self._block(count)
            yield from block[min(count, max(0, start - first)) :]

    def _block(self, count: int) -> npt.NDArray[Any]:
        data = bytearray()
        while len(data) < count * self.row_bytes:
            part = self.file.read(count * self.row_bytes - len(data))
            if not part:
                raise EOFError("an array ends too early")
            data += part
        return np.frombuffer(data, dtype=self.dtype).reshape(count, *self.sides)


_WRONG = (
    OSError,
    ValueError,
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    RuntimeError,
    MemoryError,
    zlib.error,
    lzma.LZMAError,
    tokenize.TokenError,  # NumPy reads headers of old files as Python's tokens
)
"""What reading an archive raises where it is damaged, or none."""


def array_rows(path: Path, told: Told = nobody, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields each row with its number, from 1; the first `start` are passed over.

    Raises:
        DataError: not an archive of arrays, one that holds pickled objects, damaged, or of arrays of several lengths.
    """
    with ExitStack() as stack:
        try:
            columns = _columns(path, stack)
            lengths = {name: column.count for name, column in columns.items()}
            if len(set(lengths.values())) > 1:
                listed = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
                raise DataError(f"{path}: arrays of one archive must have as many rows: {listed}")
            count = next(iter(lengths.values()))
            found = [column.rows(start) for column in columns.values()]
            for row in range(start, count):
                if row % _ROWS_BETWEEN == 0:
                    told(f"reading {path.name}", row / count)
                yield row + 1, dict(zip(columns, [next(values) for values in found], strict=True))
        except DataError:
            raise
        except _WRONG as problem:
            raise DataError(f"{path}: can't be read as a NumPy archive: {str(problem)[:200]}") from None


def arrays_of(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Returns the arrays of an archive (.npz) by name, or the one of a file (.npy); they may differ in length.

    Raises:
        DataError: not such a file, one that holds pickled objects, or a damaged one.
    """
    try:
        if path.suffix.lower() == ".npy":
            return {path.stem: np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))}
        with ExitStack() as stack:
            columns = _columns(path, stack)
            return {name: np.array(list(column.rows(0)), dtype=column.dtype) for name, column in columns.items()}
    except _WRONG as problem:
        raise DataError(f"{path}: can't be read as NumPy arrays: {str(problem)[:200]}") from None


def _columns(path: Path, stack: ExitStack) -> dict[str, _Column]:
    archive = stack.enter_context(zipfile.ZipFile(path))
    names = archive.namelist()
    if not names:
        raise ValueError("expected arrays whose first axis counts the rows")
    return {name.removesuffix(".npy"): _column(archive, name, stack) for name in names}


def _column(archive: zipfile.ZipFile, name: str, stack: ExitStack) -> _Column:
    try:
        return _Column(stack.enter_context(archive.open(name)))
    except ValueError as problem:
        raise ValueError(f"array {name.removesuffix('.npy')!r}: {problem}") from None
