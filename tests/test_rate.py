"""The network by hand that training is timed against is the network of the chart."""

from __future__ import annotations

import torch

from benchmarks.rate import Plain
from ltm.brain.brain import Brain
from ltm.chart.load import load_chart
from ltm.scenes.prepare import generate_scenes


def test_the_network_by_hand_thinks_as_the_brain_does() -> None:
    chart = load_chart("sudoku", ["field.width=32", "field.noise=0"])
    brain = Brain(chart, seed=0)
    scenes = generate_scenes(chart, 4, 0)
    puzzles = torch.from_numpy(scenes.values["puzzle"])
    with torch.no_grad():
        mind = brain.begin({"puzzle": puzzles})
        field, own = mind.lanes.field.clone(), next(iter(mind.lanes.own.values())).clone()
        brain.circuit.run(mind.lanes, mind.input, mind.places, chart.training.ticks)
        by_hand, hand_own, _, _ = Plain(brain)(field, own, puzzles)
    torch.testing.assert_close(by_hand, mind.lanes.field, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(hand_own, next(iter(mind.lanes.own.values())), rtol=1e-4, atol=1e-5)
