"""The act `next`: at every site of a text or a sequence, what comes next; so a brain learns a language, and talks.

What should have been done is what is seen, one place on. Zones must hear sites in order only, or they would read the
answer off (`ltm.brain.talk` checks it).

Shapes: B batch, S sites, D field width, V symbols.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from pydantic import Field
from torch import Tensor, nn

from ltm.chart.base import Name, Part
from ltm.errors import DataError
from ltm.senses.layout import Layout, Written
from ltm.senses.sequence import MOST_PLACES
from ltm.zones.layers import Linear


class NextActSpec(Part):
    """What comes next, at every place of what a sense reads."""

    kind: Literal["next"]
    at: Name | None = None
    """The sense whose symbols are told in advance; the first one when absent."""
    symbols: Annotated[int, Field(ge=2, le=10**6)]
    """Those of the sense, and one more if `ends`."""
    ends: bool = False
    """Whether the end is something to learn, and to say: the last of the symbols."""
    stop: Annotated[int, Field(ge=0)] | None = None
    """A symbol of the sense at which talking ends, such as the one that ends texts of a model from elsewhere."""
    tied: bool = False
    """Whether symbols are told by the vectors with which the sense writes them, rather than by a matrix of its own."""
    bias: bool = False
    """Whether each symbol has a bias."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Label smoothing of the training loss."""

    @property
    def own_sites(self) -> int:
        """It adds no sites to the field."""
        return 0

    @property
    def layout(self) -> Layout:
        """A symbol for each place; void where nothing is known to come."""
        return Layout(rank=1, dtype="int32", longest=MOST_PLACES)

    @property
    def written(self) -> Written:
        """As what it comes after."""
        return "plain"

    def words(self) -> str:
        """Says what it answers."""
        return f"what comes next, of {self.symbols:,} symbols"

    def place(self, first_sense: str) -> str | None:
        """Returns the sense whose sites it reads."""
        return self.at or first_sense

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """It is read off what the sense reads, never by itself.

        Raises:
            DataError: always.
        """
        raise DataError("what comes next is no value of its own")

    def answer(self, symbols_N: npt.NDArray[Any], seen: npt.NDArray[Any]) -> int:
        """Returns the number of what comes next after the last place."""
        return int(symbols_N.reshape(-1)[-1])


class NextAct(nn.Module):
    """The weights of a `next` act: a matrix from sites to symbols, unless it is tied to what the sense writes."""

    def __init__(self, spec: NextActSpec, width: int) -> None:
        super().__init__()
        self.spec, self.width = spec, width
        self.read = None if spec.tied else Linear(width, spec.symbols)
        self.bias = nn.Parameter(torch.zeros(spec.symbols)) if spec.bias else None

    def cells(self, sites: int) -> int:
        """A symbol for each site."""
        return sites

    def settle(self, symbols_BS: Integer[Tensor, "B S"]) -> Integer[Tensor, "B S"]:
        """Returns the answer as it is."""
        return symbols_BS

    def exists(
        self, mask_BS: Bool[Tensor, "B S"] | None, symbols_BS: Integer[Tensor, "B S"]
    ) -> Bool[Tensor, "B S"] | None:
        """Returns which sites there are."""
        return mask_BS

    def forward(
        self,
        field_BSD: Float[Tensor, "B S D"],
        mask_BS: Bool[Tensor, "B S"] | None = None,
        table_VD: Float[Tensor, "V D"] | None = None,
    ) -> Float[Tensor, "B S V"]:
        """Returns logits for every site and symbol, in fp32.

        Args:
            field_BSD: the sense's sites.
            mask_BS: which of them exist.
            table_VD: what the sense writes for each symbol, where the act is tied to it.
        """
        logits_BSV: Tensor
        if self.read is not None:
            logits_BSV = self.read(field_BSD).float()
        else:
            assert table_VD is not None
            logits_BSV = F.linear(field_BSD, table_VD.to(field_BSD.dtype)).float()
        return logits_BSV if self.bias is None else logits_BSV + self.bias

    def operations(self, sites: int) -> int:
        """Operations for one example."""
        return sites * 2 * self.width * self.spec.symbols
