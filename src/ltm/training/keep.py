"""Chooses the scenes that a brain keeps: to rehearse them while it learns something else, and to judge itself by.

What is rehearsed covers what is seen and what is answered, and holds the hard scenes: a share of those that the brain
got wrong or was least sure of, the others drawn so that each lies far from those drawn before (k-means++; Arthur and
Vassilvitskii 2007), in the main directions of what the senses write, the answers taking turns. So crowds are
represented as crowds, and what is rare isn't left out. What is judged by is not chosen: it is spread evenly over
scenes that were set aside.

Shapes: N scenes, M directions.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.familiarity import features_of
from ltm.brain.rehearsal import Rehearsal, packed_bytes
from ltm.chart.base import format_bytes
from ltm.scenes.store import SceneSet
from ltm.training.looks import BATCH, batches, look_at, quick_segments
from ltm.training.segment import Scorer

CANDIDATES = 2000
"""So many scenes, spread over those that were learned from, are looked at and ranked; more would take long."""
HARD = 1 / 3
"""Share of the rehearsed scenes that is chosen by difficulty."""
ASIDE = 0.5
"""Share of the bytes for scenes to judge by, as long as they are no more than `MOST_ASIDE`."""
MOST_ASIDE = 500
FEW_ANSWERS = 64
"""Answers take turns where no more than so many differ."""
SAMPLE = 256
"""So many scenes tell what one takes."""
GOLDEN = (math.sqrt(5) - 1) / 2
"""Its multiples, without whole numbers, lie evenly however many they are."""
LEAST = 8
"""Fewer scenes than this are of no use: none are kept."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Kept:
    """What was kept.

    Attributes:
        rehearsal: the scenes; None where the bytes are too few for any.
        words: what to tell the user.
    """

    rehearsal: Rehearsal | None
    words: str


def choose(
    brain: Brain, known: SceneSet, aside: SceneSet, size: int, bf16: bool, scorer: Scorer | None, seed: int
) -> Kept:
    """Chooses what a trained brain keeps.

    Args:
        brain: which has learned, and whose familiarity is measured.
        known: scenes it learned from.
        aside: scenes it neither learned from nor was chosen by.
        size: bytes at most.
        bf16: precision of matrix products.
        scorer: what else counts as right.
        seed: of the drawing.
    """
    if size == 0:
        return Kept(None, "no scenes are kept to rehearse")
    judged = np.sort(_fitting(aside, _evenly(_spread(len(aside), MOST_ASIDE)), int(size * ASIDE)))
    room = size - packed_bytes(aside.take(judged))
    looked_at = _spread(len(known), CANDIDATES)
    order, hard = _ranked(brain, known.take(looked_at), bf16, scorer, seed)
    # Where all that were looked at fit, others follow as they come: more to rehearse is better than less.
    others = np.setdiff1d(np.arange(len(known)), looked_at)
    rest = others[torch.randperm(len(others), generator=torch.Generator().manual_seed(seed)).numpy()]
    chosen = _fitting(known, np.concatenate((looked_at[order], rest)), room)
    difficult = int(np.isin(chosen, looked_at[hard]).sum())
    if len(chosen) < LEAST or len(judged) < LEAST:
        return Kept(None, f"{format_bytes(size)} are too few to keep scenes: nothing can be rehearsed later")
    rehearsal = Rehearsal(known.take(np.sort(chosen)), aside.take(judged))
    whole = packed_bytes(rehearsal.replay) + packed_bytes(rehearsal.aside)
    words = (
        f"kept in the brain: {len(chosen):,} of the {len(known):,} scenes it learned from, to rehearse them "
        f"({difficult:,} of them hard), and {len(judged):,} that were set aside, to judge by: "
        f"{format_bytes(whole)}"
    )
    return Kept(rehearsal, words)


def _spread(count: int, most: int) -> Numbers:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64)) if count else np.zeros(0, np.int64)


def _evenly(numbers: Numbers) -> Numbers:
    """Returns numbers in an order of which any beginning is spread evenly over them, as files may be sorted."""
    return numbers[np.argsort(np.arange(len(numbers)) * GOLDEN % 1.0, kind="stable")]


def _fitting(scenes: SceneSet, order: Numbers, size: int) -> Numbers:
    """Returns as many of the scenes, in order of preference, as take no more bytes."""
    count = len(order)
    if count > SAMPLE:
        # Millions of scenes aren't deflated to find out that most don't fit; together they take less than a few do.
        each = packed_bytes(scenes.take(order[:SAMPLE])) / SAMPLE
        count = min(count, int(2 * size / each) + 1)
    while count:
        taken = packed_bytes(scenes.take(np.sort(order[:count])))
        if taken <= size:
            break
        # What deflating saves differs from scene to scene, so that it takes a few attempts.
        count = min(count - 1, int(count * size / taken))
    return order[:count]


def _ranked(
    brain: Brain, scenes: SceneSet, bf16: bool, scorer: Scorer | None, seed: int
) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Returns all scenes, those first that are worth most; and which of them were wanted for being hard."""
    looks = look_at(brain, scenes, (quick_segments(brain.chart),), bf16, scorer)
    # Wrong ones first, those of which the brain was sure of a wrong answer no sooner than others; then by doubt.
    doubt = np.where(looks.right[-1], 1 - looks.confidence[-1], 1.0)
    draw = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(scenes), generator=draw).numpy()
    hardest = shuffled[np.argsort(-doubt[shuffled], kind="stable")]
    covering = _covering(_directions(brain, scenes), _answers(brain, scenes), draw)
    order: list[int] = []
    hard = np.zeros(len(scenes), dtype=bool)
    taken = np.zeros(len(scenes), dtype=bool)
    queues = {True: iter(hardest.tolist()), False: iter(covering.tolist())}
    while len(order) < len(scenes):
        wants_hard = hard.sum() < HARD * len(order)
        number = next(n for n in queues[bool(wants_hard)] if not taken[n])
        taken[number] = True
        hard[number] = wants_hard
        order.append(number)
    return np.array(order, dtype=np.int64), hard


def _covering(at_NM: Tensor, answers: npt.NDArray[np.int64], draw: torch.Generator) -> Numbers:
    """Returns all scenes in an order whose every beginning covers them well."""
    orders = []
    for answer in np.unique(answers):
        members = torch.from_numpy(np.flatnonzero(answers == answer))
        orders.append(members[_plus_plus(at_NM[members], draw)].tolist())
    turns = zip_longest(*orders)
    return np.array([number for turn in turns for number in turn if number is not None], dtype=np.int64)


def _plus_plus(at_NM: Tensor, draw: torch.Generator) -> Tensor:
    """Draws scenes, none twice, each with a chance that grows with the square of its distance from those drawn."""
    count = len(at_NM)
    left = torch.ones(count, dtype=torch.float64)
    nearest = torch.full((count,), torch.inf, dtype=torch.float64)
    order = []
    for _ in range(count):
        weight = torch.where(nearest.isinf(), left, nearest * left)
        number = int(torch.multinomial(weight if float(weight.sum()) > 0 else left, 1, generator=draw))
        order.append(number)
        left[number] = 0
        nearest = torch.minimum(nearest, (at_NM - at_NM[number]).square().sum(1).double())
    return torch.tensor(order, dtype=torch.long)


def _directions(brain: Brain, scenes: SceneSet) -> Tensor:
    """Returns where scenes lie along the main directions of what the senses write `[N, M]`, each of unit variance."""
    known = brain.familiarity
    assert known is not None  # measured before scenes are chosen
    at_NM = torch.zeros(len(scenes), len(known.variance_M))
    for index, values in batches(scenes, BATCH):
        centred = (features_of(brain, values, known.rarity_R) - known.mean_F) / known.scale_F
        at_NM[torch.from_numpy(index)] = centred @ known.basis_MF.T / known.variance_M.sqrt()
    return at_NM


def _answers(brain: Brain, scenes: SceneSet) -> npt.NDArray[np.int64]:
    """Returns a number for each scene's answer; the same for all where many differ."""
    keys = [
        hashlib.blake2b(b"|".join(scenes.values[name][i].tobytes() for name in brain.chart.acts)).digest()
        for i in range(len(scenes))
    ]
    found, numbers = np.unique(np.array(keys), return_inverse=True)
    return numbers if len(found) <= FEW_ANSWERS else np.zeros(len(scenes), dtype=np.int64)
