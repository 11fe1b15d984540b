"""The plain stack that benchmarks put beside a brain: as many weights, the same kind of zone, nothing used twice."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.arc import CHART as ARC
from benchmarks.beside import LAYERS, first, part, plain_stack, plain_transformer
from benchmarks.kinds import ARMS, with_zones
from ltm.chart.load import chart_from_text, load_chart
from ltm.chart.size import Sizes
from ltm.scenes.store import SceneSet
from ltm.training.from_data import propose_for


@pytest.mark.parametrize("source", ["listops", "sudoku"])
def test_a_plain_stack_is_as_large_and_loops_nothing(source: str) -> None:
    chart = propose_for(source, [], [])[0] if source == "listops" else load_chart(source)
    stack = plain_stack(chart)
    sizes = [Sizes.of(one).parameters for one in (chart, stack)]
    assert abs(sizes[1] / sizes[0] - 1) < 0.01
    assert tuple(stack.zones) == LAYERS and stack.will.ticks == stack.training.ticks == len(LAYERS)
    assert stack.training.segments == 1 and stack.field.noise == 0
    (core,) = chart.zones.values()
    for zone in stack.zones.values():
        assert (zone.kind, zone.state, zone.model_dump()["layers"]) == (core.kind, "none", 1)
        assert zone.model_dump()["windows"] == core.model_dump()["windows"]


def test_a_plain_transformer_knows_nothing_of_brackets() -> None:
    chart = propose_for("listops", [], [])[0]
    plain = plain_transformer(chart)
    assert abs(Sizes.of(plain).parameters / Sizes.of(chart).parameters - 1) < 0.01
    assert {zone.kind for zone in plain.zones.values()} == {"attention"} and len(plain.zones) == len(LAYERS)
    assert not any(zone.model_dump()["windows"] for zone in plain.zones.values())


def test_the_plain_stack_of_several_zones_has_their_layers_in_turn() -> None:
    chart = chart_from_text(ARC, "arc")
    stack = plain_stack(chart)
    assert [zone.kind for zone in stack.zones.values()] == ["conv", "mixer"] * 4
    assert abs(Sizes.of(stack).parameters / Sizes.of(chart).parameters - 1) < 0.01


@pytest.mark.parametrize("arm", ARMS)
def test_kinds_of_zones_are_compared_at_equal_size(arm: str) -> None:
    base = chart_from_text(ARC, "arc")
    chart = with_zones(base, arm)
    assert 0 <= Sizes.of(chart).parameters / Sizes.of(base).parameters - 1 < 0.01
    assert [zone.kind for zone in chart.zones.values()] == [zone["kind"] for zone in ARMS[arm]]


def test_shares_of_groups_and_first_scenes() -> None:
    right = np.array([True, False, True])
    assert part(right, np.array([True, True, False])) == {"exact": 0.5, "scenes": 2}
    assert part(right, np.zeros(3, dtype=bool)) == {"exact": None, "scenes": 0}
    scenes = SceneSet.of({"a": np.arange(5)[:, None]})
    assert len(first(scenes, None)) == len(first(scenes, 9)) == 5 and len(first(scenes, 2)) == 2
