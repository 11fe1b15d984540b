"""Bytes that grow beyond memory: kept in memory up to a limit, then in a temporary file that has no name.

The operating system frees such a file when the last array that maps it is gone, even if the process is killed.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

SPOOL_BYTES = 64 * 2**20
"""Arrays larger than this are kept on disk."""
BLOCK_BYTES = 4 * 2**20
"""How much is held in memory at once while arrays on disk are copied."""

Array = npt.NDArray[Any]


class Spool:
    """Bytes written one after another.

    Args:
        limit: bytes that stay in memory at most.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=max(1, limit))
        # A mapping outlives the file it was made from, so the file can go as soon as nobody writes to it.
        weakref.finalize(self, self._file.close)

    def write(self, data: bytes) -> None:
        """Appends bytes."""
        self._file.write(data)
        self._size += len(data)

    def rewind(self) -> None:
        """Goes back to the beginning, to read."""
        self._file.seek(0)

    def read(self, size: int) -> bytes:
        """Returns the next bytes."""
        return self._file.read(size)

    def array(self, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> Array:
        """Returns all that was written as an array: a copy in memory, or a private mapping of the file."""
        self._file.flush()
        if self._size > self._limit:
            # Mode "c": writable without a copy, and writes never reach the file.
            return np.memmap(self._file, dtype=dtype, mode="c", shape=shape)
        self._file.seek(0)
        return np.frombuffer(bytearray(self._file.read()), dtype=dtype).reshape(shape)


def gather(array: Array, chosen: Array) -> Array:
    """Returns some rows of an array; many are copied block by block to disk."""
    size = len(chosen) * array[:1].nbytes
    if size <= SPOOL_BYTES:
        return np.asarray(array[chosen])
    spool = Spool(SPOOL_BYTES)
    for block in _blocks(array, chosen):
        spool.write(block.tobytes())
    return spool.array(array.dtype, (len(chosen), *array.shape[1:]))


def _blocks(array: Array, chosen: Array) -> Iterator[Array]:
    step = max(1, BLOCK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(chosen), step):
        yield np.asarray(array[chosen[start : start + step]])
