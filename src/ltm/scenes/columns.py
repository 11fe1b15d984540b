"""Which columns a chart reads, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ltm.acts.grid import GridActSpec
from ltm.acts.next import NextActSpec
from ltm.chart.schema import Chart
from ltm.scenes.following import Following
from ltm.scenes.step_rows import ROLE
from ltm.scenes.steps import Roles, Stepped
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec
from ltm.senses.value import ValueSpec


def columns_of(chart: Chart) -> dict[str, ValueSpec]:
    """Returns the declaration of every column that a chart reads or answers; the answers come last."""
    columns: dict[str, ValueSpec] = {**chart.senses, **chart.acts}
    for name, act in chart.acts.items():
        if isinstance(act, NextActSpec):
            of = act.at or next(iter(chart.senses))
            seen = chart.senses[of]
            assert isinstance(seen, TextSpec | SequenceSpec)  # checked by the chart
            columns[name] = Following(act, of, seen)
    if chart.steps is None:
        return columns
    return {ROLE: Roles(chart.steps.roles), **{name: Stepped(spec) for name, spec in columns.items()}}


def seen_columns(chart: Chart) -> dict[str, ValueSpec]:
    """Returns what a brain reads of a scene to think about it: of one of several steps also what was done before."""
    return dict(chart.senses) if chart.steps is None else columns_of(chart)


def alike_of(chart: Chart) -> dict[str, str]:
    """Returns which columns must have the size of another: a grid that is answered, that of the grid it lies over."""
    return lying_over(chart.acts, next(iter(chart.senses)))


def lying_over(acts: Mapping[str, Any], first: str) -> dict[str, str]:
    """Returns over which sense's grid each grid that is answered lies.

    Args:
        acts: declarations; those of senses and of other acts are passed over.
        first: the first sense, over which a grid lies that names none.
    """
    return {name: act.place(first) or first for name, act in acts.items() if isinstance(act, GridActSpec)}
