"""The strip at the bottom of a brain's picture: which role fires at which tick."""

from __future__ import annotations

from ltm.chart.draw_shapes import INK, SOFT, Box, Shape, Text, clip
from ltm.chart.draw_wires import Wires, colour, kind, rhythm_words
from ltm.chart.schema import Chart

MOST_ROLES = 64
MOST_TICKS = 64
"""More than these are counted, not drawn."""

_LABELS = 150.0
_FEWEST = 16
"""A short cycle is repeated, faintly, to so many ticks: a rhythm is easier to see than a single beat."""


def strip(chart: Chart, found: Wires, x: float, y: float, wide: float) -> tuple[list[Shape], float]:
    """Draws one row a role and one column a tick, from (x, y) downwards; returns the shapes and where they end."""
    shapes: list[Shape] = [
        Text(x, y, clip("wave " + rhythm_words(chart, found), wide, 12.5), 12.5, INK, False, "start")
    ]
    if not found.cycle:
        return shapes, y
    roles, length = found.roles[:MOST_ROLES], len(found.cycle)
    shown = min(length, MOST_TICKS)
    ticks = shown if length > _FEWEST else max(shown, _FEWEST // length * length)
    high = 16.0 if len(roles) <= 16 else 11.0
    cell = min(26.0, (wide - _LABELS) / ticks)
    top = y + 34
    numbered = range(0, ticks, max(1, round(18 / cell)))
    shapes += [Text(x + _LABELS + (tick + 0.5) * cell, top - 12, str(tick), 9, SOFT) for tick in numbered]
    for row, role in enumerate(roles):
        fill, line = colour(kind(chart.zones[role.split(".")[0]]))
        middle = top + (row + 0.5) * high
        size = min(11.0, high - 2.5)
        shapes.append(Text(x + _LABELS - 10, middle, clip(role, _LABELS - 14, size), size, SOFT, False, "end"))
        for tick in range(ticks):
            fires = role in found.cycle[tick % length]
            ink = (line if tick < length else fill) if fires else "#f1f3f6"
            shapes.append(
                Box(x + _LABELS + tick * cell + 1, middle - high / 2 + 1, max(1.0, cell - 2), high - 2, 3, ink)
            )
    bottom = top + len(roles) * high
    hidden = [f"{shown} of {length} ticks"] if shown < length else []
    hidden += [f"{len(roles)} of {len(found.roles)} roles"] if len(roles) < len(found.roles) else []
    if hidden:
        bottom += 18
        shapes.append(Text(x + _LABELS, bottom, " and ".join(hidden) + " are drawn", 11, SOFT, False, "start"))
    return shapes, bottom
