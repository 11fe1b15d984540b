"""Which skill of several thinks about a scene, and what that was decided by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ltm.chart.schema import WillSpec

if TYPE_CHECKING:
    from ltm.brain.thought import Thought


@dataclass(frozen=True)
class Choice:
    """Which skill a scene goes to.

    Attributes:
        skill: its name.
        familiarity: of the scene to each skill that can read it; 1 where a skill can't tell.
        asked: the confidence of skills whose reflection was asked; empty where familiarity decided.
        operations: that asking took.
        seconds: that asking took.
    """

    skill: str
    familiarity: dict[str, float]
    asked: dict[str, float] = field(default_factory=dict)
    operations: int = 0
    seconds: float = 0.0

    def left(self, will: WillSpec) -> WillSpec:
        """Returns what asking has left of a will, enough for a segment at least, which every thought takes."""
        operations = None if will.operations is None else max(1, will.operations - self.operations)
        ms = None if will.ms is None else max(1e-3, will.ms - 1000 * self.seconds)
        return will.model_copy(update={"operations": operations, "ms": ms})

    def paid(self, thought: Thought) -> Thought:
        """Returns a thought with why this skill had it, and with what asking several took."""
        operations, seconds = thought.operations + self.operations, thought.seconds + self.seconds
        return replace(thought, choice=self, operations=operations, seconds=seconds)

    def to_json(self) -> dict[str, Any]:
        """Returns plain dictionaries of rounded numbers."""
        found = {"familiarity": self.familiarity, **({"asked": self.asked} if self.asked else {})}
        return {what: {name: round(value, 6) for name, value in shares.items()} for what, shares in found.items()}
