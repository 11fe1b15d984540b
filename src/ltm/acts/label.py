"""The acts `label` and `action`: choose one of a list of names by what the field holds on average.

An action is a label that the brain feels: in scenes of several steps it knows at each what it did at the one before
(`ltm.brain.steps`), and what it foresees depends on it.

Shapes: B batch, S sites, D field width, V labels.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy.typing as npt
from jaxtyping import Bool, Float, Integer
from pydantic import Field
from torch import Tensor, nn

from ltm.chart.base import Name
from ltm.senses.label import Labels
from ltm.zones.layers import Linear, field_mean


class LabelActSpec(Labels):
    """One of a list of names, read off the mean of the field's sites."""

    kind: Literal["label", "action"]
    """`action`: what is done at a step is felt at the next."""
    at: Name | None = None
    """The sense whose sites it reads; all of the field when absent."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Label smoothing of the training loss."""

    @property
    def own_sites(self) -> int:
        """It adds no sites to the field."""
        return 0

    def place(self, first_sense: str) -> str | None:
        """Returns the sense whose sites it reads; None for all of the field."""
        return self.at

    def answer(self, symbols_N: npt.NDArray[Any], seen: npt.NDArray[Any]) -> str:
        """Turns the chosen number into its name."""
        return self.labels[int(symbols_N.reshape(-1)[0])]


class LabelAct(nn.Module):
    """The weights of a `label` act: a matrix from the field's mean to labels, without bias."""

    def __init__(self, spec: LabelActSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.read = Linear(width, spec.symbols)

    def cells(self, sites: int) -> int:
        """One label, however many sites there are."""
        return 1

    def settle(self, symbols_BN: Integer[Tensor, "B 1"]) -> Integer[Tensor, "B 1"]:
        """Returns the answer as it is."""
        return symbols_BN

    def exists(self, mask_BS: Bool[Tensor, "B S"] | None, symbols_BN: Integer[Tensor, "B 1"]) -> None:
        """The one label always exists."""
        return

    def forward(
        self, field_BSD: Float[Tensor, "B S D"], mask_BS: Bool[Tensor, "B S"] | None = None
    ) -> Float[Tensor, "B 1 V"]:
        """Returns logits for every label, in fp32, from the mean over the sites that exist."""
        logits: Tensor = self.read(field_mean(field_BSD, mask_BS)).float()[:, None]
        return logits

    def operations(self, sites: int) -> int:
        """Operations for one example."""
        return self.read.operations
