"""The `number` act: answers with a number, as one of a few bins, by what the field holds on average.

Bins rather than one output, since a choice among them is learned and judged like every other answer: reflection says
how likely the right bin was chosen. Of the bins the one that holds the median is chosen; the answer is the median of
what it held in the data.

Shapes: B batch, S sites, D field width, V bins.
"""

from __future__ import annotations

import bisect
import itertools
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Float, Integer
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Name, Part
from ltm.errors import DataError
from ltm.senses.layout import Layout, Written
from ltm.senses.missing import number_of
from ltm.zones.layers import Linear, field_mean

MOST_BINS = 64


class NumberActSpec(Part):
    """A number, as one of up to 64 bins, read off the mean of the field's sites. Right means: in the right bin."""

    kind: Literal["number"]
    edges: Annotated[tuple[float, ...], Field(min_length=1, max_length=MOST_BINS - 1)]
    """Where one bin ends and the next begins, which holds the edge itself; the first and the last bin have no end."""
    centres: Annotated[tuple[float, ...], Field(min_length=2, max_length=MOST_BINS)]
    """What is answered for each bin: the median of the data in it."""
    at: Name | None = None
    """The sense whose sites it reads; all of the field when absent."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Label smoothing of the training loss."""
    blur: Annotated[float, Field(ge=0, le=16)] = 1.0
    """Bins by which the training loss spreads the right one, as a normal distribution: close is better than far (Imani
    and White 2018). 0 for none."""

    @model_validator(mode="after")
    def _centres_lie_in_their_bins(self) -> NumberActSpec:
        if len(self.centres) != len(self.edges) + 1:
            raise ValueError(f"{len(self.edges)} edges make {len(self.edges) + 1} bins, not {len(self.centres)}")
        if not all(low < high for low, high in itertools.pairwise(self.edges)):
            raise ValueError("edges must rise")
        for number, centre in enumerate(self.centres):
            # An answer is turned back into its bin where it is judged.
            if bisect.bisect_right(self.edges, centre) != number:
                raise ValueError(f"centre {centre:g} lies outside of bin {number}")
        return self

    @property
    def symbols(self) -> int:
        """How many bins there are."""
        return len(self.centres)

    @property
    def layout(self) -> Layout:
        """One place: the number of the bin."""
        return Layout(rank=1, dtype="uint8", longest=1)

    @property
    def written(self) -> Written:
        """A number, or its text."""
        return "plain"

    @property
    def own_sites(self) -> int:
        """It adds no sites to the field."""
        return 0

    def place(self, first_sense: str) -> str | None:
        """Returns the sense whose sites it reads; None for all of the field."""
        return self.at

    def encode(self, value: Any) -> npt.NDArray[np.uint8]:
        """Turns a number into that of its bin `[1]`.

        Raises:
            DataError: it is missing, isn't a number, or is infinite.
        """
        number = number_of(value)
        if number is None:
            raise DataError("the number to answer is missing")
        return np.array([bisect.bisect_right(self.edges, number)], dtype=np.uint8)

    def decode(self, encoded: npt.NDArray[Any]) -> float:
        """Turns the number of a bin `[1]` into its centre."""
        return self.centres[int(encoded.reshape(-1)[0])]

    def answer(self, symbols_N: npt.NDArray[Any], seen: npt.NDArray[Any]) -> float:
        """Turns the chosen bin into its centre."""
        return self.decode(symbols_N)

    def words(self) -> str:
        """Says where the numbers lie: `from 1.5 to 12, one of 10 bins`."""
        return f"from {self.centres[0]:.4g} to {self.centres[-1]:.4g}, one of {self.symbols} bins"


class NumberAct(nn.Module):
    """The weights of a `number` act: a matrix from the field's mean to bins, without bias."""

    def __init__(self, spec: NumberActSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.read = Linear(width, spec.symbols)

    def cells(self, sites: int) -> int:
        """One number, however many sites there are."""
        return 1

    def exists(self, mask_BS: Bool[Tensor, "B S"] | None, symbols_BN: Integer[Tensor, "B 1"]) -> None:
        """The one number always exists."""
        return

    def forward(
        self, field_BSD: Float[Tensor, "B S D"], mask_BS: Bool[Tensor, "B S"] | None = None
    ) -> Float[Tensor, "B 1 V"]:
        """Returns logits for every bin, in fp32, from the mean over the sites that exist."""
        logits: Tensor = self.read(field_mean(field_BSD, mask_BS)).float()[:, None]
        return logits

    def settle(self, symbols_BN: Integer[Tensor, "B 1"]) -> Integer[Tensor, "B 1"]:
        """Returns the answer as it is."""
        return symbols_BN

    def choose(self, logits_BNV: Float[Tensor, "B 1 V"]) -> Integer[Tensor, "B 1"]:
        """Returns the bin that holds the median: the answer with the least error to expect, unlike the likeliest."""
        below_BNV = logits_BNV.float().softmax(-1).cumsum(-1) < 0.5
        return below_BNV.sum(-1).clamp(max=logits_BNV.shape[-1] - 1)

    def operations(self, sites: int) -> int:
        """Operations for one example."""
        return self.read.operations
