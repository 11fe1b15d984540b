"""Works out which lists of numbers a column holds: how many, and where each of them lies."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared
from ltm.scenes.look_number import middle_and_spread
from ltm.senses.vector import MOST_NUMBERS, flat_list, numbers_of

MOST_SITES = 32
"""Numbers share sites so that a vector takes at most so many."""
_WAVY = 256
"""Up to so many numbers are seen with their waves, which take nine times the weights."""
_WAVES = 4


def look_at_vectors(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of a `VectorSpec` for the most frequent length.

    Raises:
        DataError: the values aren't flat lists of numbers, differ in length, are too long, or are all the same.
    """
    lists = [given for given in map(flat_list, values) if given is not None]
    if len(lists) < MOSTLY * len(values) or not lists:
        raise DataError("expected flat lists of numbers such as [1.5, null, 2]")
    size, often = Counter(map(len, lists)).most_common(1)[0]
    if often < MOSTLY * len(values):
        shortest, longest = min(map(len, lists)), max(map(len, lists))
        raise DataError(f"lists of numbers must have one length, got {shortest:,} to {longest:,}")
    if size > MOST_NUMBERS:
        raise DataError(f"{size:,} numbers are too many for a vector (at most {MOST_NUMBERS:,})")
    rows, first = [], ""
    for given in lists:
        try:
            if len(given) == size:
                rows.append(numbers_of(given))
        except DataError as problem:
            first = first or str(problem)
    if len(rows) < MOSTLY * len(values):
        raise DataError(first)
    numbers = np.array(rows)
    if np.isnan(numbers).all():
        raise DataError("every number is missing")
    if not (numbers != numbers[0])[~np.isnan(numbers)].any():
        raise DataError("every list is the same: there is nothing to tell apart")
    means, spreads = middle_and_spread(numbers)
    # The weights grow with the numbers, however many share a site: waves are for short lists.
    waves = {"frequencies": _WAVES} if size <= _WAVY else {}
    each = math.ceil(size / MOST_SITES)
    return {"kind": "vector", "size": size, "mean": means, "spread": spreads, "each": each, **waves}
