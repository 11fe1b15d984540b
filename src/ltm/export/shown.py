"""Scenes on which brain and file are compared: given or kept ones, and where these are few others beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.errors import LtmError
from ltm.export.graph import Sizes
from ltm.export.sizes import padded
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.sources import find_source
from ltm.scenes.store import SceneSet
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec
from ltm.training.symmetric import symmetric

SCENES = 100
SEED = 987_654
"""Of scenes that are made here; a brain learns from those of smaller seeds."""
WORDS = {
    "given": "given",
    "kept": "kept by the brain",
    "made": "new ones of its source",
    "varied": "varied by its symmetries",
    "random": "of random values",
}
Seen = dict[str, Tensor]
"""What is seen of one scene, `[1, *sides]` for each sense."""


def shown(brain: Brain, sizes: Sizes, given: SceneSet | None) -> tuple[list[Seen], dict[str, int]]:
    """Returns 100 scenes, and how many of them are what.

    First come those that are given, or else those that the brain keeps; then new ones of its built-in source; then all
    of these once more, varied by the symmetries that the chart declares; then random values.

    Args:
        brain: that is compared.
        sizes: of what is seen; scenes that are larger are left out.
        given: a person's scenes.
    """
    found = list(islice(_candidates(brain, sizes, given), SCENES))
    return [seen for _, seen in found], dict(Counter(what for what, _ in found))


def words(of: Mapping[str, int]) -> str:
    """Says how many scenes are what."""
    return ", ".join(f"{count} {WORDS[what]}" for what, count in of.items())


def _candidates(brain: Brain, sizes: Sizes, given: SceneSet | None) -> Iterator[tuple[str, Seen]]:
    real = []
    for what, scenes in _real(brain, given):
        real.append(scenes)
        yield from ((what, seen) for seen in _fitting(brain, sizes, scenes))
    for scenes in real:
        yield from (("varied", seen) for seen in _fitting(brain, sizes, _varied(brain, scenes)))
    yield from (("random", seen) for seen in made_up(brain, sizes, SCENES))


def _real(brain: Brain, given: SceneSet | None) -> Iterator[tuple[str, SceneSet]]:
    if given is not None:
        yield "given", given
    elif brain.rehearsal is not None:
        yield "kept", brain.rehearsal.aside
        yield "kept", brain.rehearsal.replay
    source = find_source(brain.chart.scenes.source)
    if source is None or source.file:
        return
    try:
        made = generate_scenes(brain.chart, SCENES, SEED, part="test", left_out=[])
    except LtmError:  # such as a library that isn't there: others will do
        return
    yield "made", made


def _fitting(brain: Brain, sizes: Sizes, scenes: SceneSet) -> Iterator[Seen]:
    for number in np.linspace(0, len(scenes) - 1, min(SCENES, len(scenes))).astype(int).tolist():
        values = {}
        for name, spec in brain.chart.senses.items():
            sides = scenes.shapes[name][number]
            cropped = scenes.values[name][number][tuple(slice(int(side)) for side in sides)]
            values[name] = padded(np.array(cropped), sizes[name], spec.layout.void)
        whole = {name: value for name, value in values.items() if value is not None}
        if len(whole) == len(values):
            yield whole


def _varied(brain: Brain, scenes: SceneSet) -> SceneSet:
    """Returns scenes over and over under the chart's symmetries; none where it declares none."""
    chart = brain.chart
    if not len(scenes) or not (chart.scenes.symmetries or chart.scenes.interchange):
        return scenes.take(np.arange(0))
    many = scenes.take(np.resize(np.arange(len(scenes)), SCENES))
    columns = [name for name in many.values if name in {**chart.senses, **chart.acts}]
    values = {name: torch.from_numpy(np.array(many.values[name])) for name in columns}
    try:
        changed = symmetric(chart, values, many.shapes, torch.Generator().manual_seed(0))
    except LtmError:  # a person's own scenes needn't have the symmetries of those that were learned from
        return scenes.take(np.arange(0))
    arrays = {name: value.numpy() for name, value in {**values, **changed}.items()}
    return SceneSet(arrays, {name: many.shapes[name] for name in columns}, many.lines)


def made_up(brain: Brain, sizes: Sizes, count: int) -> list[Seen]:
    """Returns random values, always the same: symbols and numbers, some of which are missing."""
    generator = torch.Generator().manual_seed(0)
    return [
        {name: _made_up(spec, sizes[name], generator) for name, spec in brain.chart.senses.items()}
        for _ in range(count)
    ]


def _made_up(spec: Any, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    if spec.layout.dtype == "float32":
        numbers = torch.randn(1, *size, generator=generator)
        return numbers.masked_fill(torch.rand(1, *size, generator=generator) < 0.1, torch.nan)
    most = spec.rows if isinstance(spec, TextSpec) else getattr(spec, "symbols", 255)
    symbols = torch.randint(
        0, min(most, 255) if spec.layout.dtype == "uint8" else most, (1, *size), generator=generator
    )
    if isinstance(spec, SequenceSpec) and spec.branches:
        # No brackets are closed: all tokens hang at the root.
        symbols[..., 1], symbols[..., 2] = -1, torch.arange(size[0])
    return symbols.to(getattr(torch, spec.layout.dtype))
