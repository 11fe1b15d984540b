"""Works out what sequences of tokens a column holds: their vocabulary, and the brackets that nest them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared, order_of
from ltm.senses.sequence import MOST_PLACES, words_of

MOST_UNSAID = 1000
"""A larger vocabulary is not taken for a sequence's unless it is declared as one."""
TIMES_EACH = 20
"""How often each token must come on average where nothing was said."""
_PAIRS = (("[", "]"), ("(", ")"), ("{", "}"), ("<", ">"))


def look_at_sequences(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of a `SequenceSpec`.

    Raises:
        DataError: the values aren't sequences; where nothing was said, their vocabulary is too large for that.
    """
    found, problem = [], DataError("every sequence is empty")
    ignore = tuple(said.settings.get("ignore", "").split())
    for value in values:
        try:
            found.append([token for token in words_of(value) if token not in ignore])
        except DataError as odd:
            problem = odd
    found = [tokens for tokens in found if tokens]
    if len(found) < MOSTLY * len(values):
        raise problem
    counts = Counter(token for tokens in found for token in tokens)
    if said.kind is None:
        if len(counts) > MOST_UNSAID or len(counts) * TIMES_EACH > counts.total():
            raise DataError(f"{len(counts):,} different tokens that come {counts.total():,} times are no vocabulary")
        if counts.total() < 2 * len(found):
            raise DataError("most values are a single word")
    longest = max(len(tokens) for tokens in found)
    brackets = {} if said.done else _brackets(found, sorted(counts))  # answers lie on a line, whatever they hold
    # A tree may be much larger than any that was learned from; places on a line are learned one by one.
    most = said.longest or (MOST_PLACES if brackets else min(MOST_PLACES - 1, 2 * longest))
    arguments: dict[str, Any] = {"kind": "sequence", "tokens": sorted(counts), "longest": most}
    arguments |= order_of(said, "parallel")
    if said.done:
        return arguments
    return {**arguments, **({"ignore": ignore} if ignore else {}), **brackets}


def _brackets(found: Sequence[Sequence[str]], tokens: Sequence[str]) -> dict[str, Any]:
    """Returns which tokens open and close brackets, where some do in every sequence; the flattest nesting, if several.

    A token such as `[MAX` opens a bracket as `[` does.
    """
    depths: dict[int, dict[str, Any]] = {}
    for left, right in _PAIRS:
        opening = [token for token in tokens if token.startswith(left) and right not in token]
        closing = [token for token in tokens if token.endswith(right) and left not in token]
        if not opening or not closing:
            continue
        nesting = [_depth(sequence, set(opening), set(closing)) for sequence in found]
        if min(nesting) >= 0 and max(nesting) > 0:
            depths.setdefault(max(nesting), {"opening": opening, "closing": closing})
    return depths[min(depths)] if depths else {}


def _depth(tokens: Sequence[str], opening: set[str], closing: set[str]) -> int:
    """Returns how deep brackets nest; -1 where they don't match."""
    now = deepest = 0
    for token in tokens:
        now += (token in opening) - (token in closing)
        deepest = max(deepest, now)
        if now < 0:
            return -1
    return deepest if now == 0 else -1
