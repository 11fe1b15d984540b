"""The `sequence` act: tokens one behind the other, said all at once or from left to right (`ltm.acts.saying`)."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import numpy.typing as npt
from pydantic import Field, model_validator

from ltm.acts.saying import Saying
from ltm.errors import DataError, nearest
from ltm.senses.sequence import MOST_TOKENS, Token, words_of


class SequenceActSpec(Saying):
    """Tokens in order: text parted by spaces, or a list of words or numbers."""

    kind: Literal["sequence"]
    tokens: Annotated[tuple[Token, ...], Field(min_length=2, max_length=MOST_TOKENS)]
    """The vocabulary, in order."""

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
        return self.ended([numbers[token] for token in found])

    def decode(self, encoded: npt.NDArray[Any]) -> str | list[str]:
        """Turns numbers up to the end's back into text, parted by spaces; into a list where tokens hold spaces."""
        said = [self.tokens[symbol] for symbol in self.begun(encoded)]
        return said if any(_parted(token) for token in self.tokens) else " ".join(said)

    def answer(self, symbols_N: npt.NDArray[Any], seen: npt.NDArray[Any]) -> str | list[str]:
        """Turns the chosen numbers into text, or a list."""
        return self.decode(symbols_N)


def _parted(token: str) -> bool:
    """Returns whether a token would not come back from text that is parted by spaces."""
    return token.split() != [token]


@functools.lru_cache(maxsize=64)
def _numbers(tokens: tuple[str, ...]) -> dict[str, int]:
    return {token: number for number, token in enumerate(tokens)}
