"""The `llama` zone: sites in order, each attending to all before it (Touvron et al. 2023), pre-norm.

RMS norms with a learned scale, rotary positions (Su et al. 2021), heads that share keys and values in groups (Ainslie
et al. 2023), SwiGLU. Going on from a state, keys and values of earlier sites are kept rather than computed again; the
state grows with the sites.

Shapes: B batch, S sites, P sites before them, W width, H heads, G groups, K head width.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.causal import InOrder, KeysValues, attend
from ltm.zones.layers import Linear, SwiGLU, rotary, rotate
from ltm.zones.places import Places
from ltm.zones.spec import ZoneBase
from ltm.zones.stretch import Stretch


class LlamaSpec(ZoneBase):
    """Layers of causal attention and SwiGLU."""

    kind: Literal["llama"]
    layers: Annotated[int, Field(ge=1, le=128)] = 2
    heads: Annotated[int, Field(ge=1, le=256)] = 4
    """Must divide the width; heads must have an even number of channels."""
    groups: Annotated[int, Field(ge=1, le=256)] | None = None
    """Of heads with the same keys and values; must divide the heads. As many as heads when absent."""
    hidden: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Hidden channels of SwiGLU; 8/3 x width when absent."""
    theta: Annotated[float, Field(gt=1, le=1e9)] = 10_000.0
    """Base of the rotary positions."""
    stretch: Stretch | None = None
    """Of the rotary positions to longer texts, as in Llama 3.1; none when absent."""
    eps: Annotated[float, Field(gt=0, le=1e-2)] = 1e-5
    """Of the norms."""


class GroupedAttention(nn.Module):
    """Causal attention whose heads share keys and values in groups."""

    def __init__(self, width: int, heads: int, groups: int, gain: float) -> None:
        super().__init__()
        self.heads, self.groups, head = heads, groups, width // heads
        self.query, self.key, self.value = (Linear(width, count * head) for count in (heads, groups, groups))
        self.out = Linear(width, width, gain=gain)

    def forward(
        self, x_BSW: Float[Tensor, "B S W"], turn: tuple[Tensor, Tensor], past: KeysValues | None
    ) -> tuple[Tensor, KeysValues]:
        """Returns what is heard, and the keys and values of all sites so far."""
        query, key, value = self.query(x_BSW), self.key(x_BSW), self.value(x_BSW)
        query, key, value = (
            part.view(*part.shape[:2], count, -1).transpose(1, 2)
            for part, count in ((query, self.heads), (key, self.groups), (value, self.groups))
        )
        kept = KeysValues(rotate(key, *turn), value).after(past)
        heard_BSW = attend(rotate(query, *turn), kept)
        out: Tensor = self.out(heard_BSW)
        return out, kept

    def operations(self, sites: int) -> int:
        """Operations for one example: the matrices, the scores and the weighted sums, future sites among them."""
        each = sum(part.operations for part in (self.query, self.key, self.value, self.out))
        return sites * each + 4 * sites * sites * self.out.weight.shape[0]


class LlamaBody(InOrder):
    """The weights of a `llama` zone."""

    def __init__(self, spec: LlamaSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec, self.head_width = spec, width // spec.heads
        hidden, gain = spec.hidden or math.ceil(8 * width / 3), 1 / math.sqrt(2 * spec.layers)
        groups, layers = spec.groups or spec.heads, range(spec.layers)
        self.attention_norms = nn.ModuleList(nn.RMSNorm(width, eps=spec.eps) for _ in layers)
        self.attention = nn.ModuleList(GroupedAttention(width, spec.heads, groups, gain) for _ in layers)
        self.channel_norms = nn.ModuleList(nn.RMSNorm(width, eps=spec.eps) for _ in layers)
        self.channels = nn.ModuleList(SwiGLU(width, hidden) for _ in layers)
        self.norm_out = nn.RMSNorm(width, eps=spec.eps)

    def start(self, batch: int) -> tuple[KeysValues | None, ...]:
        """Returns the state before the first site."""
        return (None,) * self.spec.layers

    def advance(
        self, x_BSW: Float[Tensor, "B S W"], state: tuple[KeysValues | None, ...]
    ) -> tuple[Tensor, tuple[KeysValues, ...]]:
        """Goes on from a state over some sites; returns what the zone makes of them, and the state after the last."""
        first = 0 if state[0] is None else state[0].sites
        places = torch.arange(first, first + x_BSW.shape[1]).float()
        slowed = None if self.spec.stretch is None else self.spec.stretch.slowed
        turn = rotary(places, self.head_width, self.spec.theta, slowed)
        after = []
        # What other zones read may be bf16; norms of another precision than what they norm are slow, and warn.
        x_BSW = x_BSW.to(self.norm_out.weight.dtype)
        for layer, (attention, channels) in enumerate(zip(self.attention, self.channels, strict=True)):
            heard_BSW, kept = attention(self.attention_norms[layer](x_BSW), turn, state[layer])
            x_BSW = x_BSW + heard_BSW
            x_BSW = x_BSW + channels(self.channel_norms[layer](x_BSW))
            after.append(kept)
        return self.norm_out(x_BSW), tuple(after)

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example."""
        total = 0
        for attention, channels in zip(self.attention, self.channels, strict=True):
            assert isinstance(attention, GroupedAttention) and isinstance(channels, SwiGLU)
            total += attention.operations(places.sites) + places.sites * channels.operations
        return total
