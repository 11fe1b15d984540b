"""The rules by which runs decide: every check says what it compares, and comes to a verdict without anyone's help.

With three seeds a side, the ranges of two arms that don't differ lie apart in one of ten cases (2 of the 20 ways to
order six values), and the first above the second in one of twenty. That holds of what seeds draw; an error in an arm's
pace, from which its steps follow, is the same for all of its seeds, and beyond these rules.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ltm.evidence.arms import ARMS
from ltm.evidence.outcome import Outcome, Side, Verdict, readings_of, shown, told
from ltm.evidence.readings import Shelf
from ltm.evidence.tasks import TASKS

LEAST = 3
"""Runs a side below which nothing is decided."""
CEILING, FLOOR = 0.98, 0.02
"""Where both sides' medians lie beyond one of these, the task is too easy or too hard to tell them apart."""
EFFECT = 0.02
"""Medians of shares that lie closer together are no difference that anyone would notice: 5 of 256 scenes."""
HARD = 0.1
"""Where both sides' medians lie below it, that the first is nearly as good as the second says little."""
FEW_STEPS = 200
"""Optimiser steps below which an arm is called hardly trained: what it can't do may be for want of steps."""
TOLD = 2 / 3
"""Share of a claim's checks that runs must be able to tell; else the claim can't be told either."""


def _settled(shelf: Shelf, rule: str, held: Callable[..., bool], *sides: Side, least: int = LEAST) -> Outcome:
    """Decides by what holds of the values of each side; untested where a side has too few runs.

    Runs that can't tell count as runs, and the others decide.
    """
    values = [shelf.values(side.arm, side.figure) for side in sides]
    found = "; ".join(told(shelf, side) for side in sides)
    readings = readings_of(shelf, *sides)
    runs = [len(of) + shelf.untold(side.arm, side.figure) for of, side in zip(values, sides, strict=True)]
    if min(runs) < least:
        return Outcome("untested", rule, found, readings)
    if not all(values):
        return Outcome("can't be told", rule, found, readings)
    return Outcome("supported" if held(*values) else "not supported", rule, found, readings)


@dataclass(frozen=True)
class Above:
    """The first lies above the second: its worst run is better than the other's best, and its median by `EFFECT`."""

    first: Side
    second: Side

    def decide(self, shelf: Shelf) -> Outcome:
        """Compares ranges, and medians."""
        rule = (
            f"every run of {self.first} lies above every run of {self.second}, "
            f"and the medians are {100 * EFFECT:g} points apart or more"
        )
        outcome = _settled(shelf, rule, _clearly_above, self.first, self.second)
        if outcome.verdict in ("untested", "can't be told"):
            return outcome
        one, other = (shelf.values(side.arm, side.figure) for side in (self.first, self.second))
        if blind(one, other, guessed(self.first, self.second)):
            return replace(outcome, verdict="can't be told", found=f"{outcome.found}: too easy or too hard to tell")
        lower = self.second if statistics.median(one) > statistics.median(other) else self.first
        if hardly_trained(shelf, lower.arm):
            words = f"{lower.arm} had fewer than {FEW_STEPS} steps"
            return replace(outcome, verdict="can't be told", found=f"{outcome.found}: {words}")
        if outcome.verdict == "supported":
            return outcome
        if min(one) > max(other):
            words = f"above, but by less than {100 * EFFECT:g} points"
        else:
            words = "the other way round" if max(one) < min(other) else "ranges overlap"
        return replace(outcome, found=f"{outcome.found}: {words}")


def _clearly_above(one: Sequence[float], other: Sequence[float]) -> bool:
    return min(one) > max(other) and statistics.median(one) - statistics.median(other) >= EFFECT - _EXACTLY


_EXACTLY = 1e-9
"""What shares may be off by, being differences of floating point numbers."""


@dataclass(frozen=True)
class Gains:
    """In every run, one figure lies above another of the same run by `EFFECT` or more.

    Attributes:
        arm: whose runs.
        more: the figure that should be higher.
        less: the other one.
    """

    arm: str
    more: str
    less: str

    def decide(self, shelf: Shelf) -> Outcome:
        """Compares within runs, since seeds differ more than what is asked of each."""
        sides = Side(self.arm, self.more), Side(self.arm, self.less)
        rule = f"in every run, {sides[0]} lies {100 * EFFECT:g} points or more above {sides[1]}"
        both = [one for one in shelf.of(self.arm) if self.more in one.figures and self.less in one.figures]
        gains = [one.figures[self.more] - one.figures[self.less] for one in both]
        found = "; ".join(told(shelf, side) for side in sides)
        if gains:
            found += f"; run by run {', '.join(f'{100 * gain:+.1f}' for gain in gains)} points"
        if len(both) < LEAST:
            return Outcome("untested", rule, found, both)
        more, less = ([one.figures[side.figure] for one in both] for side in sides)
        if blind(more, less, guessed(*sides)):
            return Outcome("can't be told", rule, f"{found}: too easy or too hard to tell", both)
        held = min(gains) >= EFFECT - _EXACTLY
        return Outcome("supported" if held else "not supported", rule, found, both)


def blind(one: Sequence[float], other: Sequence[float], guess: float = 0.0) -> bool:
    """Returns whether shares of two sides are both nearly all, or hardly more than guessing gets right."""
    medians = statistics.median(one), statistics.median(other)
    return min(medians) >= CEILING or max(medians) <= FLOOR + guess


def hardly_trained(shelf: Shelf, arm: str) -> bool:
    """Returns whether an arm of the experiments here took so few steps that they may be what it lacks."""
    steps = shelf.median(arm, "steps")
    return arm in ARMS and not ARMS[arm].once and steps is not None and steps < FEW_STEPS


def nothing_known(shelf: Shelf, side: Side | None) -> bool:
    """Returns whether hardly more of a side is right than guessing gets; what else it shows then says nothing."""
    values = [] if side is None else shelf.values(side.arm, side.figure)
    return side is not None and bool(values) and statistics.median(values) <= FLOOR + guessed(side)


def guessed(*sides: Side) -> float:
    """Returns the share that guessing gets right of what is asked of some sides; 0 where they are of other benchmarks.

    Those are of Sudokus, mazes and costs, which nobody guesses.
    """
    return max(TASKS[ARMS[side.arm].task].guess if side.arm in ARMS else 0.0 for side in sides)


def _paired(shelf: Shelf, first: Side, second: Side) -> list[tuple[float, float]]:
    """Returns both figures of each run, where one brain was asked in two ways; else the two medians."""
    if first.arm == second.arm:
        both = [one.figures for one in shelf.of(first.arm) if {first.figure, second.figure} <= one.figures.keys()]
        return [(figures[first.figure], figures[second.figure]) for figures in both]
    one, other = (shelf.values(side.arm, side.figure) for side in (first, second))
    return [(statistics.median(one), statistics.median(other))] if one and other else []


def _whose(first: Side, second: Side) -> str:
    return "in every run, " if first.arm == second.arm else "the median of "


@dataclass(frozen=True)
class AsGood:
    """The first is at most `within` below the second: in every run where these are one brain's, else by medians."""

    first: Side
    second: Side
    within: float = 0.01

    def decide(self, shelf: Shelf) -> Outcome:
        """Compares run by run, or medians."""
        whose = _whose(self.first, self.second)
        rule = f"{whose}{self.first} is at most {100 * self.within:g} points below {self.second}"
        pairs = _paired(shelf, self.first, self.second)

        def held(*_: Sequence[float]) -> bool:
            return all(one >= other - self.within - _EXACTLY for one, other in pairs)

        outcome = _settled(shelf, rule, held, self.first, self.second)
        one, other = (shelf.values(side.arm, side.figure) for side in (self.first, self.second))
        hard = HARD + guessed(self.first, self.second)
        if outcome.verdict == "supported" and max(map(statistics.median, (one, other))) < hard:
            return replace(outcome, verdict="can't be told", found=f"{outcome.found}: too hard to tell")
        return outcome


@dataclass(frozen=True)
class Costs:
    """The first is at most a share of the second: in every run where these are one brain's, else by medians.

    Attributes:
        first: what should cost less.
        second: than this.
        share: so many times.
        right: share of answers that has to be worth the cost; where hardly any is right, nothing can be told.
    """

    first: Side
    second: Side
    share: float
    right: Side | None = None

    def decide(self, shelf: Shelf) -> Outcome:
        """Compares run by run, or medians."""
        rule = f"{_whose(self.first, self.second)}{self.first} is at most {self.share:g} times {self.second}"
        pairs = _paired(shelf, self.first, self.second)

        def held(*_: Sequence[float]) -> bool:
            return all(one <= self.share * other for one, other in pairs)

        outcome = _settled(shelf, rule, held, self.first, self.second)
        return _unless_nothing_is_right(outcome, shelf, self.right)


def _unless_nothing_is_right(outcome: Outcome, shelf: Shelf, right: Side | None) -> Outcome:
    if outcome.verdict == "untested" or not nothing_known(shelf, right):
        return outcome
    assert right is not None
    return replace(outcome, verdict="can't be told", found=f"{outcome.found}; {told(shelf, right)}: too hard to tell")


@dataclass(frozen=True)
class Within:
    """Every run lies between two bounds; one that doesn't is enough to know that it isn't so.

    Attributes:
        side: whose runs.
        low: lower bound.
        high: upper bound.
        least: so many runs are enough to know that it is so.
        right: share of answers; where hardly any is right, nothing can be told.
    """

    side: Side
    low: float = -math.inf
    high: float = math.inf
    least: int = LEAST
    right: Side | None = None

    def decide(self, shelf: Shelf) -> Outcome:
        """Looks at the range."""
        bounds = [f"at least {shown(self.low, self.side.figure)}"] if self.low > -math.inf else []
        bounds += [f"at most {shown(self.high, self.side.figure)}"] if self.high < math.inf else []
        rule = f"every run of {self.side} is {' and '.join(bounds)}"
        outcome = _settled(
            shelf, rule, lambda of: self.low <= min(of) and max(of) <= self.high, self.side, least=self.least
        )
        if any(not self.low <= value <= self.high for value in shelf.values(self.side.arm, self.side.figure)):
            outcome = replace(outcome, verdict="not supported")
        return _unless_nothing_is_right(outcome, shelf, self.right)


def together(outcomes: Sequence[Outcome]) -> Verdict:
    """Returns a claim's verdict: one check that fails refutes it, and most can be told and have held to support it."""
    verdicts = [outcome.verdict for outcome in outcomes]
    if "not supported" in verdicts:
        return "not supported"
    if "untested" in verdicts or not verdicts:
        return "untested"
    return "supported" if verdicts.count("supported") >= TOLD * len(verdicts) else "can't be told"
