"""The `attention` zone: self-attention over any number of sites, then channels (Vaswani et al. 2017, post-norm).

Positions are rotary: `line` numbers the sites in order (as TRM and HRM do), `grid` gives half of every head to the row
and half to the column. Windows, where given, restrict what each head sees; heads are shared out among the families.

Shapes: B batch, S sites, W width, H heads, K head width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.layers import Linear, SwiGLU, rms_norm, rotary, rotate
from ltm.zones.places import Places
from ltm.zones.spec import Window, ZoneBase


class AttentionSpec(ZoneBase):
    """Self-attention across sites, then mixing across channels."""

    kind: Literal["attention"]
    layers: Annotated[int, Field(ge=1, le=64)] = 1
    heads: Annotated[int, Field(ge=1, le=256)] = 4
    """Must divide the width; the head width must be even, for `grid` positions a multiple of four."""
    hidden: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Hidden channels; 2 x width when absent."""
    positions: Literal["none", "line", "grid"] = "grid"
    windows: tuple[Window, ...] = ()
    """Families of windows that restrict the heads; empty sees everything."""


class SelfAttention(nn.Module):
    """Multi-head self-attention without biases."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = Linear(width, 3 * width)
        self.out = Linear(width, width)

    def forward(
        self, x_BSW: Float[Tensor, "B S W"], turn: tuple[Tensor, Tensor] | None, seen: Tensor | None
    ) -> Float[Tensor, "B S W"]:
        """Attends; `turn` are rotary cosines and sines, `seen` a boolean mask broadcast to `[B, H, S, S]`."""
        B, S, W = x_BSW.shape
        query, key, value = self.qkv(x_BSW).view(B, S, 3, self.heads, W // self.heads).permute(2, 0, 3, 1, 4)
        if turn is not None:
            query, key = rotate(query, *turn), rotate(key, *turn)
        heard_BHSK = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        out: Tensor = self.out(heard_BHSK.transpose(1, 2).reshape(B, S, W))
        return out

    def operations(self, sites: int) -> int:
        """Operations for one example: the matrices, the scores and the weighted sums."""
        width = self.out.weight.shape[0]
        return sites * (self.qkv.operations + self.out.operations) + 4 * sites * sites * width


class AttentionBody(nn.Module):
    """The weights of an `attention` zone."""

    state_width = 0

    def __init__(self, spec: AttentionSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec = spec
        self.head_width = width // spec.heads
        self.attend = nn.ModuleList(SelfAttention(width, spec.heads) for _ in range(spec.layers))
        self.channels = nn.ModuleList(SwiGLU(width, spec.hidden or 2 * width) for _ in range(spec.layers))

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns what the zone makes of what it reads; its own state, where it has one, is the same."""
        turn = self._positions(places)
        seen = visible(places, self.spec.windows if windows is None else windows, self.spec.heads)
        for attend, channels in zip(self.attend, self.channels, strict=True):
            x_BSW = rms_norm(x_BSW + attend(x_BSW, turn, seen))
            x_BSW = rms_norm(x_BSW + channels(x_BSW))
        return x_BSW, x_BSW

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example."""
        total = 0
        for attend, channels in zip(self.attend, self.channels, strict=True):
            assert isinstance(attend, SelfAttention) and isinstance(channels, SwiGLU)
            total += attend.operations(places.sites) + places.sites * channels.operations
        return total

    def _positions(self, places: Places) -> tuple[Tensor, Tensor] | None:
        if self.spec.positions == "none":
            return None
        if self.spec.positions == "line":
            return rotary(places.line(), self.head_width)
        rows, columns = places.rows_columns()
        down = rotary(rows.float(), self.head_width // 2)
        across = rotary(columns.float(), self.head_width // 2)
        # Each half must rotate within itself, so the halves' own halves are interleaved side by side.
        cos, sin = (
            torch.cat((d.chunk(2, -1)[0], a.chunk(2, -1)[0], d.chunk(2, -1)[1], a.chunk(2, -1)[1]), dim=-1)
            for d, a in zip(down, across, strict=True)
        )
        return cos, sin


def visible(places: Places, windows: Sequence[Window], heads: int) -> Tensor | None:
    """Returns which sites each head sees, to be broadcast to `[B, H, S, S]`; None when all heads see everything.

    Heads are shared out among the windows; sites outside their grid are seen by none but themselves.
    """
    seen: Tensor | None = None
    if windows:
        family = [places.pool(windows[head % len(windows)]) > 0 for head in range(heads)]
        if any(pool.dim() == 3 for pool in family):
            # What differs from scene to scene may leave a site alone: it still sees itself.
            itself = torch.eye(places.sites, dtype=torch.bool)
            family = [itself | pool if pool.dim() == 3 else pool[None] for pool in family]
            assert places.parents_BS is not None  # or there were no such families
            batch = places.parents_BS.shape[0]
            seen = torch.stack([pool.expand(batch, -1, -1) for pool in family], dim=1)
        else:
            seen = torch.stack(family)[None]
    if places.mask_BS is not None:
        # A site outside its grid still sees itself, so that no row of the softmax is empty.
        exists = places.mask_BS[:, None, None, :] | torch.eye(places.sites, dtype=torch.bool)[None, None]
        seen = exists if seen is None else seen & exists
    return seen
