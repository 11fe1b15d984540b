"""Work is counted exactly: as many operations as thinking itself counts, and linear in the segments."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.load import load_chart
from ltm.plan.predict import Predictor
from ltm.plan.sample import sample
from ltm.plan.work import Work, _Recorder, operations, thought_work
from tests.plan.machines import machine

CHARTS = [
    ("sudoku", "field.width=16"),
    ("plain-stack", "field.width=16"),
    ("universal-transformer", "field.width=32"),
    ("maze", "field.width=8"),
    ("hrm", "field.width=64"),
    ("llama-tiny", "field.width=32"),
]


def test_work_adds_up() -> None:
    one, two = Work(1, 2, 3, {(1, 2, 3): 4}), Work(1, 1, 1, {(1, 2, 3): 4, (5, 5, 5): 1})
    assert one.plus(two, 2) == Work(3, 4, 5, {(1, 2, 3): 12, (5, 5, 5): 2})
    assert one.plus(two).plus(two, -1) == one


@pytest.mark.parametrize(("name", "setting"), CHARTS)
def test_operations_and_products_are_those_of_the_thought(name: str, setting: str) -> None:
    brain = Brain(load_chart(name, [setting]))
    values = sample(brain.chart, Path())
    work = thought_work(brain, values)
    segment = work.segment_ticks
    for ticks in (segment, 3 * segment, 3 * segment + 1):
        will = brain.chart.will.model_copy(update={"ticks": ticks, "tries": 1, "confidence": 1.0})
        (thought,) = think(brain, values, will)
        assert operations(brain, values, work, ticks) == thought.operations
    will = brain.chart.will.model_copy(update={"ticks": 4 * segment, "tries": 1, "confidence": 1.0, "patience": 0})
    with _Recorder() as recorder:
        think(brain, values, will)
    foreseen, done = work.of(4 * segment), recorder.work()
    assert foreseen.products == done.products
    # An answer is copied only where it is better than the one before: as good as no work, but not foreseen.
    for part in ("views", "calls", "numbers"):
        assert getattr(foreseen, part) == pytest.approx(getattr(done, part), rel=0.01)


def test_a_convolution_that_strides_is_counted_by_what_it_makes() -> None:
    picture, kernel = torch.zeros(2, 3, 16, 16), torch.zeros(8, 3, 3, 3)
    with _Recorder() as recorder:
        torch.conv2d(picture, kernel, stride=2, padding=1)
    assert recorder.work().products == {(2 * 8 * 8, 27, 8): 1}


def test_products_are_the_operations() -> None:
    brain = Brain(load_chart("sudoku", ["field.width=32"]))
    values = sample(brain.chart, Path())
    work = thought_work(brain, values).segment
    counted = sum(2 * m * k * n * count for (m, k, n), count in work.products.items())
    places = brain.layout.places(values)
    segment = sum(brain.circuit.operations(places, tick) for tick in range(brain.chart.training.ticks))
    assert counted == pytest.approx(segment + brain.reading_operations(places), rel=0.01)


def test_a_wave_that_chooses_is_bounded_from_above() -> None:
    brain = Brain(load_chart("mixture", ["field.width=32"]))
    values = sample(brain.chart, Path())
    work = thought_work(brain, values)
    ticks = 2 * work.segment_ticks
    will = brain.chart.will.model_copy(update={"ticks": ticks, "confidence": 1.0})
    assert operations(brain, values, work, ticks) >= think(brain, values, will)[0].operations


def test_longer_thoughts_take_longer_and_bounds_are_kept() -> None:
    brain = Brain(load_chart("sudoku", ["field.width=16"]))
    predictor = Predictor(brain.chart, machine(), sample(brain.chart, Path()))
    one, two = predictor.seconds(4), predictor.seconds(8)
    assert 0 < one < two
    for ticks in (4, 8, 40):
        longest = predictor.longest(predictor.seconds(ticks) * 1.0001, None)
        assert longest == ticks
        joules = predictor.joules(ticks)
        assert joules[1] < joules[0] < joules[2]
        assert predictor.longest(None, joules[0] * 1.0001) == ticks
    assert predictor.longest(one * 0.99, None) == 0
    assert predictor.longest(None, None) == predictor.chart.will.ticks
    # Energy is that of all threads.
    wide = Predictor(predictor.chart, machine(threads=2), predictor.values)
    assert wide.joules(8)[0] == pytest.approx(2 * predictor.joules(8)[0])
