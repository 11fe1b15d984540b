"""The brain as a whole: sites, several senses, padding, seeds, sizes."""

from __future__ import annotations

import pytest
import torch
from tiny import WIDTH, chart_of, chart_with, puzzles

from ltm.brain.brain import Brain, fixed_sites
from ltm.chart.circuit import Edge
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import ChartError
from ltm.senses.layout import VOID


def two_senses(kind: str = "mixer") -> Chart:
    left = {"kind": "grid", "rows": 2, "columns": 3, "symbols": 4}
    right = {"kind": "grid", "rows": 1, "columns": 4, "symbols": 3}
    senses = {"left": left, "right": right}
    acts = {"to_left": {**left, "at": "left"}, "to_right": {**right, "at": "right"}}
    return chart_with({"only": {"kind": kind}}, senses=senses, acts=acts, field={"width": WIDTH, "prefix": 2})


def seen(batch: int = 2) -> dict[str, torch.Tensor]:
    return {
        "left": torch.arange(6, dtype=torch.uint8).reshape(1, 2, 3).expand(batch, -1, -1) % 4,
        "right": torch.ones(batch, 1, 4, dtype=torch.uint8),
    }


def test_senses_lie_one_after_another_behind_the_prefix() -> None:
    brain = Brain(two_senses())
    mind = brain.begin(seen())
    assert fixed_sites(brain.chart) == mind.places.sites == 2 + 6 + 4
    assert mind.input.shape == (2, 12, WIDTH)
    assert not mind.input[:, :2].any()
    changed = seen()
    changed["right"] = changed["right"] + 1
    differs = (brain.sense(changed, mind.places) != mind.input).any(-1)[0]
    assert differs.tolist() == [False] * 8 + [True] * 4


def test_each_act_reads_the_sites_of_its_sense() -> None:
    brain = Brain(two_senses())
    reading = brain.think_on(brain.begin(seen()), 2)
    assert reading.logits["to_left"].shape == (2, 6, 4)
    assert reading.logits["to_right"].shape == (2, 4, 3)
    assert reading.right.shape == (2,)


def test_one_sense_reaches_the_other_through_the_field() -> None:
    brain = Brain(two_senses("attention"))
    calm = brain.think_on(brain.begin(seen()), 3).logits["to_left"]
    changed = seen()
    changed["right"] = changed["right"] + 1
    assert not torch.allclose(brain.think_on(brain.begin(changed), 3).logits["to_left"], calm)


def test_what_lies_outside_a_grid_is_silent() -> None:
    grid = {"kind": "grid", "symbols": 5}
    brain = Brain(chart_of({"kind": "mixer"}, senses={"puzzle": grid}, acts={"solution": grid}))
    values = torch.full((1, 4, 4), VOID, dtype=torch.uint8)
    values[:, :2, :3] = 1
    places = brain.layout.places({"puzzle": values})
    assert places.mask_BS is not None and int(places.mask_BS.sum()) == 6
    assert not brain.sense({"puzzle": values}, places)[~places.mask_BS].any()
    assert brain.layout.places({"puzzle": values[:, :2, :3]}).mask_BS is None


def test_sizes_are_counted_without_building() -> None:
    chart = two_senses()
    brain = Brain(chart)
    sizes = Sizes.of(chart)
    assert sizes.parameters == sum(weight.numel() for weight in brain.parameters())
    assert sizes.bytes == 4 * sizes.parameters
    assert sizes.sites == 12
    places = brain.begin(seen()).places
    ticks = sum(brain.circuit.operations(places, tick) for tick in range(chart.training.ticks))
    assert sizes.segment == ticks + brain.reading_operations(places)


def test_a_chart_whose_parts_do_not_fit_is_refused() -> None:
    chart = two_senses()
    stray = chart.coupling.model_copy(update={"pattern": "edges", "edges": (Edge(source="only", to="nowhere"),)})
    with pytest.raises(ChartError, match="no zone called"):
        Brain(chart.model_copy(update={"coupling": stray}))


def test_the_seed_decides_the_weights() -> None:
    chart = two_senses()
    first, same, other = (Brain(chart, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_noise_in_the_start_comes_from_the_generator() -> None:
    brain = Brain(chart_of({"kind": "mixer"}, field={"width": WIDTH, "noise": 0.5}))
    values = {"puzzle": torch.zeros(2, 4, 4, dtype=torch.uint8)}
    one, same, other = (brain.begin(values, torch.Generator().manual_seed(seed)).lanes.field for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert not torch.equal(one[0], one[1])
    calm = brain.begin(values).lanes.field
    assert torch.equal(calm[0], calm[1])


def test_prefix_sites_hear_what_was_learned_for_them() -> None:
    chart = chart_with({"only": {"kind": "attention"}}, field={"width": WIDTH, "prefix": 3, "prefix_vectors": 2})
    brain, values = Brain(chart), puzzles()
    assert brain.prefix is not None and brain.parameters_by_part()["prefix"] == 2 * WIDTH
    silent = brain.sense(values, brain.layout.places(values))
    assert not silent[:, :3].any()  # zero at the start
    with torch.no_grad():
        brain.prefix.vectors.fill_(0.5)
    heard = brain.sense(values, brain.layout.places(values))
    assert torch.equal(heard[:, 3:], silent[:, 3:]) and not heard[:, 2].any()
    assert torch.allclose(heard[:, :2], torch.tensor(0.5 * WIDTH**0.5))
    heard.sum().backward()
    assert brain.prefix.vectors.grad is not None and bool(brain.prefix.vectors.grad.all())
    with pytest.raises(ValueError, match="prefix_vectors \\(2\\) exceeds prefix \\(1\\)"):
        chart_with({"only": {"kind": "attention"}}, field={"width": WIDTH, "prefix": 1, "prefix_vectors": 2})
