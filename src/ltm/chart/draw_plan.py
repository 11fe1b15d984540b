"""Measures of a brain's picture: where the field lies, and where each zone's box stands around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ltm.chart.draw_wires import Wires
from ltm.chart.schema import Chart

MOST_ENDS = 6
"""More senses or acts than this are counted, not drawn."""

MARGIN, TOP, GAP, BAND = 36.0, 92.0, 62.0, 76.0
SIDE_WIDE, SIDE_GAP, END_STEP = 148.0, 56.0, 62.0
"""Pixels: the columns of senses and acts, their distance to the field, and from one box to the next."""


@dataclass(frozen=True)
class Node:
    """A zone's box; `above` tells on which side of the field it lies."""

    name: str
    x: float
    y: float
    wide: float
    high: float
    above: bool

    @property
    def outer(self) -> tuple[float, float]:
        """The middle of the edge that faces away from the field."""
        return self.x, self.y - self.high / 2 if self.above else self.y + self.high / 2

    @property
    def inner(self) -> tuple[float, float]:
        """The middle of the edge that faces the field."""
        return self.x, self.y + self.high / 2 if self.above else self.y - self.high / 2


@dataclass(frozen=True)
class Plan:
    """Measures of the whole: where the band of the field lies, and how far zones and curves reach."""

    nodes: dict[str, Node]
    left: float
    right: float
    band: float
    """Height at which the band starts."""
    bottom: float
    """Lowest point of zones, curves and the columns at the sides."""
    below: bool


def lay_out(chart: Chart, found: Wires, shown: list[str], sizes: Mapping[str, int]) -> Plan:
    """Places the zones `shown`: up to 6 in a row above the field, up to 16 on both sides, more in staggered rows."""
    count = len(shown)
    small, below = count > 16, count > 6
    row = (count + 1) // 2 if below else count
    pitch = 44.0 if small else 190.0 if count <= 4 else 162.0
    biggest = max((sizes.get(name, 0) for name in shown), default=0)
    left = MARGIN + SIDE_WIDE + SIDE_GAP
    length = max(400.0, row * pitch + 24)
    places: dict[str, tuple[float, bool, float, float]] = {}
    for number, name in enumerate(shown):
        above = number < row
        # Clockwise, so that a ring is a ring: below the field the order runs backwards.
        column = number if above else row - 1 - (number - row)
        x = left + length / 2 + (column - (row - 1) / 2) * pitch
        share = (sizes.get(name, 0) / biggest) ** 0.5 if biggest else 1.0
        around = 38.0 * (0.55 + 0.45 * share)
        places[name] = (x, above, around, around) if small else (x, above, pitch - 28, 64.0 + 24.0 * share)
    rows = 2 if small else 1
    depth = (72.0 if small else 0.0) * (rows - 1) + (56.0 if small else 88.0)
    reach = _reach(found, {name: place[0] for name, place in places.items()})
    column_high = END_STEP * max(
        min(len(chart.senses), MOST_ENDS) + 1, min(len(chart.acts), MOST_ENDS) + (3 if reflects(chart) else 2)
    )
    band = max(TOP + reach + depth + GAP, TOP + column_high / 2 - BAND / 2)
    nodes = {}
    for number, (name, (x, above, wide, high)) in enumerate(places.items()):
        # Many zones stand in two staggered rows, so that the links of the outer row pass between the inner ones.
        away = GAP + (72.0 if small and number % 2 else 0.0) + high / 2
        nodes[name] = Node(name, x, band - away if above else band + BAND + away, wide, high, above)
    under = GAP + depth + reach if below else 0.0
    bottom = max(band + BAND + under, band + BAND / 2 + column_high / 2)
    return Plan(nodes, left, left + length, band, bottom, below)


def reflects(chart: Chart) -> bool:
    """Whether reflection has a read-out of its own."""
    return chart.reflection.kind != "none"


def lift_of(distance: float) -> float:
    """Returns how far a curve between zones of one row bends away from the field."""
    return min(92.0, 20.0 + 0.16 * distance)


def _reach(found: Wires, places: Mapping[str, float]) -> float:
    spans = [abs(places[a] - places[b]) for a, b in found.hears if a in places and b in places]
    return 0.78 * lift_of(max(spans)) if spans else 0.0
