"""One scene of those that a chart is about, to count and time what thinking about it takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ltm.chart.schema import Chart
from ltm.chart.sites import fixed_sites
from ltm.scenes.prepare import generate_scenes, questions_of, read_scenes, source_file
from ltm.scenes.running import RunningOptions
from ltm.scenes.sources import find_source
from ltm.scenes.store import SceneSet
from ltm.training.looks import batches

LOOKED_AT = 16
"""Where scenes differ in size, the largest of so many is taken."""


def sample(chart: Chart, folder: Path) -> dict[str, Tensor]:
    """Returns what is seen of one scene, `[1, *sides]` for each sense; of a text as much as the chart reads at once.

    Args:
        chart: whose scenes.
        folder: what a relative file name is relative to.

    Raises:
        DataError: scenes that can't be made or read.
    """
    source = find_source(chart.scenes.source)
    if source is not None and source.file:
        # The text itself need not be there yet: only its length matters.
        options = chart.scenes.options_of(str(chart.scenes.source))
        assert isinstance(options, RunningOptions)
        return {name: torch.zeros(1, options.context, dtype=torch.uint8) for name in chart.senses}
    if source is not None:
        alike = chart.steps is None and fixed_sites(chart) is not None
        scenes = generate_scenes(chart, 1 if alike else LOOKED_AT, chart.scenes.seed, left_out=[])
    else:
        assert chart.scenes.source is not None  # a plan's charts name their scenes
        scenes = read_scenes(chart, source_file(chart.scenes.source, folder), skip_bad=True).train
    return _largest(questions_of(chart, scenes.take(np.arange(min(LOOKED_AT, len(scenes))))))


def _largest(scenes: SceneSet) -> dict[str, Tensor]:
    sizes = sum(shape.astype(np.int64).prod(axis=1) for shape in scenes.shapes.values())
    one = scenes.take(np.array([int(np.argmax(sizes))])).crop()
    _, values = next(batches(one, 1))
    return dict(values)
