"""The `conv` zone: local mixing on a grid of any size, as the recurrent networks of Bansal et al. (2022) use.

Sees only its neighbourhood, so what it learns on small grids applies to large ones, given more ticks.

Shapes: B batch, S sites, W width, H hidden, R rows, C columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.layers import Linear, rms_norm, truncated_normal_
from ltm.zones.places import Places
from ltm.zones.spec import Window, ZoneBase


class ConvSpec(ZoneBase):
    """Convolution on the grid, gated, then back to the width."""

    kind: Literal["conv"]
    layers: Annotated[int, Field(ge=1, le=64)] = 1
    kernel: Literal[1, 3, 5, 7] = 3
    hidden: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Hidden channels; the width when absent."""


class GridConv(nn.Module):
    """`down(silu(gate) * up)` where gate and up are convolutions; zero padding."""

    def __init__(self, width: int, hidden: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(2 * hidden, width, kernel, kernel))
        self.down = Linear(hidden, width)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the kernel with standard deviation 1/sqrt(fan in)."""
        truncated_normal_(self.weight, 1 / math.sqrt(self.weight[0].numel()), generator)

    def forward(self, x_BRCW: Float[Tensor, "B R C W"]) -> Float[Tensor, "B R C W"]:
        """Convolves a grid."""
        padding = self.weight.shape[-1] // 2
        both = F.conv2d(x_BRCW.permute(0, 3, 1, 2), self.weight.to(x_BRCW.dtype), padding=padding).permute(0, 2, 3, 1)
        gate, up = both.chunk(2, dim=-1)
        out: Tensor = self.down(F.silu(gate) * up)
        return out

    @property
    def operations(self) -> int:
        """Multiply-adds times two for one site."""
        return 2 * self.weight.numel() + self.down.operations


class ConvBody(nn.Module):
    """The weights of a `conv` zone."""

    state_width = 0

    def __init__(self, spec: ConvSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.local = nn.ModuleList(GridConv(width, spec.hidden or width, spec.kernel) for _ in range(spec.layers))

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns what the zone makes of what it reads; at prefix sites that is the same, normed."""
        for local in self.local:
            x_BSW = rms_norm(x_BSW + self._each_grid(local, x_BSW, places))
        return x_BSW, x_BSW

    def _each_grid(self, local: nn.Module, x_BSW: Tensor, places: Places) -> Tensor:
        if places.mask_BS is not None:
            x_BSW = x_BSW * places.mask_BS[..., None].to(x_BSW.dtype)
        parts = [torch.zeros_like(x_BSW[:, : places.prefix])]
        start = places.prefix
        for rows, columns in places.grids:
            stop = start + rows * columns
            parts.append(local(x_BSW[:, start:stop].reshape(-1, rows, columns, x_BSW.shape[-1])).flatten(1, 2))
            start = stop
        return torch.cat(parts, dim=1) if places.prefix or len(parts) > 2 else parts[1]

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example (padding counted as computed)."""
        return sum(places.sites * local.operations for local in self.local if isinstance(local, GridConv))
