"""What a check comes to, and how figures of runs are put into words."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ltm.evidence.readings import Reading, Shelf

Verdict = Literal["supported", "not supported", "untested", "can't be told"]
"""`can't be told`: all runs are there, but none has the figure, as a brain that is always right has no AUROC; or both
sides are nearly always right, or nearly never, whichever is above."""
AMOUNTS = {"operations": "", "parameters": "", "seconds": " s", "cpu_seconds": " s", "joules": " J"}
"""Figures that are no shares, and their unit."""


@dataclass(frozen=True)
class Side:
    """One figure of one arm."""

    arm: str
    figure: str = "exact"

    def __str__(self) -> str:
        return self.arm if self.figure == "exact" else f"{self.arm} ({self.figure})"


@dataclass(frozen=True)
class Outcome:
    """What a check came to.

    Attributes:
        verdict: of this check alone.
        rule: what had to hold, in words with figures.
        found: what was found, likewise.
        readings: that decided.
    """

    verdict: Verdict
    rule: str
    found: str
    readings: Sequence[Reading]


class Check(Protocol):
    """Something that runs decide."""

    def decide(self, shelf: Shelf) -> Outcome:
        """Returns what the runs on a shelf say."""


def spread(values: Sequence[float], figure: str = "exact") -> str:
    """Returns the median and the range, in percent where the figure is a share, with the number of runs."""
    if not values:
        return "no runs"
    middle = shown(statistics.median(values), figure)
    if len(values) == 1:
        return f"{middle} (1 run)"
    return f"{middle} ({shown(min(values), figure)} to {shown(max(values), figure)}, {len(values)} runs)"


def shown(value: float, figure: str = "exact") -> str:
    """Returns a figure as the report shows it."""
    what = figure.partition(":")[0]
    if what in AMOUNTS:
        return f"{value:.3g}{AMOUNTS[what]}"
    return f"{100 * value:.1f} %"


def told(shelf: Shelf, side: Side) -> str:
    """Returns a side's median and range in words."""
    return f"{side}: {seen(shelf, side)}"


def seen(shelf: Shelf, side: Side) -> str:
    """Returns a side's median and range, and how many runs can't tell."""
    values, untold = shelf.values(side.arm, side.figure), shelf.untold(side.arm, side.figure)
    if not untold:
        return spread(values, side.figure)
    words = f"can't be told in {untold} run{'s' if untold > 1 else ''}, where all answers are right, or none is"
    return f"{spread(values, side.figure)}; {words}" if values else words


def readings_of(shelf: Shelf, *sides: Side) -> list[Reading]:
    """Returns the readings that sides are about, each once, with those that can't tell."""
    found = [
        reading
        for side in sides
        for reading in shelf.of(side.arm)
        if side.figure in reading.figures or side.figure in reading.untold
    ]
    return list({id(reading): reading for reading in found}.values())
