"""From a file and a person's words to the types of its columns, and what is known of such scenes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ltm.acts.table import KINDS as ACTS
from ltm.chart.schema import MOST_SENSES
from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared
from ltm.scenes.describe import SHOWN_LABELS, count_words, sentences, spec_of
from ltm.scenes.everything import ALL, whole_columns
from ltm.scenes.family import Family, recognise
from ltm.scenes.lines import Row
from ltm.scenes.look import look
from ltm.scenes.look_audio import LOOKED_AT, too_long
from ltm.scenes.look_canvas import laid_over
from ltm.scenes.look_label import PLAIN, is_empty, labelled
from ltm.scenes.look_steps import step_words, steps_of
from ltm.scenes.named import check_name, declarations
from ltm.scenes.read import cell
from ltm.scenes.sample import fitting, sample_rows
from ltm.scenes.step_rows import ROLE, spread
from ltm.senses.label import label_text


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
        steps: what a chart declares under `steps`; None for scenes of one step.
        rows: how many there are; None for more than were looked at.
    """

    columns: dict[str, dict[str, Any]]
    see: tuple[str, ...]
    do: tuple[str, ...]
    family: str
    symmetries: tuple[str, ...]
    score: str
    notes: list[str]
    steps: dict[str, Any] | None = None
    rows: int | None = None


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
    if not see or not do:
        raise DataError("name at least one column to see and one to do, such as --see puzzle --do solution")
    said, free = declarations(path, see, do, skip_bad=skip_bad)
    done = tuple(name for name, declared in said.items() if declared.done)
    if len(said) - len(done) > MOST_SENSES:
        raise DataError(f"{len(said) - len(done):,} columns to see; a brain has at most {MOST_SENSES:,} senses")
    found = sample_rows(path, list(said), sample, skip_bad=skip_bad)
    one_line_each = found[-1][0] - found[0][0] == len(found) - 1
    columns, left_out = _columns(path, found, said, free, whole=len(found) < sample)
    seen = tuple(name for name in columns if name not in done)
    if not seen:
        raise DataError(f"{path}: '{ALL}' stands for no column that can be used: {'; '.join(left_out[:3])}")
    if len(found) >= sample:
        columns |= _whole(path, columns, said)
    columns = laid_over([row for _, row in found], columns, done, path)
    good, misfit = fitting(path, found, columns, done)
    steps = steps_of([row for _, row in found], seen)
    family = Family("grid", {}, {}, (), "exact", "A right answer is the very one in the file.")
    changes = _changes({columns[name]["kind"] for name in seen}, few=len(found) < sample)
    if changes:
        note = f"Training {' and '.join(changes.values())}; a right answer is the very one in the file."
        family = Family("grid", {}, {}, tuple(changes), "exact", note)
    if steps is None and len(seen) == len(done) == 1 and all(column["kind"] == "grid" for column in columns.values()):
        written = {name: spec_of(arguments).written for name, arguments in columns.items()}
        pairs = [tuple(cell(row, name, written[name], path.parent) for name in columns) for row in good]
        family = recognise([(first, second) for first, second in pairs], columns[seen[0]], columns[done[0]])
        columns = {seen[0]: family.see, done[0]: family.do}
    notes = [count_words(path, len(found), sample, one_line_each)]
    notes += [] if steps is None else [step_words(steps)]
    notes += sentences(columns, seen, done, len(found) if len(found) >= sample else None)
    notes += _cut_short(path, found, columns)
    if left_out:
        more = f"; and {len(left_out) - SHOWN_LABELS} more" if len(left_out) > SHOWN_LABELS else ""
        notes.append(f"Left out: {'; '.join(left_out[:SHOWN_LABELS])}{more}.")
    if misfit is not None:
        notes.append(f"{len(found) - len(good):,} of the first {len(found):,} rows don't fit; the first: {misfit}")
    chart_steps = None if steps is None else steps.declared
    return Inferred(
        columns,
        seen,
        done,
        family.name,
        family.symmetries,
        family.score,
        [*notes, family.note],
        chart_steps,
        len(found) if len(found) < sample else None,
    )


def _changes(kinds: set[str], *, few: bool) -> dict[str, str]:
    """Returns what training changes in what is seen, with words for it; numbers only where there are few rows."""
    changes = {"jitter": "moves, turns and stretches pictures a little", "drop": "leaves out some words of a text"}
    changes["scatter"] = "moves numbers a little and leaves out some, as rows are few"
    wanted = {"jitter": "image" in kinds, "drop": "text" in kinds, "scatter": few and kinds & {"number", "vector"}}
    return {name: words for name, words in changes.items() if wanted[name]}


def _columns(
    path: Path, found: list[tuple[int, Row]], said: Mapping[str, Declared], free: frozenset[str], *, whole: bool
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Returns the declaration of each column, and what is wrong with those of `free` that are left out."""
    columns: dict[str, dict[str, Any]] = {}
    left_out = []
    for name, declared in said.items():
        try:
            if name in free:
                check_name(name)
            values = spread(row[name] for _, row in found if name in row)
            if declared.done and not whole and _same(values):
                # Files are often sorted by their answers: the first rows have but one.
                values = whole_columns(path, [], [name])[name]
            arguments = look(values, declared, path.parent)
            kind = arguments["kind"]
            if declared.done and kind not in ACTS:
                raise DataError(f"is of kind {kind}, which can be seen but not answered (acts: {', '.join(ACTS)})")
            absent = sum(name not in row and ROLE not in row for _, row in found)
            if kind == "label" and absent and not declared.done:
                arguments["missing"] = True
            if name in free and kind not in ("label", "number"):
                # A column that was named is refused at the first row that lacks it.
                lacking = absent + (sum(map(is_empty, values)) if kind in ("image", "audio") else 0)
                if lacking > (1 - MOSTLY) * (absent + len(values)):
                    raise DataError(f"is missing in {lacking:,} of {absent + len(values):,} rows")
            columns[name] = arguments
        except DataError as problem:
            if name not in free:
                raise DataError(f"{path}: {name}: {problem}") from None
            left_out.append(f"{name} ({str(problem).split(' (')[0]})")
    return columns, left_out


def _same(values: Sequence[Any]) -> bool:
    return len({label_text(value) if isinstance(value, PLAIN) else id(value) for value in values}) == 1


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


def _cut_short(path: Path, found: Sequence[tuple[int, Row]], columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Returns a sentence for each column of sounds of which some are longer than what is heard."""
    notes = []
    for name, column in columns.items():
        if column["kind"] == "audio":
            values = spread(row[name] for _, row in found[:LOOKED_AT] if name in row)
            longer, looked = too_long(values, column["seconds"], path.parent)
            if longer:
                notes.append(f"{name}: {longer} of the first {looked} are longer than {column['seconds']:g} s and cut.")
    return notes
