"""By what one set of weights is better than another while a brain learns."""

from __future__ import annotations

from ltm.brain.brain import Brain
from ltm.brain.talk import speaks
from ltm.scenes.store import SceneSet
from ltm.training.language import likelihood
from ltm.training.looks import quick_accuracy
from ltm.training.segment import Scorer

SCENES = 64
"""So many texts are looked at; each has a symbol at every place."""


def quick_score(brain: Brain, scenes: SceneSet, bf16: bool, scorer: Scorer | None) -> float:
    """Returns the share of scenes that is answered right; of a brain that talks, how likely it takes what came next.

    Args:
        brain: what to judge.
        scenes: that were set aside; up to 256 of them, or 64 texts, are looked at.
        bf16: precision of matrix products.
        scorer: what counts as right beside the very answer.
    """
    if speaks(brain.chart):
        found = likelihood(brain, scenes, bf16, SCENES)
        assert found is not None
        return found
    return quick_accuracy(brain, scenes, bf16, scorer)
