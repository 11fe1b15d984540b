"""Reads IDX files, the form in which MNIST and its like are given away: big-endian arrays, often packed by gzip.

Only unsigned bytes are read. A file that holds more or less than its header says is refused.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ltm.chart.base import format_bytes
from ltm.errors import DataError

MOST_BYTES = 2**31
"""A file that says it holds more is refused."""
_UNSIGNED_BYTES = 8
_KINDS = {8: "uint8", 9: "int8", 11: "int16", 12: "int32", 13: "float32", 14: "float64"}


def read_idx(path: Path, axes: int) -> npt.NDArray[np.uint8]:
    """Returns the array of an IDX file, packed where its name ends in `.gz`.

    Args:
        path: the file.
        axes: how many axes it must have: 3 for pictures, 1 for labels.

    Raises:
        DataError: no such file, damaged, of another kind or number of axes, or of another length than it says.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0":
                raise DataError(f"{path}: not an IDX file: it begins with {head.hex(' ') or 'nothing'}, not with 00 00")
            if head[2] != _UNSIGNED_BYTES:
                kind = _KINDS.get(head[2], f"of unknown type {head[2]}")
                raise DataError(f"{path}: holds numbers {kind}; only uint8 is read")
            if head[3] != axes:
                raise DataError(f"{path}: has {head[3]} axes, expected {axes}")
            lengths = file.read(4 * axes)
            if len(lengths) < 4 * axes:
                raise DataError(f"{path}: ends within its header")
            shape = tuple(int(side) for side in np.frombuffer(lengths, dtype=">u4"))
            size = math.prod(shape)
            if size > MOST_BYTES:
                raise DataError(
                    f"{path}: says it holds {format_bytes(size)}; at most {format_bytes(MOST_BYTES)} are read"
                )
            data = file.read(size + 1)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except (OSError, EOFError, zlib.error) as problem:
        raise DataError(f"{path}: can't be read: {str(problem)[:200]}") from None
    if len(data) != size:
        sides = "×".join(f"{side:,}" for side in shape)
        got = "more" if len(data) > size else f"only {len(data):,}"
        raise DataError(f"{path}: {sides} means {size:,} bytes after the header, but there are {got}")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)
