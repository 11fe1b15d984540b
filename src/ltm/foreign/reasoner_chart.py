"""Charts of published reasoners: the shipped `trm`, `trm-attention` and `hrm` with other sizes, rhythms and tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ltm.chart.check import check
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.errors import FolderError, first_mistake


@dataclass(frozen=True)
class Task:
    """What the published models were trained on, which their weights tell by the number of symbols.

    Attributes:
        see: name of what is seen.
        side: rows, and columns.
        alphabet: the character of each symbol; the first one is padding, which no scene has.
        cycles: of TRM, then of HRM: slow updates a segment, and fast ones before each, where nobody says.
    """

    see: str
    side: int
    alphabet: str
    cycles: Mapping[str, tuple[int, int]]


TASKS = {
    11: Task("puzzle", 9, "#0123456789", {"trm": (3, 6), "hrm": (2, 2)}),
    # A free cell is published as a space, which can't be told from the end of a row: written as a dot here.
    6: Task("maze", 30, "?#.SGo", {"trm": (3, 4), "hrm": (2, 2)}),
}
"""By number of symbols: Sudoku-Extreme and Maze-Hard."""


def declared_as(
    base: str, task: Task, zones: dict[str, dict[str, Any]], cycles: tuple[int, int], segments: int
) -> dict[str, Any]:
    """Returns the declaration of a shipped chart with other sizes, rhythm and task.

    Args:
        base: the shipped chart.
        task: what is seen and answered.
        zones: of each zone, what differs.
        cycles: slow updates a segment, and fast ones before each.
        segments: that are thought at most.
    """
    declared = load_chart(base).model_dump(mode="json", exclude_defaults=True)
    slow, fast = cycles
    for name, sizes in zones.items():
        zone = declared["zones"][name]
        zone |= sizes
        for role, phases in (("fast", list(range(fast))), ("slow", [fast])):
            if role in zone["roles"]:
                zone["roles"][role] |= {"period": fast + 1, "phases": phases}
    grid = {"kind": "grid", "rows": task.side, "columns": task.side}
    grid |= {"symbols": len(task.alphabet), "alphabet": task.alphabet}
    declared |= {"senses": {task.see: grid}, "acts": {"solution": grid}}
    if task.see != "puzzle":
        declared.pop("scenes")  # the built-in mazes have other symbols, and answer with a path alone
    ticks = slow * (fast + 1)
    declared["will"] |= {"ticks": ticks * segments}
    declared["training"] |= {"ticks": ticks, "segments": segments, "gradient_ticks": 2 if base == "hrm" else fast + 1}
    declared["about"] = f"A published checkpoint of {base[:3].upper()}, taken over weight for weight."
    return declared


def validated(declared: dict[str, Any], where: str) -> Chart:
    """Returns a chart that can be built.

    Raises:
        FolderError: there is none such; `where` says whose it would be.
    """
    try:
        chart = Chart.model_validate(declared)
    except ValidationError as problem:
        raise FolderError(f"{where}: a model that no chart can declare: {first_mistake(problem)}") from None
    problems = check(chart)
    if problems:
        raise FolderError(f"{where}: a model that no chart can declare: {problems[0][1]}")
    return chart
