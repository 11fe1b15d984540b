"""The built-in source `listops`: nested lists with MAX, MIN, FIRST and LAST over digits (Nangia and Bowman 2018).

`[MAX 2 9 [MIN 4 7 ] 0 ]` is 9. To find it, a brain must work from the innermost brackets outwards.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field, model_validator

from ltm.acts.label import LabelActSpec
from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.scenes.lines import Row
from ltm.senses.sequence import MOST_PLACES, SequenceSpec

OPERATIONS: dict[str, Callable[[list[int]], int]] = {
    "[MAX": max,
    "[MIN": min,
    "[FIRST": lambda values: values[0],
    "[LAST": lambda values: values[-1],
}
"""What opens a bracket, and what it makes of the values inside."""
CLOSE = "]"
DIGITS = tuple("0123456789")
EXPRESSION = SequenceSpec(
    kind="sequence",
    tokens=(*DIGITS, *OPERATIONS, CLOSE),
    longest=MOST_PLACES,
    opening=tuple(OPERATIONS),
    closing=(CLOSE,),
)
ANSWER = LabelActSpec(kind="label", labels=DIGITS)

_NESTED = 0.25
"""Chance that an argument is a bracket, beside the one that makes an expression as deep as it should be."""
_PATIENCE = 2000

Depth = Annotated[int, Field(ge=1, le=100)]
Width = Annotated[int, Field(ge=1, le=100)]


class ListopsOptions(Part):
    """What expressions are made."""

    depth: tuple[Depth, Depth] = (1, 7)
    """Fewest and most brackets inside one another; every depth between is as frequent."""
    arguments: tuple[Width, Width] = (1, 5)
    """Fewest and most values in a bracket."""
    longest: Annotated[int, Field(ge=3, le=MOST_PLACES)] = 128
    """Tokens of an expression at most; longer ones are drawn anew."""

    @model_validator(mode="after")
    def _in_order(self) -> ListopsOptions:
        for name in ("depth", "arguments"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the fewest, {low}, exceed the most, {high}")
        # The smallest expression of a depth: that many brackets around each other, each with its fewest arguments.
        least = self.depth[1] * (self.arguments[0] + 1) + 1
        if least > self.longest:
            raise ValueError(
                f"longest: {self.longest} tokens are too few for the deepest expressions, of at least {least}"
            )
        return self


def generate(options: ListopsOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields `count` different rows with `expression` and `answer`.

    Args:
        options: how deep, wide and long.
        count: how many.
        seed: the same seed gives the same expressions.

    Raises:
        DataError: there are hardly so many different ones.
    """
    drawn = random.Random(seed)
    seen: set[str] = set()
    failed = 0
    while len(seen) < count:
        tokens: list[str] = []
        answer = _write(tokens, drawn.randint(*options.depth), options, drawn)
        expression = " ".join(tokens)
        if len(tokens) > options.longest or expression in seen:
            failed += 1
            if failed > _PATIENCE:
                raise DataError(
                    f"listops: found only {len(seen):,} different expressions of depth {_range(options.depth)} with "
                    f"{_range(options.arguments)} arguments and at most {options.longest} tokens; allow more of one"
                )
            continue
        failed = 0
        seen.add(expression)
        yield {"expression": expression, "answer": str(answer)}


def depth_of(expression: str) -> int:
    """Returns how many brackets of an expression lie inside one another."""
    now = deepest = 0
    for token in expression.split():
        now += (token in OPERATIONS) - (token == CLOSE)
        deepest = max(deepest, now)
    return deepest


def _write(tokens: list[str], depth: int, options: ListopsOptions, drawn: random.Random) -> int:
    """Appends a bracket that is exactly `depth` deep; returns its value."""
    operation = drawn.choice(tuple(OPERATIONS))
    tokens.append(operation)
    arguments = drawn.randint(*options.arguments)
    deep = drawn.randrange(arguments) if depth > 1 else -1
    values = []
    for place in range(arguments):
        if len(tokens) > options.longest:
            return 0  # too long already: it will be thrown away
        if place == deep:
            values.append(_write(tokens, depth - 1, options, drawn))
        elif depth > 1 and drawn.random() < _NESTED:
            values.append(_write(tokens, drawn.randint(1, depth - 1), options, drawn))
        else:
            values.append(drawn.randrange(10))
            tokens.append(str(values[-1]))
    tokens.append(CLOSE)
    return OPERATIONS[operation](values)


def _range(pair: tuple[int, int]) -> str:
    return f"{pair[0]} to {pair[1]}"
