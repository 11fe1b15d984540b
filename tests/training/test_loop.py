"""The training loop: it learns, repeats itself bit for bit, and goes on from any point as if nothing had happened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ltm.errors import LtmError
from ltm.training import loop
from ltm.training.checkpoint import unfinished
from ltm.training.fingerprint import same_chart
from ltm.training.flatten import flatten
from ltm.training.loop import Trainer


def quiet(progress: object) -> None:
    del progress


def trainer(chart_of: Any, boards: Any, run: Path | None = None, scenes: int = 64, **training: Any) -> Trainer:
    return Trainer(chart_of(training), boards(scenes), boards(16, seed=9), run)


def everything(made: Trainer) -> dict[str, Tensor]:
    slots, _ = made.slots.state()
    optimiser, _ = flatten(made.optimiser.state())
    weights = {f"weight.{name}": tensor for name, tensor in made.brain.state_dict().items()}
    best = {f"best.{name}": tensor for name, tensor in made.best_weights.items()}
    return weights | best | {f"slot.{n}": t for n, t in slots.items()} | {f"opt.{n}": t for n, t in optimiser.items()}


def same(one: Trainer, other: Trainer) -> list[str]:
    left, right = everything(one), everything(other)
    assert left.keys() == right.keys()
    return [name for name in left if not torch.equal(left[name], right[name])]


def test_it_learns(chart_of: Any, boards: Any) -> None:
    made = trainer(chart_of, boards, steps=120, rate=0.01)
    made.train_step()
    first = made._loss
    made.fit(quiet)
    assert made.done and made._loss < 0.5 * first


@pytest.mark.parametrize("optimiser", ["muon", "adamw", "adam-atan2"])
@pytest.mark.parametrize("stop", [1, 6, 13])
def test_stopping_and_going_on_changes_no_bit(
    chart_of: Any, boards: Any, tmp_path: Path, optimiser: str, stop: int
) -> None:
    whole = trainer(chart_of, boards, tmp_path / "whole", optimiser=optimiser)
    whole.fit(quiet)
    first = trainer(chart_of, boards, tmp_path / "parts", optimiser=optimiser)
    assert not first.fit(quiet, stop=lambda: first.step >= stop)
    assert unfinished(tmp_path / "parts")
    rest = trainer(chart_of, boards, tmp_path / "parts", optimiser=optimiser)
    assert rest.step == stop
    assert rest.fit(quiet)
    assert same(whole, rest) == []
    logs = [
        [
            {k: v for k, v in json.loads(line).items() if k in ("step", "loss", "right", "validation", "best", "rate")}
            for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()
        ]
        for name in ("whole", "parts")
    ]
    assert logs[0] == logs[1] and len(logs[0]) > 3


def test_one_seed_one_run_and_other_seeds_other_runs(chart_of: Any, boards: Any) -> None:
    first, again, other = (trainer(chart_of, boards, seed=seed) for seed in (3, 3, 4))
    for made in (first, again, other):
        made.fit(quiet)
    assert same(first, again) == []
    assert same(first, other) != []


def test_the_plan_is_written_down_and_kept(chart_of: Any, boards: Any, tmp_path: Path) -> None:
    chart = chart_of({"steps": None, "minutes": 0.01})
    first = Trainer(chart, boards(64), boards(16, seed=9), tmp_path)
    first.train_step()
    first.checkpoint()
    again = Trainer(chart, boards(64), boards(16, seed=9), tmp_path)
    assert again.plan == first.plan
    assert json.loads((tmp_path / "plan.json").read_text())["plan"]["steps"] == first.plan.steps >= 1


def test_a_run_killed_before_its_first_checkpoint_keeps_its_plan(
    chart_of: Any, boards: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = chart_of({"steps": None, "minutes": 0.01})
    first = Trainer(chart, boards(64), boards(16, seed=9), tmp_path)
    first.train_step()
    monkeypatch.setattr("ltm.training.loop.make_plan", lambda *given: pytest.fail("measured anew"))
    said: list[str] = []
    again = Trainer(chart, boards(64), boards(16, seed=9), tmp_path, say=said.append)
    assert again.plan == first.plan and again.step == 0 and "as when this run was first started" in said[0]
    monkeypatch.setattr("ltm.training.loop.make_plan", lambda *given: first.plan.model_copy(update={"steps": 7}))
    for changed in (chart_of({"steps": None, "minutes": 0.02}), chart):
        boards_now = boards(64 if changed is not chart else 65)
        assert Trainer(changed, boards_now, boards(16, seed=9), tmp_path).plan.steps == 7
    (tmp_path / "plan.json").write_text("{", encoding="utf-8")
    assert Trainer(chart, boards(64), boards(16, seed=9), tmp_path).plan.steps == 7


def test_a_run_of_other_settings_or_scenes_is_not_gone_on_with(chart_of: Any, boards: Any, tmp_path: Path) -> None:
    made = trainer(chart_of, boards, tmp_path)
    made.train_step()
    made.checkpoint()
    with pytest.raises(LtmError, match="other settings"):
        trainer(chart_of, boards, tmp_path, rate=0.002)
    with pytest.raises(LtmError, match="scenes have changed"):
        trainer(chart_of, boards, tmp_path, scenes=65)


def test_a_run_of_a_version_with_other_weights_says_so(chart_of: Any, boards: Any, tmp_path: Path) -> None:
    made = trainer(chart_of, boards, tmp_path)
    made.train_step()
    made.brain.register_buffer("of_old", torch.zeros(3))
    made.checkpoint()
    with pytest.raises(LtmError, match="begun by another version") as told:
        trainer(chart_of, boards, tmp_path)
    assert str(tmp_path) in str(told.value)


def test_a_chart_written_before_a_key_was_known_is_still_the_same(chart_of: Any) -> None:
    chart = chart_of({})
    saved = chart.model_dump(mode="json")
    del saved["field"]["prefix_vectors"]
    assert same_chart(saved, chart)
    assert not same_chart(saved | {"seed_of_old": 1}, chart)
    saved["field"]["noise"] = 0.25
    assert not same_chart(saved, chart)


def test_a_run_that_diverges_ends_with_advice(chart_of: Any, boards: Any) -> None:
    made = trainer(chart_of, boards)
    with torch.no_grad():
        next(iter(made.brain.parameters())).fill_(torch.inf)
    with pytest.raises(LtmError, match=r"diverged at step 1.*training.rate"):
        made.fit(quiet)


def test_a_gradient_that_is_no_number_leaves_the_weights_whole(chart_of: Any, boards: Any) -> None:
    made = trainer(chart_of, boards)
    weight = next(iter(made.brain.parameters()))
    weight.register_hook(lambda gradient: gradient * torch.inf)
    before = {name: w.detach().clone() for name, w in made.brain.named_parameters()}
    with pytest.raises(LtmError, match="a gradient is no number; the last checkpoint is whole"):
        made.train_step()
    assert all(torch.equal(w, before[name]) for name, w in made.brain.named_parameters())


def test_the_best_by_validation_is_kept(chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.2, 0.9, 0.5, *[0.1] * 20])
    monkeypatch.setattr(loop, "quick_score", lambda *_: next(scores))
    made = trainer(chart_of, boards, steps=24)
    kept: dict[int, dict[str, Tensor]] = {}

    def remember(progress: Any) -> None:
        kept[progress.step] = made.optimiser.averaged()
        kept[progress.step] = {name: weight.clone() for name, weight in kept[progress.step].items()}

    made.fit(remember)
    assert made.best == 0.9
    brain = made.finished_brain()
    name = next(iter(kept[4]))
    assert torch.equal(brain.state_dict()[name], kept[4][name])  # validated every second step: the second time


def test_validation_leaves_the_weights_alone(chart_of: Any, boards: Any) -> None:
    made = trainer(chart_of, boards)
    for _ in range(3):
        made.train_step()
    before = {name: weight.clone() for name, weight in made.brain.state_dict().items()}
    made.validate()
    assert all(torch.equal(weight, before[name]) for name, weight in made.brain.state_dict().items())
