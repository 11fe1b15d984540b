"""Scenes as arrays: `SceneSet`, and `SceneWriter`, which builds one row by row in constant memory.

Small sets live in memory, larger ones on disk (see `ltm.scenes.spool`).
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.chart.base import format_bytes
from ltm.errors import DataError
from ltm.scenes.spool import BLOCK_BYTES, SPOOL_BYTES, Array, Spool, gather
from ltm.senses.layout import Layout


@dataclass(frozen=True, eq=False)
class SceneSet:
    """Many scenes, column by column.

    Attributes:
        values: for each column `[scenes, *sides]`, padded to the column's largest value; may be a `np.memmap`.
        shapes: for each column uint32 `[scenes, axes]`, the sides of each scene's value.
        lines: int64 `[scenes]`, the line of the file at which each scene begins; of made ones their number, from 1.
    """

    values: dict[str, Array]
    shapes: dict[str, npt.NDArray[np.uint32]]
    lines: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.lines)
        for name, array in self.values.items():
            if len(array) != count:
                raise ValueError(f"{name} has {len(array)} values for {count} scenes")
            if self.shapes[name].shape != (count, array.ndim - 1):
                raise ValueError(
                    f"shapes of {name} must be [{count}, {array.ndim - 1}], got {list(self.shapes[name].shape)}"
                )

    @classmethod
    def of(
        cls, values: Mapping[str, Array], shapes: Mapping[str, Array] | None = None, lines: Array | None = None
    ) -> SceneSet:
        """Wraps arrays `[scenes, *sides]`; without `shapes` every value fills its array."""
        arrays = {name: np.asarray(array) for name, array in values.items()}
        count = len(next(iter(arrays.values())))
        full = {name: np.broadcast_to(np.array(a.shape[1:]), (count, a.ndim - 1)) for name, a in arrays.items()}
        sides = {name: np.array(sides, dtype=np.uint32) for name, sides in (shapes or full).items()}
        return cls(arrays, sides, np.zeros(count, dtype=np.int64) if lines is None else np.array(lines, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, indices: Array | Sequence[int]) -> SceneSet:
        """Returns the scenes at `indices` (or where a boolean mask holds), in that order, as a set of their own."""
        chosen = np.asarray(indices)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        values = {name: gather(array, chosen) for name, array in self.values.items()}
        shapes = {name: np.asarray(sides[chosen]) for name, sides in self.shapes.items()}
        return SceneSet(values, shapes, np.asarray(self.lines[chosen]))

    def crop(self) -> SceneSet:
        """Returns the same scenes without rows and columns that are padding in every one of them."""
        values = {name: array[(slice(None), *self._largest(name))] for name, array in self.values.items()}
        return SceneSet(values, self.shapes, self.lines)

    def _largest(self, name: str) -> tuple[slice, ...]:
        sides = self.shapes[name]
        return tuple(slice(int(side)) for side in (sides.max(axis=0) if len(sides) else np.zeros(sides.shape[1])))


def join(parts: Sequence[SceneSet]) -> SceneSet:
    """Returns the scenes of several sets whose columns have the same sides, one set after another."""
    names = list(parts[0].values)
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in names}
    shapes = {name: np.concatenate([part.shapes[name] for part in parts]) for name in names}
    return SceneSet(values, shapes, np.concatenate([part.lines for part in parts]))


def check_sides(name: str, shape: tuple[int, ...], layout: Layout) -> None:
    """Raises a `DataError` if a value has a side that is longer than its column's layout allows."""
    if max(shape) > layout.longest:
        sides = "×".join(f"{side:,}" for side in shape)
        raise DataError(f"{name}: a side may have {layout.longest:,} places at most, got {sides}")


class SceneWriter:
    """Collects encoded scenes one by one; `finish` turns them into a `SceneSet`.

    Args:
        columns: how the values of each are laid out.
        limit: each array above so many bytes goes to disk.
    """

    def __init__(self, columns: Mapping[str, Layout], *, limit: int = SPOOL_BYTES) -> None:
        self._limit, self._layouts = limit, dict(columns)
        self._cells = {name: Spool(limit) for name in columns}
        self._shapes = {name: Spool(limit) for name in columns}
        self._lines, self._digests = Spool(limit), Spool(limit)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, scene: Mapping[str, Array], line: int = 0) -> None:
        """Adds one scene: the encoded value of each column.

        Raises:
            DataError: a value has a side that is longer than its column's layout allows.
        """
        for name, layout in self._layouts.items():
            check_sides(name, scene[name].shape, layout)
        digest = hashlib.blake2b(digest_size=16)
        for name, layout in self._layouts.items():
            shape = np.array(scene[name].shape, dtype=np.uint32).tobytes()
            cells = scene[name].astype(layout.dtype).tobytes()
            digest.update(shape + cells)
            self._shapes[name].write(shape)
            self._cells[name].write(cells)
        self._lines.write(np.int64(line).tobytes())
        self._digests.write(digest.digest())
        self._count += 1

    def finish(self, *, distinct: bool = False) -> SceneSet:
        """Returns the set; with `distinct`, only the first of scenes that are alike in every column.

        Raises:
            DataError: padding to the largest shape needs more temporary space than there is.
        """
        count = self._count
        keep = _firsts(self._digests.array(np.uint64, (count, 2))) if distinct else np.ones(count, dtype=bool)
        lines = self._lines.array(np.int64, (count,))
        values, shapes = {}, {}
        for name, layout in self._layouts.items():
            sides = self._shapes[name].array(np.uint32, (count, layout.rank))
            shapes[name] = np.asarray(sides[keep])
            largest = tuple(int(side) for side in shapes[name].max(axis=0)) if count else (0,) * layout.rank
            if keep.all() and bool((sides == largest).all()):
                values[name] = self._cells[name].array(layout.dtype, (count, *largest))
            else:
                values[name] = self._padded(name, sides, keep, largest)
        return SceneSet(values, shapes, lines if keep.all() else np.asarray(lines[keep]))

    def _check_space(self, size: int) -> None:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        if size > self._limit and size > free:
            raise DataError(
                f"scenes padded to the largest need {format_bytes(size)}, but {folder} has "
                f"{format_bytes(free)} free; split the file by size, or point TMPDIR to a larger disk"
            )

    def _padded(self, name: str, shapes: Array, keep: Array, largest: tuple[int, ...]) -> Array:
        """Copies a column of values of any shape, written one after another, to `[kept, *largest]`."""
        spool, dtype, void = self._cells[name], np.dtype(self._layouts[name].dtype), self._layouts[name].void
        cells_each = int(np.prod(largest))
        self._check_space(int(keep.sum()) * cells_each * dtype.itemsize)
        result = Spool(self._limit)
        spool.rewind()
        # Each cell of a block takes its bytes, and eight more for its place in what was read.
        step = max(1, BLOCK_BYTES // max(1, (8 + dtype.itemsize) * cells_each))
        for start in range(0, self._count, step):
            sides = shapes[start : start + step].astype(np.int64)
            sizes = sides.prod(axis=1)
            cells = np.frombuffer(spool.read(int(sizes.sum()) * dtype.itemsize), dtype=dtype)
            offsets = np.cumsum(sizes) - sizes
            wanted = keep[start : start + step]
            block = np.full((len(sides), *largest), void, dtype=dtype)
            for shape in np.unique(sides[wanted], axis=0).tolist():
                alike = np.flatnonzero(wanted & (sides == shape).all(axis=1))
                places = offsets[alike, None] + np.arange(int(np.prod(shape)))
                corner: tuple[Any, ...] = (alike, *(slice(side) for side in shape))
                block[corner] = cells[places].reshape(-1, *shape)
            result.write(block[wanted].tobytes())
        return result.array(dtype, (int(keep.sum()), *largest))


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
