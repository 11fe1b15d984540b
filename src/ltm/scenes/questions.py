"""Scenes to think about, without answers: from a value, a file or a pipe, one at a time, each with where it was.

A file or a pipe may hold a table (CSV, TSV, JSON Lines) or plain grids. A grid of a declared shape may stand on one
line; one of any shape too, if slashes part its rows or if it is nested lists. Otherwise lines that follow one another
are the rows of one grid, and a blank line ends it.
"""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

from ltm.errors import DataError
from ltm.scenes.lines import ENDINGS, MAX_ROW, Row, attempts, column_name
from ltm.scenes.read import cell
from ltm.scenes.scene import Scene
from ltm.scenes.text_rows import TextRows
from ltm.senses.grid import GridSpec
from ltm.senses.value import ValueSpec

_FILE_LIKE = re.compile(r"[\w./\\ -]*[a-z_-][\w./\\ -]*\.[a-z]{1,5}", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """A scene whose answer isn't known.

    Attributes:
        where: file and line, `scene`, or `standard input:line`.
        scene: what is seen.
        shape: of each sense's value, in the order of the senses.
    """

    where: str
    scene: Scene
    shape: tuple[tuple[int, ...], ...]


def questions(
    senses: Mapping[str, ValueSpec], given: str | None, skipped: Callable[[str], None] | None = None
) -> Iterator[Question]:
    """Yields scenes.

    Args:
        senses: of the brain.
        given: a value, a file's name, or None or `-` for standard input.
        skipped: told what is wrong with a scene that is left out; without it the first such scene is an error.

    Raises:
        DataError: nothing there, or a scene that can't be read, with where it is.
    """
    with ExitStack() as stack:
        for where, sees in _found(senses, given, stack):
            try:
                if isinstance(sees, DataError):
                    raise sees
                yield Question(where, Scene(sees), _shapes(senses, sees, where))
            except DataError as problem:
                mistyped = where == "scene" and given is not None and _FILE_LIKE.fullmatch(given)
                words = f"{problem}; if a file was meant: there is no {given}" if mistyped else str(problem)
                if skipped is None:
                    raise DataError(words) from None
                skipped(words)


def _shapes(senses: Mapping[str, ValueSpec], sees: Mapping[str, Any], where: str) -> tuple[tuple[int, ...], ...]:
    shapes = []
    for name, spec in senses.items():
        try:
            shapes.append(spec.encode(sees[name]).shape)
        except DataError as problem:
            raise DataError(f"{where}: {name}: {problem}") from None
    return tuple(shapes)


_Found = Iterator[tuple[str, Mapping[str, Any] | DataError]]


def _found(senses: Mapping[str, ValueSpec], given: str | None, stack: ExitStack) -> _Found:
    if given is None or given == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise DataError("nothing to think about: give a scene, a file, or pipe scenes in")
        yield from _stream(senses, sys.stdin.buffer, "standard input")
        return
    only = next(iter(senses.values()))
    if len(senses) == 1 and only.written == "file" and Path(given).is_file() and Path(given).suffix not in ENDINGS:
        yield given, {next(iter(senses)): Path(given)}
        return
    if Path(given).suffix.lower() in ENDINGS and "\n" not in given:
        yield from _table(senses, attempts(given), given, Path(given).parent)
        return
    try:
        if given and Path(given).is_dir():
            raise DataError(f"{given}: a folder; expected a scene or a file")
        if Path(given).is_file():
            yield from _stream(senses, stack.enter_context(Path(given).open("rb")), given)
            return
    except OSError as problem:
        # A large grid makes a name that no file can have.
        if problem.errno != errno.ENAMETOOLONG:
            raise
    yield from _value(senses, given)


def _value(senses: Mapping[str, ValueSpec], given: str) -> _Found:
    if not given.strip():
        raise DataError("nothing to think about: the scene is empty")
    yield from _grids(senses, iter([(1, given)]), "scene", whole=True)


def _stream(senses: Mapping[str, ValueSpec], file: BinaryIO, name: str) -> _Found:
    folder = Path(name).parent if Path(name).is_file() else Path()
    # Standard input and files opened for reading are both buffered readers, which may be looked into.
    head = cast(Any, file).peek(1)[:MAX_ROW].removeprefix(b"\xef\xbb\xbf").lstrip()
    first = head.split(b"\n", 1)[0].strip()
    cells = (first.decode("utf-8", "replace").split(mark) for mark in ",\t")
    is_table = any(set(senses) <= {column_name(cell.strip().strip('"')) for cell in row} for row in cells)
    if first.startswith(b"{"):
        yield from _table(senses, iter(TextRows(file, name, ".jsonl")), name, folder)
    elif is_table:
        ending = ".tsv" if b"\t" in first else ".csv"
        yield from _table(senses, iter(TextRows(file, name, ending)), name, folder)
    else:
        yield from _grids(senses, _lines(file, name), name, whole=False)


def _table(
    senses: Mapping[str, ValueSpec], rows: Iterator[tuple[int, Row | DataError]], name: str, folder: Path
) -> _Found:
    for line, row in rows:
        where = f"{name}:{line}"
        if isinstance(row, DataError):
            yield where, row
            continue
        yield where, _columns(senses, row, where, folder)


def _columns(senses: Mapping[str, ValueSpec], row: Row, where: str, folder: Path) -> Mapping[str, Any] | DataError:
    sees = {}
    for sense, spec in senses.items():
        try:
            sees[sense] = cell(row, sense, spec.written, folder)
        except DataError as problem:
            return DataError(f"{where}: {sense}: {problem}")
    return sees


def _lines(file: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    for number, data in enumerate(iter(lambda: file.readline(MAX_ROW + 1), b""), start=1):
        if len(data) > MAX_ROW:
            raise DataError(f"{name}:{number}: a line of more than {MAX_ROW:,} bytes")
        try:
            yield number, data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as problem:
            raise DataError(f"{name}:{number}: not UTF-8 text (byte {data[problem.start]:#04x})") from None


def _grids(senses: Mapping[str, ValueSpec], lines: Iterator[tuple[int, str]], name: str, *, whole: bool) -> _Found:
    """Yields grids of plain text; `whole` takes each item as one grid, whatever line breaks it holds."""
    if len(senses) > 1:
        raise DataError(f"this brain sees {', '.join(senses)}: give them as columns of a CSV file")
    sense, spec = next(iter(senses.items()))
    if not isinstance(spec, GridSpec):
        for number, line in lines:
            if line.strip():
                yield (name if whole else f"{name}:{number}"), {sense: line.strip()}
        return
    first, rows = 0, list[str]()

    def grid() -> tuple[str, Mapping[str, Any] | DataError]:
        where = name if whole else f"{name}:{first}"
        text = "\n".join(rows)
        if spec.form != "lists" and not text.startswith("[["):
            return where, {sense: text}
        try:
            return where, {sense: json.loads(text)}
        except (ValueError, RecursionError):
            return where, DataError(f"{where}: expected nested lists such as [[0, 1], [1, 0]]")

    for number, line in chain(lines, [(0, "")]):
        text = line.strip()
        if rows and (not text or _alone(spec, text)):
            yield grid()
            rows.clear()
        if text:
            first = first if rows else number
            rows.append(text)
            if whole or _alone(spec, text) or len(rows) == spec.rows:
                yield grid()
                rows.clear()


def _alone(spec: GridSpec, line: str) -> bool:
    """Returns whether a line is a grid by itself rather than a row of one."""
    if line.startswith("[[") or "/" in line:
        return True
    return spec.rows is not None and spec.columns is not None and (len(line) != spec.columns or spec.rows == 1)
