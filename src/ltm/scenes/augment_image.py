"""Small changes that leave what a picture shows the same: moved, turned, stretched and slanted a little.

Shapes: B batch, R rows, C columns, K channels.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SHIFT = 0.08
"""Moved by at most this share of the side."""
TURN = math.radians(12)
STRETCH = 0.12
SLANT = 0.12


def jitter(images_BRCK: Tensor, generator: torch.Generator) -> Tensor:
    """Returns pictures `uint8 [B, R, C, K]` after a small random affine map each; what comes in from outside is dark.

    Args:
        images_BRCK: brightnesses.
        generator: draws the maps.
    """
    batch = len(images_BRCK)
    draw_6B = torch.rand((6, batch), generator=generator) * 2 - 1
    turn_B, slant_B = TURN * draw_6B[0], SLANT * draw_6B[1]
    tall_B, wide_B = torch.exp(STRETCH * draw_6B[2]), torch.exp(STRETCH * draw_6B[3])
    cos_B, sin_B = turn_B.cos(), turn_B.sin()
    across = torch.stack((wide_B * cos_B, wide_B * (slant_B * cos_B - sin_B), 2 * SHIFT * draw_6B[4]), dim=1)
    down = torch.stack((tall_B * sin_B, tall_B * (slant_B * sin_B + cos_B), 2 * SHIFT * draw_6B[5]), dim=1)
    pictures_BKRC = images_BRCK.permute(0, 3, 1, 2).float()
    grid = F.affine_grid(torch.stack((across, down), dim=1), list(pictures_BKRC.shape), align_corners=False)
    moved_BKRC = F.grid_sample(pictures_BKRC, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return moved_BKRC.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()
