"""The rule about sizes: whether some brain of few parameters solves a task, or none does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ltm.evidence.outcome import Outcome, Side, Verdict, readings_of, shown, told
from ltm.evidence.readings import Shelf
from ltm.evidence.rules import LEAST

SOLVED = 0.95
"""Share of whole answers, the median of the seeds, from which a task counts as solved."""


@dataclass(frozen=True)
class Solves:
    """Whether a brain within a limit of parameters solves a task, or, where `wanted` is False, that none does.

    One brain that does is enough to know; that none does is known only once all within the limit have run, and means
    something only where a larger one does: else the time, and not the size, may be what lacks.

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
        if least is not None:
            return Outcome("supported" if self.wanted else "not supported", rule, found, readings_of(shelf, best))
        if len(done) < len(small):
            found += f"; {len(small) - len(done)} of {len(small)} such arms have fewer than {LEAST} runs yet"
            return Outcome("untested", rule, found, readings_of(shelf, best))
        larger = [arm for arm in self.arms if self.size(arm) > self.most]
        solving = smallest(shelf, larger)
        if solving is not None:
            found += f"; of larger ones {told(shelf, Side(solving))} does"
            verdict: Verdict = "not supported" if self.wanted else "supported"
            return Outcome(verdict, rule, found, readings_of(shelf, best, Side(solving)))
        waiting = sum(len(shelf.values(arm, "exact")) < LEAST for arm in larger)
        found += f"; {waiting} of {len(larger)} larger ones wait" if waiting else "; nor does any larger one"
        return Outcome("untested" if waiting else "can't be told", rule, found, readings_of(shelf, best))


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
