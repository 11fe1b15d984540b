"""Measures how known scenes look to a trained brain's senses."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.familiarity import Familiarity, features_of, rarity_of
from ltm.scenes.store import SceneSet
from ltm.training.looks import BATCH, batches

MOST_SCENES = 2000
"""So many known scenes, spread over the set, are looked at."""


def familiarity_with(brain: Brain, known: SceneSet, aside: SceneSet) -> Familiarity:
    """Returns what a brain takes for familiar.

    Args:
        brain: whose senses look.
        known: scenes it learned from.
        aside: others like them, which set the scale of what still counts as familiar.
    """
    some = _some(known)
    rarity_R = rarity_of(brain, (values for _, values in batches(some, BATCH)))
    return Familiarity.of(_features(brain, some, rarity_R), _features(brain, _some(aside), rarity_R), rarity_R)


def _some(scenes: SceneSet) -> SceneSet:
    return scenes.take(np.linspace(0, len(scenes) - 1, min(MOST_SCENES, len(scenes))).astype(np.int64))


def _features(brain: Brain, scenes: SceneSet, rarity_R: Tensor) -> Tensor:
    found: dict[int, Tensor] = {}
    for index, values in batches(scenes, BATCH):
        found.update(zip(index.tolist(), features_of(brain, values, rarity_R), strict=True))
    return torch.stack([found[place] for place in sorted(found)])
