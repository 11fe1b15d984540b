"""Rotary positions stretched to longer texts than a model first learned from, as Llama 3.1 does.

Channels that turn fast tell near sites apart and stay as they are; those that turn so slowly that the first texts never
saw them come round are slowed by a factor; between the two it is mixed (Grattafiori et al. 2024, arXiv 2407.21783).

Shapes: F frequencies, one for two channels.
"""

from __future__ import annotations

import math
from typing import Annotated

from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor

from ltm.chart.base import Part


class Stretch(Part):
    """How far rotary positions are stretched, and which of them."""

    factor: Annotated[float, Field(ge=1, le=1e6)]
    """By which slow channels are slowed."""
    original: Annotated[int, Field(ge=1, le=10**8)]
    """Symbols of the longest text before."""
    low: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    """Channels that came round less often in such a text are slowed."""
    high: Annotated[float, Field(gt=0, le=1e6)] = 4.0
    """Channels that came round more often stay as they are."""

    @model_validator(mode="after")
    def _in_order(self) -> Stretch:
        if self.low >= self.high:
            raise ValueError(f"low: expected less than high, which is {self.high:g}; got {self.low:g}")
        return self

    def slowed(self, frequency_F: Float[Tensor, " F"]) -> Float[Tensor, " F"]:
        """Returns by how much each pair of channels turns from one site to the next, stretched."""
        rounds_F = self.original * frequency_F / (2 * math.pi)
        stays_F = ((rounds_F - self.low) / (self.high - self.low)).clamp(0, 1)
        return (1 - stays_F) * frequency_F / self.factor + stays_F * frequency_F
