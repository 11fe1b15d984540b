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
SOLVED = 0.95
"""Share of whole answers, the median of the seeds, from which a task counts as solved."""
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


@dataclass(frozen=True)
class Solves:
    """Whether a brain within a limit of parameters solves a task, or, where `wanted` is False, that none does.

    One brain that does is enough to know; that none does is known only once all within the limit have run.

    Attributes:
        task: in the report's words.
        arms: that vary in size and loops.
        most: parameters, at most.
        size: from an arm to its parameters, also before it has run.
        wanted: whether the claim is that one does.
    """

    task: str
    arms: tuple[str, ...]
    most: float
    size: Callable[[str], float]
    wanted: bool = True

    def decide(self, shelf: Shelf) -> Outcome:
        """Looks for the smallest brain whose median solves the task."""
        whether = "some brain" if self.wanted else "no brain"
        rule = f"{self.task}: {whether} of at most {self.most:,.0f} parameters has a median of {shown(SOLVED)} or more"
        small = [arm for arm in self.arms if self.size(arm) <= self.most]
        done = [arm for arm in small if len(shelf.values(arm, "exact")) >= LEAST]
        if not done:
            return Outcome("untested", rule, f"none of {len(small)} such arms has {LEAST} runs", [])
        least = smallest(shelf, done)
        best = Side(max(done, key=lambda arm: shelf.median(arm, "exact") or 0.0) if least is None else least)
        found = f"{'the best' if least is None else 'the smallest'} is {told(shelf, best)}"
        waiting = len(small) - len(done)
        if waiting:
            found += f"; {waiting} of {len(small)} such arms have fewer than {LEAST} runs yet"
        if least is None and waiting:
            return Outcome("untested", rule, found, readings_of(shelf, best))
        held = (least is not None) == self.wanted
        return Outcome("supported" if held else "not supported", rule, found, readings_of(shelf, best))


def smallest(shelf: Shelf, arms: Sequence[str]) -> str | None:
    """Returns the arm of fewest parameters, then fewest operations, whose median solves its task; None where none does.

    Arms of fewer than three runs don't count.
    """
    solving = [
        arm
        for arm in arms
        if len(shelf.values(arm, "exact")) >= LEAST and (shelf.median(arm, "exact") or 0.0) >= SOLVED
    ]
    order = {arm: (shelf.median(arm, "parameters") or 0.0, shelf.median(arm, "operations") or 0.0) for arm in solving}
    return min(solving, key=lambda arm: order[arm], default=None)


def together(outcomes: Sequence[Outcome]) -> Verdict:
    """Returns a claim's verdict: one check that fails refutes it, and all that can be must have held to support it."""
    verdicts = {outcome.verdict for outcome in outcomes}
    order: tuple[Verdict, ...] = ("not supported", "untested", "supported", "can't be told")
    return next((verdict for verdict in order if verdict in verdicts), "untested")
