"""Whether what a chart says of scenes of several steps fits its other parts."""

from __future__ import annotations

from collections.abc import Iterator

from ltm.acts.label import LabelActSpec
from ltm.acts.saying import Saying
from ltm.chart.locate import Problem
from ltm.chart.schema import Chart
from ltm.errors import nearest
from ltm.senses.sequence import SequenceSpec
from ltm.zones.spec import ZoneBase


def step_misfits(chart: Chart) -> Iterator[Problem]:
    """Yields what doesn't fit."""
    spec = chart.steps
    if spec is None:
        yield from _one_step(chart)
        return
    yield from _goal(chart)
    yield from _kinds(chart)
    if chart.scenes.score != "exact":
        yield ("scenes", "score"), "of scenes of several steps only the very answer counts: exact"
    if chart.reflection.ahead:
        yield ("reflection", "ahead"), "can't be learned from scenes of several steps"
    if "bands" in chart.scenes.symmetries:
        yield ("scenes", "symmetries"), "bands is for scenes of one step"
    if spec.transition is not None:
        if spec.window == 1:
            yield (
                ("steps", "transition"),
                "nothing is foreseen in a window of one step: set steps.window to 2 or more",
            )
        yield from _foreseeing(spec.transition.zone)


def _one_step(chart: Chart) -> Iterator[Problem]:
    """Yields what only scenes of several steps can have."""
    if chart.will.goal is not None:
        yield ("will", "goal"), "needs scenes of several steps, with a sense under steps.goal"
    for name, act in chart.acts.items():
        if isinstance(act, LabelActSpec) and act.kind == "action":
            yield ("acts", name, "kind"), "an action is felt at the next step: declare `steps`, or use kind 'label'"


def _goal(chart: Chart) -> Iterator[Problem]:
    assert chart.steps is not None
    goal = chart.steps.goal
    if goal is not None and goal not in chart.senses:
        yield ("steps", "goal"), f"no sense called {goal!r}{nearest(goal, chart.senses)}"
    if goal is None and chart.will.goal is not None:
        yield ("will", "goal"), "no sense hears it: name one under steps.goal"


def _kinds(chart: Chart) -> Iterator[Problem]:
    """Yields the senses and acts that scenes of several steps can't have."""
    for name, sense in chart.senses.items():
        if isinstance(sense, SequenceSpec) and sense.branches:
            yield ("senses", name), "sequences with brackets can't be seen step by step; leave out opening and closing"
    for name, act in chart.acts.items():
        if isinstance(act, Saying) and act.order == "left-to-right":
            yield (
                ("acts", name, "order"),
                "nothing is said from left to right step by step; say it all at once: parallel",
            )


def _foreseeing(zone: ZoneBase) -> Iterator[Problem]:
    here = ("steps", "transition", "zone")
    if zone.state != "none" or zone.kind in ("recurrent", "nested"):
        yield here, f"what foresees keeps no state; a zone of kind {zone.kind!r} so declared does"
    if len(zone.roles) != 1:
        yield (*here, "roles"), f"what foresees has one role, not {len(zone.roles)}"
