"""Which of a brain's skills a file is for, by the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ltm.errors import LtmError, nearest
from ltm.runtime.brains import load_brain
from ltm.runtime.skills import folders_of
from ltm.scenes.columns import columns_of
from ltm.scenes.following import source_columns
from ltm.scenes.lines import attempts
from ltm.scenes.sources import find_source
from ltm.senses.grid import GridSpec
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
    """Returns which columns of a file are seen and answered, as by the skills that it fits, and the first of these.

    Grids that a skill sees in one shape are declared in that shape, which text in a file doesn't tell by itself.

    Raises:
        LtmError: no skill has columns that are all there, or some have these and others those.
    """
    fitting, known = skills_that_fit(folders, data)
    charts = {name: load_brain(folders[name])[0].chart for name in fitting}
    ways = {(tuple(map(_declared, chart.senses.items())), tuple(chart.acts)) for chart in charts.values()}
    if len(ways) != 1:
        which = f"skills {', '.join(fitting)} have some each" if ways else "no skill has columns that are all there"
        listed = f"{', '.join(sorted(known))}); {columns_told(folders)}"
        raise LtmError(f"{data}: say which columns are seen (--see) and answered (--do), since {which} ({listed}")
    ((see, do),) = ways
    return list(see), list(do), fitting[0]


def skills_that_fit(folders: Mapping[str, Path], data: str) -> tuple[list[str], set[str]]:
    """Returns the skills whose columns are all in a file or a built-in source, and its columns."""
    source = find_source(data)
    known = _columns(Path(data)) if source is None else set(source.columns) or {*source.seen, source.do}
    return [name for name, folder in folders.items() if _columns_of(folder) <= known], known


def columns_told(folders: Mapping[str, Path]) -> str:
    """Returns which columns every skill has, for messages."""
    listed = "; ".join(f"{name}: {', '.join(sorted(_columns_of(folder)))}" for name, folder in folders.items())
    return f"Columns: {listed}"


def _declared(sense: tuple[str, ValueSpec]) -> str:
    name, spec = sense
    if not isinstance(spec, GridSpec) or spec.rows is None or spec.columns is None:
        return name
    return f"{name}:grid({spec.rows}x{spec.columns})"


def _columns_of(folder: Path) -> set[str]:
    return set(source_columns(columns_of(load_brain(folder)[0].chart)))


def _columns(path: Path) -> set[str]:
    return next((set(row) for _, row in attempts(path) if isinstance(row, dict)), set())
