"""How well a brain foresees where its field moves from one step of a scene to the next.

Shapes: B batch, T steps, S sites, D field width.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.walk import think_segment, walk, window
from ltm.scenes.step_rows import ROLE
from ltm.scenes.store import SceneSet
from ltm.training.looks import BATCH, batches


def foresight(brain: Brain, scenes: SceneSet, bf16: bool = False, seed: int = 0) -> dict[str, Any] | None:
    """Returns the squared error of foreseen moves, as a share of the moves' squared length.

    Args:
        brain: who foresees.
        scenes: of several steps.
        bf16: precision of matrix products.
        seed: of the noise in starting states.

    Returns:
        `moves` that were scored, `missed` by the brain, and `mean_missed` by always foreseeing the mean of these very
        moves (of each number of sites its own); to foresee that nothing changes misses 1. None where nothing is
        foreseen, or no scene has two steps.
    """
    if brain.steps is None or brain.steps.transition is None:
        return None
    generator = torch.Generator().manual_seed(seed)
    missed = length = 0.0
    sums: dict[int, Tensor] = {}
    counts: dict[int, Tensor] = {}
    moves = 0
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for _, values in batches(scenes, BATCH):
            batch, count = values[ROLE].shape
            mind = brain.begin(values, generator, torch.bfloat16 if bf16 else torch.float32)
            steps = window(brain.chart, values, torch.zeros(batch, dtype=torch.long), count)
            for move in walk(brain, mind, steps, think_segment).moves:
                error_B, length_B = move.missed()
                missed, length = missed + float(error_B.sum()), length + float(length_B.sum())
                sites = move.made.shape[1]
                sums[sites] = sums.get(sites, torch.zeros(())) + move.there(move.made).double().sum(0)
                counts[sites] = counts.get(sites, torch.zeros(())) + move.there(torch.ones_like(move.made)).sum(0)
                moves += batch
    if not moves or length == 0:
        return None
    # The squared distance from the mean is the squared length less the mean's, so one pass is enough.
    of_mean = sum(float((total.square() / counts[sites].clamp_min(1)).sum()) for sites, total in sums.items())
    return {"moves": moves, "missed": missed / length, "mean_missed": 1 - of_mean / length}
