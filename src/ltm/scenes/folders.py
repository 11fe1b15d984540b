"""Rows from a folder of pictures: one folder a class inside it, as many tools write them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.told import Told, nobody
from ltm.senses.image import ENDINGS

_ROWS_BETWEEN = 64
"""Rows between two reports of how far reading is: a picture takes far longer to read than a line."""


def picture_rows(path: Path, told: Told = nobody) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields `image` (the file's name relative to where the folder is) and `label` (its class), with a number from 1.

    Classes take turns, so that the first rows show all of them.

    Raises:
        DataError: no folders with pictures in it.
    """
    classes = []
    for folder in sorted(part for part in path.iterdir() if part.is_dir() and not part.name.startswith(".")):
        files = sorted(file.name for file in folder.iterdir() if file.suffix.lower() in ENDINGS)
        classes.append([{"image": f"{path.name}/{folder.name}/{file}", "label": folder.name} for file in files])
    number, count = 0, sum(map(len, classes))
    for turn in itertools.zip_longest(*classes):
        for row in turn:
            if row is not None:
                if number % _ROWS_BETWEEN == 0:
                    told(f"reading {path.name}", number / count)
                number += 1
                yield number, row
    if not number:
        raise DataError(f"{path}: a folder; expected one folder a class in it, with pictures ({', '.join(ENDINGS)})")
