"""From a file and a person's words to the types of its columns, and what is known of such scenes."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared, parse_declaration
from ltm.scenes.family import Family, recognise
from ltm.scenes.lines import TEXTS, Row, attempts
from ltm.scenes.look import look
from ltm.scenes.look_audio import LOOKED_AT, too_long
from ltm.scenes.look_label import PLAIN, labelled
from ltm.scenes.read import cell, check_alike, check_columns
from ltm.senses.grid import GridSpec
from ltm.senses.label import label_text
from ltm.senses.table import KINDS
from ltm.senses.value import ValueSpec

__all__ = ["Declared", "Inferred", "declarations", "infer", "parse_declaration", "sample_rows", "spec_of"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_READ_BYTES = 2**20
SHOWN_LABELS = 8
"""So many labels are named when a file is described."""


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
    """Looks at the first rows of a file.

    Args:
        path: a CSV, TSV or JSON Lines file.
        see: what is seen, as `parse_declaration` reads it.
        do: what is to be answered, likewise.
        sample: how many rows to look at.
        skip_bad: pass over rows that can't be read at all.

    Raises:
        DataError: a column that isn't there, that doesn't hold grids, or not those that were declared.
    """
    path = Path(path)
    if not see or not do:
        raise DataError("name at least one column to see and one to do, such as --see puzzle --do solution")
    said = declarations(see, do)
    seen, done = tuple(said)[: len(see)], tuple(said)[len(see) :]
    found = sample_rows(path, list(said), sample, skip_bad=skip_bad)
    one_line_each = found[-1][0] - found[0][0] == len(found) - 1
    columns: dict[str, dict[str, Any]] = {}
    for name, declared in said.items():
        try:
            columns[name] = look([row[name] for _, row in found if name in row], declared, path.parent)
            if columns[name]["kind"] == "label" and len(found) >= sample:
                columns[name] = labelled(_texts(path, name))
        except DataError as problem:
            raise DataError(f"{path}: {name}: {problem}") from None
    fitting, misfit = _fitting(path, found, columns)
    family = Family("grid", {}, {}, (), "exact", "A right answer is the very one in the file.")
    kinds = {columns[name]["kind"] for name in seen}
    changes = [name for kind, name in (("image", "jitter"), ("text", "drop")) if kind in kinds]
    if changes:
        said_of = {"jitter": "moves, turns and stretches pictures a little", "drop": "leaves out some words of a text"}
        note = (
            f"Training {' and '.join(said_of[name] for name in changes)}; a right answer is the very one in the file."
        )
        family = Family("grid", {}, {}, tuple(changes), "exact", note)
    if len(seen) == len(done) == 1 and all(column["kind"] == "grid" for column in columns.values()):
        written = {name: spec_of(arguments).written for name, arguments in columns.items()}
        pairs = [tuple(cell(row, name, written[name], path.parent) for name in said) for row in fitting]
        family = recognise([(first, second) for first, second in pairs], columns[seen[0]], columns[done[0]])
        columns = {seen[0]: family.see, done[0]: family.do}
    notes = [_count(path, len(found), sample, one_line_each), *(_sentence(name, columns[name]) for name in said)]
    notes += [_too_long(found, name, columns[name], path.parent) for name in said if columns[name]["kind"] == "audio"]
    if misfit is not None:
        notes.append(f"{len(found) - len(fitting):,} of the first {len(found):,} rows don't fit; the first: {misfit}")
    notes = [note for note in notes if note]
    return Inferred(columns, seen, done, family.name, family.symmetries, family.score, [*notes, family.note])


def declarations(see: Sequence[str], do: Sequence[str]) -> dict[str, Declared]:
    """Returns what was said of each column that was named.

    Raises:
        DataError: a column named twice, one that a chart can't name, or words that don't declare anything.
    """
    said: dict[str, Declared] = {}
    for text in (*see, *do):
        name, declared = parse_declaration(text)
        if name in said:
            raise DataError(f"column '{name}' is named twice; a column is either seen or done")
        if not _NAME.fullmatch(name):
            raise DataError(
                f"column '{name}': names are letters a to z, digits, - and _, at most 40, and begin with a letter; "
                f"rename it in the file's header"
            )
        said[name] = declared
    return said


def sample_rows(path: Path, names: Sequence[str] | None, most: int, *, skip_bad: bool = False) -> list[tuple[int, Row]]:
    """Returns the first good rows with their lines.

    Args:
        path: of a table.
        names: the columns to keep, which must be there; all when absent.
        most: how many rows to look at.
        skip_bad: pass over rows that can't be read at all.

    Raises:
        DataError: no such column, no row that can be read, or one that can't.
    """
    found: list[tuple[int, Row]] = []
    for line, row in itertools.islice(attempts(path), most):
        if isinstance(row, DataError):
            if not skip_bad:
                raise row
            continue
        if not found and names is not None:
            check_columns(path, row, list(names))
        found.append((line, row if names is None else {name: row[name] for name in names if name in row}))
    if not found:
        raise DataError(f"{path}: holds no rows that can be read")
    return found


def _texts(path: Path, name: str) -> Iterator[str]:
    """Yields a column's labels from the whole file: in one that is sorted, the first rows don't show all of them."""
    for _, row in attempts(path):
        if not isinstance(row, DataError) and isinstance(row.get(name), PLAIN):
            yield label_text(row[name])


def _fitting(
    path: Path, found: list[tuple[int, Row]], columns: dict[str, dict[str, Any]]
) -> tuple[list[Row], DataError | None]:
    """Returns the rows that fit the columns' types, and what is wrong with the first that doesn't."""
    specs = {name: spec_of(arguments) for name, arguments in columns.items()}
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


def spec_of(arguments: Mapping[str, Any]) -> ValueSpec:
    """Returns the declaration that these arguments, `kind` among them, are for."""
    spec: ValueSpec = KINDS[arguments["kind"]][0].model_validate(arguments)
    return spec


def _shape(row: Row, name: str, spec: ValueSpec, folder: Path) -> tuple[int, ...]:
    try:
        return spec.encode(cell(row, name, spec.written, folder)).shape
    except DataError as problem:
        raise DataError(f"{name}: {problem}") from None


def _count(path: Path, found: int, sample: int, one_line_each: bool) -> str:
    if found < sample:
        return f"{found:,} rows."
    if not one_line_each or path.suffix.lower() not in TEXTS:
        return f"More than {found - 1:,} rows."
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(_READ_BYTES), b""))
        file.seek(-1, os.SEEK_END)
        lines += file.read(1) != b"\n"
    header = path.suffix.lower() in (".csv", ".tsv")
    return f"{lines - header:,} rows."


def _too_long(found: Sequence[tuple[int, Row]], name: str, arguments: Mapping[str, Any], folder: Path) -> str:
    values = [row[name] for _, row in found[:LOOKED_AT] if name in row]
    longer, looked = too_long(values, arguments["seconds"], folder)
    return (
        f"{name}: {longer} of the first {looked} are longer than {arguments['seconds']:g} s and cut." if longer else ""
    )


def _sentence(name: str, arguments: dict[str, Any]) -> str:
    if arguments["kind"] == "label":
        labels = arguments["labels"]
        some = ", ".join(labels[:SHOWN_LABELS]) + (", …" if len(labels) > SHOWN_LABELS else "")
        return f"{name}: one of {len(labels)} labels ({some})."
    if arguments["kind"] != "grid":
        return f"{name}: {arguments['kind']}, {spec_of(arguments).words()}."
    rows, columns = arguments.get("rows"), arguments.get("columns")
    size = f"{rows}×{columns} grids" if rows and columns else "grids of several shapes"
    letters = f" ({arguments['alphabet']})" if "alphabet" in arguments else ""
    return f"{name}: {size} of {arguments['symbols']} symbols{letters}."
