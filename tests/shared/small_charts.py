"""The charts that come with the package and can be exported, at small widths."""

from __future__ import annotations

from ltm.chart.load import load_chart
from ltm.chart.schema import Chart

TRM = [
    f"zones.net.roles.{role}" for role in ("fast.phases=[0, 1]", "fast.period=3", "slow.phases=[2]", "slow.period=3")
]
SMALL = {
    # Restless after the first look, so that what stirs the field is compared too.
    "sudoku": (4, ["zones.core.layers=1", "will.patience=2"]),
    "trm": (3, ["zones.net.messages=8", "zones.net.hidden=16", "zones.net.layers=1", *TRM]),
    "trm-attention": (3, ["zones.net.heads=2", "zones.net.hidden=16", "zones.net.layers=1", *TRM]),
    "hrm": (3, [f"zones.{zone}.{key}" for zone in ("low", "high") for key in ("layers=1", "heads=2", "hidden=16")]),
    "universal-transformer": (2, ["zones.layer.hidden=16", "zones.layer.layers=1"]),
    "plain-stack": (4, []),
    "mixture": (1, [f"zones.e{n}.{key}=8" for n in range(1, 9) for key in ("width", "messages", "hidden")]),
    "akorn": (1, ["zones.waves.steps=2"]),
    "maze": (2, ["zones.local.hidden=8", "scenes.sizes=[5, 9]"]),
}
"""Ticks a segment, and what makes the rest small."""


def small(name: str) -> tuple[Chart, int, dict[str, tuple[int, ...]]]:
    """Returns a chart made small, ticks for a thought with two looks, and sizes that it leaves open."""
    segment, smaller = SMALL[name]
    gradient = ["training.gradient_ticks=1"] if load_chart(name).training.gradient_ticks else []
    chart = load_chart(name, ["field.width=16", f"training.ticks={segment}", *gradient, *smaller])
    return chart, segment + 1, {"maze": (9, 9)} if name == "maze" else {}  # most mazes are smaller and padded
