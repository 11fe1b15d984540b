"""The `rwkv7` zone: sites in order, each hearing all before it through a state of fixed size (Peng et al. 2025).

RWKV-7's recurrence is a delta rule with a decay for every channel (`ltm.zones.delta_rule`). Its state has the same size
however many sites have gone by, so a zone may go on for ever, a site at a time; over many sites at once it gives the
same. State mathematics is in fp32.

Shapes: B batch, S sites, W width, H heads, K head width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.causal import InOrder
from ltm.zones.delta_rule import Drive, delta_rule, rule_operations
from ltm.zones.layers import Linear, truncated_normal_
from ltm.zones.places import Places
from ltm.zones.spec import ZoneBase

LEAST_LOG_DECAY = -0.606531
"""A channel keeps at least exp of this from one site to the next."""
NORM_EPS_A_CHANNEL = 1e-5
"""The heads' norm has this times their width, 64e-5 for heads of 64."""


class Rwkv7Spec(ZoneBase):
    """Layers of RWKV-7: mixing over time by a recurrence, then over channels."""

    kind: Literal["rwkv7"]
    layers: Annotated[int, Field(ge=1, le=128)] = 2
    head_width: Annotated[int, Field(ge=1, le=512)] = 64
    """Must divide the width; that of all published models is 64."""
    hidden: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Hidden channels of the mixing over channels; 4 x width when absent."""
    ranks: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field(
        default=(32, 32, 32, 32), min_length=4, max_length=4
    )
    """Of the low-rank matrices for decay, rate, value and gate."""
    chunk: Annotated[int, Field(ge=1, le=64)] = 32
    """So many sites are computed by matrix products at once."""


@dataclass(frozen=True)
class LayerState:
    """What one layer carries from site to site.

    Attributes:
        time_BW: what the mixing over time saw last.
        memory_BHKK: the recurrence's state, values by keys, fp32.
        channel_BW: what the mixing over channels saw last.
    """

    time_BW: Tensor
    memory_BHKK: Tensor
    channel_BW: Tensor


State = tuple[LayerState, ...]
"""One a layer; of fixed size however many sites have gone by."""


class LowRank(nn.Module):
    """`base + up(act(down(x)))`, a vector for every channel that depends a little on what is read."""

    def __init__(self, width: int, rank: int, base: Literal["none", "zero", "spread"] = "zero") -> None:
        super().__init__()
        self.base = None if base == "none" else nn.Parameter(torch.empty(width))
        self.spread = base == "spread"
        self.down = Linear(width, rank, gain=0.3)
        self.up = Linear(rank, width, gain=0.3)

    def initialise(self, generator: torch.Generator) -> None:
        """The base starts at zero; that of decays so that channels go from slow to fast."""
        if self.base is not None:
            with torch.no_grad():
                self.base.copy_(5.0 * _places(len(self.base)) - 5.5 if self.spread else torch.zeros(len(self.base)))

    def forward(self, x: Tensor, act: Literal["none", "tanh", "sigmoid"] = "none") -> Tensor:
        """Returns a tensor of the shape of `x`."""
        inner = self.down(x)
        inner = torch.tanh(inner) if act == "tanh" else torch.sigmoid(inner) if act == "sigmoid" else inner
        out: Tensor = self.up(inner)
        return out if self.base is None else out + self.base

    @property
    def operations(self) -> int:
        """Multiply-adds times two for one site."""
        return self.down.operations + self.up.operations


class TimeMixing(nn.Module):
    """One layer's mixing over sites."""

    def __init__(self, width: int, spec: Rwkv7Spec, layer: int) -> None:
        super().__init__()
        self.heads, self.chunk = width // spec.head_width, spec.chunk
        self.shift = nn.Parameter(torch.empty(6, width))
        decay, rate, value, gate = spec.ranks
        self.decay, self.rate = LowRank(width, decay, "spread"), LowRank(width, rate)
        self.gate = LowRank(width, gate, "none")
        # The first layer has no earlier value to mix in.
        self.earlier = LowRank(width, value) if layer else None
        self.receptance, self.key, self.value = Linear(width, width), Linear(width, width), Linear(width, width)
        self.out = Linear(width, width, gain=1 / math.sqrt(2 * spec.layers))
        self.removal = nn.Parameter(torch.empty(width))
        self.renewal = nn.Parameter(torch.empty(width))
        self.bonus = nn.Parameter(torch.empty(self.heads, spec.head_width))
        self.norm = nn.GroupNorm(self.heads, width, eps=NORM_EPS_A_CHANNEL * spec.head_width)

    def initialise(self, generator: torch.Generator) -> None:
        """As RWKV-7 begins: channels look back more or less, keys are removed nearly as they are, hardly any bonus."""
        place = _places(len(self.removal))
        with torch.no_grad():
            self.shift.copy_(torch.stack([1 - place**power for power in (0.2, 0.9, 0.7, 0.7, 0.9, 0.2)]))
            self.removal.fill_(0.85)
            self.renewal.fill_(1.0)
        truncated_normal_(self.bonus, 0.02, generator)
        self.norm.reset_parameters()

    def forward(
        self, x_BSW: Float[Tensor, "B S W"], last_BW: Tensor, memory_BHKK: Tensor, first_BSW: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns what is heard, the state afterwards, and the first layer's values, which later layers mix in."""
        B, S, W = x_BSW.shape
        move_BSW = torch.cat((last_BW[:, None].to(x_BSW.dtype), x_BSW[:, :-1]), dim=1) - x_BSW
        xr, xw, xk, xv, xa, xg = (x_BSW + move_BSW * mix.to(x_BSW.dtype) for mix in self.shift)
        r, k, v = self.receptance(xr), self.key(xk), self.value(xv)
        log_decay = LEAST_LOG_DECAY * torch.sigmoid(self.decay(xw, "tanh").float())
        rate, gate = torch.sigmoid(self.rate(xa)), self.gate(xg, "sigmoid")
        if self.earlier is None:
            first_BSW = v
        else:
            assert first_BSW is not None
            v = v + (first_BSW - v) * torch.sigmoid(self.earlier(xv))
        removed = F.normalize((k * self.removal).view(B, S, self.heads, -1).float(), dim=-1)
        k = k * (1 + (rate - 1) * self.renewal)
        with torch.autocast("cpu", enabled=False):
            parts = (r, k, v, log_decay, removed, removed * _split(rate, self.heads))
            heard_BHSK, memory_BHKK = delta_rule(Drive(*map(self._heads, parts)), memory_BHKK, self.chunk)
        heard = self.norm(heard_BHSK.transpose(1, 2).reshape(B * S, W)).view(B, S, W).to(x_BSW.dtype)
        r, k, v = (_split(part, self.heads) for part in (r, k, v))
        said = (r * k * self.bonus).sum(-1, keepdim=True) * v
        out: Tensor = self.out((heard + said.view(B, S, W)) * gate)
        return out, memory_BHKK, first_BSW

    def _heads(self, x: Tensor) -> Float[Tensor, "B H S K"]:
        return (x if x.dim() == 4 else _split(x, self.heads)).float().transpose(1, 2)

    def operations(self, sites: int) -> int:
        """Operations for one example: the matrices, and the products within and between chunks."""
        width = self.removal.shape[0]
        low = [self.decay, self.rate, self.gate, *([] if self.earlier is None else [self.earlier])]
        each = sum(part.operations for part in low) + 4 * self.out.operations
        return sites * each + rule_operations(sites, self.heads, width // self.heads, self.chunk)


class ChannelMixing(nn.Module):
    """One layer's mixing over channels: `value(relu(key(x))^2)`."""

    def __init__(self, width: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.empty(width))
        self.key = Linear(width, hidden)
        self.value = Linear(hidden, width, gain=1 / math.sqrt(2 * layers))

    def initialise(self, generator: torch.Generator) -> None:
        """Channels look back more or less."""
        with torch.no_grad():
            self.shift.copy_(1 - _places(len(self.shift)) ** 2)

    def forward(self, x_BSW: Float[Tensor, "B S W"], last_BW: Tensor) -> Float[Tensor, "B S W"]:
        """Returns a tensor of the same shape."""
        before = torch.cat((last_BW[:, None].to(x_BSW.dtype), x_BSW[:, :-1]), dim=1)
        mixed = x_BSW + (before - x_BSW) * self.shift.to(x_BSW.dtype)
        out: Tensor = self.value(F.relu(self.key(mixed)).square())
        return out


class Rwkv7Body(InOrder):
    """The weights of an `rwkv7` zone."""

    def __init__(self, spec: Rwkv7Spec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec, self.width = spec, width
        hidden = spec.hidden or 4 * width
        self.norm_in, self.norm_out = nn.LayerNorm(width), nn.LayerNorm(width)
        self.time_norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(spec.layers))
        self.time = nn.ModuleList(TimeMixing(width, spec, layer) for layer in range(spec.layers))
        self.channel_norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(spec.layers))
        self.channels = nn.ModuleList(ChannelMixing(width, hidden, spec.layers) for _ in range(spec.layers))

    def start(self, batch: int) -> State:
        """Returns the state before the first site."""
        heads, head = self.width // self.spec.head_width, self.spec.head_width
        blank, memory = torch.zeros(batch, self.width), torch.zeros(batch, heads, head, head)
        return tuple(LayerState(blank, memory, blank) for _ in range(self.spec.layers))

    def advance(self, x_BSW: Float[Tensor, "B S W"], state: State) -> tuple[Tensor, State]:
        """Goes on from a state over some sites; returns what the zone makes of them, and the state after the last."""
        first_BSW: Tensor | None = None
        after = []
        x_BSW = self.norm_in(x_BSW)
        for layer, (time, channels) in enumerate(zip(self.time, self.channels, strict=True)):
            seen_BSW = self.time_norms[layer](x_BSW)
            heard_BSW, memory, first_BSW = time(seen_BSW, state[layer].time_BW, state[layer].memory_BHKK, first_BSW)
            x_BSW = x_BSW + heard_BSW
            also_BSW = self.channel_norms[layer](x_BSW)
            x_BSW = x_BSW + channels(also_BSW, state[layer].channel_BW)
            after.append(LayerState(seen_BSW[:, -1], memory, also_BSW[:, -1]))
        return self.norm_out(x_BSW), tuple(after)

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example."""
        total = 0
        for time, channels in zip(self.time, self.channels, strict=True):
            assert isinstance(time, TimeMixing) and isinstance(channels, ChannelMixing)
            each = channels.key.operations + channels.value.operations
            total += time.operations(places.sites) + places.sites * each
        return total


def _places(width: int) -> Float[Tensor, " W"]:
    """Returns where each channel stands, from 0 to 1."""
    return torch.arange(width) / max(1, width - 1)


def _split(x: Tensor, heads: int) -> Tensor:
    return x.view(*x.shape[:-1], heads, -1)
