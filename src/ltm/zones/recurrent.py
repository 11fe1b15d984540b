"""The `recurrent` zone: a cell at every site that carries a state from tick to tick.

`gru`: gated recurrent unit (Cho et al. 2014). `cornn`: coupled oscillatory network (Rusch and Mishra 2021), two
first-order states a channel, position and velocity. Windows, where given, let sites hear their groups.

Shapes: B batch, S sites, W width, O own state (W for `gru`, 2 W for `cornn`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.layers import Linear, rms_norm
from ltm.zones.mixer import WindowMixing
from ltm.zones.places import Places
from ltm.zones.spec import Window, ZoneBase


class RecurrentSpec(ZoneBase):
    """A recurrent cell at every site; its own state is always kept."""

    kind: Literal["recurrent"]
    state: Literal["own"] = "own"
    cell: Literal["gru", "cornn"] = "gru"
    step: Annotated[float, Field(gt=0, le=1)] = 0.2
    """`cornn`: length of a time step."""
    windows: tuple[Window, ...] = ()
    """Families of windows within which sites hear one another before the cell; empty keeps sites apart."""


class GruCell(nn.Module):
    """A gated recurrent unit without biases."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.read = Linear(width, 3 * width)
        self.carry = Linear(width, 3 * width)

    def forward(self, x: Tensor, own: Tensor) -> Tensor:
        """Returns the next state, of the state's shape."""
        reset_x, keep_x, new_x = self.read(x).chunk(3, dim=-1)
        reset_h, keep_h, new_h = self.carry(own).chunk(3, dim=-1)
        keep = torch.sigmoid(keep_x + keep_h)
        new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
        return keep * own + (1 - keep) * new

    @property
    def operations(self) -> int:
        """Multiply-adds times two for one site."""
        return self.read.operations + self.carry.operations


class OscillatorCell(nn.Module):
    """coRNN: `v += dt (tanh(W [y, v] + V x) - stiffness y - damping v)`, `y += dt v`."""

    def __init__(self, width: int, step: float) -> None:
        super().__init__()
        self.read = Linear(width, width)
        self.carry = Linear(2 * width, width)
        self.stiffness = nn.Parameter(torch.empty(width))
        self.damping = nn.Parameter(torch.empty(width))
        self.step = step

    def initialise(self, generator: torch.Generator) -> None:
        """Spreads the stiffness over [0.5, 2] and the damping over [0.5, 1.5], both kept positive by softplus."""
        with torch.no_grad():
            self.stiffness.uniform_(-0.5, 1.85, generator=generator)
            self.damping.uniform_(-0.5, 1.25, generator=generator)

    def forward(self, x: Tensor, own: Tensor) -> Tensor:
        """Returns the next position and velocity, side by side."""
        place, speed = own.chunk(2, dim=-1)
        push = torch.tanh(self.carry(own) + self.read(x))
        speed = speed + self.step * (push - F.softplus(self.stiffness) * place - F.softplus(self.damping) * speed)
        place = place + self.step * speed
        return torch.cat((place, speed), dim=-1).to(own.dtype)

    @property
    def operations(self) -> int:
        """Multiply-adds times two for one site."""
        return self.read.operations + self.carry.operations


class RecurrentBody(nn.Module):
    """The weights of a `recurrent` zone."""

    def __init__(self, spec: RecurrentSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec = spec
        self.width = width
        self.state_width = width if spec.cell == "gru" else 2 * width
        self.cell: nn.Module = GruCell(width) if spec.cell == "gru" else OscillatorCell(width, spec.step)
        self.mixing = WindowMixing(width, max(len(spec.windows), width)) if spec.windows else None

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns the cell's position (what it tells the field) and its next state."""
        assert own_BSO is not None
        if self.mixing is not None:
            x_BSW = rms_norm(x_BSW + self.mixing(x_BSW, places, windows or self.spec.windows))
        own_BSO = self.cell(x_BSW, own_BSO)
        assert own_BSO is not None
        return own_BSO[..., : self.width], own_BSO

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example."""
        assert isinstance(self.cell, GruCell | OscillatorCell)
        mixed = 0 if self.mixing is None else self.mixing.operations(places.sites)
        return places.sites * self.cell.operations + mixed
