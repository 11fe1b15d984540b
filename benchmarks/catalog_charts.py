"""The charts that benchmarks train, for the layers and widths in the micro-models chart: made again without any data.

Columns are declared as `ltm fit` finds them in the files of the benchmarks. Whether a chart made here is the one that
was trained shows in its size, which `benchmarks.catalog` compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks.arc import CHART
from benchmarks.common import chart_of
from benchmarks.kinds import with_zones
from ltm.chart.load import chart_from_text
from ltm.chart.propose import propose
from ltm.chart.schema import Chart
from ltm.training.from_data import propose_for

Column = Mapping[str, Any]
Make = Callable[[], Chart]
DIGITS = [str(digit) for digit in range(10)]
OPENING = ["[FIRST", "[LAST", "[MAX", "[MIN"]
COMMANDS = "after and around jump left look opposite right run thrice turn twice walk".split()
DEEDS = ["I_JUMP", "I_LOOK", "I_RUN", "I_TURN_LEFT", "I_TURN_RIGHT", "I_WALK"]


def shipped(chart: str, settings: Sequence[str] = ()) -> Make:
    return partial(chart_of, chart, settings)


def _fitted(see: Column, do: Column, size: int) -> Make:
    """Returns what makes the chart that `ltm fit` proposes for two such columns."""
    return partial(propose, {"seen": see, "done": do}, ["seen"], ["done"], source="data.csv", size=size)


def digits() -> Make:
    image = {"kind": "image", "rows": 28, "columns": 28, "channels": 1, "patch": 4}
    return _fitted(image, {"kind": "label", "labels": DIGITS}, 1_000_000)


def lists() -> Make:
    brackets = {"ignore": ["(", ")"], "opening": OPENING, "closing": ["]"]}
    nested = {"kind": "sequence", "tokens": [*DIGITS, *OPENING, "]"], "longest": 8192, **brackets}
    return _fitted(nested, {"kind": "label", "labels": DIGITS}, 2_000_000)


def sentences() -> Make:
    words = {"kind": "text", "unit": "words", "features": ["word", "pair", "letters"], "buckets": 131_072}
    words |= {"inner": 2, "start": 0.02, "longest": 136, "cut": True}
    return _fitted(words, {"kind": "label", "labels": ["negative", "positive"]}, 2_000_000)


def commands(order: Mapping[str, str]) -> Make:
    actions = {"kind": "sequence", "tokens": DEEDS, "longest": 48, **order}
    return _fitted({"kind": "sequence", "tokens": COMMANDS, "longest": 14}, actions, 2_000_000)


def worlds() -> Make:
    return lambda: propose_for("minigrid", [], [], size="1MB", count=2000)[0]


def rules(arm: str) -> Make:
    return lambda: with_zones(chart_from_text(CHART, "benchmarks/arc.py"), arm)
