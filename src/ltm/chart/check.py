"""Whether a chart can be built: its parts fit one another, and the brain fits its budgets.

Nothing is allocated: sizes come from a brain built on PyTorch's `meta` device.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ltm.chart.base import format_bytes
from ltm.chart.document import Document
from ltm.chart.every_zone import every_zone
from ltm.chart.locate import Problem, refuse
from ltm.chart.misfits import misfits
from ltm.chart.schema import Chart
from ltm.chart.size import BYTES_A_WEIGHT, Sizes

MAX_BYTES = 10 * 10**9


def check(chart: Chart) -> list[Problem]:
    """Returns everything that makes a chart impossible to build; empty when it can be built."""
    return misfits(chart) or list(_budgets(chart))


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
