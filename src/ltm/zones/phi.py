"""The `phi` zone: causal attention and a two-layer network side by side (Gunasekar et al. 2023; Li et al. 2023).

As phi-1 and phi-1.5: one layer norm before both, whose results are added at once; biases; rotary positions on a part of
every head; GELU in its tanh form.

Shapes: B batch, S sites, W width, H heads, K head width.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.causal import InOrder, KeysValues, attend
from ltm.zones.layers import Linear, rotary, rotate
from ltm.zones.places import Places
from ltm.zones.spec import ZoneBase


class PhiSpec(ZoneBase):
    """Layers in which attention and mixing over channels work side by side."""

    kind: Literal["phi"]
    layers: Annotated[int, Field(ge=1, le=128)] = 2
    heads: Annotated[int, Field(ge=1, le=256)] = 4
    """Must divide the width."""
    hidden: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Hidden channels; 4 x width when absent."""
    turned: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of every head that rotary positions turn."""
    theta: Annotated[float, Field(gt=1, le=1e9)] = 10_000.0
    """Base of the rotary positions."""
    eps: Annotated[float, Field(gt=0, le=1e-2)] = 1e-5
    """Of the norms."""

    def turned_channels(self, width: int) -> int:
        """Returns how many channels of every head are turned; must be even."""
        return int(width // self.heads * self.turned)


class PhiLayer(nn.Module):
    """One layer."""

    def __init__(self, width: int, spec: PhiSpec) -> None:
        super().__init__()
        self.heads, self.turned = spec.heads, spec.turned_channels(width)
        hidden, gain = spec.hidden or 4 * width, 1 / math.sqrt(2 * spec.layers)
        self.norm = nn.LayerNorm(width, eps=spec.eps)
        self.query, self.key, self.value = (Linear(width, width, bias=True) for _ in range(3))
        self.out = Linear(width, width, gain=gain, bias=True)
        self.up, self.down = Linear(width, hidden, bias=True), Linear(hidden, width, gain=gain, bias=True)

    def forward(
        self, x_BSW: Float[Tensor, "B S W"], turn: tuple[Tensor, Tensor], past: KeysValues | None
    ) -> tuple[Tensor, KeysValues]:
        """Returns what comes out, and the keys and values of all sites so far."""
        seen_BSW = self.norm(x_BSW)
        query, key, value = (
            part.view(*part.shape[:2], self.heads, -1).transpose(1, 2)
            for part in (self.query(seen_BSW), self.key(seen_BSW), self.value(seen_BSW))
        )
        kept = KeysValues(self._turn(key, turn), value).after(past)
        heard_BSW = self.out(attend(self._turn(query, turn), kept))
        mixed_BSW = self.down(F.gelu(self.up(seen_BSW), approximate="tanh"))
        return x_BSW + heard_BSW + mixed_BSW, kept

    def _turn(self, x_BHSK: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        first, rest = x_BHSK[..., : self.turned], x_BHSK[..., self.turned :]
        return torch.cat((rotate(first, *turn), rest), dim=-1)

    def operations(self, sites: int) -> int:
        """Operations for one example: the matrices, the scores and the weighted sums, future sites among them."""
        each = sum(part.operations for part in (self.query, self.key, self.value, self.out, self.up, self.down))
        return sites * each + 4 * sites * sites * self.out.weight.shape[0]


class PhiBody(InOrder):
    """The weights of a `phi` zone."""

    def __init__(self, spec: PhiSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec, self.turned = spec, spec.turned_channels(width)
        self.layers = nn.ModuleList(PhiLayer(width, spec) for _ in range(spec.layers))
        self.norm_out = nn.LayerNorm(width, eps=spec.eps)

    def start(self, batch: int) -> tuple[KeysValues | None, ...]:
        """Returns the state before the first site."""
        return (None,) * self.spec.layers

    def advance(
        self, x_BSW: Float[Tensor, "B S W"], state: tuple[KeysValues | None, ...]
    ) -> tuple[Tensor, tuple[KeysValues, ...]]:
        """Goes on from a state over some sites; returns what the zone makes of them, and the state after the last."""
        first = 0 if state[0] is None else state[0].sites
        turn = rotary(torch.arange(first, first + x_BSW.shape[1]).float(), self.turned, self.spec.theta)
        after = []
        for layer, past in zip(self.layers, state, strict=True):
            x_BSW, kept = layer(x_BSW, turn, past)
            after.append(kept)
        return self.norm_out(x_BSW), tuple(after)

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example."""
        return sum(layer.operations(places.sites) for layer in self.layers if isinstance(layer, PhiLayer))
