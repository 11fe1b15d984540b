"""Whether zones that look through pretrained models have something to look at."""

from __future__ import annotations

from collections.abc import Iterator

from ltm.chart.every_zone import Loc, every_zone
from ltm.chart.locate import Problem
from ltm.chart.schema import Chart
from ltm.errors import nearest
from ltm.senses.raw import RawSpec
from ltm.zones.pretrained import PretrainedSpec


def raw_misfits(chart: Chart) -> Iterator[Problem]:
    """Yields what doesn't fit."""
    raw = {name: sense for name, sense in chart.senses.items() if isinstance(sense, RawSpec)}
    if raw and chart.steps is not None:
        yield ("senses", next(iter(raw))), "a sense of kind 'raw' is for scenes of one step"
    for here, zone in every_zone(chart):
        if isinstance(zone, PretrainedSpec):
            yield from _zone(zone, chart, raw, here)


def _zone(zone: PretrainedSpec, chart: Chart, raw: dict[str, RawSpec], loc: Loc) -> Iterator[Problem]:
    if zone.sense not in chart.senses:
        yield (*loc, "sense"), f"no sense called {zone.sense!r}{nearest(zone.sense, chart.senses)}"
    elif zone.sense not in raw:
        kind = chart.senses[zone.sense].kind
        yield (*loc, "sense"), f"a pretrained model looks at a sense of kind 'raw'; {zone.sense!r} is of kind {kind!r}"
    elif raw[zone.sense].model != zone.model:
        model = raw[zone.sense].model
        yield (*loc, "model"), f"sense {zone.sense!r} holds values for {model!r}, which {zone.model!r} doesn't take"
