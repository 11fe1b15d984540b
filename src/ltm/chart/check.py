"""Whether a chart can be built and taught: its parts fit one another and the scenes, and the brain fits its budgets.

What fits (`ltm.chart.misfits`) is also looked at when a finished brain is read; the rest is for brains to come.

Nothing is allocated: sizes come from a brain built on PyTorch's `meta` device.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ltm.chart.base import format_bytes
from ltm.chart.document import Document
from ltm.chart.every_zone import Loc, every_zone
from ltm.chart.locate import Problem, refuse
from ltm.chart.misfit_scenes import scene_misfits
from ltm.chart.misfits import misfits
from ltm.chart.rhythm import cycle, cycle_length, labels
from ltm.chart.schema import Chart
from ltm.chart.size import BYTES_A_WEIGHT, Sizes
from ltm.zones.nested import NestedSpec

MAX_BYTES = 10 * 10**9


def check(chart: Chart) -> list[Problem]:
    """Returns everything that makes a chart impossible to build; empty when it can be built."""
    return misfits(chart) or [*scene_misfits(chart), *_idle(chart), *_budgets(chart)]


def require(chart: Chart, document: Document | None = None, source: Path | str = "chart") -> Chart:
    """Returns the chart, or says where it is impossible.

    Raises:
        ChartError: located by line and column when the document is given.
    """
    refuse(check(chart), document, source)
    return chart


def _budgets(chart: Chart) -> Iterator[Problem]:
    sizes = Sizes.of(chart)
    if sizes.bytes > MAX_BYTES:
        yield (), f"the brain would take {format_bytes(sizes.bytes)}; this version builds up to 10 GB"
    for here, zone in every_zone(chart):
        size = BYTES_A_WEIGHT * sizes.zones[here]
        if zone.budget is not None and size > zone.budget:
            yield (*here, "budget"), f"the zone takes {format_bytes(size)}, over {format_bytes(zone.budget)}"
    if chart.budget is not None and sizes.bytes > chart.budget:
        yield ("budget",), f"the brain takes {format_bytes(sizes.bytes)}, over {format_bytes(chart.budget)}"


def _idle(chart: Chart) -> Iterator[Problem]:
    for here, zone in every_zone(chart):
        if isinstance(zone, NestedSpec):
            yield from _never_fires(zone, here)


def _never_fires(zone: NestedSpec, loc: Loc) -> Iterator[Problem]:
    """A firing begins at the first tick of the inner rhythm, so what comes after its last tick would never come."""
    length = cycle_length(zone.circuit)
    if zone.ticks >= length:
        return
    fire = {number for roles in cycle(zone.circuit)[: zone.ticks] for number in roles}
    late = [label for number, label in enumerate(labels(zone.circuit)) if number not in fire]
    if late:
        name, role = late[0]
        words = f"zone {name!r} in role {role!r} would never fire; the inner rhythm takes {length} ticks"
        yield (*loc, "ticks"), words
