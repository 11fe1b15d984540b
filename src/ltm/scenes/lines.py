"""Streams rows from files, one at a time; whatever is wrong is located as `file:line`.

CSV may quote cells, also over several lines, and part them by commas, semicolons or tabs. TSV has no quotes: a cell
ends at a tab. JSON Lines holds one object a line. All are UTF-8; blank lines are skipped. Besides these, NumPy
archives, Parquet files, and folders of pictures or sounds have rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ltm.errors import DataError, nearest
from ltm.scenes.arrays import array_rows
from ltm.scenes.folders import class_rows
from ltm.scenes.parquet import parquet_rows
from ltm.scenes.text_rows import MAX_ROW, Row, TextPlace, TextRows, column_name
from ltm.scenes.told import Told, nobody

__all__ = ["ENDINGS", "MAX_ROW", "Row", "attempts", "column_name", "located", "rows"]

_ROWS_BETWEEN = 4096
"""Rows between two reports of how far reading is."""
TEXTS = (".csv", ".tsv", ".jsonl", ".ndjson")
OTHERS = {".npz": array_rows, ".parquet": parquet_rows}
"""What reads tables that aren't text."""
ENDINGS = (*TEXTS, *OTHERS)


def rows(path: str | os.PathLike[str]) -> Iterator[tuple[int, Row]]:
    """Yields each row with the line it begins at.

    Raises:
        DataError: at the first thing that is wrong with the file or a row.
    """
    for line, row in attempts(path):
        if isinstance(row, DataError):
            raise row
        yield line, row


def attempts(path: str | os.PathLike[str], told: Told = nobody) -> Iterator[tuple[int, Row | DataError]]:
    """Yields each row with its line, or what is wrong with it; goes on after a bad row.

    Args:
        path: the file.
        told: told now and then how much of the file has been read.

    Raises:
        DataError: the file can't be read at all: missing, empty, of an unknown kind, or with an unusable header.
    """
    for line, row, _ in located(path, told=told):
        yield line, row


def located(
    path: str | os.PathLike[str], start: Sequence[int] | None = None, told: Told = nobody
) -> Iterator[tuple[int, Row | DataError, tuple[int, ...]]]:
    """Yields like `attempts`, and with each row a place to go on from behind it.

    Args:
        path: the file.
        start: such a place of the same file; its beginning where absent.
        told: told now and then how much of the file has been read.

    Raises:
        DataError: as `attempts`.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if path.is_dir():
        for number, row in class_rows(path, told, start[0] if start else 0):
            yield number, row, (number,)
        return
    if ending not in ENDINGS:
        raise DataError(f"{path}: expected a file that ends in {', '.join(ENDINGS)}{nearest(ending, ENDINGS)}")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file{_nearest_file(path)}") from None
    except OSError as problem:
        raise DataError(f"{path}: can't be read: {problem.strerror}") from None
    if ending in OTHERS:
        file.close()
        for number, row in _named(path, OTHERS[ending](path, told, start[0] if start else 0)):
            yield number, row, (number,)
        return
    with file:
        size = max(1, os.fstat(file.fileno()).st_size)
        found = TextRows(file, str(path), ending, TextPlace(*start) if start else None)
        for count, (line, row_or_problem) in enumerate(found):
            if count % _ROWS_BETWEEN == 0:
                told(f"reading {path.name}", min(1.0, found.place.byte / size))
            yield line, row_or_problem, found.place


def _named(path: Path, rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Yields rows with the columns' names as charts write them."""
    for number, row in rows:
        named = {column_name(name): value for name, value in row.items()}
        if len(named) < len(row):
            raise DataError(f"{path}: two columns have the same name among {', '.join(row)}")
        yield number, named


def _nearest_file(path: Path) -> str:
    try:
        return nearest(path.name, [other.name for other in path.parent.iterdir()])
    except OSError:
        return ""
