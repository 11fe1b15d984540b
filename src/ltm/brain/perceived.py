"""What perceiving returns: a thought about pictures, and the pictures that were in doubt."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from ltm.brain.thought import Thought


@dataclass(frozen=True)
class Doubt:
    """A picture that was in doubt, or that was taken for something else than it looked like.

    Attributes:
        cell: which one, from 0, row by row.
        place: the same in words.
        first: what it looks like.
        likely: the probability of that.
        taken: what it was taken for in the end.
        chance: the probability of that, by its looks alone.
    """

    cell: int
    place: str
    first: str
    likely: float
    taken: str
    chance: float

    @property
    def changed(self) -> bool:
        """Whether it was taken for something else than it looked like."""
        return self.taken != self.first

    def words(self) -> str:
        """Says it in a line: `row 3, column 4: looks like 7 (61 %), taken for 1 (37 %)`."""
        taken = f", taken for {self.taken} ({100 * self.chance:.2g} %)" if self.changed else ""
        return f"{self.place}: looks like {self.first} ({100 * self.likely:.3g} %){taken}"

    def to_json(self) -> dict[str, Any]:
        """Returns plain values, ready for `json.dumps`."""
        return {**dataclasses.asdict(self), "likely": round(self.likely, 6), "chance": round(self.chance, 6)}


@dataclass(frozen=True)
class Perceived:
    """A thought about pictures.

    Attributes:
        thought: the answer; its confidence covers reading and reasoning.
        reading: what was read, in the form in which the reasoning brain sees it.
        readings: how many readings were thought about.
        first: whether the likeliest reading of every picture was kept.
        doubts: pictures in doubt, the most doubtful first.
    """

    thought: Thought
    reading: Any
    readings: int
    first: bool
    doubts: tuple[Doubt, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns plain values, ready for `json.dumps`."""
        doubts = [doubt.to_json() for doubt in self.doubts]
        return {**self.thought.to_json(), "reading": self.reading, "readings": self.readings, "doubts": doubts}
