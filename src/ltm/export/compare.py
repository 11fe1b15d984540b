"""Whether a file thinks as the brain does: both think about the same scenes, and what they say is compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ltm.brain.brain import Brain
from ltm.brain.telling import Teller
from ltm.brain.think import think
from ltm.chart.schema import WillSpec
from ltm.errors import LtmError
from ltm.export.graph import ANSWER, CONFIDENCE, LOGITS, SEE, Sizes
from ltm.export.shown import shown
from ltm.scenes.store import SceneSet

Numbers = npt.NDArray[Any]
Run = Callable[[Mapping[str, Numbers]], dict[str, Numbers]]


@dataclass(frozen=True)
class Compared:
    """What came of thinking about the same scenes twice.

    Attributes:
        of: how many scenes were what: `given`, `kept`, `made`, `varied` or `random` (see `ltm.export.shown`).
        answers: how many of them were answered alike.
        confidence: by how much confidence differs at most.
        logits: by how much any logit differs at most, as a share of the scene's largest where that is above 1.
        brain_ms: a thought of the brain's, in milliseconds: the median.
        file_ms: a thought of the file's.
    """

    of: Mapping[str, int]
    answers: int
    confidence: float
    logits: float
    brain_ms: float
    file_ms: float

    @property
    def scenes(self) -> int:
        """How many scenes were thought about."""
        return sum(self.of.values())

    def require(self, tolerance: float) -> None:
        """Refuses a file that doesn't think as the brain does.

        Raises:
            LtmError: says in what they differ.
        """
        if self.answers < self.scenes or not (self.confidence <= tolerance and self.logits <= tolerance):
            raise LtmError(
                f"the file would not think as the brain does: {self.scenes - self.answers} of {self.scenes} scenes "
                f"answered otherwise, confidence differs by up to {self.confidence:.2g} and logits by up to "
                f"{self.logits:.2g} (expected {tolerance:g} at most); nothing was written. Fewer --ticks differ less; "
                "--tolerance allows more"
            )


def compare(brain: Brain, run: Run, will: WillSpec, sizes: Sizes, seed: int, scenes: SceneSet | None) -> Compared:
    """Lets brain and file think about 100 scenes, one at a time.

    Args:
        brain: from which the file was made.
        run: runs the file.
        will: with which it was made.
        sizes: of what it sees; scenes that are larger are left out.
        seed: with which it was made.
        scenes: to think about; kept ones when absent. Where there are too few, others are taken beside them.
    """
    looked_at, of = shown(brain, sizes, scenes)
    alike, apart, logits, times = 0, 0.0, 0.0, np.zeros((2, len(looked_at)))
    for number, values in enumerate(looked_at):
        start = time.perf_counter()
        (thought,) = think(brain, values, will, seed=seed, logits=True)
        middle = time.perf_counter()
        said = run({SEE + name: value.numpy() for name, value in values.items()})
        times[:, number] = middle - start, time.perf_counter() - middle
        symbols = {name: torch.from_numpy(said[ANSWER + name][0].reshape(-1)) for name in brain.chart.acts}
        answer = Teller(brain, values, False, None).decode(symbols, {name: value[0] for name, value in values.items()})
        alike += answer == thought.answer
        # Not `max`, for which what is no number is no more than anything.
        apart = float(np.maximum(apart, abs(float(said[CONFIDENCE][0]) - thought.confidence)))
        for name, known in thought.logits.items():
            logits = float(np.maximum(logits, _apart(said[LOGITS + name][0], known.numpy())))
    brain_ms, file_ms = (1000 * np.median(times, axis=1)).tolist()
    return Compared(of, alike, apart, logits, brain_ms, file_ms)


def _apart(one: Numbers, known: Numbers) -> float:
    """Returns the largest difference, as a share of what is known where that is large: fp32 has so many digits.

    Of what is infinite on both sides there is none.
    """
    largest = np.abs(known, where=np.isfinite(known), out=np.zeros_like(known)).max(initial=1.0)
    with np.errstate(invalid="ignore"):
        return float(np.where(one == known, 0.0, np.abs(one - known)).max(initial=0.0) / largest)
