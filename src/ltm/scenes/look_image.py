"""Works out what pictures a column holds: names of picture files, or arrays of brightnesses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared
from ltm.scenes.look_label import is_empty
from ltm.scenes.read import file_of
from ltm.senses.image import ENDINGS, open_image

MOST_SITES = 64
"""Patches are made so large that a picture takes at most so many sites."""
LARGEST = 64
"""Pictures in files are made at most so many pixels wide and high, unless the size is declared."""
_LEAST_BRIGHT = 32
"""Arrays that reach such numbers are taken for pictures rather than grids of symbols."""


def are_images(values: Sequence[Any]) -> bool:
    """Returns whether most values look like pictures: names of picture files, or arrays of large numbers."""
    if mostly_names(values, ENDINGS):
        return True
    arrays = [value for value in values if isinstance(value, list | np.ndarray)]
    most = bool(arrays) and len(arrays) >= MOSTLY * sum(not is_empty(value) for value in values)
    return most and any(_brightest(value) >= _LEAST_BRIGHT for value in arrays[:100])


def mostly_names(values: Sequence[Any], endings: tuple[str, ...]) -> bool:
    """Returns whether most values that aren't empty are names of files with some endings."""
    there = [value for value in values if not is_empty(value)]
    return bool(there) and sum(is_name(value, endings) for value in there) >= MOSTLY * len(there)


def is_name(value: Any, endings: tuple[str, ...]) -> bool:
    """Returns whether a value is the name of a file with one of some endings."""
    return isinstance(value, str) and value.strip().lower().endswith(endings)


def names_of(values: Sequence[Any], endings: tuple[str, ...]) -> list[str]:
    """Returns the names of files among values, none where most values aren't such; those with an ending if any have."""
    there = [value for value in values if not is_empty(value)]
    names = [value for value in there if isinstance(value, str) and not value.lstrip().startswith("[")]
    if len(names) < MOSTLY * len(there):
        return []
    return [name for name in names if is_name(name, endings)] or names


def look_at_images(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of an `ImageSpec`: the most frequent size, and the largest patches that keep detail.

    Raises:
        DataError: the values aren't pictures, or differ in size.
    """
    if said.kind is None and not are_images(values):
        raise DataError("neither names of picture files nor arrays of brightnesses")
    names = names_of(values, ENDINGS)
    if names:
        rows, columns, channels = _in_files(names, folder)
        if said.rows is None and max(rows, columns) > LARGEST:
            shrink = LARGEST / max(rows, columns)
            rows, columns = max(1, round(rows * shrink)), max(1, round(columns * shrink))
    else:
        rows, columns, channels = _in_arrays([value for value in values if not is_empty(value)])
    rows, columns = said.rows or rows, said.columns or columns
    patch = next(p for p in (1, 2, 4, 8, 16, 32) if -(-rows // p) * -(-columns // p) <= MOST_SITES or p == 32)
    return {"kind": "image", "rows": rows, "columns": columns, "channels": channels, "patch": patch}


def _in_files(names: Sequence[str], folder: Path) -> tuple[int, int, int]:
    sizes, colours = Counter[tuple[int, int]](), False
    problem: DataError | None = None
    for name in names[:20]:
        try:
            image = open_image(file_of(folder, name), "RGB")
        except DataError as odd:  # reading locates bad rows; here one good picture is enough
            problem = odd
            continue
        sizes[image.height, image.width] += 1
        low, high = np.array(image).min(axis=-1), np.array(image).max(axis=-1)
        colours = colours or bool((low != high).any())
    if not sizes and problem is not None:
        raise problem
    (rows, columns), _ = sizes.most_common(1)[0]
    return rows, columns, 3 if colours else 1


def _in_arrays(values: Sequence[Any]) -> tuple[int, int, int]:
    shapes = Counter(_shape(value) for value in values)
    shape, often = shapes.most_common(1)[0]
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3)):
        raise DataError("expected pictures: names of files, or arrays [rows, columns] or [rows, columns, 1 or 3]")
    if often < MOSTLY * len(values):
        raise DataError("pictures in arrays must have one size")
    return shape[0], shape[1], shape[2] if len(shape) == 3 else 1


def _shape(value: Any) -> tuple[int, ...]:
    try:
        return np.asarray(value).shape
    except ValueError:
        return ()


def _brightest(value: Any) -> float:
    try:
        array = np.asarray(value)
    except ValueError:
        return 0.0
    usable = array.ndim in (2, 3) and array.size and np.issubdtype(array.dtype, np.integer)
    return float(array.max()) if usable else 0.0
