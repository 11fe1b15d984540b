"""What evaluation says is what the brain does."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.training import looks as looking
from ltm.training.evaluate import evaluate, speeds
from ltm.training.looks import QUICK_SEGMENTS, batches, calibrate, look_at, quick_accuracy
from ltm.training.outcome import think_all


def test_batches_hold_every_scene_once_and_no_padding(mazes: Any) -> None:
    scenes = mazes()
    seen = []
    for index, values in batches(scenes, 7):
        assert len(index) <= 7
        assert {tuple(scenes.shapes["maze"][number]) for number in index} == {tuple(values["maze"].shape[1:])}
        seen += index.tolist()
    assert sorted(seen) == list(range(len(scenes)))


def test_a_brain_that_can_is_right_and_sure(copier: Any) -> None:
    brain, scenes = copier
    report = evaluate(brain, scenes, segments=(1, 2, 4), speed=False)
    assert report["exact"] == 1.0 and report["cells"] == 1.0
    assert [row["ticks"] for row in report["by_ticks"]] == [2, 4, 8]
    assert report["exact_interval"][0] < 1.0 == report["exact_interval"][1]
    assert report["auroc"] is None
    json.dumps({key: report[key] for key in ("exact", "by_ticks", "budget", "ece", "risk_at_coverage")})


def test_a_share_is_counted_over_whole_answers_and_over_cells(copier: Any) -> None:
    brain, scenes = copier
    wrong = scenes.take(np.arange(40))
    solution = np.array(wrong.values["solution"])
    # Ten boards have one cell that nobody could answer so.
    solution[:10, 0, 0] = solution[:10, 0, 0] % 4 + 1
    wrong = type(wrong).of({"puzzle": wrong.values["puzzle"], "solution": solution})
    report = evaluate(brain, wrong, segments=(2,), speed=False)
    assert report["exact"] == 0.75
    assert report["cells"] == pytest.approx(1 - 10 / (40 * 16))
    assert report["by_ticks"][0]["exact"] == 0.75
    assert report["by_ticks"][0]["cells"] == report["cells"]


def test_looking_twice_sees_the_same_and_leaves_the_brain_as_it_was(copier: Any) -> None:
    brain, scenes = copier
    before = {name: weight.clone() for name, weight in brain.state_dict().items()}
    first, again = (look_at(brain, scenes, (1, 3), False, None) for _ in range(2))
    assert np.array_equal(first.logit, again.logit) and np.array_equal(first.right, again.right)
    assert all(torch.equal(before[name], weight) for name, weight in brain.state_dict().items())


def test_quick_accuracy_is_that_after_its_segments(copier: Any) -> None:
    brain, scenes = copier
    looks = look_at(brain, scenes, (QUICK_SEGMENTS,), False, None)
    assert quick_accuracy(brain, scenes, False, None) == looks.right[-1].mean()


def test_quick_accuracy_stays_within_the_will(copier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    brain, scenes = copier
    asked: list[tuple[int, ...]] = []

    def looked(brain: Any, scenes: Any, segments: tuple[int, ...], *rest: Any) -> Any:
        asked.append(segments)
        return look_at(brain, scenes, segments, *rest)

    monkeypatch.setattr(looking, "look_at", looked)
    ticks = brain.chart.training.ticks
    for most, segments in ((2 * ticks + 1, 2), (ticks, 1), (1, 1), (100 * ticks, QUICK_SEGMENTS)):
        will = brain.chart.will.model_copy(update={"ticks": most})
        monkeypatch.setattr(brain, "chart", brain.chart.model_copy(update={"will": will}))
        quick_accuracy(brain, scenes, False, None)
        assert asked[-1] == (segments,)


def test_willed_is_what_think_says(copier: Any) -> None:
    brain, scenes = copier
    will = brain.chart.will.model_copy(update={"ticks": 6, "tries": 2, "confidence": 0.999})
    told = think_all(brain, scenes, will, False, None).summary(will)
    values = {name: torch.from_numpy(np.array(array)) for name, array in scenes.values.items()}
    thoughts = think(brain, values, will)
    assert told["ticks"] == pytest.approx(np.mean([thought.ticks for thought in thoughts]))
    assert told["tries"] == pytest.approx(np.mean([thought.tries for thought in thoughts]))
    assert told["operations"] == pytest.approx(np.mean([thought.operations for thought in thoughts]))
    assert told["sure"] == pytest.approx(np.mean([thought.confidence >= 0.999 for thought in thoughts]))


def test_calibrating_changes_how_sure_and_not_what_is_said(chart_of: Any, boards: Any) -> None:
    brain, scenes = Brain(chart_of()).eval(), boards(40)
    before = look_at(brain, scenes, (2,), False, None)
    calibrate(brain, scenes, False, None)
    after = look_at(brain, scenes, (2,), False, None)
    assert np.array_equal(before.right, after.right) and np.array_equal(before.logit, after.logit)
    # An untrained brain is never right, and now says so.
    assert after.right.mean() == 0.0 and after.confidence.max() < 0.05


def test_speed_is_asked_for_or_not(copier: Any) -> None:
    brain, scenes = copier
    assert "speed" not in evaluate(brain, scenes, segments=(1,), speed=False)
    speed = evaluate(brain, scenes, segments=(1,))["speed"]
    assert 0 < speed["batch_1"]["p50_ms"] <= speed["batch_1"]["p99_ms"]
    assert list(speed) == ["batch_1", f"batch_{min(128, len(scenes))}"]


def test_timing_a_brain_that_is_never_sure_ends_after_one_thought_of_each_size(
    copier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    brain, scenes = copier
    monkeypatch.setattr("ltm.training.evaluate.TIMING_SECONDS", 0.0)
    thought: list[int] = []
    monkeypatch.setattr("ltm.training.evaluate.think", lambda *a, **k: thought.append(1) or think(*a, **k))
    assert speeds(brain, scenes, brain.chart.will, False)["batch_1"]["p50_ms"] > 0 and len(thought) == 2
