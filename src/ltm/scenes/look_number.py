"""Works out where the numbers of a column lie: middle and spread of what is seen, bins of what is answered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.acts.number import MOST_BINS
from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared
from ltm.senses.missing import is_missing, number_of

Floats = npt.NDArray[np.float64]


def look_at_numbers(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of a `NumberSpec`, or of a `NumberActSpec` where the numbers are to be answered.

    Missing cells don't count against a column; something must be there.

    Raises:
        DataError: the values aren't numbers, or all the same.
    """
    there = [value for value in values if not is_missing(value)]
    numbers, first = list[float](), ""
    for value in there:
        try:
            numbers.append(number_of(value) or 0.0)
        except DataError as problem:
            first = first or str(problem)
    if len(numbers) < MOSTLY * len(there):
        raise DataError(first)
    found = np.array(numbers)
    if found.min() == found.max():
        raise DataError(f"every number is {found[0]:g}: there is nothing to tell apart")
    if said.done:
        return {"kind": "number", **bins(found)}
    (mean,), (spread,) = middle_and_spread(found[:, None])
    return {"kind": "number", "mean": mean, "spread": spread}


def middle_and_spread(numbers_NC: Floats) -> tuple[list[float], list[float]]:
    """Returns a median and a spread for each column of numbers; NaN stands for a missing one.

    The spread is that of a normal distribution with the same quartiles, which single numbers far out don't change;
    where the quartiles are equal, as in a column of mostly zeros, the standard deviation; 1 where nothing differs.

    Raises:
        DataError: the numbers lie so far apart that their spread is more than a number can say.
    """
    middles, spreads = list[float](), list[float]()
    for column in numbers_NC.T:
        known = column[~np.isnan(column)]
        low, middle, high = np.quantile(known, [0.25, 0.5, 0.75], method="lower") if len(known) else (0.0, 0.0, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float((high - low) / 1.349) or (float(known.std()) if len(known) else 0.0) or 1.0
        if not math.isfinite(spread):
            raise DataError(f"numbers from {known.min():g} to {known.max():g} are too far apart; take their logarithm")
        spread = float(f"{spread:.4g}")
        middles.append(_rounded(float(middle), spread))
        spreads.append(spread)
    return middles, spreads


def _rounded(number: float, spread: float) -> float:
    """Returns a number to a thousandth of its spread, so that charts stay short."""
    short = float(f"{number:.{max(1, min(17, 4 + math.ceil(math.log10(max(1.0, abs(number) / spread)))))}g}")
    return short if math.isfinite(short) else number


def bins(numbers: Floats) -> dict[str, Any]:
    """Returns `edges` and `centres` of bins that hold about equally many of the numbers.

    More numbers allow for more bins: half the root of their count, from 4 to 64. Where few numbers differ, each has a
    bin of its own.
    """
    different, counts = np.unique(numbers, return_counts=True)
    most = min(MOST_BINS, max(4, round(math.sqrt(len(numbers)) / 2)))
    if len(different) <= most:
        firsts = np.arange(1, len(different))
    else:
        # A bin begins with the first number before which enough of them lie.
        before = np.cumsum(counts) - counts
        wanted = np.arange(1, most) * (len(numbers) / most)
        firsts = np.unique(np.searchsorted(before, wanted).clip(1, len(different) - 1))
    edges = [_between(float(different[first - 1]), float(different[first])) for first in firsts]
    ordered = np.sort(numbers)
    parts = np.split(ordered, np.searchsorted(ordered, edges, side="left"))
    return {"edges": edges, "centres": [float(part[(len(part) - 1) // 2]) for part in parts]}


def _between(low: float, high: float) -> float:
    """Returns the shortest number above `low` and up to `high`: near the middle, where there is room."""
    middle = low / 2 + high / 2
    for digits in range(1, 17):
        short = float(f"{middle:.{digits}g}")
        if low < short <= high:
            return short
    return high
