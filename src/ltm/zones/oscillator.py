"""The `oscillator` zone: unit-norm groups that turn towards what they hear, after AKOrN (Miyato et al. 2024).

Its own state is a set of N-dimensional oscillators on the sphere. One step, with condition c from what the zone reads
and the coupling J across sites: y = J(x) + c; x <- normalise(x + rate (Omega x + y - (y.x) x)). The energy
E = -sum x.y falls as oscillators agree. What the field gets is a read-out of norms, blind to the common sign.

Shapes: B batch, S sites, W width, G groups, N numbers a group (W = G N).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.attention import SelfAttention, visible
from ltm.zones.layers import Linear, SwiGLU, rms_norm, rotary
from ltm.zones.mixer import WindowMixing
from ltm.zones.places import Places
from ltm.zones.spec import Window, ZoneBase


class OscillatorSpec(ZoneBase):
    """Kuramoto-type oscillators; their state is always kept."""

    kind: Literal["oscillator"]
    state: Literal["own"] = "own"
    group: Annotated[int, Field(ge=2, le=64)] = 4
    """Numbers an oscillator; even, divides the width."""
    heads: Annotated[int, Field(ge=1, le=256)] = 4
    """Heads of the coupling when no windows are given."""
    windows: tuple[Window, ...] = ()
    """Couple within these windows; empty couples all sites by attention."""
    steps: Annotated[int, Field(ge=1, le=256)] = 1
    """Oscillator steps a firing."""


class OscillatorBody(nn.Module):
    """The weights of an `oscillator` zone."""

    def __init__(self, spec: OscillatorSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec = spec
        self.width = width
        self.state_width = width
        if spec.windows:
            self.coupling: nn.Module = WindowMixing(width, max(len(spec.windows), width))
        else:
            self.coupling = SelfAttention(width, spec.heads)
        self.condition = Linear(width, width)
        self.read_out = Linear(width, width * spec.group)
        self.channels = SwiGLU(width, width)
        self.rate = nn.Parameter(torch.empty(()))
        self.frequency = nn.Parameter(torch.empty(()))

    def initialise(self, generator: torch.Generator) -> None:
        """Rate 1 and one shared natural frequency of 0.5, as published."""
        nn.init.ones_(self.rate)
        nn.init.constant_(self.frequency, 0.5)

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns the read-out and the oscillators after `steps` steps."""
        assert own_BSO is not None
        condition_BSW = self.condition(x_BSW)
        state = self._unit(own_BSO)
        for _ in range(self.spec.steps):
            pull = self._pull(state, condition_BSW, places, windows)
            state = self._turn(state, pull)
        numbers: Tensor = self.read_out(state)
        norms_BSW = numbers.reshape(*state.shape, self.spec.group).float().norm(dim=-1)
        out = rms_norm(x_BSW + norms_BSW.to(x_BSW.dtype))
        return rms_norm(out + self.channels(out)), state

    def _pull(
        self, state_BSW: Tensor, condition_BSW: Tensor, places: Places, windows: Sequence[Window] | None
    ) -> Tensor:
        if isinstance(self.coupling, WindowMixing):
            heard: Tensor = self.coupling(state_BSW, places, windows or self.spec.windows)
        else:
            turn = rotary(places.line(), self.width // self.spec.heads)
            heard = self.coupling(state_BSW, turn, visible(places, (), self.spec.heads))
        return heard + condition_BSW

    def _turn(self, state_BSW: Tensor, pull_BSW: Tensor) -> Tensor:
        x, y = self._groups(state_BSW), self._groups(pull_BSW)
        tangent = y - (y * x).sum(-1, keepdim=True) * x
        even, odd = x[..., 0::2], x[..., 1::2]
        spin = self.frequency * torch.stack((-odd, even), dim=-1).flatten(-2)
        return self._unit((x + self.rate * (spin + tangent)).flatten(-2).to(state_BSW.dtype))

    def _unit(self, state_BSW: Tensor) -> Tensor:
        x = self._groups(state_BSW)
        unit: Tensor = (x / x.float().norm(dim=-1, keepdim=True).clamp_min(1e-6).to(x.dtype)).flatten(-2)
        return unit

    def _groups(self, state_BSW: Tensor) -> Tensor:
        return state_BSW.reshape(*state_BSW.shape[:-1], -1, self.spec.group)

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example."""
        assert isinstance(self.coupling, WindowMixing | SelfAttention)
        once = self.condition.operations + self.read_out.operations + self.channels.operations
        return places.sites * once + self.spec.steps * self.coupling.operations(places.sites)
