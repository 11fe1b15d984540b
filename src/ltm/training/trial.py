"""Whether a new skill had better share an earlier one's zones: both ways are tried for a moment, and losses compared.

A body that has long learned something else may be a worse beginning than chance (Ash and Adams 2020), and then sharing
costs the new skill more than rehearsing does. How well two skills get along shows early.
"""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass

import torch

from ltm.brain.brain import Brain
from ltm.errors import DivergedError
from ltm.scenes.store import SceneSet
from ltm.training.optimiser import Optimiser
from ltm.training.segment import run_segment
from ltm.training.slots import Slots
from ltm.training.step import learn

PART = 0.08
"""Of the training that either way is tried for."""
MOST_SECONDS = 120.0
"""That either way is tried for at most, or `LEAST` steps: how well two skills get along shows early."""
LEAST = 24
"""Steps that either way is tried for at least."""
WORSE = 1.1
"""How many times the loss of zones of its own sharing may have after that."""


@dataclass(frozen=True)
class Trial:
    """What came of trying both ways.

    Attributes:
        own: loss with zones of its own.
        shared: loss with shared ones.
    """

    own: float
    shared: float

    @property
    def alike(self) -> bool:
        """Whether sharing is hardly worse; what got out of hand is not worth it, whatever became of the other."""
        return math.isfinite(self.shared) and self.shared <= WORSE * self.own

    def words(self) -> str:
        """Says both losses."""
        own, shared = map(_loss, (self.own, self.shared))
        return f"tried for a moment, its loss {own} with zones of its own, {shared} with those"


def _loss(loss: float) -> str:
    return f"was {loss:.3f}" if math.isfinite(loss) else "got out of hand"


def seconds_of_trial(minutes: float) -> float:
    """Returns how long either way is tried for, of a training that takes so many minutes."""
    return min(PART * 60 * minutes, MOST_SECONDS)


def loss_after(brain: Brain, scenes: SceneSet) -> float:
    """Returns the loss of a brain's acts after a part of its training, without rehearsal; changes the brain.

    Args:
        brain: to begin with.
        scenes: to learn from.

    Returns:
        The mean of the last third of the steps; infinity where it got out of hand.
    """
    chart = brain.chart
    spec = chart.training
    brain.train()
    slots = Slots(brain, scenes, torch.Generator().manual_seed(spec.seed), torch.float32)
    optimiser = Optimiser(brain, spec)
    losses: list[float] = []
    begun, seconds = time.monotonic(), seconds_of_trial(spec.minutes)
    whole = spec.steps or 1_000_000  # the rate hardly falls in a moment

    def goes_on() -> bool:
        if spec.steps is not None:
            return len(losses) < max(LEAST, round(PART * spec.steps))
        return len(losses) < LEAST or time.monotonic() - begun < seconds

    try:
        while goes_on():
            losses.append(float(learn(brain, slots, optimiser, run_segment, False, len(losses), whole).acts))
    except DivergedError:  # as the training of that brain would: it says so itself, should it come to that
        return math.inf
    return statistics.fmean(losses[-len(losses) // 3 :])
