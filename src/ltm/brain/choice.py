"""Which skill of several thinks about a scene, and what that was decided by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Choice:
    """Which skill a scene goes to.

    Attributes:
        skill: its name.
        familiarity: of the scene to each skill that can read it; 1 where a skill can't tell.
        asked: the confidence of skills whose reflection was asked; empty where familiarity decided.
        operations: that asking took.
    """

    skill: str
    familiarity: dict[str, float]
    asked: dict[str, float] = field(default_factory=dict)
    operations: int = 0

    def to_json(self) -> dict[str, Any]:
        """Returns plain dictionaries of rounded numbers."""
        found = {"familiarity": self.familiarity, **({"asked": self.asked} if self.asked else {})}
        return {what: {name: round(value, 6) for name, value in shares.items()} for what, shares in found.items()}
