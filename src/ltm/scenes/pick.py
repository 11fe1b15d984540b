"""Picks some rows of a table to be shown: at random, each as likely as any other, or one by its line."""

from __future__ import annotations

import random
from pathlib import Path

from ltm.errors import DataError
from ltm.scenes.lines import Row, attempts
from ltm.scenes.told import Told, nobody


def pick(path: Path, count: int, seed: int, told: Told = nobody) -> tuple[list[tuple[int, Row]], int]:
    """Returns some rows in the order of the file, each with its line, and how many can't be read.

    Reads the file once and keeps only what it picks (reservoir sampling: Vitter 1985, algorithm R).

    Args:
        path: of the table.
        count: how many rows.
        seed: the same seed picks the same rows.
        told: told now and then how much of the file has been read.

    Raises:
        DataError: no rows that can be read.
    """
    draw = random.Random(seed)
    kept: list[tuple[int, Row]] = []
    good, first = 0, None
    unreadable = 0
    for line, row in attempts(path, told):
        if isinstance(row, DataError):
            unreadable, first = unreadable + 1, first or row
            continue
        good += 1
        if len(kept) < count:
            kept.append((line, row))
        elif (place := draw.randrange(good)) < count:
            kept[place] = (line, row)
    if not kept:
        raise first or DataError(f"{path}: holds no rows")
    return sorted(kept, key=lambda item: item[0]), unreadable


def at_line(path: Path, wanted: int, told: Told = nobody) -> Row:
    """Returns the row that begins at a line.

    Raises:
        DataError: none does, or it can't be read.
    """
    before = None
    for line, row in attempts(path, told):
        if line == wanted:
            if isinstance(row, DataError):
                raise row
            return row
        if line > wanted:
            near = f"at {line}" if before is None else f"at {before} and {line}"
            raise DataError(f"{path}:{wanted}: no row begins here; the nearest begin {near}")
        before = line
    raise DataError(f"{path}:{wanted}: no row begins here; the last begins at {before}")
