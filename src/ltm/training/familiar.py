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
MOST_NUMBERS = 5e7
"""What is looked at of all of them, at most: a table of a thousand columns has a quarter of a million features."""
LEAST_SCENES = 64


def familiarity_with(brain: Brain, known: SceneSet, aside: SceneSet) -> Familiarity:
    """Returns what a brain takes for familiar.

    Args:
        brain: whose senses look.
        known: scenes it learned from.
        aside: others like them, which set the scale of what still counts as familiar.
    """
    some = _some(known, MOST_SCENES)
    rarity_R = rarity_of(brain, (values for _, values in batches(some, BATCH)))
    features = _features(brain, some.take(np.arange(1)), rarity_R).shape[1]
    most = max(LEAST_SCENES, min(MOST_SCENES, int(MOST_NUMBERS / features)))
    cloud, others = (_features(brain, _some(scenes, most), rarity_R) for scenes in (some, aside))
    return Familiarity.of(cloud, others, rarity_R)


def _some(scenes: SceneSet, most: int) -> SceneSet:
    return scenes.take(np.linspace(0, len(scenes) - 1, min(most, len(scenes))).astype(np.int64))


def _features(brain: Brain, scenes: SceneSet, rarity_R: Tensor) -> Tensor:
    found: dict[int, Tensor] = {}
    for index, values in batches(scenes, BATCH):
        found.update(zip(index.tolist(), features_of(brain, values, rarity_R), strict=True))
    return torch.stack([found[place] for place in sorted(found)])
