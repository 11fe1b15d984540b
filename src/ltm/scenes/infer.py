"""From a file and a person's words to the types of its columns, and what is known of such scenes."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ltm.acts.table import KINDS as ACTS
from ltm.chart.schema import MOST_SENSES
from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared, parse_declaration
from ltm.scenes.describe import SHOWN_LABELS, count_words, sentences, spec_of
from ltm.scenes.everything import ALL, others, whole_columns
from ltm.scenes.family import Family, recognise
from ltm.scenes.lines import Row, attempts
from ltm.scenes.look import look
from ltm.scenes.look_label import labelled
from ltm.scenes.read import cell, check_alike, check_columns
from ltm.senses.grid import GridSpec
from ltm.senses.value import ValueSpec

__all__ = ["Declared", "Inferred", "infer", "parse_declaration"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_NAMES = "names are letters a to z, digits, - and _, at most 40, and begin with a letter"


@dataclass(frozen=True)
class Inferred:
    """What a file holds.

    Attributes:
        columns: for each column that was asked for, its declaration.
        see: the columns that are seen.
        do: the columns that are answered.
        family: `sudoku`, `maze` or `grid`.
        symmetries: what leaves a scene's meaning unchanged.
        score: `exact` or `shortest-path`.
        notes: all that, in sentences.
    """

    columns: dict[str, dict[str, Any]]
    see: tuple[str, ...]
    do: tuple[str, ...]
    family: str
    symmetries: tuple[str, ...]
    score: str
    notes: list[str]


def infer(
    path: str | os.PathLike[str],
    see: Sequence[str],
    do: Sequence[str],
    sample: int = 2000,
    *,
    skip_bad: bool = False,
) -> Inferred:
    """Looks at the first rows of a file, and at all of them for labels and for numbers that are answered.

    Args:
        path: a CSV, TSV or JSON Lines file.
        see: what is seen, as `parse_declaration` reads it; `*` for all columns that are named nowhere else, but for
            those that can't be used, which the notes name.
        do: what is to be answered, likewise, without `*`.
        sample: how many rows to look at.
        skip_bad: pass over rows that can't be read at all.

    Raises:
        DataError: a column that isn't there, whose values are of no kind, or not of that which was declared.
    """
    path = Path(path)
    said, done, free = _declarations(path, see, do, skip_bad=skip_bad)
    found, one_line_each = _sample(path, list(said), sample, skip_bad)
    columns, left_out = _columns(path, found, said, free)
    seen = tuple(name for name in columns if name not in done)
    if not seen:
        raise DataError(f"{path}: '{ALL}' stands for no column that can be used: {'; '.join(left_out[:3])}")
    if len(found) >= sample:
        columns |= _whole(path, columns, said)
    fitting, misfit = _fitting(path, found, columns, done)
    family = Family("grid", {}, {}, (), "exact", "A right answer is the very one in the file.")
    changes = _changes({columns[name]["kind"] for name in seen}, few=len(found) < sample)
    if changes:
        note = f"Training {' and '.join(changes.values())}; a right answer is the very one in the file."
        family = Family("grid", {}, {}, tuple(changes), "exact", note)
    if len(seen) == len(done) == 1 and all(column["kind"] == "grid" for column in columns.values()):
        written = {name: spec_of(arguments).written for name, arguments in columns.items()}
        pairs = [tuple(cell(row, name, written[name], path.parent) for name in columns) for row in fitting]
        family = recognise([(first, second) for first, second in pairs], columns[seen[0]], columns[done[0]])
        columns = {seen[0]: family.see, done[0]: family.do}
    notes = [count_words(path, len(found), sample, one_line_each)]
    notes += sentences(columns, seen, done, len(found) if len(found) >= sample else None)
    if left_out:
        more = f"; and {len(left_out) - SHOWN_LABELS} more" if len(left_out) > SHOWN_LABELS else ""
        notes.append(f"Left out: {'; '.join(left_out[:SHOWN_LABELS])}{more}.")
    if misfit is not None:
        notes.append(f"{len(found) - len(fitting):,} of the first {len(found):,} rows don't fit; the first: {misfit}")
    return Inferred(columns, seen, done, family.name, family.symmetries, family.score, [*notes, family.note])


def _changes(kinds: set[str], *, few: bool) -> dict[str, str]:
    """Returns what training changes in what is seen, with words for it; numbers only where there are few rows."""
    changes = {"jitter": "moves, turns and stretches pictures a little", "drop": "leaves out some words of a text"}
    changes["scatter"] = "moves numbers a little and leaves out some, as rows are few"
    wanted = {"jitter": "image" in kinds, "drop": "text" in kinds, "scatter": few and kinds & {"number", "vector"}}
    return {name: words for name, words in changes.items() if wanted[name]}


def _declarations(
    path: Path, see: Sequence[str], do: Sequence[str], *, skip_bad: bool
) -> tuple[dict[str, Declared], tuple[str, ...], frozenset[str]]:
    """Returns what is said of each column, those seen first; those to be answered; and those that `*` stands for."""
    if not see or not do:
        raise DataError("name at least one column to see and one to do, such as --see puzzle --do solution")
    if ALL in (text.strip() for text in do):
        raise DataError(f"'{ALL}' stands for columns that are seen; name those that are to be answered")
    named = [parse_declaration(text) for text in (*see, *do) if text.strip() != ALL]
    free = others(path, [name for name, _ in named], skip_bad=skip_bad) if len(named) < len(see) + len(do) else []
    answered = [name for name, _ in named[len(named) - len(do) :]]
    said: dict[str, Declared] = {}
    for name, declared in (*named[: len(named) - len(do)], *((name, Declared()) for name in free), *named[-len(do) :]):
        if name in said:
            raise DataError(f"column '{name}' is named twice; a column is either seen or done")
        if not _NAME.fullmatch(name) and name not in free:
            raise DataError(f"column '{name}': {_NAMES}; rename it in the file's header")
        said[name] = replace(declared, done=name in answered)
    if len(said) - len(answered) > MOST_SENSES:
        raise DataError(f"{len(said) - len(answered):,} columns to see; a brain has at most {MOST_SENSES:,} senses")
    return said, tuple(answered), frozenset(free)


def _columns(
    path: Path, found: list[tuple[int, Row]], said: Mapping[str, Declared], free: frozenset[str]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Returns the declaration of each column, and what is wrong with those of `free` that are left out."""
    columns: dict[str, dict[str, Any]] = {}
    left_out = []
    for name, declared in said.items():
        try:
            if name in free and not _NAME.fullmatch(name):
                raise DataError(_NAMES)
            columns[name] = look([row[name] for _, row in found if name in row], declared, path.parent)
            if declared.done and columns[name]["kind"] not in ACTS:
                kind = columns[name]["kind"]
                raise DataError(f"is of kind {kind}, which can be seen but not answered (acts: {', '.join(ACTS)})")
        except DataError as problem:
            if name not in free:
                raise DataError(f"{path}: {name}: {problem}") from None
            left_out.append(f"{name} ({str(problem).split(' (')[0]})")
    return columns, left_out


def _whole(
    path: Path, columns: Mapping[str, Mapping[str, Any]], said: Mapping[str, Declared]
) -> dict[str, dict[str, Any]]:
    """Looks once more, at the whole file, for labels and for bins of what is answered."""
    labels = [name for name, column in columns.items() if column["kind"] == "label"]
    numbers = [name for name, column in columns.items() if column["kind"] == "number" and said[name].done]
    if not labels and not numbers:
        return {}
    again = {}
    for name, values in whole_columns(path, labels, numbers).items():
        try:
            if name in labels:
                again[name] = labelled(values, said[name].done)
            else:
                again[name] = look(values, replace(said[name], kind="number"), path.parent)
        except DataError as problem:
            raise DataError(f"{path}: {name}: {problem}") from None
    return again


def _sample(path: Path, names: list[str], most: int, skip_bad: bool) -> tuple[list[tuple[int, Row]], bool]:
    """Returns the first good rows with their lines, and whether each of them took one line."""
    found: list[tuple[int, Row]] = []
    for line, row in itertools.islice(attempts(path), most):
        if isinstance(row, DataError):
            if not skip_bad:
                raise row
            continue
        if not found:
            check_columns(path, row, names)
        found.append((line, {name: row[name] for name in names if name in row}))
    if not found:
        raise DataError(f"{path}: holds no rows that can be read")
    return found, found[-1][0] - found[0][0] == len(found) - 1


def _fitting(
    path: Path, found: list[tuple[int, Row]], columns: dict[str, dict[str, Any]], done: Sequence[str]
) -> tuple[list[Row], DataError | None]:
    """Returns the rows that fit the columns' types, and what is wrong with the first that doesn't."""
    specs = {name: spec_of(arguments, name in done) for name, arguments in columns.items()}
    grids = [name for name, spec in specs.items() if isinstance(spec, GridSpec)]
    alike = {name: grids[0] for name in grids[1:]}
    fitting: list[Row] = []
    first: DataError | None = None
    for line, row in found:
        try:
            shapes = {name: _shape(row, name, spec, path.parent) for name, spec in specs.items()}
            check_alike(shapes, alike)
            fitting.append(row)
        except DataError as problem:
            first = first or DataError(f"{path}:{line}: {problem}")
    if first is not None and len(fitting) < MOSTLY * len(found):
        raise first
    return fitting, first


def _shape(row: Row, name: str, spec: ValueSpec, folder: Path) -> tuple[int, ...]:
    try:
        return spec.encode(cell(row, name, spec.written, folder)).shape
    except DataError as problem:
        raise DataError(f"{name}: {problem}") from None
