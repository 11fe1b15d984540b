"""Low-rank adapters: small matrices beside frozen ones, by which layers of a pretrained model learn (Hu et al. 2021).

A frozen matrix `W` becomes `W + up down`, where `down` is drawn and `up` starts at zero: at first nothing has changed.
The paper's factor alpha / rank is 1.

Shapes: K channels of the model, R rank.
"""

from __future__ import annotations

from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.zones.layers import Linear


class AdaptersSpec(Part):
    """Low-rank matrices inside the last layers of a pretrained model."""

    layers: Annotated[int, Field(ge=1, le=256)]
    """How many of the layers that are run, from the last. They run at every firing; those below them once a value."""
    rank: Annotated[int, Field(ge=1, le=256)] = 4
    """Of the matrices that are added to those for queries and values in each."""


class LowRank(nn.Module):
    """What is added to a frozen matrix: `[K, R]` times `[R, K]`."""

    def __init__(self, channels: int, rank: int) -> None:
        super().__init__()
        self.down, self.up = Linear(channels, rank), Linear(rank, channels, gain=0.0)

    def forward(self, x: Float[Tensor, "... K"]) -> Float[Tensor, "... K"]:
        """Returns what is added to what the frozen matrix makes of `x`."""
        added: Tensor = self.up(self.down(x))
        return added

    @property
    def operations(self) -> int:
        """Multiply-adds times two for one vector."""
        return self.down.operations + self.up.operations


class Adapter(nn.Module):
    """What one layer learns: how it asks, and what it passes on."""

    def __init__(self, channels: int, rank: int) -> None:
        super().__init__()
        self.query, self.value = LowRank(channels, rank), LowRank(channels, rank)

    @property
    def operations(self) -> int:
        """Multiply-adds times two for one vector."""
        return self.query.operations + self.value.operations
