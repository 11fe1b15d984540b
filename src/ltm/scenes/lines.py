"""Streams rows from files, one at a time; whatever is wrong is located as `file:line`.

CSV may quote cells, also over several lines. TSV has no quotes: a cell ends at a tab. JSON Lines holds one object a
line. All are UTF-8; blank lines are skipped. Besides these, NumPy archives, Parquet files, and folders of pictures or
sounds have rows.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from ltm.errors import DataError, nearest
from ltm.scenes.arrays import array_rows
from ltm.scenes.folders import class_rows
from ltm.scenes.parquet import parquet_rows
from ltm.scenes.step_rows import unrolled
from ltm.scenes.told import Told, nobody

MAX_ROW = 10**6
"""Longest row in bytes."""
_ROWS_BETWEEN = 4096
"""Rows between two reports of how far reading is."""
TEXTS = (".csv", ".tsv", ".jsonl", ".ndjson")
OTHERS = {".npz": array_rows, ".parquet": parquet_rows}
"""What reads tables that aren't text."""
ENDINGS = (*TEXTS, *OTHERS)

Row = dict[str, Any]
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def column_name(text: str) -> str:
    """Returns a column's name as charts write it: `Puzzle 1` becomes `puzzle_1`; what can't become one stays."""
    name = re.sub(r"[^a-z0-9_-]+", "_", text.strip().lower()).strip("_")
    return name if _NAME.fullmatch(name) else text.strip()


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
    path = Path(path)
    ending = path.suffix.lower()
    if path.is_dir():
        yield from class_rows(path, told)
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
        yield from _named(path, OTHERS[ending](path, told))
        return
    with file:
        size = max(1, os.fstat(file.fileno()).st_size)
        for number, row in enumerate(stream_attempts(file, str(path), ending)):
            if number % _ROWS_BETWEEN == 0:
                told(f"reading {path.name}", min(1.0, file.tell() / size))
            yield row


def _named(path: Path, rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Yields rows with the columns' names as charts write them."""
    for number, row in rows:
        named = {column_name(name): value for name, value in row.items()}
        if len(named) < len(row):
            raise DataError(f"{path}: two columns have the same name among {', '.join(row)}")
        yield number, named


def stream_attempts(file: BinaryIO, name: str, ending: str) -> Iterator[tuple[int, Row | DataError]]:
    """Yields the rows of an open file or a pipe like `attempts`.

    Args:
        file: opened for reading bytes.
        name: what messages call it.
        ending: one of `ENDINGS`, which says how rows are written.

    Raises:
        DataError: it is empty, or its header can't be used.
    """
    lines = _Lines(file, name)
    found = _json_rows(lines) if ending in (".jsonl", ".ndjson") else _table_rows(lines, ending == ".tsv")
    nothing = True
    for item in found:
        nothing = False
        yield item
    if nothing and lines.blank:
        raise DataError(f"{name}: the file is empty")


class _Lines:
    """Iterates over the text of each line; unlike a generator, it goes on after it has raised."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self.path = path
        self.number = 0
        self.blank = True
        self.row_bytes = 0
        self._file = file

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        data = self._file.readline(MAX_ROW + 1)
        if not data:
            raise StopIteration
        self.number += 1
        self.row_bytes += len(data)
        if self.row_bytes > MAX_ROW:
            while data and not data.endswith(b"\n"):
                data = self._file.readline(MAX_ROW)
            self.blank = False
            self.fail(f"a row of more than {MAX_ROW:,} bytes; is a closing quote missing?")
        if b"\0" in data:
            self.blank = False
            self.fail("a NUL byte; this isn't a text file")
        try:
            text = data.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as problem:
            self.blank = False
            self.fail(f"byte {problem.start + 1} of the line isn't valid UTF-8")
        self.blank = self.blank and not text.strip()
        return text

    def fail(self, what: str, line: int | None = None) -> NoReturn:
        raise DataError(f"{self.path}:{line or self.number}: {what}")


def _table_rows(lines: _Lines, tabs: bool) -> Iterator[tuple[int, Row | DataError]]:
    # The limit belongs to the whole process; it is only ever raised, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))
    if tabs:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    else:
        reader = csv.reader(lines, delimiter=",", quoting=csv.QUOTE_MINIMAL, strict=True)
    header: list[str] | None = None
    while True:
        first = lines.number + 1
        lines.row_bytes = 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            if header is None:
                lines.fail(f"the header can't be read: {problem}", first)
            yield first, DataError(f"{lines.path}:{first}: {problem}")
            continue
        except DataError as problem:
            if header is None:
                raise
            yield first, problem
            continue
        if not "".join(cells).strip() and len(cells) < 2:
            continue
        if header is None:
            header = _header(lines, cells, first)
        elif len(cells) != len(header):
            yield first, DataError(f"{lines.path}:{first}: expected {len(header)} cells, got {len(cells)}")
        else:
            yield first, dict(zip(header, cells, strict=True))


def _header(lines: _Lines, cells: list[str], line: int) -> list[str]:
    names = [column_name(cell) for cell in cells]
    for index, name in enumerate(names, 1):
        if not name:
            lines.fail(f"column {index} of the header has no name", line)
        if not any(letter.isalpha() for letter in name) or len(name) > 80:
            lines.fail(f"the header is missing: the first line must name the columns, got {_short(name)}", line)
    for name, times in Counter(names).items():
        if times > 1:
            lines.fail(f"the header names '{name}' {times} times", line)
    return names


def _json_rows(lines: _Lines) -> Iterator[tuple[int, Row | DataError]]:
    while True:
        lines.row_bytes = 0
        try:
            text = next(lines)
            if not text.strip():
                continue
            yield lines.number, _json_row(lines, text)
        except StopIteration:
            return
        except DataError as problem:
            yield lines.number, problem


def _json_row(lines: _Lines, text: str) -> Row:
    def unique(pairs: list[tuple[str, Any]]) -> Row:
        keys = [column_name(key) for key, _ in pairs]
        row = dict(zip(keys, (value for _, value in pairs), strict=True))
        if len(row) < len(pairs):
            lines.fail(f"key '{next(key for key in keys if keys.count(key) > 1)}' appears more than once")
        return row

    def no_number(name: str) -> NoReturn:
        lines.fail(f"{name} isn't JSON")

    try:
        row = json.loads(text, object_pairs_hook=unique, parse_constant=no_number)
    except json.JSONDecodeError as problem:
        lines.fail(f"invalid JSON at character {problem.colno}: {problem.msg}")
    except RecursionError:
        lines.fail("invalid JSON: nested too deeply")
    except DataError:
        raise
    except ValueError as problem:
        lines.fail(f"invalid JSON: {problem}")
    if not isinstance(row, dict):
        lines.fail(f"expected an object with the columns as keys, got {_short(text.strip())}")
    try:
        return unrolled(row)
    except DataError as problem:
        lines.fail(str(problem))


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _nearest_file(path: Path) -> str:
    try:
        return nearest(path.name, [other.name for other in path.parent.iterdir()])
    except OSError:
        return ""
