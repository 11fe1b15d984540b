"""Words left out at random, so that a text isn't recognised by any one of them.

Shapes: B batch, L places, H features.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ltm.senses.layout import void_of

SHARE = 0.25
"""Of the words of a text that are left out."""


def drop(text_BLH: Tensor, generator: torch.Generator) -> Tensor:
    """Returns texts without a random quarter of their units; at least one is left.

    Args:
        text_BLH: buckets `[B, L, H]`, or bytes `[B, L]`.
        generator: draws what is left out.
    """
    draw_BL = torch.rand(text_BLH.shape[:2], generator=generator)
    void = void_of(text_BLH.dtype)
    there_BL = (text_BLH if text_BLH.dim() == 2 else text_BLH[..., 0]) != void
    stay_BL = there_BL & (draw_BL >= SHARE)
    # The unit with the largest draw stays, whatever it is.
    kept = torch.where(there_BL, draw_BL, -1.0).argmax(1, keepdim=True)
    stay_BL = stay_BL.scatter(1, kept, True)
    return text_BLH.masked_fill(~(stay_BL if text_BLH.dim() == 2 else stay_BL[..., None]), int(void))
