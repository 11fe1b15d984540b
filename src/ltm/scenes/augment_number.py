"""Numbers moved a little and some of them left out, so that few rows aren't learned by heart."""

from __future__ import annotations

import torch
from torch import Tensor

MOVED = 0.2
"""Standard deviation by which numbers are moved, in units of their spread."""
SHARE = 0.1
"""Of the numbers that are left out; so a brain also knows missing cells from data that have none."""


def scatter(numbers_BN: Tensor, generator: torch.Generator) -> Tensor:
    """Returns standardised numbers moved at random, a tenth of them missing.

    Args:
        numbers_BN: `[B, N]`, NaN where one is missing already.
        generator: draws the moves, and what is left out.
    """
    moved_BN = numbers_BN + MOVED * torch.randn(numbers_BN.shape, generator=generator)
    out_BN = torch.rand(numbers_BN.shape, generator=generator) < SHARE
    return moved_BN.masked_fill(out_BN, torch.nan)
