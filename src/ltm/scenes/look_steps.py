"""What the steps of scenes are: how many there are, and in which roles things are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ltm.scenes.lines import Row
from ltm.scenes.step_rows import DEFAULT_ROLE, ROLE

GOAL = "goal"
"""A column of this name that is seen is the goal, which the will may replace."""
WINDOW = 8
"""Steps through which gradient flows at most, unless a chart says otherwise."""


@dataclass(frozen=True)
class StepsFound:
    """What scenes of several steps are like.

    Attributes:
        declared: what a chart declares under `steps`.
        fewest: steps of the shortest scene.
        most: steps of the longest.
    """

    declared: dict[str, Any]
    fewest: int
    most: int


def steps_of(rows: Sequence[Row], seen: Sequence[str]) -> StepsFound | None:
    """Returns what the steps of some rows are; None where scenes have one."""
    lengths = [len(row[ROLE]) for row in rows if ROLE in row]
    if not lengths:
        return None
    roles = list(dict.fromkeys(role or DEFAULT_ROLE for row in rows for role in row[ROLE]))
    goal = {"goal": GOAL} if GOAL in seen else {}
    return StepsFound({"roles": roles, "window": min(WINDOW, max(lengths)), **goal}, min(lengths), max(lengths))


def step_words(found: StepsFound) -> str:
    """Says in a sentence how many steps there are, and in which roles."""
    many = f"{found.fewest}" if found.fewest == found.most else f"{found.fewest} to {found.most}"
    goal = f"; {GOAL} stays in sight" if "goal" in found.declared else ""
    return f"Scenes of {many} steps, in the roles {', '.join(found.declared['roles'])}{goal}."
