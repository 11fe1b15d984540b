"""Rows of CSV, TSV and JSON Lines, one at a time; where reading has got to can be kept, and gone on from.

CSV may quote cells, also over several lines; where its header has no comma, cells may be parted by semicolons (cells
such as `3,14` are numbers with a decimal comma then, in every column) or by tabs. TSV has no quotes: a cell ends at a
tab. JSON Lines holds one object a line. All are UTF-8; blank lines are skipped. Whatever is wrong is located as
`file:line`.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal, NamedTuple, NoReturn

from ltm.errors import DataError
from ltm.scenes.step_rows import unrolled

MAX_ROW = 10**6
"""Longest row in bytes."""

Row = dict[str, Any]
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_DECIMAL = re.compile(r"\A(\s*[-+]?\d+),(\d+\s*)\Z")
"""A number of a table with semicolons, as spreadsheets write it where the decimal mark is a comma."""


class TextPlace(NamedTuple):
    """Where a row ends: how many bytes and lines of the file have been read by then."""

    byte: int
    line: int


def column_name(text: str) -> str:
    """Returns a column's name as charts write it: `Puzzle 1` becomes `puzzle_1`; what can't become one stays."""
    name = re.sub(r"[^a-z0-9_-]+", "_", text.strip().lower()).strip("_")
    return name if _NAME.fullmatch(name) else text.strip()


class TextRows:
    """Iterates over the rows of an open file or a pipe: each with its line, or what is wrong with it.

    Args:
        file: opened for reading bytes.
        name: what messages call it.
        ending: `.csv`, `.tsv`, `.jsonl` or `.ndjson`, which says how rows are written.
        start: where an earlier reading had got to; the file must be one that can be wound to it.

    Raises:
        DataError: it is empty, or its header can't be used.
    """

    def __init__(self, file: BinaryIO, name: str, ending: str, start: TextPlace | None = None) -> None:
        self._json, self._tabs, self._start = ending in (".jsonl", ".ndjson"), ending == ".tsv", start
        quotes = not (self._json or self._tabs)
        hint = (
            "is a closing quote missing, or are there very many columns?"
            if quotes
            else "is a line break missing between two rows?"
        )
        self._lines = _Lines(file, name, hint)

    @property
    def place(self) -> TextPlace:
        """Where the row that came last ends."""
        return TextPlace(self._lines.offset, self._lines.number)

    def __iter__(self) -> Iterator[tuple[int, Row | DataError]]:
        lines = self._lines
        nothing = True
        for item in _json_rows(lines, self._start) if self._json else _table_rows(lines, self._tabs, self._start):
            nothing = False
            yield item
        if nothing and lines.blank:
            raise DataError(f"{lines.path}: the file is empty")


class _Lines:
    """Iterates over the text of each line; unlike a generator, it goes on after it has raised."""

    def __init__(self, file: BinaryIO, path: str, hint: str) -> None:
        self.path, self._hint = path, hint
        self.number = self.offset = 0
        self.blank = True
        self.row_bytes = 0
        self.first = 1
        """The line that the row begins at."""
        self._file = file

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        data = self._file.readline(MAX_ROW + 1)
        if not data:
            raise StopIteration
        self.number += 1
        self.offset += len(data)
        self.row_bytes += len(data)
        if self.row_bytes > MAX_ROW:
            while data and not data.endswith(b"\n"):
                data = self._file.readline(MAX_ROW)
                self.offset += len(data)
            self.blank = False
            reach = f", up to line {self.number:,}" if self.number > self.first else ""
            self.fail(f"a row of more than {MAX_ROW:,} bytes{reach}; {self._hint}", self.first)
        if b"\0" in data:
            self.blank = False
            self.fail("a NUL byte; this isn't a text file in UTF-8")
        try:
            text = data.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as problem:
            self.blank = False
            self.fail(f"byte {problem.start + 1} of the line isn't valid UTF-8; save the file as UTF-8")
        self.blank = self.blank and not text.strip()
        return text

    def jump(self, place: TextPlace | None) -> None:
        """Goes on where an earlier reading had got to."""
        if place is not None:
            self._file.seek(place.byte)
            self.offset, self.number = place
            self.blank = False

    def fail(self, what: str, line: int | None = None) -> NoReturn:
        raise DataError(f"{self.path}:{line or self.number}: {what}")


def _table_rows(lines: _Lines, tabs: bool, start: TextPlace | None) -> Iterator[tuple[int, Row | DataError]]:
    # The limit belongs to the whole process; it is only ever raised, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))
    top = _first_line(lines)
    if top is None:
        return
    mark = "\t" if tabs else _separator(top)
    quoting: Literal[0, 3] = csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL
    reader = csv.reader(itertools.chain([top], lines), delimiter=mark, quoting=quoting, strict=True)
    header: list[str] | None = None
    while True:
        first = lines.number + (header is not None)
        lines.row_bytes, lines.first = 0, first
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
            lines.jump(start)
        elif len(cells) != len(header):
            yield first, DataError(f"{lines.path}:{first}: expected {len(header)} cells, got {len(cells)}")
        elif mark == ";":
            yield first, {name: _DECIMAL.sub(r"\1.\2", cell) for name, cell in zip(header, cells, strict=True)}
        else:
            yield first, dict(zip(header, cells, strict=True))


def _first_line(lines: _Lines) -> str | None:
    """Returns the first line that isn't blank; None where there is none."""
    while True:
        lines.row_bytes = 0
        text = next(lines, None)
        if text is None or text.strip():
            return text


def _separator(header: str) -> str:
    """Returns what stands between the cells of a table whose file ends in `.csv`."""
    bare = re.sub(r'"[^"]*"', "", header)
    return next((mark for mark in ",;\t" if mark in bare), ",")


_MEASURED = re.compile(r"\s*(?:[+-]?\d*[.,]\d+(?:[eE][+-]?\d+)?|[+-]\d+)\s*")
"""A number that nobody calls a column: with a fraction, or a sign."""


def _header(lines: _Lines, cells: list[str], line: int) -> list[str]:
    names = [column_name(cell) for cell in cells]
    named = any(letter.isalpha() for letter in "".join(names)) and not any(_MEASURED.fullmatch(cell) for cell in cells)
    for index, name in enumerate(names, 1):
        if not name:
            lines.fail(f"column {index} of the header has no name", line)
        if not named or len(name) > 80:
            lines.fail(f"the header is missing: the first line must name the columns, got {_short(name)}", line)
    for name, times in Counter(names).items():
        if times > 1:
            lines.fail(f"the header names '{name}' {times} times", line)
    return names


def _json_rows(lines: _Lines, start: TextPlace | None) -> Iterator[tuple[int, Row | DataError]]:
    lines.jump(start)
    while True:
        lines.row_bytes, lines.first = 0, lines.number + 1
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
    if ("\\ud" in text or "\\uD" in text) and _broken(row):
        lines.fail("text with half a character (\\ud800 to \\udfff stand in pairs)")
    if not isinstance(row, dict):
        lines.fail(f"expected an object with the columns as keys, got {_short(text.strip())}")
    try:
        return unrolled(row)
    except DataError as problem:
        lines.fail(str(problem))


def _broken(row: object) -> bool:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
