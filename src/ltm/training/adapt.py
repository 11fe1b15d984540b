"""Learning a little more from a few scenes at hand, as at test time: weights are copied, moved, and used once.

Fine-tuning on a task's own examples before answering it follows test-time training (Akyürek et al. 2024).
"""

from __future__ import annotations

import copy
import time

import torch

from ltm.brain.brain import Brain, with_training
from ltm.scenes.store import SceneSet
from ltm.training.optimiser import Optimiser
from ltm.training.segment import run_segment
from ltm.training.slots import Slots
from ltm.training.step import learn


def adapt(
    brain: Brain,
    scenes: SceneSet,
    *,
    seconds: float,
    steps: int = 1000,
    rate: float = 1e-3,
    batch: int = 16,
    seed: int = 0,
) -> tuple[Brain, int]:
    """Returns a copy of a brain that has learned from some scenes; the brain itself stays as it is.

    Args:
        brain: to start from.
        scenes: to learn from; with the symmetries that the chart declares.
        seconds: at most so long.
        steps: at most so many.
        rate: of learning; higher than what a long training ends with, lower than what it begins with.
        batch: scenes under way at once.
        seed: of order and symmetries.

    Returns:
        The copy, and how many steps it took.
    """
    start = time.monotonic()
    learner = copy.deepcopy(brain)
    learner.chart = with_training(brain.chart, batch=batch, rate=rate, warmup=0, floor=1.0, ema=0.0)
    learner.train()
    slots = Slots(learner, scenes, torch.Generator().manual_seed(seed), torch.float32)
    optimiser = Optimiser(learner, learner.chart.training)
    taken = 0
    while taken < steps and time.monotonic() - start < seconds:
        learn(learner, slots, optimiser, run_segment, False, taken, steps)
        taken += 1
    learner.chart = brain.chart
    return learner.eval(), taken
