"""A brain of zones named after areas: laid out by one rule, and it runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.talk import Talk
from ltm.brain.think import think
from ltm.catalog.thinking_cost import weigh
from ltm.chart.draw_svg import svg
from ltm.chart.load import load_chart
from ltm.chart.patterns import edges
from ltm.chart.schema import Chart
from ltm.errors import LtmError
from ltm.plan.cortex import Cortex, cortex_chart, plan_cortex, shipped_cortex
from ltm.plan.ladder import ladder
from ltm.plan.sample import sample
from ltm.plan.skills import SKILLS
from ltm.plan.wish import Wish
from ltm.scenes.prepare import generate_scenes
from ltm.training.optimiser import Optimiser
from ltm.training.segment import run_segment
from ltm.training.slots import Slots
from ltm.training.step import learn
from ltm.zones.table import KINDS
from tests.plan.machines import machine


@pytest.fixture(scope="module")
def chart() -> Chart:
    return cortex_chart(load_chart("sudoku"), shipped_cortex(), 32)


def test_every_area_says_what_it_does_and_who_says_so() -> None:
    cortex = shipped_cortex()
    for name in ("v1", "wernicke", "broca", "pfc", "hippocampus"):
        assert name in cortex.areas
    assert {area.zone["kind"] for area in cortex.areas.values()} <= set(KINDS)
    told = list(cortex.told())
    assert len(told) == len(cortex.areas) == 16
    assert all(
        area.does in words and f"[{area.source}]" in words
        for area, words in zip(cortex.areas.values(), told, strict=True)
    )
    used = {area.source for area in cortex.areas.values()} | {"gallos-2012", "murray-2014"}
    assert used == set(cortex.sources)


def test_the_coupling_is_one_rule_at_two_scales(chart: Chart) -> None:
    cortex = shipped_cortex()
    found = Counter((edge.source, edge.to) for edge in edges(chart.coupling, list(chart.zones)))
    hubs = [cortex.hub(group) for group in cortex.groups]
    wanted = {(a, b) for a in hubs for b in hubs if a != b}
    for group in cortex.groups:
        members = [name for name, area in cortex.areas.items() if area.group == group]
        wanted |= {(a, b) for a in members for b in members if a != b}
    assert found == Counter(dict.fromkeys(wanted, 1))


def test_it_thinks_and_every_area_learns(chart: Chart) -> None:
    brain = Brain(chart)
    (thought,) = think(brain, sample(chart, Path()), chart.will.model_copy(update={"ticks": 8}))
    assert thought.operations > 0
    scenes = generate_scenes(chart, 32, 0)
    small = chart.model_copy(update={"training": chart.training.model_copy(update={"batch": 4})})
    brain = Brain(small)
    before = {name: zone.state_dict() for name, zone in brain.circuit.zones.items()}
    before = {name: {key: value.clone() for key, value in state.items()} for name, state in before.items()}
    slots = Slots(brain, scenes, torch.Generator().manual_seed(0), torch.float32)
    optimiser = Optimiser(brain, small.training)
    for number in range(3):
        learn(brain, slots, optimiser, run_segment, False, number, 10)
    for name, zone in brain.circuit.zones.items():
        after = zone.state_dict()
        assert any(not torch.equal(after[key], value) for key, value in before[name].items()), name
        assert all(bool(value.isfinite().all()) for value in after.values()), name


def test_it_is_drawn(chart: Chart) -> None:
    drawn = svg(chart, {})
    assert all(name in drawn for name in chart.zones)


def test_less_than_all_fires(chart: Chart) -> None:
    weight = weigh(chart)
    assert 0.3 < weight.active_parameters / weight.parameters < 0.8


def test_it_sees_one_kind_of_scenes_and_says_what_it_can_not_work_on() -> None:
    with pytest.raises(LtmError, match="choose one of sudoku, maze"):
        plan_cortex(Wish(("sudoku", "maze")), machine())
    with pytest.raises(LtmError, match=r"can't work on context: zones.it.kind: .* read what comes next off later"):
        cortex_chart(like("language"), shipped_cortex(), 32)


def like(skill: str) -> Chart:
    return ladder(skill, SKILLS[skill], None, Path(), 1.0, 0)[0]


def test_areas_suit_what_is_seen() -> None:
    cortex = shipped_cortex()
    flat, line, told = (cortex.suited(like(skill)) for skill in ("maze", "listops", "language"))
    assert flat is cortex
    assert [area.model_dump(exclude={"zone"}) for area in line.areas.values()] == [
        area.model_dump(exclude={"zone"}) for area in cortex.areas.values()
    ]
    for area in line.areas.values():
        assert area.zone["kind"] != "conv" and not {"rows", "columns"} & set(area.zone.get("windows", ()))
    assert told.areas["wernicke"].zone["kind"] == "llama" and told.areas["v1"].zone["kind"] == "rwkv7"
    assert any("Wernicke's area" in words and "; llama; " in words for words in told.told())


def test_no_area_hears_what_comes_next() -> None:
    chart = cortex_chart(like("language"), shipped_cortex().suited(like("language")), 32)
    brain = Brain(chart).eval()
    symbols = torch.randint(0, 255, (2, 12), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    symbols[1, :8] = symbols[0, :8]
    with torch.inference_mode():
        logits = brain.think_on(brain.begin({"context": symbols}), chart.training.ticks).logits["next"]
        talk = Talk(brain)
        heard = [talk.hear([symbol])[: logits.shape[-1]] for symbol in symbols[0].tolist()]
    torch.testing.assert_close(logits[0, :8], logits[1, :8])
    assert (logits[0, 8:] - logits[1, 8:]).abs().amax(-1).min() > 1e-5
    # Symbol by symbol it tells the same: what each area carries from site to site is its own.
    assert (torch.stack(heard) - logits[0]).abs().max() < 1e-4


def test_a_layout_out_of_order_is_refused() -> None:
    whole = shipped_cortex().model_dump()
    turned = dict(reversed(whole["areas"].items()))
    with pytest.raises(ValueError, match="groups of 4"):
        Cortex.model_validate({**whole, "areas": turned})
    area = {**whole["areas"]["v1"], "source": "nobody"}
    with pytest.raises(ValueError, match="no source 'nobody'"):
        Cortex.model_validate({**whole, "areas": {**whole["areas"], "v1": area}})
    with pytest.raises(ValueError, match="no area 'v11'; did you mean 'v1'"):
        Cortex.model_validate({**whole, "lines": {"v11": {"kind": "mixer"}}})
