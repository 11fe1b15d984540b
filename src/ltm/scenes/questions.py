"""Scenes to think about, without answers: from a value, a file or a pipe, one at a time, each with where it was.

A file or a pipe may hold a table (CSV, TSV, JSON Lines) or plain text (see `ltm.scenes.plain`). A picture or a sound
may itself come through a pipe.
"""

from __future__ import annotations

import codecs
import csv
import errno
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from ltm.errors import DataError, nearest
from ltm.scenes.encode_rows import Written
from ltm.scenes.lines import ENDINGS, MAX_ROW, Row, attempts, column_name
from ltm.scenes.plain import Found, plain_scenes, text_lines
from ltm.scenes.read import cell
from ltm.scenes.scene import Scene
from ltm.scenes.step_rows import ROLE, unrolled
from ltm.scenes.text_rows import TextRows
from ltm.senses.value import ValueSpec

_FILE_LIKE = re.compile(r"[\w./\\ -]*[a-z_-][\w./\\ -]*\.[a-z]{1,5}", re.IGNORECASE)


CUT = 4096
"""A first line of which so many bytes are seen, but not its end, goes on; shorter ones are all there is."""
_OBJECT = re.compile(r"""\s*\{\s*["'}]""")
"""How a JSON object begins, or what was meant as one; other braces are part of a text or a list."""
MOST_BYTES = 256 * 2**20
"""Longest picture or sound that is taken from a pipe."""


@dataclass(frozen=True)
class Question:
    """A scene whose answer isn't known.

    Attributes:
        where: file and line, `scene`, or `standard input:line`.
        line: where it begins; 0 where there are no lines.
        scene: what is seen.
        shape: of each sense's value, in the order of the senses.
    """

    where: str
    line: int
    scene: Scene
    shape: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Unreadable:
    """A scene that can't be read.

    Attributes:
        where: like a question's.
        line: like a question's.
        what: is wrong with it.
    """

    where: str
    line: int
    what: str


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
    piped = is_piped(given)
    for found in attempted(senses, None if piped else given, standard_input() if piped else None):
        if isinstance(found, Question):
            yield found
        elif skipped is None:
            raise DataError(f"{found.where}: {found.what}")
        else:
            skipped(f"{found.where}: {found.what}")


def is_piped(given: str | None) -> bool:
    """Whether scenes come from standard input."""
    return given is None or given == "-"


def standard_input() -> BinaryIO:
    """Returns standard input.

    Raises:
        DataError: there is none but a person's keyboard.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise DataError("nothing to think about: give a scene, a file, or pipe scenes in")
    return sys.stdin.buffer


def attempted(
    senses: Mapping[str, ValueSpec], given: str | None, pipe: BinaryIO | None = None
) -> Iterator[Question | Unreadable]:
    """Yields each scene in order, or what is wrong with it; goes on after a bad one.

    Args:
        senses: of the brain.
        given: a value or a file's name; not looked at where there is a pipe.
        pipe: a buffered reader, which may be looked into.

    Raises:
        DataError: nothing there, or nothing more that can be read.
    """
    with ExitStack() as stack:
        found = _found(senses, given or "", stack) if pipe is None else _stream(senses, pipe, "standard input", Path())
        for one in _judged(senses, found):
            mistyped = one.where == "scene" and given is not None and _FILE_LIKE.fullmatch(given)
            if isinstance(one, Unreadable) and mistyped:
                yield Unreadable(one.where, one.line, f"{one.what}; if a file was meant: there is no {given}")
            else:
                yield one


def attempted_rows(
    senses: Mapping[str, ValueSpec], rows: Iterable[tuple[int, Row]], name: str, written: Written
) -> Iterator[Question | Unreadable]:
    """Yields each of some rows that a source has made as a scene, or what is wrong with it.

    Args:
        senses: of the brain.
        rows: each with its number.
        name: of the source.
        written: how the source's values are brought into the form that a sense reads.
    """
    found: list[tuple[str, int, Mapping[str, Any] | DataError]] = []
    for number, row in rows:
        where, given = f"{name}:{number}", unrolled(row)
        sees = _columns(senses, given, where, Path(), plain=True)
        if not isinstance(sees, DataError):
            sees = {sense: written(value, senses[sense]) for sense, value in sees.items()}
        found.append((where, number, sees))
    yield from _judged(senses, iter(found))


def _judged(senses: Mapping[str, ValueSpec], found: Found) -> Iterator[Question | Unreadable]:
    for where, line, sees in found:
        try:
            if isinstance(sees, DataError):
                raise sees
            question = Question(where, line, Scene(sees), _shapes(senses, sees, where))
        except DataError as problem:
            yield Unreadable(where, line, str(problem).removeprefix(f"{where}: "))
        else:
            yield question


def _shapes(senses: Mapping[str, ValueSpec], sees: Mapping[str, Any], where: str) -> tuple[tuple[int, ...], ...]:
    shapes = []
    for name, spec in senses.items():
        try:
            shapes.append(spec.encode(sees[name]).shape)
        except DataError as problem:
            raise DataError(f"{where}: {name}: {problem}") from None
    return tuple(shapes)


def _found(senses: Mapping[str, ValueSpec], given: str, stack: ExitStack) -> Found:
    if "\0" in given:  # no file is called so
        yield from _value(senses, given)
        return
    path, ending = Path(given), Path(given).suffix.lower()
    if _OBJECT.match(given):
        line = cast(BinaryIO, io.BytesIO(given.encode(errors="replace")))
        yield from _table(senses, iter(TextRows(line, "scene", ".jsonl")), "scene", Path())
        return
    if ending in ENDINGS and "\n" not in given:
        yield from _table(senses, attempts(given), given, path.parent)
        return
    try:
        if given and path.is_dir():
            # One folder a class, as `ltm fit` takes it.
            yield from _table(senses, attempts(given), given, path.parent)
            return
        if path.is_file():
            if _single_file(senses) and ending != ".txt":  # that would be a list of names
                yield given, 0, {next(iter(senses)): path}
            else:
                yield from _stream(senses, stack.enter_context(path.open("rb")), given, path.parent)
            return
    except OSError as problem:
        # A large grid makes a name that no file can have.
        if problem.errno != errno.ENAMETOOLONG:
            raise
    yield from _value(senses, given)


def _single_file(senses: Mapping[str, ValueSpec]) -> bool:
    """Whether a scene is one picture or one sound."""
    return len(senses) == 1 and next(iter(senses.values())).written == "file"


def _value(senses: Mapping[str, ValueSpec], given: str) -> Found:
    if not given.strip():
        raise DataError("nothing to think about: the scene is empty")
    yield from plain_scenes(senses, [(0, given)], "scene", Path(), whole=True)


def _stream(senses: Mapping[str, ValueSpec], file: BinaryIO, name: str, folder: Path) -> Found:
    # Standard input and files opened for reading are both buffered readers, which may be looked into.
    head = cast(Any, file).peek(1)[:MAX_ROW].removeprefix(b"\xef\xbb\xbf").lstrip()
    first = head.split(b"\n", 1)[0].strip()
    is_table = _heads(first, set(senses), cut=b"\n" not in head and len(head) >= CUT)
    if _single_file(senses) and not _is_text(head):
        yield name, 0, {next(iter(senses)): _whole(file, name)}
    elif _OBJECT.match(head.decode("utf-8", "replace")):
        yield from _table(senses, iter(TextRows(file, name, ".jsonl")), name, folder)
    elif is_table:
        ending = ".tsv" if b"\t" in first and b'"' not in first else ".csv"
        yield from _table(senses, iter(TextRows(file, name, ending)), name, folder)
    else:
        yield from plain_scenes(senses, text_lines(file, name), name, folder)


def _heads(first: bytes, wanted: set[str], *, cut: bool) -> bool:
    """Returns whether a line is a header of all columns that are wanted; of one of them, where its end isn't seen."""
    line = first.decode("utf-8", "replace").partition("\r")[0]
    for mark in ",;\t":
        cells = next(csv.reader([line], delimiter=mark), [])
        names = {column_name(cell.strip()) for cell in (cells[:-1] if cut else cells)}
        if names & wanted if cut else wanted <= names:
            return True
    return False


def _is_text(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # its last letter may be cut
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


def _whole(file: BinaryIO, name: str) -> bytes:
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise DataError(f"{name}: a picture or a sound of more than {MOST_BYTES:,} bytes")
    return data


def _table(
    senses: Mapping[str, ValueSpec], rows: Iterable[tuple[int, Row | DataError]], name: str, folder: Path
) -> Found:
    for line, row in rows:
        where = f"{name}:{line}"
        yield where, line, row if isinstance(row, DataError) else _columns(senses, row, where, folder)


def _columns(
    senses: Mapping[str, ValueSpec], row: Row, where: str, folder: Path, *, plain: bool = False
) -> Mapping[str, Any] | DataError:
    if ROLE in senses and ROLE not in row:
        return DataError(f"{where}: expected a scene of several steps, under the key 'steps'{nearest('steps', row)}")
    strange = next((name for name in row if name not in senses and nearest(name, senses)), None)
    if ROLE in senses and strange is not None:  # which no step need show, so that a misspelt one would go unnoticed
        return DataError(f"{where}: no sense or act called {strange!r}{nearest(strange, senses)}")
    sees = {}
    for sense, spec in senses.items():
        try:
            sees[sense] = cell(row, sense, "plain" if plain else spec.written, folder)
        except DataError as problem:
            return DataError(f"{where}: {sense}: {problem}")
    return sees
