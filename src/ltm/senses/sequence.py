"""The `sequence` sense: tokens in order, each becoming one site of the field; brackets make a tree of them.

Shapes: B batch, L places, P parts of an encoded token, D field width.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.errors import DataError, nearest
from ltm.senses.layout import Layout, Written, unless_all
from ltm.zones.layers import truncated_normal_

MOST_TOKENS = 70_000
MOST_PLACES = 8192
MOST_ORDERS = 64
"""Places among siblings that are told apart; those beyond share the last vector."""
Token = Annotated[str, Field(min_length=1, max_length=200)]


class SequenceSpec(Part):
    """Tokens in order: text parted by spaces, or a list of words or numbers.

    With brackets a token is the child of the innermost bracket that holds it, and zones may mix within the windows
    `children`, `parent` and `siblings`: coupling follows the structure of what is seen.
    """

    kind: Literal["sequence"]
    tokens: Annotated[tuple[Token, ...], Field(min_length=2, max_length=MOST_TOKENS)]
    """The vocabulary, in order."""
    longest: Annotated[int, Field(ge=1, le=MOST_PLACES)] = 1024
    """Tokens at most."""
    unknown: bool = False
    """Whether a token outside the vocabulary is read as a symbol of its own rather than refused."""
    ignore: tuple[Token, ...] = ()
    """Tokens that are left out."""
    opening: tuple[Token, ...] = ()
    """Tokens that open a bracket."""
    closing: tuple[Token, ...] = ()
    """Tokens that close one."""
    positions: Literal["none", "learned"] = "learned"
    """`learned` adds a vector for each place; with brackets for each place among siblings."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Standard deviation of what it writes, positions aside."""

    @model_validator(mode="after")
    def _tokens_fit(self) -> SequenceSpec:
        if len(set(self.tokens)) < len(self.tokens):
            twice = next(token for place, token in enumerate(self.tokens) if token in self.tokens[:place])
            raise ValueError(f"token {twice!r} is listed twice")
        for name in ("opening", "closing"):
            for token in getattr(self, name):
                if token not in self.tokens:
                    raise ValueError(f"{name}: {token!r} is not among the tokens{nearest(token, self.tokens)}")
        if bool(self.opening) != bool(self.closing):
            raise ValueError("opening and closing tokens go together")
        if set(self.opening) & set(self.closing):
            raise ValueError("a token can't both open and close a bracket")
        return self

    @property
    def symbols(self) -> int:
        """How many different tokens there are, that for unknown ones included."""
        return len(self.tokens) + self.unknown

    @property
    def branches(self) -> bool:
        """Whether brackets make a tree of the tokens."""
        return bool(self.opening)

    @property
    def layout(self) -> Layout:
        """The tokens' numbers; with brackets `[places, 3]`: number, place of the parent, place among its children."""
        if self.branches:
            return Layout(rank=2, dtype="int32", longest=MOST_PLACES)
        return Layout(rank=1, dtype="uint8" if self.symbols <= 250 else "int32", longest=MOST_PLACES)

    @property
    def written(self) -> Written:
        """Text, or a list."""
        return "plain"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of sites that a value of a shape takes: one a token."""
        return (1, shape[0])

    @property
    def fixed_sites(self) -> tuple[int, int] | None:
        """Sequences differ in length."""
        return None

    def words(self) -> str:
        """Says what such sequences are: `up to 64 of 13 tokens, nested in brackets`."""
        return f"up to {self.longest:,} of {len(self.tokens):,} tokens{', nested in brackets' if self.branches else ''}"

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns text or a list into tokens' numbers `[places]`, with brackets `[places, 3]`.

        Raises:
            DataError: empty, too long, or a token that is not in the vocabulary.
        """
        found = [token for token in words_of(value) if token not in self.ignore]
        if not found:
            raise DataError("the sequence is empty")
        if len(found) > self.longest:
            raise DataError(f"{len(found):,} tokens; at most {self.longest:,} are read")
        numbers = _numbers(self.tokens)
        if not self.unknown:
            strange = next((token for token in found if token not in numbers), None)
            if strange is not None:
                raise DataError(f"token {strange[:60]!r} is not in the vocabulary{nearest(strange, self.tokens)}")
        symbols = np.array([numbers.get(token, len(self.tokens)) for token in found], dtype=self.layout.dtype)
        if not self.branches:
            return symbols
        opens, closes = [[token in side for token in found] for side in (set(self.opening), set(self.closing))]
        return np.stack((symbols, *tree(opens, closes)), axis=1).astype(np.int32)

    def decode(self, encoded: npt.NDArray[Any]) -> str:
        """Turns tokens' numbers back into text, parted by spaces."""
        symbols = encoded[:, 0] if self.branches else encoded
        return " ".join("?" if symbol >= len(self.tokens) else self.tokens[symbol] for symbol in symbols.astype(int))


def words_of(value: Any) -> list[str]:
    """Returns the tokens of a text or a list.

    Raises:
        DataError: neither, or a list that holds other things than words and numbers.
    """
    if isinstance(value, str):
        return value.split()
    if isinstance(value, list | tuple | np.ndarray) and all(isinstance(v, str | int | np.integer) for v in value):
        return [str(part) for part in value]
    raise DataError(f"expected tokens parted by spaces, or a list of words or numbers; got {type(value).__name__}")


@functools.lru_cache(maxsize=64)
def _numbers(tokens: tuple[str, ...]) -> dict[str, int]:
    return {token: number for number, token in enumerate(tokens)}


def tree(opens: Sequence[bool], closes: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Returns each token's parent, -1 at the root, and its place among the parent's children.

    A bracket's parent is what holds it; what closes it is its last child. Brackets that are never opened or closed
    leave tokens where they stand.
    """
    parents, orders = list[int](), list[int]()
    stack, counts = [-1], {-1: 0}
    for place, (opening, closing) in enumerate(zip(opens, closes, strict=True)):
        parent = stack[-1]
        parents.append(parent)
        orders.append(counts[parent])
        counts[parent] += 1
        if opening:
            stack.append(place)
            counts[place] = 0
        elif closing and len(stack) > 1:
            stack.pop()
    return parents, orders


class SequenceSense(nn.Module):
    """The weights of a `sequence` sense: one vector a token, and one a place where positions are learned."""

    def __init__(self, spec: SequenceSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.symbol = nn.Parameter(torch.empty(spec.symbols, width))
        places = MOST_ORDERS if spec.branches else spec.longest
        self.place = nn.Parameter(torch.empty(places, width)) if spec.positions == "learned" else None

    def initialise(self, generator: torch.Generator) -> None:
        """Draws tokens with standard deviation 1/sqrt(width) before scaling by its root; places with one half."""
        truncated_normal_(self.symbol, self.symbol.shape[1] ** -0.5, generator)
        if self.place is not None:
            truncated_normal_(self.place, 0.5, generator)

    def _parts(self, tokens: Tensor) -> Integer[Tensor, "B L P"]:
        return (tokens if self.spec.branches else tokens[..., None]).long()

    def exists(self, tokens: Integer[Tensor, "B ..."]) -> Bool[Tensor, "B S"] | None:
        """Returns which places hold a token; None when all do."""
        there_BL = self._parts(tokens)[..., 0] != self.spec.layout.void
        return unless_all(there_BL)

    def parents(self, tokens: Integer[Tensor, "B ..."]) -> Integer[Tensor, "B L"] | None:
        """Returns the place of each token's parent, -1 at the root; None without brackets."""
        return self._parts(tokens)[..., 1] if self.spec.branches else None

    @property
    def vectors_VD(self) -> Float[Tensor, "V D"]:
        """What it writes for each symbol, positions aside."""
        vectors: Tensor = self.symbol * (self.spec.scale * self.symbol.shape[1] ** 0.5)
        return vectors

    def forward(self, tokens: Integer[Tensor, "B ..."]) -> Float[Tensor, "B L D"]:
        """Writes each token's vector at its site; places without a token get zeros."""
        parts_BLP = self._parts(tokens)
        void_BL = parts_BLP[..., 0] == self.spec.layout.void
        seen = F.embedding(parts_BLP[..., 0].masked_fill(void_BL, 0), self.symbol)
        seen = seen * (self.spec.scale * self.symbol.shape[1] ** 0.5)
        if self.place is not None and self.spec.branches:
            seen = seen + F.embedding(parts_BLP[..., 2].clamp(0, MOST_ORDERS - 1), self.place)
        elif self.place is not None:
            seen = seen + self.place[: seen.shape[1]]
        written: Tensor = seen.masked_fill(void_BL[..., None], 0.0)
        return written
