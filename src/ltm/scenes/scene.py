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


@dataclass(frozen=True)
class Scene:
    """What is seen, and what should have been done.

    Attributes:
        sees: value of each sense by name: text, a number, nested lists or an array.
        does: value of each act by name; empty when the answer isn't known.
    """

    sees: Mapping[str, Any]
    does: Mapping[str, Any] = field(default_factory=dict)


def encode(chart: Chart, scenes: Sequence[Scene]) -> dict[str, Tensor]:
    """Turns scenes of one shape into a batch: `[B, *sides]` for each sense.

    Raises:
        DataError: a sense is missing or unknown, a value doesn't fit it, or the scenes differ in shape.
    """
    if not scenes:
        raise DataError("no scenes")
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
