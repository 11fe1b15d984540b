"""Scenes of several steps as they are written in JSON Lines.

    {"goal": "go to the red ball", "steps": [
        {"role": "me", "see": {"view": [[0, 1], [1, 0]]}, "do": {"move": "left"}},
        {"role": "me", "see": {"view": [[1, 0], [0, 1]]}, "do": {"move": "forward"}}]}

What stands beside `steps` is in sight at every step. A step need not show every column nor be answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ltm.errors import DataError, nearest

STEPS = "steps"
"""The key of a row that holds a list of steps."""
ROLE = "@role"
"""The column of each step's role; no column of a table can be called so."""
DEFAULT_ROLE = "step"
"""What the role is called where no step of any scene names one; where a chart knows roles, the first of them."""
MOST_STEPS = 4096
_KEYS = ("role", "see", "do")
_RESERVED = f"the key '{STEPS}' is for scenes of several steps: call another column otherwise"


class StepList(list[Any]):
    """One column of one scene: its value at every step, None where there is none."""


def unrolled(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row with a `StepList` for each column and for the roles, if it holds steps; otherwise the row itself.

    A list without any object is a column like any other, also under that key.

    Raises:
        DataError: steps that aren't written as they should be; says at which step, counted from 1.
    """
    if isinstance(row.get(STEPS), Mapping):
        raise DataError(f"{STEPS}: expected a list of steps, got an object; {_RESERVED}")
    steps = row.get(STEPS)
    if not isinstance(steps, list) or (steps and not any(isinstance(step, Mapping) for step in steps)):
        return dict(row)
    if not 1 <= len(steps) <= MOST_STEPS:
        raise DataError(f"steps: a scene has 1 to {MOST_STEPS:,} of them, got {len(steps):,}")
    columns = {name: StepList([value] * len(steps)) for name, value in row.items() if name != STEPS}
    columns[ROLE] = StepList([None] * len(steps))
    always = set(columns)
    for number, step in enumerate(steps):
        try:
            for name, value in _values(step):
                if name in always and name != ROLE:
                    raise DataError(f"{name!r} stands beside the steps already")
                columns.setdefault(name, StepList([None] * len(steps)))[number] = value
        except DataError as problem:
            raise DataError(f"step {number + 1}: {problem}") from None
    return columns


def _values(step: Any) -> Iterator[tuple[str, Any]]:
    """Yields the columns that a step fills, its role among them."""
    if not isinstance(step, Mapping):
        raise DataError(f"expected an object with {', '.join(_KEYS)}; got {type(step).__name__}; {_RESERVED}")
    for key in step:
        if key not in _KEYS:
            raise DataError(
                f"unknown key {key!r} (a step has {', '.join(_KEYS)}){nearest(key, _KEYS) or f'; {_RESERVED}'}"
            )
    if step.get("role") is not None:
        if not isinstance(step["role"], str):
            raise DataError(f"role: expected a word, got {type(step['role']).__name__}")
        yield ROLE, re.sub(r"[^a-z0-9_-]+", "_", step["role"].strip().lower()).strip("_") or DEFAULT_ROLE
    for side in ("see", "do"):
        values = step.get(side, {})
        if not isinstance(values, Mapping):
            raise DataError(f"{side}: expected an object with columns, got {type(values).__name__}")
        yield from values.items()


def spread(values: Iterable[Any]) -> list[Any]:
    """Returns plain values, those of every step where there are several; steps without a value are left out."""
    flat = list[Any]()
    for value in values:
        if isinstance(value, StepList):
            flat += [one for one in value if one is not None]
        else:
            flat.append(value)
    return flat
