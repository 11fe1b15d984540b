"""Rows from a folder of pictures or of sounds: one folder a class inside it, as many tools write them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.told import Told, nobody
from ltm.senses import image, sound_file

COLUMNS = {"image": image.ENDINGS, "audio": sound_file.ENDINGS}
"""What the column of files is called, and what their names end in."""
_ROWS_BETWEEN = 64
"""Rows between two reports of how far reading is: a picture takes far longer to read than a line."""


def class_rows(path: Path, told: Told = nobody, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields `image` or `audio` (the file's name relative to where the folder is) and `label` (its class).

    Each row has a number from 1, the first `start` of which are passed over. Classes take turns, so that the first rows
    show all of them.

    Raises:
        DataError: no folders with pictures or sounds in it, or with both.
    """
    before = f"{path.name}/" if path.name else ""  # the folder one is in has no name
    found: dict[str, list[list[dict[str, Any]]]] = {column: [] for column in COLUMNS}
    for folder in sorted(part for part in path.iterdir() if part.is_dir() and not part.name.startswith(".")):
        files = sorted(file.name for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
        for column, endings in COLUMNS.items():
            chosen = [file for file in files if file.lower().endswith(endings)]
            rows = [{column: f"{before}{folder.name}/{file}", "label": folder.name} for file in chosen]
            found[column].append(rows)
    used = [column for column, classes in found.items() if any(classes)]
    if not used:
        kinds = f"pictures ({', '.join(image.ENDINGS)}) or sounds ({', '.join(sound_file.ENDINGS)})"
        raise DataError(f"{path}: a folder; expected one folder a class in it, with {kinds}")
    if len(used) > 1:
        raise DataError(f"{path}: holds pictures and sounds; give one folder of each kind")
    classes = found[used[0]]
    number, count = 0, sum(map(len, classes))
    for turn in itertools.zip_longest(*classes):
        for row in turn:
            if row is not None:
                number += 1
                if number <= start:
                    continue
                if number % _ROWS_BETWEEN == 1:
                    told(f"reading {path.name}", number / count)
                yield number, row
