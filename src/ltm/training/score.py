"""By what one set of weights is better than another while a brain learns.

Shapes: B batch, N cells, V symbols.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from ltm.acts.number import NumberActSpec
from ltm.brain.brain import Brain
from ltm.brain.talk import speaks
from ltm.brain.walk import begin
from ltm.chart.schema import Chart
from ltm.scenes.store import SceneSet
from ltm.senses.label import Labels
from ltm.senses.layout import void_of
from ltm.training.language import likelihood
from ltm.training.looks import BATCH, batches, quick_accuracy, quick_segments
from ltm.training.segment import Scorer

TEXTS = 64
"""So many texts are looked at; each has a symbol at every place."""
FEW = 200
"""Of fewer scenes to choose by, each answered by a choice, the share that is right moves in steps too large for that.
Half of what is set aside is there to choose by."""


def quick_score(brain: Brain, scenes: SceneSet, bf16: bool, scorer: Scorer | None) -> float:
    """Returns the share of scenes that is answered right, or how likely the right answers are taken to be.

    Args:
        brain: what to judge.
        scenes: that were set aside; up to 256 of them, or 64 texts, are looked at.
        bf16: precision of matrix products.
        scorer: what counts as right beside the very answer.
    """
    if speaks(brain.chart):
        found = likelihood(brain, scenes, bf16, TEXTS)
        assert found is not None
        return found
    if by_likelihood(brain.chart, len(scenes)):
        return likelihood_of_choices(brain, scenes, bf16)
    return quick_accuracy(brain, scenes, bf16, scorer)


def by_likelihood(chart: Chart, count: int) -> bool:
    """Returns whether so many scenes tell more by how likely their right answers are than by how many are right.

    That is so where one of a few is chosen, and there are few scenes; and for numbers, of which to be near counts. Not
    of scenes of several steps, where it was not tried.
    """
    acts = chart.acts.values()
    choices = chart.steps is None and all(isinstance(act, Labels | NumberActSpec) for act in acts)
    return choices and (count < FEW or any(isinstance(act, NumberActSpec) for act in acts))


def likelihood_of_choices(brain: Brain, scenes: SceneSet, bf16: bool) -> float:
    """Returns the probability of the right choices, as its geometric mean, after some segments without halting."""
    nats, count = 0.0, 0
    generator, dtype = torch.Generator().manual_seed(0), torch.bfloat16 if bf16 else torch.float32
    ticks = brain.chart.training.ticks * quick_segments(brain.chart)
    index = np.linspace(0, len(scenes) - 1, min(2 * FEW, len(scenes))).astype(np.int64)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for _, given in batches(scenes.take(index), BATCH):
            mind, values, _ = begin(brain, given, generator, dtype)
            reading = brain.think_on(mind, ticks)
            for name, logits_BNV in reading.logits.items():
                target_BN = values[name].flatten(1).long()
                known_BN = target_BN != void_of(values[name].dtype)
                nats += float(F.cross_entropy(logits_BNV[known_BN].float(), target_BN[known_BN], reduction="sum"))
                count += int(known_BN.sum())
    return math.exp(-nats / max(1, count))
