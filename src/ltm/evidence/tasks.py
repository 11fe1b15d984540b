"""What the experiments are about: three kinds of scenes, each with the chart that its experiments start from."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np

from ltm.chart.load import chart_from_text
from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.prepare import Prepared, family_of, generate_scenes
from ltm.scenes.split import group_keys
from ltm.scenes.store import SceneSet

LEARNED = 10_000
"""Scenes to learn from, unless an experiment is about their number."""
ASIDE = 128
"""Scenes that calibrate reflection; none of the report's figures comes from them."""
TESTED = 256
"""Scenes that the report's figures come from; no run learns from them."""
SPARE = 1.3
"""So many times more scenes are made than are needed, as equal ones are dropped."""
SEED = 0
"""Of the scenes: all runs of a task learn from the same ones, and are judged by the same ones."""


@dataclass(frozen=True)
class Task:
    """One kind of scenes.

    Attributes:
        chart: file under `charts/`, from which every arm departs.
        words: what is asked, for the report.
        seconds: of training on this machine, which every run of the task gets.
        quick: the same of the quick version.
        guess: share of answers that saying the commonest one gets right.
    """

    chart: str
    words: str
    seconds: float
    quick: float
    guess: float = 0.0


TASKS: dict[str, Task] = {
    "sudoku": Task("sudoku.yaml", "random Sudoku puzzles with 36 to 46 givens: the whole board", 62.0, 14.0),
    "maze": Task("maze.yaml", "mazes with sides of 7 to 9: any shortest path from S to G", 46.0, 10.0),
    "listops": Task("listops.yaml", "nested lists, 1 to 5 brackets deep: the digit they come to", 38.0, 8.0, 0.15),
}


@dataclass(frozen=True)
class Material:
    """Scenes of a task, no two alike up to symmetry.

    Attributes:
        prepared: to learn from, and to calibrate by.
        test: to judge by.
    """

    prepared: Prepared
    test: SceneSet


@functools.lru_cache(maxsize=512)
def chart_of(task: str, changes: tuple[str, ...] = ()) -> Chart:
    """Returns a task's chart with changes (`key.key=value`)."""
    file = TASKS[task].chart
    text = (resources.files("ltm") / "evidence" / "charts" / file).read_text(encoding="utf-8")
    return chart_from_text(text, file, changes)


def material(task: str, learned: int = LEARNED) -> Material:
    """Returns a task's scenes: the first `learned` of those to learn from, and always the same to judge by.

    Raises:
        DataError: the source has too few different scenes.
    """
    whole = _scenes(task)
    if not 1 <= learned <= LEARNED:
        raise DataError(f"{task}: {learned} scenes to learn from; there are {LEARNED}")
    parts = np.split(np.arange(len(whole)), [TESTED, TESTED + ASIDE])
    return Material(Prepared(whole.take(parts[2][:learned]), whole.take(parts[1])), whole.take(parts[0]))


@functools.cache
def _scenes(task: str) -> SceneSet:
    """Makes a task's scenes once a process; of equal ones the first is kept."""
    chart, wanted = chart_of(task), TESTED + ASIDE + LEARNED
    made = generate_scenes(chart, round(SPARE * wanted), SEED)
    first = np.unique(group_keys(made, family_of(chart), answers=len(chart.acts)), return_index=True)[1]
    if len(first) < wanted:
        raise DataError(f"{task}: only {len(first):,} different scenes of {len(made):,}; {wanted:,} are needed")
    return made.take(np.sort(first)[:wanted])


def usual_sides(chart: Chart, scenes: SceneSet) -> tuple[int, int]:
    """Returns the mean sides of what scenes show where the chart leaves those open; of lines, their length twice."""
    open_senses = [name for name, spec in chart.senses.items() if spec.fixed_sites is None]
    if not open_senses:
        return (1, 1)  # which nothing goes by
    sides = scenes.shapes[open_senses[0]].mean(axis=0).round().astype(int).tolist()
    rows, columns = chart.senses[open_senses[0]].sites(tuple(sides))
    return (columns if rows == 1 else rows, columns)
