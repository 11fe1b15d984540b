"""Restlessness: a mind in doubt gets noise in proportion to its doubt.

A random search around where the field stands, in the manner of Langevin dynamics, that quiets down by itself once an
answer convinces. Thinking, evaluation and training share it.

Shapes: B batch, S sites, D field width.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from ltm.brain.mind import Mind


def wander(
    mind: Mind, confidence_B: Float[Tensor, " B"], noise: float, restless: Tensor | bool, generator: torch.Generator
) -> None:
    """Adds noise to the field.

    Args:
        mind: whose field is changed.
        confidence_B: in its present answers.
        noise: standard deviation at full doubt; 0 is off.
        restless: whether patience has run out, for all or for each example `[B]`.
        generator: of the noise.
    """
    restless_B = torch.as_tensor(restless).expand(len(confidence_B))
    if not noise or not restless_B.any():
        return
    draw_BSD = torch.randn(mind.lanes.field.shape, generator=generator)
    stir(mind, torch.where(restless_B, confidence_B.float(), 1.0), noise, draw_BSD)


def stir(mind: Mind, confidence_B: Float[Tensor, " B"], noise: float, draw_BSD: Tensor) -> None:
    """Adds a draw to the field, in proportion to the doubt that is left; see `wander`."""
    field_BSD, doubt_B = mind.lanes.field, 1 - confidence_B.float()
    mind.lanes.field = field_BSD + (noise * doubt_B[:, None, None] * draw_BSD).to(field_BSD.dtype)
