"""How many sites a chart's field has, where the chart itself fixes that."""

from __future__ import annotations

import math

from ltm.acts.canvas import CanvasSpec
from ltm.acts.saying import Saying
from ltm.chart.schema import Chart


def own_grids(chart: Chart) -> dict[str, tuple[int, int]]:
    """Returns rows and columns of the sites that acts add to the field, behind those of the senses."""
    return {name: act.own_grid for name, act in chart.acts.items() if isinstance(act, Saying | CanvasSpec)}


def fixed_sites(chart: Chart) -> int | None:
    """Returns the number of sites, prefix included, where every sense fixes its shape; otherwise None."""
    total = chart.field.prefix + sum(act.own_sites for act in chart.acts.values())
    for spec in chart.senses.values():
        if spec.fixed_sites is None:
            return None
        total += math.prod(spec.fixed_sites)
    return total
