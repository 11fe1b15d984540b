"""Whether a table has the columns that are wanted of it; in JSON Lines a row may lack a key that others have."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ltm.errors import DataError, nearest
from ltm.scenes.lines import Row
from ltm.scenes.step_rows import ROLE

SAMPLED = 2000
"""A key that none of so many rows of JSON Lines has is taken for no column."""
_SHOWN_COLUMNS = 40
_Item = TypeVar("_Item", bound=tuple[Any, ...])


def is_ragged(path: str | os.PathLike[str]) -> bool:
    """Returns whether rows of a file may differ in their columns."""
    return Path(path).suffix.lower() in (".jsonl", ".ndjson")


def check_columns(path: Path, row: Row, names: Sequence[str]) -> None:
    """Raises a `DataError` that names the nearest column, if a row, or several rows' columns, lack one of `names`.

    A scene of several steps need not show every column; that a row is no such scene is said of the row.
    """
    for name in names if ROLE not in row else ():
        if name not in row and name != ROLE:
            some = ", ".join([*itertools.islice(row, _SHOWN_COLUMNS), *(["…"] if len(row) > _SHOWN_COLUMNS else [])])
            raise DataError(f"{path}: there is no column '{name}' among {some}{nearest(name, row)}")


def with_columns(path: Path, found: Iterable[_Item], names: Sequence[str], *, ragged: bool) -> Iterator[_Item]:
    """Yields items as they come, once there is one with each of some columns: mostly the first has them all.

    Args:
        path: of the table, for messages.
        found: rows, or what is wrong with them, each the second of a tuple.
        names: of the columns.
        ragged: whether rows may differ in their columns; otherwise the first tells.

    Raises:
        DataError: the table has no such column.
    """
    items = iter(found)
    waiting: list[_Item] = []
    known: Row = {}
    for item in items:
        row = item[1]
        if isinstance(row, DataError):
            if not waiting:
                yield item
                continue
        else:
            known.update(dict.fromkeys(row))
        waiting.append(item)
        there = ROLE in known or all(name in known for name in names if name != ROLE)
        if there or not ragged or len(waiting) == SAMPLED:
            break
    if waiting:
        check_columns(path, known, names)
    yield from waiting
    waiting.clear()
    yield from items
