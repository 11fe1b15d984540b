"""One segment of thinking with its loss: what a training step runs forward and backward.

Shapes: B batch, N cells, V symbols.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ltm.acts.next import NextActSpec
from ltm.acts.number import NumberActSpec
from ltm.brain.brain import Brain
from ltm.brain.mind import Mind, Reading
from ltm.senses.layout import void_of

Scorer = Callable[[Mapping[str, Tensor], Mapping[str, Tensor]], Tensor]
"""From values `[B, R, C]` and answers `[B, N]` to which answers are right `[B]`, beside the one in the data."""


Segment = Callable[[Brain, Mind, dict[str, Tensor], bool], Reading]
"""`run_segment`, compiled or not."""


@dataclass(frozen=True)
class Loss:
    """A segment's losses and what was right.

    Attributes:
        total: what is differentiated.
        acts: mean loss a cell over the acts.
        reflection: binary cross-entropy of the confidence, and of what is ahead where that is learned.
        right: which whole answers are right `[B]`.
    """

    total: Tensor
    acts: Tensor
    reflection: Tensor
    right: Tensor


def cross_entropy(logits_BNV: Tensor, target_BN: Tensor, smoothing: float) -> Tensor:
    """Mean cross-entropy over the cells that exist."""
    return F.cross_entropy(
        logits_BNV.flatten(0, 1),
        target_BN.flatten().long(),
        ignore_index=int(void_of(target_BN.dtype)),
        label_smoothing=smoothing,
    )


def blurred_cross_entropy(logits_BNV: Tensor, target_BN: Tensor, smoothing: float, blur: float) -> Tensor:
    """Cross-entropy with a target spread over neighbouring symbols, as a normal distribution with deviation `blur`."""
    count = logits_BNV.shape[-1]
    known_BN = target_BN != void_of(target_BN.dtype)
    if not bool(known_BN.all()):  # a step may ask for other acts only
        logits_BNV, target_BN = logits_BNV[known_BN][:, None], target_BN[known_BN][:, None]
    away_BNV = torch.arange(count, device=logits_BNV.device) - target_BN[..., None].long()
    wanted_BNV = torch.softmax(-0.5 * (away_BNV / blur).square(), dim=-1)
    wanted_BNV = (1 - smoothing) * wanted_BNV + smoothing / count
    return -(wanted_BNV * F.log_softmax(logits_BNV, dim=-1)).sum(-1).mean()


def stablemax_loss(logits_BNV: Tensor, target_BN: Tensor) -> Tensor:
    """Cross-entropy with `s(a) = a + 1` for a >= 0, `1 / (1 - a)` below, in fp64 (Prieto et al. 2025, used by TRM)."""
    a = logits_BNV.double()
    s = torch.where(a >= 0, a + 1, 1 / (1 - a.clamp(max=0)))
    log_p = (s / s.sum(-1, keepdim=True)).log().flatten(0, 1)
    return F.nll_loss(log_p, target_BN.flatten().long(), ignore_index=int(void_of(target_BN.dtype))).float()


def right_answers(reading: Reading, values: Mapping[str, Tensor], scorer: Scorer | None) -> Tensor:
    """Returns which of a reading's whole answers are right `[B]`."""
    return whole_right(reading.answers, values, scorer)


def whole_right(answers: Mapping[str, Tensor], values: Mapping[str, Tensor], scorer: Scorer | None) -> Tensor:
    """Returns which whole answers `[B, N]` are right `[B]`: every cell as in the data, or right by the scorer."""
    right: Tensor | None = None
    for name, answer_BN in answers.items():
        target_BN = values[name].flatten(1)
        same = ((answer_BN == target_BN) | (target_BN == void_of(target_BN.dtype))).all(dim=1)
        right = same if right is None else right & same
    assert right is not None  # a chart has at least one act
    return right if scorer is None else right | scorer(values, answers)


def loss_of(
    brain: Brain,
    reading: Reading,
    values: Mapping[str, Tensor],
    right_B: Tensor,
    ahead_B: Tensor | None = None,
) -> Loss:
    """Returns the losses of a reading against the values that should have been done.

    Args:
        brain: whose chart says which losses and weights.
        reading: what was read.
        values: what should have been done `[B, R, C]`.
        right_B: which whole answers are right.
        ahead_B: probability that the answer will be right later, from `look_ahead`; None where that isn't learned.
    """
    spec = brain.chart.training
    acts = reading.right.new_zeros(())
    for name, logits in reading.logits.items():
        target, act = values[name].flatten(1), brain.chart.acts[name]
        if name in reading.said:  # nothing is to be learned of what a teacher has said
            target = target.masked_fill(reading.said[name], int(void_of(target.dtype)))
        nothing_asked = brain.chart.steps is not None or isinstance(act, NextActSpec)
        if nothing_asked and bool((target == void_of(target.dtype)).all()):
            continue  # none of these steps asks for it, or nothing comes after texts of one symbol
        if isinstance(act, NumberActSpec) and act.blur:
            acts = acts + blurred_cross_entropy(logits, target, act.smoothing, act.blur)
        elif spec.loss == "stablemax":
            acts = acts + stablemax_loss(logits, target)  # published without smoothing
        else:
            acts = acts + cross_entropy(logits, target, act.smoothing)
    reflection = F.binary_cross_entropy_with_logits(reading.right, right_B.float())
    if ahead_B is not None and reading.ahead is not None:
        reflection = reflection + F.binary_cross_entropy_with_logits(reading.ahead, ahead_B)
    weight = 0.0 if brain.chart.reflection.kind == "none" else brain.chart.reflection.weight
    return Loss(acts + weight * reflection, acts.detach(), reflection.detach(), right_B)


def run_segment(brain: Brain, mind: Mind, values: Mapping[str, Tensor], bf16: bool) -> Reading:
    """Runs one training segment: senses, ticks (the first ones without gradient where so declared), reading."""
    spec = brain.chart.training
    learned = spec.gradient_ticks or spec.ticks
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        mind.input = brain.sense(values, mind.places, mind.spoken)
        if learned < spec.ticks:
            with torch.no_grad():
                brain.circuit.run(mind.lanes, mind.input, mind.places, spec.ticks - learned)
        brain.circuit.run(mind.lanes, mind.input, mind.places, learned)
        return brain.read(mind)  # what is said is the teacher's affair here


def look_ahead(brain: Brain, mind: Mind, values: Mapping[str, Tensor], bf16: bool, last_B: Tensor) -> Tensor:
    """Runs one segment more without gradient and returns how right it thinks it will be `[B]`, as a probability.

    HRM's target for its `continue` output (Wang et al. 2025): the larger of the two outputs one segment later, or the
    first alone for scenes whose last segment that would be past. The mind itself stays where it is.

    Args:
        brain: with two outputs of reflection.
        mind: after the segment that is being learned from.
        values: what it thinks about.
        bf16: as for the segment itself.
        last_B: which scenes have had their last segment.
    """
    later = dataclasses.replace(mind, lanes=mind.lanes.detach(), answers=dict(mind.answers))
    with torch.no_grad():
        reading = run_segment(brain, later, values, bf16)
    assert reading.ahead is not None  # the chart was checked: `ahead` has a second output
    best_B = torch.maximum(reading.right, reading.ahead)
    return torch.where(last_B, reading.right, best_B).float().sigmoid()


def halts(brain: Brain, reading: Reading) -> Tensor:
    """Returns which scenes reflection would stop thinking about `[B]`: surer of now than of later, or than even."""
    if brain.chart.reflection.ahead and reading.ahead is not None:
        return reading.right.detach() > reading.ahead.detach()
    return brain.reflection.confidence(reading.right.detach()) > 0.5
