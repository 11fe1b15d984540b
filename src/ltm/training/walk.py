"""A training segment of scenes of several steps: a window of steps, each answered step with its loss.

Shapes: B batch, W steps of the window, K answered steps of all scenes, N cells, V symbols.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.mind import Mind, Reading
from ltm.brain.walk import Walk, shows, walk
from ltm.scenes.step_rows import ROLE
from ltm.senses.layout import void_of
from ltm.training.segment import Loss, Segment, loss_of, whole_right
from ltm.training.slots import Slots


def walk_segment(brain: Brain, slots: Slots, segment: Segment, bf16: bool) -> tuple[Loss, Reading, Tensor]:
    """Walks every slot through its next steps; gradient flows from each step to those before it.

    Returns:
        The losses over all answered steps, the last step's reading, and which slots were right at the last step `[B]`.
    """
    steps = slots.sight()

    def think(brain: Brain, mind: Mind, values: dict[str, Tensor]) -> Reading:
        return segment(brain, mind, values, bf16)

    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        walked = walk(brain, slots.mind, steps, think)
    answered_BW = answered(brain, steps)
    if brain.chart.training.segments == 1:
        answered_BW &= ~slots.repeated()  # a last step that goes on for want of others counts once
    reading, values = _gathered(walked, steps, answered_BW)
    right_K = whole_right(reading.answers, values, None)
    if len(right_K):
        loss = loss_of(brain, reading, values, right_K)
    else:
        # Not reflection's, which may hang on nothing that learns.
        nothing = sum(logits.sum() for logits in walked.readings[-1].logits.values()) * torch.zeros(())
        loss = Loss(nothing, nothing.detach(), nothing.detach(), torch.zeros(1, dtype=torch.bool))
    foresight = foresight_loss(walked, ~slots.repeated()[:, 1:])
    if foresight is not None:
        assert brain.chart.steps is not None and brain.chart.steps.transition is not None
        loss = dataclasses.replace(loss, total=loss.total + brain.chart.steps.transition.weight * foresight)
    last = walked.readings[-1]
    right_B = whole_right(last.answers, {name: value[:, -1] for name, value in steps.items()}, None)
    return loss, last, right_B


def answered(brain: Brain, steps: Mapping[str, Tensor]) -> Tensor:
    """Returns at which steps there is an answer to learn from `[B, W]`."""
    known = [steps[name] for name in brain.chart.acts]
    there_BW = torch.stack([(value != void_of(value.dtype)).flatten(2).any(2) for value in known]).any(0)
    shown_BW = shows(brain.chart, steps[ROLE])
    return there_BW if shown_BW is None else there_BW & ~shown_BW


def foresight_loss(walked: Walk, counts_BM: Tensor) -> Tensor | None:
    """Returns the squared error of what was foreseen over the squared length of the moves; 1 is to foresee nothing.

    Args:
        walked: with M moves.
        counts_BM: which moves lead to another step; others are only further thought about the last one.
    """
    if not walked.moves or not bool(counts_BM.any()):
        return None
    missed = [move.missed() for move in walked.moves]
    error_BM, length_BM = (torch.stack(parts, dim=1) * counts_BM for parts in zip(*missed, strict=True))
    return error_BM.sum() / length_BM.sum().clamp_min(1e-6)


def _gathered(walked: Walk, steps: Mapping[str, Tensor], answered_BW: Tensor) -> tuple[Reading, dict[str, Tensor]]:
    """Returns the readings and values of all answered steps as one batch."""

    def chosen(parts: list[Tensor]) -> Tensor:
        return torch.stack(parts, dim=1)[answered_BW]

    readings = walked.readings
    logits = {name: chosen([reading.logits[name] for reading in readings]) for name in readings[0].logits}
    answers = {name: chosen([reading.answers[name] for reading in readings]) for name in readings[0].answers}
    values = {name: value[answered_BW] for name, value in steps.items()}
    return Reading(logits, answers, chosen([reading.right for reading in readings])), values
