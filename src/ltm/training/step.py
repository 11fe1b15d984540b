"""One optimiser step: every slot thinks a segment, and the brain learns from it."""

from __future__ import annotations

import torch

from ltm.brain.brain import Brain
from ltm.errors import DivergedError
from ltm.training.optimiser import Optimiser
from ltm.training.segment import Loss, Scorer, Segment, halts, look_ahead, loss_of, right_answers
from ltm.training.slots import Slots
from ltm.training.walk import walk_segment


def learn(
    brain: Brain,
    slots: Slots,
    optimiser: Optimiser,
    segment: Segment,
    bf16: bool,
    step: int,
    steps: int,
    scorer: Scorer | None = None,
) -> Loss:
    """Takes one step and returns its losses; changes weights and slots.

    Args:
        brain: what learns.
        slots: the scenes under way.
        optimiser: of the brain's weights.
        segment: runs the segment.
        bf16: whether matrices are multiplied in bf16.
        step: number of the step, from 0.
        steps: of the whole run, for the schedule.
        scorer: what else counts as right, beside the very answer in the data.

    Raises:
        DivergedError: the loss or a gradient is no number; nothing has been changed but the slots' minds.
    """
    slots.before()
    if brain.chart.steps is None:
        reading = segment(brain, slots.mind, slots.values, bf16)
        right_B = right_answers(reading, slots.values, scorer)
        ahead_B = None
        if brain.chart.reflection.ahead:
            ahead_B = look_ahead(brain, slots.mind, slots.values, bf16, slots.last_B)
        loss = loss_of(brain, reading, slots.values, right_B, ahead_B)
    else:
        loss, reading, right_B = walk_segment(brain, slots, segment, bf16)
    if not bool(loss.total.isfinite()):
        raise diverged(step, "the loss is no number")
    torch.autograd.backward(loss.total)
    if not optimiser.gradients_are_numbers():  # or the weights, and soon the checkpoints, would hold none either
        raise diverged(step, "a gradient is no number")
    optimiser.step(step, steps)
    slots.after(right_B, brain.reflection.confidence(reading.right), halts(brain, reading))
    return loss


def diverged(step: int, what: str) -> DivergedError:
    """Returns what is said of a run whose numbers got out of hand at a step (from 0), before weights are changed."""
    return DivergedError(
        f"training diverged at step {step + 1:,}: {what}; the last checkpoint is whole. "
        "Try a lower training.rate or training.clip=1"
    )
