"""All zones of a chart, wherever they are declared."""

from __future__ import annotations

from collections.abc import Iterator

from ltm.chart.circuit import CircuitSpec
from ltm.chart.schema import Chart
from ltm.zones.nested import NestedSpec
from ltm.zones.spec import ZoneBase

Loc = tuple[str | int, ...]


def every_zone(chart: Chart) -> Iterator[tuple[Loc, ZoneBase]]:
    """Yields each zone with where it is declared: those inside of others too, and what foresees."""
    inside: list[tuple[Loc, CircuitSpec]] = [((), chart)]
    while inside:
        loc, circuit = inside.pop()
        for name, zone in circuit.zones.items():
            here = (*loc, "zones", name)
            yield here, zone
            if isinstance(zone, NestedSpec):
                inside.append(((*here, "circuit"), zone.circuit))
    if chart.steps is not None and chart.steps.transition is not None:
        yield ("steps", "transition", "zone"), chart.steps.transition.zone
