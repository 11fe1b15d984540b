"""The first rows of a table, and which of them fit what was found of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ltm.errors import DataError, nearest
from ltm.scenes.columns import lying_over
from ltm.scenes.declare import MOSTLY
from ltm.scenes.describe import spec_of
from ltm.scenes.lines import Row, attempts
from ltm.scenes.read import check_alike, encoded
from ltm.scenes.step_rows import ROLE
from ltm.scenes.steps import Stepped
from ltm.scenes.wanted import check_columns, is_ragged
from ltm.senses.value import ValueSpec


def sample_rows(path: Path, names: Sequence[str] | None, most: int, *, skip_bad: bool = False) -> list[tuple[int, Row]]:
    """Returns the first good rows with their lines: fewer than `most` only where the table has no more.

    Args:
        path: of a table.
        names: the columns to keep, which must be there; all when absent.
        most: how many good rows to look at.
        skip_bad: pass over rows that can't be read at all.

    Raises:
        DataError: no such column, no row that can be read, or one that can't.
    """
    found: list[tuple[int, Row]] = []
    known, first_bad = dict[str, Any](), None
    for line, row in attempts(path):
        if isinstance(row, DataError):
            if not skip_bad:
                raise row
            first_bad = first_bad or row
            continue
        if not found and names is not None and not is_ragged(path):
            check_columns(path, row, names)
        known.update(dict.fromkeys(row))
        found.append((line, row if names is None else {name: row[name] for name in (*names, ROLE) if name in row}))
        if len(found) == most:
            break
    if not found:
        raise nothing_read(path, first_bad)
    found = _of_one_kind(path, found)
    strange = next((name for name in names or () if name not in known), None)
    if strange is not None:
        check_columns(path, known, names or ())
        # Scenes of several steps, of which none need show every column.
        raise DataError(f"{path}: no step of the first {len(found):,} scenes has {strange!r}{nearest(strange, known)}")
    return found


def nothing_read(path: Path, first_bad: DataError | None) -> DataError:
    """Returns what is to be said of a table of which no row can be read, with what is wrong with the first."""
    why = "" if first_bad is None else f"; the first: {first_bad}"
    return DataError(f"{path}: holds no rows that can be read{why}")


def _of_one_kind(path: Path, found: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """Returns the rows that are scenes of several steps, where most of them are; the others are located on reading.

    Raises:
        DataError: too many are not; says which is the first.
    """
    stepped = [(line, row) for line, row in found if ROLE in row]
    if not stepped or len(stepped) == len(found):
        return found
    if len(stepped) < MOSTLY * len(found):
        line = next(line for line, row in found if (ROLE in row) != (ROLE in found[0][1]))
        raise DataError(f"{path}:{line}: some rows are scenes of several steps and others are not; this one differs")
    return stepped


def fitting(
    path: Path, found: Sequence[tuple[int, Row]], columns: Mapping[str, Mapping[str, Any]], done: Sequence[str]
) -> tuple[list[Row], DataError | None]:
    """Returns the rows that fit the columns' types, and what is wrong with the first that doesn't.

    Raises:
        DataError: too few of them fit.
    """
    stepped = any(ROLE in row for _, row in found)
    specs = {name: spec_of(arguments, name in done, name) for name, arguments in columns.items()}
    specs = {name: Stepped(spec) for name, spec in specs.items()} if stepped else specs
    first_seen = next(name for name in columns if name not in done)
    alike = lying_over(specs, first_seen)  # of scenes of several steps, one step's may differ in size from another's
    good: list[Row] = []
    first: DataError | None = None
    for line, row in found:
        try:
            shapes = {name: _shape(row, name, spec, path.parent) for name, spec in specs.items()}
            check_alike(shapes, alike)
            good.append(row)
        except DataError as problem:
            first = first or DataError(f"{path}:{line}: {problem}")
    if first is not None and len(good) < MOSTLY * len(found):
        raise first
    return good, first


def _shape(row: Row, name: str, spec: ValueSpec, folder: Path) -> tuple[int, ...]:
    try:
        return encoded(row, name, spec, folder).shape
    except DataError as problem:
        raise DataError(f"{name}: {problem}") from None
