"""A scene: one structured episode, as a person writes it down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ltm.chart.schema import Chart
from ltm.errors import DataError, nearest
from ltm.scenes.columns import alike_of, seen_columns
from ltm.scenes.read import laid
from ltm.scenes.step_rows import ROLE, STEPS, StepList, unrolled
from ltm.senses.layout import VOID


@dataclass(frozen=True)
class Step:
    """One step of a scene.

    Attributes:
        sees: value of each sense by name; senses that see nothing are left out.
        role: in which role it is seen; the chart's first when absent.
        does: what was done, where it is known.
    """

    sees: Mapping[str, Any]
    role: str | None = None
    does: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """What is seen, and what should have been done.

    Attributes:
        sees: value of each sense by name: text, a number, nested lists or an array. Beside `steps`: what is in sight at
            every step, such as a goal.
        does: value of each act by name; empty when the answer isn't known.
        steps: of a scene of several steps; the last is the question.
    """

    sees: Mapping[str, Any] = field(default_factory=dict)
    does: Mapping[str, Any] = field(default_factory=dict)
    steps: Sequence[Step] = ()

    def question(self) -> Scene:
        """Returns the last step as a scene of its own; a scene of one step as it is."""
        row = self.row()
        if ROLE not in row:
            return self
        last = {name: values[-1] for name, values in row.items() if name != ROLE and values[-1] is not None}
        return Scene(last)

    def row(self) -> Mapping[str, Any]:
        """Returns it as a row of a table; of several steps, with a list for each column (`unrolled`)."""
        if not self.steps:
            return {**self.sees, **self.does}
        steps = [
            {**({"role": step.role} if step.role else {}), "see": dict(step.sees), "do": dict(step.does)}
            for step in self.steps
        ]
        return unrolled({**self.sees, STEPS: steps})


def encode(chart: Chart, scenes: Sequence[Scene]) -> dict[str, Tensor]:
    """Turns scenes of one shape into a batch: `[B, *sides]` for each sense.

    Raises:
        DataError: a sense is missing or unknown, a value doesn't fit it, or the scenes differ in shape.
    """
    if not scenes:
        raise DataError("no scenes")
    if chart.steps is not None:
        return _encode_steps(chart, scenes)
    columns: dict[str, list[np.ndarray]] = {name: [] for name in chart.senses}
    for number, scene in enumerate(scenes):
        for name in scene.sees:
            if name not in chart.senses:
                raise DataError(f"scene {number}: no sense called {name!r}{nearest(name, chart.senses)}")
        for name, spec in chart.senses.items():
            if name not in scene.sees:
                raise DataError(f"scene {number}: nothing for sense {name!r}")
            try:
                columns[name].append(spec.encode(scene.sees[name]))
            except DataError as problem:
                raise DataError(f"scene {number}: {name}: {problem}") from None
    for name, column in columns.items():
        if len({value.shape for value in column}) > 1:
            raise DataError(f"{name}: scenes of one batch must share a shape")
    return {name: torch.from_numpy(np.stack(column)) for name, column in columns.items()}


def _asked(chart: Chart, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the arrays of a scene, if its last step shows every grid that an answer lies over."""
    for act, sense in alike_of(chart).items():
        if bool((arrays[sense][-1] == VOID).all()):
            count = len(arrays[sense])
            raise DataError(f"step {count}: nothing is seen of {sense!r}, over which the answer {act!r} lies")
    return arrays


def _encode_steps(chart: Chart, scenes: Sequence[Scene]) -> dict[str, Tensor]:
    columns: dict[str, list[np.ndarray]] = {name: [] for name in seen_columns(chart)}
    for number, scene in enumerate(scenes):
        row = scene.row()
        if ROLE not in row:
            raise DataError(f"scene {number}: this brain thinks about scenes of several steps; give it steps")
        for name in row:
            if name not in columns:
                known = [column for column in columns if column != ROLE]
                raise DataError(f"scene {number}: no sense or act called {name!r}{nearest(name, known)}")
        arrays = {}
        for name, spec in seen_columns(chart).items():
            try:
                arrays[name] = spec.encode(row.get(name, StepList([None] * len(row[ROLE]))))
            except DataError as problem:
                raise DataError(f"scene {number}: {name}: {problem}") from None
        try:
            for name, array in laid(_asked(chart, arrays), alike_of(chart)).items():
                columns[name].append(array)
        except DataError as problem:
            raise DataError(f"scene {number}: {problem}") from None
    for name, column in columns.items():
        if len({value.shape for value in column}) > 1:
            raise DataError(f"{name}: scenes of one batch must have as many steps, and share a shape")
    return {name: torch.from_numpy(np.stack(column)) for name, column in columns.items()}
