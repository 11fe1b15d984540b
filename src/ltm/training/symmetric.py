"""What training changes in a batch of scenes: the symmetries that a chart declares, drawn afresh for every scene.

Shapes: B batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.acts.canvas import CanvasSpec
from ltm.chart.schema import Chart
from ltm.scenes.augment import augment
from ltm.scenes.augment_canvas import Flat, augment_apart, symbols_in
from ltm.scenes.augment_image import jitter
from ltm.scenes.augment_number import scatter
from ltm.scenes.augment_text import drop
from ltm.scenes.interchange import interchange
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.number import NumberSpec
from ltm.senses.text import TextSpec
from ltm.senses.vector import VectorSpec

Change = Callable[[Tensor, torch.Generator], Tensor]
CHANGES: dict[str, tuple[tuple[type, ...], Change]] = {
    "jitter": ((ImageSpec,), jitter),
    "drop": ((TextSpec,), drop),
    "scatter": ((NumberSpec, VectorSpec), scatter),
}
"""By name: the kinds of senses whose values it changes, and how; beside these there are the symmetries of grids."""


def symmetric(
    chart: Chart,
    values: Mapping[str, Tensor],
    sides: Mapping[str, npt.NDArray[np.uint32]],
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Returns the columns that change: all grids together, every other value by itself; then things change places.

    Args:
        chart: says which symmetries there are.
        values: `[B, *sides]`, of scenes of several steps `[B, T, *sides]`; symmetries that move cells take grids of one
            scene to be of one size (`ltm.scenes.moved_alike`).
        sides: of each value before it was padded.
        generator: draws the changes.
    """
    specs = {**chart.senses, **chart.acts}
    changed = {}
    for name, spec in chart.senses.items():
        for symmetry, (kinds, change) in CHANGES.items():
            if symmetry in chart.scenes.symmetries and isinstance(spec, kinds):
                changed[name] = _each(change, values[name], generator, chart.steps is not None)
    if chart.scenes.symmetries and not changed:  # where values of one kind change, no symmetry of grids is known
        flat: dict[str, Flat] = {n: s for n, s in specs.items() if isinstance(s, GridSpec | CanvasSpec)}
        changed = _grids(chart, values, sides, generator, flat)
    return changed | interchange({**values, **changed}, specs, chart.scenes.interchange, generator)


def _grids(
    chart: Chart,
    values: Mapping[str, Tensor],
    sides: Mapping[str, npt.NDArray[np.uint32]],
    generator: torch.Generator,
    specs: Mapping[str, Flat],
) -> dict[str, Tensor]:
    symmetries, first = chart.scenes.symmetries, chart.scenes.relabel_from
    if chart.steps is not None:
        return augment_apart(values, specs, symmetries, generator, first)
    if any(isinstance(spec, CanvasSpec) for spec in specs.values()):
        single = {name: values[name][:, None] for name in specs}
        moved = augment_apart(single, specs, symmetries, generator, first)
        return {name: cells_BTRC[:, 0] for name, cells_BTRC in moved.items()}
    symbols = {name: symbols_in(spec) for name, spec in specs.items()}
    one = next(iter(symbols))
    shapes = torch.from_numpy(sides[one].astype(np.int64))
    return augment(values, symmetries, generator, symbols, shapes, first)


def _each(change: Change, value: Tensor, generator: torch.Generator, stepped: bool) -> Tensor:
    """Changes values one by one, also those of every step."""
    if not stepped:
        return change(value, generator)
    return change(value.flatten(0, 1), generator).view(value.shape)
