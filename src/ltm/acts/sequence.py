"""The `sequence` act: tokens on sites of its own, one behind the other, said all at once.

The act adds sites to the field on which zones work as on those of the senses, so an answer may be longer or shorter
than what is seen. A symbol of its own ends it; what stands behind that counts for nothing.

Shapes: B batch, N places, S sites, D field width, V symbols.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Bool, Float, Integer
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.errors import DataError, nearest
from ltm.senses.layout import Layout, Written
from ltm.senses.sequence import MOST_PLACES, MOST_TOKENS, Token, words_of
from ltm.zones.layers import Linear, truncated_normal_


class SequenceActSpec(Part):
    """Tokens in order: text parted by spaces, or a list of words or numbers."""

    kind: Literal["sequence"]
    tokens: Annotated[tuple[Token, ...], Field(min_length=2, max_length=MOST_TOKENS)]
    """The vocabulary, in order."""
    longest: Annotated[int, Field(ge=1, le=MOST_PLACES - 1)] = 64
    """Tokens at most; so many sites and one more for the end are added to the field."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Label smoothing of the training loss."""

    @model_validator(mode="after")
    def _all_differ(self) -> SequenceActSpec:
        if len(set(self.tokens)) < len(self.tokens):
            twice = next(token for place, token in enumerate(self.tokens) if token in self.tokens[:place])
            raise ValueError(f"token {twice!r} is listed twice")
        return self

    @property
    def symbols(self) -> int:
        """The tokens, and the end."""
        return len(self.tokens) + 1

    @property
    def own_sites(self) -> int:
        """Sites that the act adds to the field."""
        return self.longest + 1

    @property
    def layout(self) -> Layout:
        """The tokens' numbers and the end's; places behind it are void."""
        return Layout(rank=1, dtype="uint8" if self.symbols <= 250 else "int32", longest=MOST_PLACES)

    @property
    def written(self) -> Written:
        """Text, or a list."""
        return "plain"

    def place(self, first_sense: str) -> str | None:
        """It reads sites of its own, of no sense."""
        return None

    def words(self) -> str:
        """Says what such sequences are: `up to 48 of 6 tokens`."""
        return f"up to {self.longest:,} of {len(self.tokens):,} tokens"

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns text or a list into the tokens' numbers and the end's, filled up to `longest + 1` places.

        Raises:
            DataError: too long, or a token that is not in the vocabulary.
        """
        found, numbers = words_of(value), _numbers(self.tokens)
        if len(found) > self.longest:
            raise DataError(f"{len(found):,} tokens; at most {self.longest:,} can be said")
        strange = next((token for token in found if token not in numbers), None)
        if strange is not None:
            raise DataError(f"token {strange[:60]!r} is not in the vocabulary{nearest(strange, self.tokens)}")
        encoded = np.full(self.own_sites, self.layout.void, dtype=self.layout.dtype)
        encoded[: len(found) + 1] = [*(numbers[token] for token in found), len(self.tokens)]
        return encoded

    def decode(self, encoded: npt.NDArray[Any]) -> str:
        """Turns numbers up to the end's back into text, parted by spaces."""
        ends = np.flatnonzero(encoded >= len(self.tokens))
        said = encoded[: ends[0]] if len(ends) else encoded
        return " ".join(self.tokens[int(symbol)] for symbol in said[: self.longest])

    def answer(self, symbols_N: npt.NDArray[Any], seen: npt.NDArray[Any]) -> str:
        """Turns the chosen numbers into text."""
        return self.decode(symbols_N)


@functools.lru_cache(maxsize=64)
def _numbers(tokens: tuple[str, ...]) -> dict[str, int]:
    return {token: number for number, token in enumerate(tokens)}


class SequenceAct(nn.Module):
    """The weights of a `sequence` act: what its sites hold before any thought, and a matrix from them to symbols."""

    def __init__(self, spec: SequenceActSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.blank = nn.Parameter(torch.empty(spec.own_sites, width))
        self.read = Linear(width, spec.symbols)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws what the sites hold with unit variance."""
        truncated_normal_(self.blank, 1.0, generator)

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

    def forward(
        self, field_BSD: Float[Tensor, "B S D"], mask_BS: Bool[Tensor, "B S"] | None = None
    ) -> Float[Tensor, "B N V"]:
        """Returns logits for every place and symbol, in fp32."""
        logits: Tensor = self.read(field_BSD).float()
        return logits

    def operations(self, sites: int) -> int:
        """Operations for one example."""
        return sites * self.read.operations
