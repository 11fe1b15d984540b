"""Rows from a NumPy archive: every array is a column, and its first axis counts the rows."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ltm.chart.base import format_bytes
from ltm.errors import DataError
from ltm.scenes.told import Told, nobody

MOST_BYTES = 8 * 2**30
"""An archive that would unpack to more is refused."""
_ROWS_BETWEEN = 4096
"""Rows between two reports of how far reading is."""


def array_rows(path: Path, told: Told = nobody) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields each row with its number, from 1.

    Raises:
        DataError: not an archive of arrays, one that holds pickled objects, too large, or of arrays of several lengths.
    """
    columns = arrays_of(path)
    lengths = {name: len(array) for name, array in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
        raise DataError(f"{path}: arrays of one archive must have as many rows: {listed}")
    count = next(iter(lengths.values()))
    for row in range(count):
        if row % _ROWS_BETWEEN == 0:
            told(f"reading {path.name}", row / count)
        yield row + 1, {name: array[row] for name, array in columns.items()}


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of an archive (.npz) by name, or the one of a file (.npy).

    Raises:
        DataError: as `array_rows`.
    """
    if path.suffix.lower() == ".npy":
        return {path.stem: _single(path)}
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
        if size > MOST_BYTES:
            raise DataError(f"{path}: unpacks to {format_bytes(size)}; at most {format_bytes(MOST_BYTES)} are read")
        # Arrays of objects are pickles, which could run code: they are refused.
        with np.load(path, allow_pickle=False) as arrays:
            columns = {name: arrays[name] for name in arrays.files}
    except DataError:
        raise
    except (
        OSError,
        ValueError,
        zipfile.BadZipFile,
        EOFError,
        KeyError,
        RuntimeError,
        MemoryError,
        zlib.error,
    ) as problem:
        raise DataError(f"{path}: can't be read as a NumPy archive: {str(problem)[:200]}") from None
    if not columns or any(not isinstance(a, np.ndarray) or a.ndim == 0 for a in columns.values()):
        raise DataError(f"{path}: expected arrays whose first axis counts the rows")
    return columns


def _single(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as problem:
        raise DataError(f"{path}: can't be read as a NumPy array: {str(problem)[:200]}") from None
