"""Scenes as arrays: `SceneSet`, and `SceneWriter`, which builds one row by row in constant memory.

Small sets live in memory. Larger ones live in temporary files that have no name: the operating system frees them
when the last array that maps them is gone, even if the process is killed.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.chart.base import format_bytes
from ltm.errors import DataError
from ltm.senses.grid import VOID

SPOOL_BYTES = 64 * 2**20
"""Arrays larger than this are kept on disk."""
MAX_SIDE = 1024
_BLOCK_BYTES = 4 * 2**20

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class SceneSet:
    """Many scenes, column by column.

    Attributes:
        values: for each column, uint8 `[scenes, rows, columns]`, padded with `VOID` to the largest shape; may be a
            `np.memmap`.
        shapes: uint16 `[scenes, 2]`, the rows and columns of each scene; all its columns share them.
        lines: int64 `[scenes]`, the line of the file each scene began at; 0 when it was generated.
    """

    values: dict[str, npt.NDArray[np.uint8]]
    shapes: npt.NDArray[np.uint16]
    lines: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        sizes = {array.shape for array in self.values.values()}
        count = len(self.lines)
        if len(sizes) != 1 or any(len(size) != 3 or size[0] != count for size in sizes):
            raise ValueError(f"columns must share one shape [{count}, rows, columns], got {sorted(sizes)}")
        if self.shapes.shape != (count, 2):
            raise ValueError(f"shapes must be [{count}, 2], got {list(self.shapes.shape)}")

    @classmethod
    def of(cls, values: Mapping[str, Array], shapes: Array | None = None, lines: Array | None = None) -> SceneSet:
        """Wraps arrays `[scenes, rows, columns]`; without `shapes` every scene fills its array."""
        arrays = {name: np.asarray(array, dtype=np.uint8) for name, array in values.items()}
        count, rows, columns = next(iter(arrays.values())).shape
        if shapes is None:
            shapes = np.broadcast_to(np.array([rows, columns]), (count, 2))
        if lines is None:
            lines = np.zeros(count)
        return cls(arrays, np.array(shapes, dtype=np.uint16), np.array(lines, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, indices: Array | Sequence[int]) -> SceneSet:
        """Returns the scenes at `indices` (or where a boolean mask holds), in that order, as a set of their own."""
        chosen = np.asarray(indices)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        values = {name: _gather(array, chosen) for name, array in self.values.items()}
        return SceneSet(values, np.asarray(self.shapes[chosen]), np.asarray(self.lines[chosen]))

    def crop(self) -> SceneSet:
        """Returns the same scenes without rows and columns that are padding in every one of them."""
        rows, columns = (int(side) for side in self.shapes.max(axis=0)) if len(self) else (0, 0)
        values = {name: array[:, :rows, :columns] for name, array in self.values.items()}
        return SceneSet(values, self.shapes, self.lines)


class SceneWriter:
    """Collects encoded scenes one by one; `finish` turns them into a `SceneSet`."""

    def __init__(self, columns: Sequence[str], *, limit: int = SPOOL_BYTES) -> None:
        """Starts an empty set with these columns; each array above `limit` bytes goes to disk."""
        self._limit = limit
        self._cells = {name: _Spool(limit) for name in columns}
        self._shapes, self._lines, self._digests = _Spool(limit), _Spool(limit), _Spool(limit)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, scene: Mapping[str, Array], line: int = 0) -> None:
        """Adds one scene: for each column, symbols `[rows, columns]`.

        Raises:
            DataError: the columns of the scene differ in shape, or a side exceeds 1,024.
        """
        shapes = {name: scene[name].shape for name in self._cells}
        if len(set(shapes.values())) > 1:
            listed = ", ".join(f"{name} is {rows}×{columns}" for name, (rows, columns) in shapes.items())
            raise DataError(f"the grids of one scene must agree in shape: {listed}")
        sides = next(iter(shapes.values()))
        if max(sides) > MAX_SIDE:
            raise DataError(f"a grid may have {MAX_SIDE:,} rows and columns at most, got {sides[0]}×{sides[1]}")
        shape = np.array(sides, dtype=np.uint16).tobytes()
        digest = hashlib.blake2b(shape, digest_size=16)
        for name, spool in self._cells.items():
            cells = scene[name].astype(np.uint8).tobytes()
            digest.update(cells)
            spool.write(cells)
        self._shapes.write(shape)
        self._lines.write(np.int64(line).tobytes())
        self._digests.write(digest.digest())
        self._count += 1

    def finish(self, *, distinct: bool = False) -> SceneSet:
        """Returns the set; with `distinct`, only the first of scenes that are alike in every column.

        Raises:
            DataError: padding to the largest shape needs more temporary space than there is.
        """
        count = self._count
        shapes = self._shapes.array(np.uint16, (count, 2))
        lines = self._lines.array(np.int64, (count,))
        keep = _firsts(self._digests.array(np.uint64, (count, 2))) if distinct else np.ones(count, dtype=bool)
        kept = shapes[keep] if count else shapes
        rows, columns = (int(side) for side in kept.max(axis=0)) if count else (0, 0)
        if keep.all() and bool((shapes == (rows, columns)).all()):
            values = {name: spool.array(np.uint8, (count, rows, columns)) for name, spool in self._cells.items()}
            return SceneSet(values, shapes, lines)
        self._check_space(len(kept) * rows * columns)
        values = {name: self._padded(spool, shapes, keep, rows, columns) for name, spool in self._cells.items()}
        return SceneSet(values, np.asarray(kept), np.asarray(lines[keep]))

    def _check_space(self, size: int) -> None:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        if size > self._limit and size * len(self._cells) > free:
            raise DataError(
                f"scenes padded to the largest need {format_bytes(size * len(self._cells))}, but {folder} has "
                f"{format_bytes(free)} free; split the file by size of grid, or point TMPDIR to a larger disk"
            )

    def _padded(self, spool: _Spool, shapes: Array, keep: Array, rows: int, columns: int) -> npt.NDArray[np.uint8]:
        """Copies a column of scenes of any shape, written one after another, to `[kept, rows, columns]`."""
        result = _Spool(self._limit)
        spool.rewind()
        # Each cell of a block takes a byte, and eight more for its place in what was read.
        step = max(1, _BLOCK_BYTES // max(1, 9 * int(rows) * int(columns)))
        for start in range(0, self._count, step):
            sides = shapes[start : start + step].astype(np.int64)
            sizes = sides.prod(axis=1)
            cells = np.frombuffer(spool.read(int(sizes.sum())), dtype=np.uint8)
            offsets = np.cumsum(sizes) - sizes
            wanted = keep[start : start + step]
            block = np.full((len(sides), rows, columns), VOID, dtype=np.uint8)
            for height, width in np.unique(sides[wanted], axis=0):
                alike = np.flatnonzero(wanted & (sides == (height, width)).all(axis=1))
                places = offsets[alike, None] + np.arange(height * width)
                block[alike, :height, :width] = cells[places].reshape(-1, height, width)
            result.write(block[wanted].tobytes())
        return result.array(np.uint8, (int(keep.sum()), rows, columns))


class _Spool:
    """Bytes written one after another, in memory up to a limit and then in a file without a name."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=max(1, limit))
        # A mapping outlives the file it was made from, so the file can go as soon as nobody writes to it.
        weakref.finalize(self, self._file.close)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._size += len(data)

    def rewind(self) -> None:
        self._file.seek(0)

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def array(self, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> Array:
        """Returns all that was written as an array: a copy in memory, or a private mapping of the file."""
        self._file.flush()
        if self._size > self._limit:
            # Mode "c": writable without a copy, and writes never reach the file.
            return np.memmap(self._file, dtype=dtype, mode="c", shape=shape)
        self._file.seek(0)
        return np.frombuffer(bytearray(self._file.read()), dtype=dtype).reshape(shape)


def _blocks(array: Array, chosen: Array) -> Iterator[Array]:
    step = max(1, _BLOCK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(chosen), step):
        yield np.asarray(array[chosen[start : start + step]])


def _gather(array: Array, chosen: Array) -> Array:
    size = len(chosen) * array[:1].nbytes
    if size <= SPOOL_BYTES:
        return np.asarray(array[chosen])
    spool = _Spool(SPOOL_BYTES)
    for block in _blocks(array, chosen):
        spool.write(block.tobytes())
    return spool.array(array.dtype, (len(chosen), *array.shape[1:]))


def _firsts(digests: Array) -> npt.NDArray[np.bool_]:
    """Returns which rows of `[n, 2]` appear for the first time; the second half is compared only where it must be."""
    keep = np.ones(len(digests), dtype=bool)
    order = np.argsort(digests[:, 0], kind="stable")
    same = digests[order[1:], 0] == digests[order[:-1], 0]
    suspects = np.unique(np.concatenate((order[1:][same], order[:-1][same])))
    pairs = np.asarray(digests[suspects])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    repeated = (pairs[order[1:]] == pairs[order[:-1]]).all(axis=1)
    keep[suspects[order[1:][repeated]]] = False
    return keep
