"""Whether a file thinks as the brain does: both think about the same scenes, and what they say is compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.telling import Teller
from ltm.brain.think import think
from ltm.chart.schema import WillSpec
from ltm.errors import LtmError
from ltm.export.graph import ANSWER, CONFIDENCE, SEE, Sizes
from ltm.export.sizes import padded
from ltm.scenes.store import SceneSet
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec

Run = Callable[[Mapping[str, npt.NDArray[Any]]], dict[str, npt.NDArray[Any]]]
SCENES = 100


@dataclass(frozen=True)
class Compared:
    """What came of thinking about the same scenes twice.

    Attributes:
        scenes: how many.
        made_up: whether they were random, for want of real ones.
        answers: how many of them were answered alike.
        confidence: by how much confidence differs at most.
        brain_ms: a thought of the brain's, in milliseconds: the median.
        file_ms: a thought of the file's.
    """

    scenes: int
    made_up: bool
    answers: int
    confidence: float
    brain_ms: float
    file_ms: float

    def require(self, tolerance: float) -> None:
        """Refuses a file that doesn't think as the brain does.

        Raises:
            LtmError: says in what they differ.
        """
        if self.answers < self.scenes or not self.confidence <= tolerance:
            raise LtmError(
                f"the file would not think as the brain does: {self.scenes - self.answers} of {self.scenes} scenes "
                f"answered otherwise, confidence differs by up to {self.confidence:.2g} (expected {tolerance:g} at "
                "most); nothing was written. Fewer --ticks differ less; --tolerance allows more"
            )


def compare(brain: Brain, run: Run, will: WillSpec, sizes: Sizes, seed: int, scenes: SceneSet | None) -> Compared:
    """Lets brain and file think about up to 100 scenes, one at a time.

    Args:
        brain: from which the file was made.
        run: runs the file.
        will: with which it was made.
        sizes: of what it sees; scenes that are larger are left out.
        seed: with which it was made.
        scenes: to think about; random values where there are none.
    """
    fitting = [] if scenes is None else list(_fitting(brain, sizes, scenes))
    shown = fitting or made_up(brain, sizes, SCENES)
    alike, apart, times = 0, 0.0, np.zeros((2, len(shown)))
    for number, values in enumerate(shown):
        start = time.perf_counter()
        (thought,) = think(brain, values, will, seed=seed)
        middle = time.perf_counter()
        said = run({SEE + name: value.numpy() for name, value in values.items()})
        times[:, number] = middle - start, time.perf_counter() - middle
        symbols = {name: torch.from_numpy(said[ANSWER + name][0].reshape(-1)) for name in brain.chart.acts}
        answer = Teller(brain, values, False, None).decode(symbols, {name: value[0] for name, value in values.items()})
        alike += answer == thought.answer
        apart = max(apart, abs(float(said[CONFIDENCE][0]) - thought.confidence))
    brain_ms, file_ms = (1000 * np.median(times, axis=1)).tolist()
    return Compared(len(shown), not fitting, alike, apart, brain_ms, file_ms)


def _fitting(brain: Brain, sizes: Sizes, scenes: SceneSet) -> Iterator[dict[str, Tensor]]:
    for number in np.linspace(0, len(scenes) - 1, min(SCENES, len(scenes))).astype(int).tolist():
        values = {}
        for name, spec in brain.chart.senses.items():
            sides = scenes.shapes[name][number]
            cropped = scenes.values[name][number][tuple(slice(int(side)) for side in sides)]
            values[name] = padded(np.array(cropped), sizes[name], spec.layout.void)
        whole = {name: value for name, value in values.items() if value is not None}
        if len(whole) == len(values):
            yield whole


def made_up(brain: Brain, sizes: Sizes, count: int) -> list[dict[str, Tensor]]:
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
