"""Scenes on which brain and file are compared: a hundred, real ones first."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import chart_of, puzzles

from ltm.brain.brain import Brain
from ltm.brain.rehearsal import Rehearsal
from ltm.brain.think import think
from ltm.chart.load import load_chart
from ltm.errors import DataError
from ltm.export import shown as showing
from ltm.export.compare import _apart
from ltm.export.shown import shown, words
from ltm.export.sizes import sizes_of
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.store import SceneSet


def some(count: int, seed: int = 0) -> SceneSet:
    drawn = np.random.default_rng(seed)
    boards = {name: drawn.integers(0, 5, (count, 4, 4), dtype=np.uint8) for name in ("puzzle", "solution")}
    views = drawn.random((count, *puzzles()["view"].shape[1:]), dtype=np.float32)
    return SceneSet.of({**boards, "view": views})


def of(brain: Brain, given: SceneSet | None = None) -> dict[str, int]:
    seen, what = shown(brain, sizes_of(brain, {}), given)
    assert len(seen) == sum(what.values()) == 100
    assert all(value.shape[0] == 1 for values in seen for value in values.values())
    return what


def test_kept_ones_come_first_then_varied_ones_then_random_ones() -> None:
    brain = Brain(chart_of({"kind": "conv"}))
    assert of(brain) == {"random": 100}
    assert of(brain, some(300)) == {"given": 100} and of(brain, some(24)) == {"given": 24, "random": 76}
    brain.rehearsal = Rehearsal(some(20, 1), some(30, 2))
    assert of(brain) == {"kept": 50, "random": 50}
    scenes = brain.chart.scenes.model_copy(update={"symmetries": ("transpose", "relabel")})
    brain.chart = brain.chart.model_copy(update={"scenes": scenes})
    assert of(brain) == {"kept": 50, "varied": 50}
    seen, _ = shown(brain, sizes_of(brain, {}), None)
    boards = {values["puzzle"].numpy().tobytes() for values in seen}
    assert len(boards) > 90  # relabelled, so hardly any comes twice
    assert np.array_equal(seen[0]["puzzle"][0], brain.rehearsal.aside.values["puzzle"][0])


def test_a_built_in_source_makes_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    brain = Brain(load_chart("sudoku", ["field.width=8", "zones.core.layers=1"]))
    few = generate_scenes(brain.chart, 5, 3)
    assert of(brain) == {"made": 100}
    assert of(brain, few) == {"given": 5, "made": 95}
    assert words({"kept": 5, "made": 95}) == "5 kept by the brain, 95 new ones of its source"

    def missing(*given: object, **named: object) -> SceneSet:
        raise DataError("needs a library")

    monkeypatch.setattr(showing, "generate_scenes", missing)
    assert of(brain, few) == {"given": 5, "varied": 95}


def test_logits_are_compared_by_their_largest_and_what_is_not_finite_must_be_the_same() -> None:
    known = np.array([0.5, -200.0, -np.inf], dtype=np.float32)
    off = known + np.array([0.02, 0, 0], dtype=np.float32)
    assert abs(_apart(off, known) - 1e-4) < 1e-6 and _apart(known, known) == 0
    assert abs(_apart(off[:1], known[:1]) - 0.02) < 1e-6
    assert not _apart(np.array([np.nan], dtype=np.float32), known[:1]) <= 1
    assert not _apart(known[:1], known[2:]) <= 1


def test_a_thought_holds_what_its_answer_was_chosen_by_where_that_is_asked_for() -> None:
    brain = Brain(chart_of({"kind": "conv"}))
    values = puzzles()
    plain, asked = think(brain, values), think(brain, values, logits=True)
    for one, other in zip(plain, asked, strict=True):
        assert not one.logits and one.answer == other.answer
        chosen = other.logits["solution"].argmax(-1).tolist()
        assert chosen == [int(symbol) for symbol in other.answer["solution"] if symbol.isdigit()]
