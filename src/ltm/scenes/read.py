"""Reads scenes from CSV, TSV and JSON Lines files in constant memory, telling where each bad row is."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt

from ltm.errors import DataError, nearest
from ltm.scenes.following import source_columns, source_of
from ltm.scenes.lines import Row, attempts, rows
from ltm.scenes.spool import SPOOL_BYTES
from ltm.scenes.step_rows import ROLE, StepList
from ltm.scenes.steps import laid_over
from ltm.scenes.store import SceneSet, SceneWriter, check_sides
from ltm.scenes.told import Told, nobody
from ltm.senses.layout import Written
from ltm.senses.value import ValueSpec

__all__ = ["LoadReport", "cell", "check_columns", "digest", "load", "rows"]

_SHOWN = 10
_SHOWN_COLUMNS = 40
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class LoadReport:
    """What reading a file gave.

    Attributes:
        scenes: the good rows, in the order of the file, without repetitions.
        skipped: bad rows that were left out.
        duplicates: rows that repeat an earlier one in all columns that were read.
        problems: what was wrong with the first ten bad rows, each with file and line.
    """

    scenes: SceneSet
    skipped: int
    duplicates: int
    problems: list[str]


def load(
    path: str | os.PathLike[str],
    columns: Mapping[str, ValueSpec],
    *,
    alike: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    spool_bytes: int = SPOOL_BYTES,
    told: Told = nobody,
) -> LoadReport:
    """Reads the given columns of a file.

    Args:
        path: a CSV, TSV or JSON Lines file.
        columns: how to read each column.
        alike: columns whose values must have the shape of another column's in the same row.
        skip_bad: leave bad rows out, and count them, rather than stop at the first.
        spool_bytes: arrays above this size are kept on disk.
        told: told now and then how much of the file has been read.

    Raises:
        DataError: `path:line: column: what` for a bad row; `path: what` for an unusable file or an unknown column.
    """
    path = Path(path)
    writer = SceneWriter({name: spec.layout for name, spec in columns.items()}, limit=spool_bytes)
    skipped, problems, known = 0, list[str](), False
    for line, row in attempts(path, told):
        try:
            if isinstance(row, DataError):
                raise row
            if not known:
                check_columns(path, row, source_columns(columns))
                known = True
        except DataError as problem:
            if not (skip_bad and isinstance(row, DataError)):
                raise
            skipped, problems = skipped + 1, [*problems, str(problem)][:_SHOWN]
            continue
        try:
            writer.append(encode_row(f"{path}:{line}", row, columns, alike or {}, path.parent), line)
        except DataError as problem:
            if not skip_bad:
                raise
            skipped, problems = skipped + 1, [*problems, str(problem)][:_SHOWN]
    if not len(writer):
        first = f"; the first of {skipped} bad rows: {problems[0]}" if problems else ""
        raise DataError(f"{path}: holds no scenes{first}")
    scenes = writer.finish(distinct=True)
    return LoadReport(scenes, skipped, len(writer) - len(scenes), problems)


def digest(path: Path) -> str:
    """Returns a file's sha256, or one of a folder's files and their names; "" where there is neither."""
    hashed = hashlib.sha256()
    try:
        if path.is_dir():
            for file in sorted(part for part in path.rglob("*") if part.is_file()):
                line = f"{file.relative_to(path).as_posix()}\0{digest(file)}\n"
                hashed.update(line.encode(errors="surrogateescape"))  # a name may be no UTF-8
            return hashed.hexdigest()
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                hashed.update(block)
    except OSError:
        return ""
    return hashed.hexdigest()


def check_columns(path: Path, row: Row, names: list[str]) -> None:
    """Raises a `DataError` that names the nearest column, if the first row lacks one of `names`.

    A scene of several steps need not show every column.
    """
    for name in names if ROLE not in row else ():
        if name not in row:
            some = ", ".join([*itertools.islice(row, _SHOWN_COLUMNS), *(["…"] if len(row) > _SHOWN_COLUMNS else [])])
            raise DataError(f"{path}: there is no column '{name}' among {some}{nearest(name, row)}")


def cell(row: Row, name: str, written: Written, folder: Path) -> Any:
    """Returns a value in the form that its spec expects.

    Args:
        row: of a table.
        name: of the column; one that no step of a scene shows is a column of None.
        written: how cells hold the values; lists may be written as text, as in CSV.
        folder: what names of files are relative to.

    Raises:
        DataError: the row lacks the column, or the text isn't a list.
    """
    if name not in row and ROLE not in row:
        raise DataError(f"is missing{nearest(name, row)}")
    value = row[name] if name in row else StepList([None] * len(row[ROLE]))
    if isinstance(value, StepList):
        there = ((number, one) for number, one in enumerate(value) if one is not None)
        found = StepList([None] * len(value))
        for number, one in there:
            found[number] = cell({name: one}, name, written, folder)
        return found
    if written == "plain" or not isinstance(value, str):
        return value
    if written == "file" and not value.lstrip().startswith("["):
        return folder / value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise DataError("expected lists such as [[0, 1], [1, 0]] or [1.5, null, 2]") from None


def encode_row(
    where: str, row: Row, columns: Mapping[str, ValueSpec], alike: Mapping[str, str], folder: Path
) -> dict[str, npt.NDArray[Any]]:
    """Returns the encoded value of each column of a row.

    Args:
        where: the row is, for messages.
        row: of a table.
        columns: how to read each column.
        alike: columns whose values must have the shape of another column's.
        folder: what names of files are relative to.

    Raises:
        DataError: `where: column: what` for a value that can't be read; `where: what` for values that don't go
            together.
    """
    if ROLE in columns and ROLE not in row:
        raise DataError(f"{where}: expected a scene of several steps, under the key 'steps'{nearest('steps', row)}")
    scene: dict[str, npt.NDArray[Any]] = {}
    for name, spec in columns.items():
        try:
            scene[name] = spec.encode(cell(row, source_of(name, spec), spec.written, folder))
        except DataError as problem:
            raise DataError(f"{where}: {name}: {problem}") from None
    try:
        scene = laid(scene, alike)
        for name, spec in columns.items():
            check_sides(name, scene[name].shape, spec.layout)
    except DataError as problem:
        raise DataError(f"{where}: {problem}") from None
    return scene


def laid(scene: dict[str, npt.NDArray[Any]], alike: Mapping[str, str]) -> dict[str, npt.NDArray[Any]]:
    """Returns a scene whose grids agree in shape where they must, those of several steps padded alike.

    Raises:
        DataError: they don't.
    """
    if ROLE in scene:
        return {**scene, **{name: laid_over(scene[name], scene[other], name) for name, other in alike.items()}}
    check_alike({name: array.shape for name, array in scene.items()}, alike)
    return scene


def check_alike(shapes: Mapping[str, tuple[int, ...]], alike: Mapping[str, str]) -> None:
    """Raises a `DataError` if a value lacks the shape of the one that it must be like."""
    for name, other in alike.items():
        if shapes[name] != shapes[other]:
            listed = ", ".join(f"{column} is {'×'.join(map(str, shapes[column]))}" for column in (other, name))
            raise DataError(f"the grids of one scene must agree in shape: {listed}")
