"""Scenes of several steps: in which roles things are seen, how far back learning reaches, what is foreseen."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ltm.chart.base import Name, Part
from ltm.errors import nearest
from ltm.zones.table import ZoneSpec

MOST_ROLES = 64


class TransitionSpec(Part):
    """A zone that foresees where the field moves from one step to the next, given what was done and the next role."""

    zone: ZoneSpec
    """Reads the field as it is once a step has been thought about; what it returns is the move it expects."""
    weight: Annotated[float, Field(ge=0, le=10)] = 0.1
    """Weight of its loss beside the acts' loss: squared error over the squared length of the moves themselves."""


class StepsSpec(Part):
    """A scene is a list of steps; the field is carried from each to the next."""

    roles: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MOST_ROLES)] = ("step",)
    """What a step may be: `example`, `question`, `me`, `other`, …; each has a vector that is added to what is seen."""
    shows: tuple[Name, ...] = ()
    """The roles in which what was done is shown rather than asked for: pairs that show a rule, what others did."""
    window: Annotated[int, Field(ge=1, le=256)] = 8
    """So many steps are thought about in one training segment, and gradient flows back through them."""
    goal: Name | None = None
    """The sense that hears the goal, which stays in sight at every step; the will may set another one."""
    transition: TransitionSpec | None = None

    @model_validator(mode="after")
    def _roles_differ(self) -> StepsSpec:
        if len(set(self.roles)) < len(self.roles):
            twice = next(role for place, role in enumerate(self.roles) if role in self.roles[:place])
            raise ValueError(f"roles: {twice!r} is listed twice")
        for role in self.shows:
            if role not in self.roles:
                raise ValueError(f"shows: {role!r} is not among the roles{nearest(role, self.roles)}")
        if len(set(self.shows)) == len(self.roles):
            raise ValueError("shows: every role shows what was done, so nothing is ever asked")
        return self
