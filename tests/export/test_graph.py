"""A thought as a graph: what `think` gives for a scene by itself, for all kinds of zones, waves, senses and acts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from exported import OPEN, SENSES, doubting, reading_brain, several
from tiny import GRID, SITES, chart_of, chart_with, puzzles
from variants import EVERY

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.schema import WillSpec
from ltm.export.graph import ANSWER, CONFIDENCE, SEE, TICKS, ThoughtGraph

DYNAMIC = {
    "top-k": {"policy": "top-k", "fire": 2},
    "sync": {"policy": "sync", "fire": 1},
}
THREE = {
    "one": {"kind": "mixer", "state": "own", "roles": {"fast": {"writes": "own"}, "slow": {"writes": "both"}}},
    "two": {"kind": "conv", "write": "replace"},
    "three": {"kind": "recurrent", "state": "own", "width": 8},
}


def agrees(brain: Brain, values: dict[str, torch.Tensor], ticks: int = 5, **will: Any) -> None:
    """Checks a graph on a batch against the thoughts of its scenes, each thought alone."""
    spec = WillSpec(ticks=ticks, tries=1, confidence=1, **will)
    sizes = {name: tuple(value.shape[1:]) for name, value in values.items()}
    graph = ThoughtGraph(brain, spec, sizes, seed=3).eval()
    with torch.inference_mode():
        said = graph({SEE + name: value for name, value in values.items()})
    count = len(next(iter(values.values())))
    alone = [think(brain, {n: v[i : i + 1] for n, v in values.items()}, spec, seed=3)[0] for i in range(count)]
    np.testing.assert_allclose(said[CONFIDENCE], [thought.confidence for thought in alone], atol=2e-5)
    assert said[TICKS].tolist() == [thought.ticks for thought in alone]
    for name, act in brain.chart.acts.items():
        under = values[act.place(next(iter(values))) or next(iter(values))]
        for row, thought in enumerate(alone):
            assert act.answer(said[ANSWER + name][row].reshape(-1).numpy(), under[row].numpy()) == thought.answer[name]


@pytest.mark.parametrize("zone", EVERY.values(), ids=EVERY.keys())
def test_every_zone(zone: dict[str, Any]) -> None:
    agrees(doubting(chart_of(zone, field={"width": 24, "noise": 0.5})), puzzles())


@pytest.mark.parametrize("wave", DYNAMIC.values(), ids=DYNAMIC.keys())
def test_waves_that_choose(wave: dict[str, Any]) -> None:
    agrees(doubting(chart_with(THREE, wave=wave, field={"width": 16, "noise": 0.5})), puzzles(8))


@pytest.mark.parametrize("wave", DYNAMIC.values(), ids=DYNAMIC.keys())
def test_all_computing_gives_what_gathering_gives(wave: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    brain = doubting(chart_with(THREE, wave=wave))
    found = []
    for exporting in (False, True):
        monkeypatch.setattr(torch.compiler, "is_exporting", lambda now=exporting: now)
        with torch.inference_mode():
            mind = brain.begin(puzzles(8))
            brain.circuit.run(mind.lanes, mind.input, mind.places, 6)
        found.append(mind.lanes)
    gathered, masked = found
    for name, lane in gathered.tensors().items():
        torch.testing.assert_close(masked.tensors()[name], lane, atol=2e-5, rtol=1e-4)
    assert (gathered.field - brain.begin(puzzles(8)).lanes.field).abs().max() > 0.1


def test_a_mind_in_doubt_is_stirred_as_in_thinking() -> None:
    brain = doubting(chart_of({"kind": "mixer"}, field={"width": 16, "noise": 0.5}))
    agrees(brain, puzzles(), ticks=9, noise=0.7, patience=4)
    calm, stirred = (
        ThoughtGraph(brain, WillSpec(ticks=9, noise=noise, patience=4), {"puzzle": SITES}, 3) for noise in (0.0, 0.7)
    )
    seen = {"see.puzzle": puzzles()["puzzle"]}
    with torch.inference_mode():
        assert (calm(seen)[CONFIDENCE] - stirred(seen)[CONFIDENCE]).abs().max() > 1e-3


def test_the_look_that_is_trusted_most_is_kept() -> None:
    brain = doubting(chart_of({"kind": "mixer"}))
    values = {"puzzle": puzzles(40)["puzzle"]}
    with torch.inference_mode():
        said = ThoughtGraph(brain, WillSpec(ticks=8), {"puzzle": SITES}, 0)({"see.puzzle": values["puzzle"]})
    assert len(set(said[TICKS].tolist())) > 1  # not simply the last
    agrees(brain, values, ticks=8)


@pytest.mark.parametrize("name", SENSES)
def test_every_sense_and_act(name: str) -> None:
    brain = reading_brain(SENSES[name])
    agrees(brain, several(brain, OPEN.get(name, {})), ticks=7)


def test_a_grid_is_answered_as_large_as_it_is_seen() -> None:
    grid = {key: value for key, value in GRID.items() if key not in ("rows", "columns")}
    brain = doubting(chart_with({"only": {"kind": "conv"}}, senses={"puzzle": grid}, acts={"solution": grid}))
    values = several(brain, {"puzzle": (5, 6)})
    agrees(brain, values)
    graph = ThoughtGraph(brain, WillSpec(ticks=2), {"puzzle": (5, 6)}, 0)
    with torch.inference_mode():
        assert graph({"see.puzzle": values["puzzle"]})["answer.solution"].shape == (4, 5, 6)
