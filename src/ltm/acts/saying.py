"""Acts that answer symbol by symbol on sites of their own: all at once, or from left to right.

Such an act adds sites to the field on which zones work as on those of the senses, so an answer may be longer or shorter
than what is seen. A symbol of its own ends it; what stands behind that counts for nothing. From left to right, its
sites also hold what has been said so far (`ltm.brain.spoken`).

Shapes: B batch, N places, S sites, D field width, V symbols.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from pydantic import Field
from torch import Tensor, nn

from ltm.acts.each_site import ReadsEachSite
from ltm.chart.base import Part
from ltm.senses.layout import Layout, Written
from ltm.senses.sequence import MOST_PLACES
from ltm.zones.layers import Linear, truncated_normal_


class Saying(Part):
    """What acts share that answer on sites of their own: how the symbols are said."""

    order: Literal["parallel", "left-to-right"] = "parallel"
    """`parallel`: all at once; `left-to-right`: `pace` symbols after every segment of thinking, each of which what
    comes behind is thought about with."""
    pace: Annotated[int, Field(ge=1, le=MOST_PLACES)] = 1
    """With `order: left-to-right`: symbols that are said after a segment."""
    positions: Literal["none", "learned"] = "learned"
    """`learned`: every site begins with a vector of its own; `none`: all with the same, so that sites beyond any that
    was learned from look like others, and zones that know places, such as `attention`, must tell them apart."""
    longest: Annotated[int, Field(ge=1, le=MOST_PLACES - 1)] = 64
    """Symbols at most; so many sites and one more for the end are added to the field."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Label smoothing of the training loss."""

    @property
    @abstractmethod
    def symbols(self) -> int:
        """What can be said, and the end, which is the last of them."""

    @property
    def own_sites(self) -> int:
        """Sites that the act adds to the field."""
        return self.longest + 1

    @property
    def own_grid(self) -> tuple[int, int]:
        """Their rows and columns: a line."""
        return 1, self.own_sites

    @property
    def layout(self) -> Layout:
        """The symbols' numbers and the end's; places behind it are void."""
        return Layout(rank=1, dtype="uint8" if self.symbols <= 250 else "int32", longest=MOST_PLACES)

    @property
    def written(self) -> Written:
        """Text, or a list."""
        return "plain"

    def place(self, first_sense: str) -> str | None:
        """It reads sites of its own, of no sense."""
        return None

    def ended(self, symbols: Sequence[int]) -> npt.NDArray[Any]:
        """Returns symbols and the end's, filled up to `longest + 1` places."""
        encoded = np.full(self.own_sites, self.layout.void, dtype=self.layout.dtype)
        encoded[: len(symbols) + 1] = [*symbols, self.symbols - 1]
        return encoded

    def begun(self, encoded: npt.NDArray[Any]) -> list[int]:
        """Returns the symbols before the first end."""
        ends = np.flatnonzero(encoded >= self.symbols - 1)
        said = encoded[: ends[0]] if len(ends) else encoded
        return [int(symbol) for symbol in said[: self.longest]]


class SayingAct(ReadsEachSite):
    """The weights of an act that answers on sites of its own.

    What its sites hold before any thought, a matrix from them to symbols, and for answers from left to right a vector
    for each symbol that has been said.
    """

    def __init__(self, spec: Saying, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.blank = nn.Parameter(torch.empty(spec.own_sites if spec.positions == "learned" else 1, width))
        self.said = nn.Parameter(torch.empty(spec.symbols, width)) if spec.order == "left-to-right" else None
        self.read = Linear(width, spec.symbols)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws what the sites hold with unit variance."""
        truncated_normal_(self.blank, 1.0, generator)
        if self.said is not None:
            truncated_normal_(self.said, 1.0, generator)

    def written(self, batch: int, spoken_BN: Integer[Tensor, "B N"] | None = None) -> Float[Tensor, "B N D"]:
        """Returns what its sites hold before any thought.

        Args:
            batch: of scenes.
            spoken_BN: the symbols that have been said, -1 where none has been; None for none at all. An end leaves its
                site blank, as it is while learning, where a teacher never says it.
        """
        blank_BND = self.blank.expand(batch, self.spec.own_sites, -1)
        if self.said is None or spoken_BN is None:
            return blank_BND
        said_BND = F.embedding(spoken_BN.clamp_min(0), self.said)
        if self.spec.positions == "learned":
            said_BND = said_BND + blank_BND
        silent_BN = (spoken_BN < 0) | (spoken_BN == self.spec.symbols - 1)
        return torch.where(silent_BN[..., None], blank_BND, said_BND)

    def cells(self, sites: int) -> int:
        """A symbol for each site of its own."""
        return self.spec.own_sites

    def settle(self, symbols_BN: Integer[Tensor, "B N"]) -> Integer[Tensor, "B N"]:
        """Returns the answer with the end's symbol in all places behind the first."""
        end = self.spec.symbols - 1
        ended_BN = (symbols_BN == end).cumsum(1) > 0
        return symbols_BN.masked_fill(ended_BN, end)

    def exists(
        self, mask_BS: Bool[Tensor, "B S"] | None, symbols_BN: Integer[Tensor, "B N"]
    ) -> Bool[Tensor, "B N"] | None:
        """Returns which places count: those up to the first end."""
        ended_BN = (symbols_BN == self.spec.symbols - 1).cumsum(1)
        first_BN = (symbols_BN == self.spec.symbols - 1) & (ended_BN == 1)
        return (ended_BN == 0) | first_BN
