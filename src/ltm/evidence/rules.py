"""The rules by which runs decide: every check says what it compares, and comes to a verdict without anyone's help.

With three seeds a side, the ranges of two arms that don't differ lie apart in one of ten cases (2 of the 20 ways to
order six values), and the first above the second in one of twenty.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from ltm.evidence.readings import Reading, Shelf

Verdict = Literal["supported", "not supported", "untested", "can't be told"]
"""`can't be told`: all runs are there, but none has the figure, as a brain that is always right has no AUROC; or both
sides are nearly always right, or nearly never."""
LEAST = 3
"""Runs a side below which nothing is decided."""
CEILING, FLOOR = 0.98, 0.02
"""Where both sides' medians lie beyond one of these, the task is too easy or too hard to tell them apart."""
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


def _settled(shelf: Shelf, rule: str, held: Callable[..., bool], *sides: Side) -> Outcome:
    """Decides by what holds of the values of each side; untested where a side has too few runs.

    Runs that can't tell count as runs, and the others decide.
    """
    values = [shelf.values(side.arm, side.figure) for side in sides]
    found = "; ".join(told(shelf, side) for side in sides)
    readings = readings_of(shelf, *sides)
    runs = [len(of) + shelf.untold(side.arm, side.figure) for of, side in zip(values, sides, strict=True)]
    if min(runs) < LEAST:
        return Outcome("untested", rule, found, readings)
    if not all(values):
        return Outcome("can't be told", rule, found, readings)
    return Outcome("supported" if held(*values) else "not supported", rule, found, readings)


@dataclass(frozen=True)
class Above:
    """The first lies above the second: its worst run is better than the other's best."""

    first: Side
    second: Side

    def decide(self, shelf: Shelf) -> Outcome:
        """Compares ranges."""
        rule = f"every run of {self.first} lies above every run of {self.second}"
        outcome = _settled(shelf, rule, lambda one, other: min(one) > max(other), self.first, self.second)
        if outcome.verdict != "not supported":
            return outcome
        one, other = (shelf.values(side.arm, side.figure) for side in (self.first, self.second))
        if max(one) < min(other):
            return replace(outcome, found=f"{outcome.found}: the other way round")
        if blind(self.first, one, other):
            return replace(outcome, verdict="can't be told", found=f"{outcome.found}: too easy or too hard to tell")
        return replace(outcome, found=f"{outcome.found}: no difference")


def blind(side: Side, one: Sequence[float], other: Sequence[float]) -> bool:
    """Returns whether shares of two sides are both nearly all or nearly none."""
    if side.figure.partition(":")[0] in AMOUNTS:
        return False
    medians = statistics.median(one), statistics.median(other)
    return min(medians) >= CEILING or max(medians) <= FLOOR


@dataclass(frozen=True)
class AsGood:
    """The first's median is at most `within` below the second's."""

    first: Side
    second: Side
    within: float = 0.01

    def decide(self, shelf: Shelf) -> Outcome:
        """Compares medians."""
        rule = f"the median of {self.first} is at most {100 * self.within:g} points below that of {self.second}"

        def held(one: Sequence[float], other: Sequence[float]) -> bool:
            return statistics.median(one) >= statistics.median(other) - self.within

        outcome = _settled(shelf, rule, held, self.first, self.second)
        one, other = (shelf.values(side.arm, side.figure) for side in (self.first, self.second))
        if outcome.verdict == "supported" and max(map(statistics.median, (one, other))) <= FLOOR:
            return replace(outcome, verdict="can't be told", found=f"{outcome.found}: too hard to tell")
        return outcome


@dataclass(frozen=True)
class Costs:
    """The first's median is at most a share of the second's."""

    first: Side
    second: Side
    share: float

    def decide(self, shelf: Shelf) -> Outcome:
        """Compares medians."""
        rule = f"the median of {self.first} is at most {self.share:g} times that of {self.second}"

        def held(one: Sequence[float], other: Sequence[float]) -> bool:
            return statistics.median(one) <= self.share * statistics.median(other)

        return _settled(shelf, rule, held, self.first, self.second)


@dataclass(frozen=True)
class Within:
    """Every run lies between two bounds; one that doesn't is enough to know that it isn't so."""

    side: Side
    low: float = -math.inf
    high: float = math.inf

    def decide(self, shelf: Shelf) -> Outcome:
        """Looks at the range."""
        bounds = [f"at least {shown(self.low, self.side.figure)}"] if self.low > -math.inf else []
        bounds += [f"at most {shown(self.high, self.side.figure)}"] if self.high < math.inf else []
        rule = f"every run of {self.side} is {' and '.join(bounds)}"
        outcome = _settled(shelf, rule, lambda of: self.low <= min(of) and max(of) <= self.high, self.side)
        if any(not self.low <= value <= self.high for value in shelf.values(self.side.arm, self.side.figure)):
            return replace(outcome, verdict="not supported")
        return outcome


def together(outcomes: Sequence[Outcome]) -> Verdict:
    """Returns a claim's verdict: one check that fails refutes it, and all that can be must have held to support it."""
    verdicts = {outcome.verdict for outcome in outcomes}
    order: tuple[Verdict, ...] = ("not supported", "untested", "supported", "can't be told")
    return next((verdict for verdict in order if verdict in verdicts), "untested")
