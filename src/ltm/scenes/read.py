"""Reads scenes from CSV, TSV and JSON Lines files in constant memory, telling where each bad row is."""

from __future__ import annotations

import hashlib
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
from ltm.scenes.look_label import is_empty
from ltm.scenes.spool import SPOOL_BYTES
from ltm.scenes.step_rows import ROLE, STEPS, StepList
from ltm.scenes.steps import laid_over
from ltm.scenes.store import SceneSet, SceneWriter, check_sides
from ltm.scenes.told import Told, nobody
from ltm.scenes.wanted import is_ragged, with_columns
from ltm.senses.label import LabelSpec
from ltm.senses.layout import Written
from ltm.senses.number import NumberSpec
from ltm.senses.value import ValueSpec

__all__ = ["LoadReport", "cell", "digest", "load", "rows"]

_SHOWN = 10
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
    skipped, problems = 0, list[str]()
    for line, row in with_columns(path, attempts(path, told), source_columns(columns), ragged=is_ragged(path)):
        try:
            if isinstance(row, DataError):
                raise row
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


def cell(row: Row, name: str, written: Written, folder: Path) -> Any:
    """Returns a value in the form that its spec expects.

    Args:
        row: of a table.
        name: of the column; one that no step of a scene shows is a column of None.
        written: how cells hold the values; lists may be written as text, as in CSV.
        folder: what names of files are relative to.

    Raises:
        DataError: the row lacks the column, the text isn't a list, or the name of a file is empty.
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
    if written == "file" and is_empty(value):
        raise DataError("the cell is empty")  # rather than that the folder is no picture
    if written == "plain" or not isinstance(value, str):
        return value
    if written == "file" and not value.lstrip().startswith("["):
        return file_of(folder, value)
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise DataError("expected lists such as [[0, 1], [1, 0]] or [1.5, null, 2]") from None


def file_of(folder: Path, name: str) -> Path:
    """Returns the file that a cell names; blanks around the name count only where there is such a file."""
    file = folder / name
    # Path.exists raises where a name is longer than any file's.
    as_written = name == name.strip() or os.path.exists(file)  # noqa: PTH110
    return file if as_written else folder / name.strip()


def may_miss(spec: ValueSpec) -> bool:
    """Returns whether a sense takes an empty cell for a missing value."""
    return isinstance(spec, NumberSpec) or (isinstance(spec, LabelSpec) and spec.missing)


def encoded(row: Row, name: str, spec: ValueSpec, folder: Path) -> npt.NDArray[Any]:
    """Returns the encoded value of a column; a key that a line of JSON lacks is a missing value where such are taken.

    Args:
        row: of a table.
        name: of the column of scenes.
        spec: how to read it.
        folder: what names of files are relative to.

    Raises:
        DataError: the row lacks the column, or the value can't be read.
    """
    source = source_of(name, spec)
    if source not in row and ROLE not in row and may_miss(spec):
        return spec.encode(None)
    return spec.encode(cell(row, source, spec.written, folder))


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
        hint = ", a list of objects" if STEPS in row else nearest(STEPS, row)
        raise DataError(f"{where}: expected a scene of several steps, under the key '{STEPS}'{hint}")
    scene: dict[str, npt.NDArray[Any]] = {}
    for name, spec in columns.items():
        try:
            scene[name] = encoded(row, name, spec, folder)
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
