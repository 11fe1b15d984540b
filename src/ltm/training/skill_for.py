"""Which of a brain's skills a file is for, by the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ltm.brain.talk import speaks
from ltm.chart.schema import Chart
from ltm.errors import LtmError, nearest
from ltm.runtime.brains import declared_in
from ltm.runtime.listing import inspect_folder
from ltm.runtime.skills import folders_of
from ltm.scenes.columns import columns_of
from ltm.scenes.following import source_columns
from ltm.scenes.lines import attempts
from ltm.scenes.look import LOOKS
from ltm.scenes.sample import nothing_read
from ltm.scenes.sources import find_source
from ltm.senses.pieces import BYTES
from ltm.senses.value import ValueSpec


def skill_for(brain: Path, data: str, wanted: str | None) -> Path:
    """Returns the folder of the skill that a file is for: the one named, or the only one whose columns it has.

    Raises:
        LtmError: no such skill, or none or several fit.
    """
    folders = folders_of(brain)
    if wanted is not None:
        if wanted not in folders:
            raise LtmError(f"--skill {wanted}: the brain's skills are {', '.join(folders)}{nearest(wanted, folders)}")
        return folders[wanted]
    fitting, known = skills_that_fit(folders, data)
    if len(fitting) != 1:
        which = f"skills {', '.join(fitting)} fit" if fitting else "no skill fits"
        raise LtmError(
            f"{data}: {which} its columns ({', '.join(sorted(known))}); say --skill. {columns_told(folders)}"
        )
    return folders[fitting[0]]


def columns_like_earlier(folders: Mapping[str, Path], data: str) -> tuple[list[str], list[str], str]:
    """Returns what a file's columns are declared as, seen and answered, like those of the skills that it fits.

    Args:
        folders: of the skills, by name.
        data: a file.

    Returns:
        What is seen, what is answered, and the first of these skills.

    Raises:
        LtmError: no skill has columns that are all there, or some read them in one way and others in another.
    """
    fitting, known = skills_that_fit(folders, data)
    charts = {name: _chart(folders[name]) for name in fitting}
    ways = {
        name: tuple(tuple(_declared(*column) for column in of.items()) for of in (chart.senses, chart.acts))
        for name, chart in charts.items()
        if not speaks(chart)
    }
    if len(set(ways.values())) != 1:
        which = f"skills {', '.join(ways)} read this file differently" if ways else "no skill has all its columns there"
        raise LtmError(
            f"{data}: say which columns are seen (--see) and answered (--do), since {which}. "
            f"Its columns: {', '.join(sorted(known))}. {columns_told(folders)}"
        )
    name, (see, do) = next(iter(ways.items()))
    return list(see), list(do), name


def skills_that_fit(folders: Mapping[str, Path], data: str) -> tuple[list[str], set[str]]:
    """Returns the skills whose columns are all in a file or a built-in source, and its columns.

    Raises:
        DataError: a file of which no row can be read.
    """
    source = find_source(data)
    known = _columns(Path(data)) if source is None else set(source.columns) or {*source.seen, source.do}
    return [name for name, folder in folders.items() if _columns_of(folder) <= known], known


def columns_told(folders: Mapping[str, Path]) -> str:
    """Returns which columns every skill has, for messages."""
    listed = "; ".join(f"{name}: {', '.join(sorted(_columns_of(folder)))}" for name, folder in folders.items())
    return f"Columns of the skills: {listed}"


def _declared(name: str, spec: ValueSpec) -> str:
    """Returns a column as `--see` and `--do` declare it: its kind, and what looking at a file may not tell."""
    told: dict[str, Any] = spec.model_dump(exclude_defaults=True)
    if spec.kind not in LOOKS:
        return name
    sides = [f"{told['rows']}x{told['columns']}"] if "rows" in told and "columns" in told else []
    units = told.get("unit") in ("bytes", "words", "pieces")
    said = sides + [f"{key}={told[key]}" for key in ("seconds", "rate", "order") if key in told]
    said += [f"unit={told['unit']}"] if units else []
    said += [f"vocabulary={len(told['pieces']) + BYTES}"] if told.get("pieces") else []
    return f"{name}:{spec.kind}" + (f"({', '.join(said)})" if said else "")


def _columns_of(folder: Path) -> set[str]:
    return set(source_columns(columns_of(_chart(folder))))


def _chart(folder: Path) -> Chart:
    return declared_in(folder, inspect_folder(folder))  # no weights are read


def _columns(path: Path) -> set[str]:
    first_bad = None
    for _, row in attempts(path):
        if isinstance(row, dict):
            return set(row)
        first_bad = first_bad or row
    raise nothing_read(path, first_bad)
