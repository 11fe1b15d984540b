"""A new skill and earlier ones with one set of weights: what moves, what stays, and that it can be gone on with."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from conftest import make_boards, make_chart

import ltm.training.rehearse as rehearsing
from ltm.brain.brain import Brain
from ltm.brain.rehearsal import Rehearsal
from ltm.chart.rhythm import schedule
from ltm.chart.schema import Chart
from ltm.errors import EXIT_FORGOTTEN, DivergedError, LtmError
from ltm.runtime.brains import load_brain, save_brain
from ltm.scenes.store import SceneSet
from ltm.training.forgetting import ForgettingError, changes, refuse_forgetting, settle
from ltm.training.growth import Growth
from ltm.training.loop import Trainer
from ltm.training.plan import Plan
from ltm.training.rehearse import Rehearser
from ltm.training.segment import run_segment
from ltm.training.together import Earlier, Shared, Together
from ltm.training.trial import LEAST, Trial, loss_after, seconds_of_trial

NEW = make_chart({"steps": 16, "batch": 4, "seed": 5})
CORE = "circuit.zones.core.body."


def folder(place: Path, name: str = "old", *, kept: int = 40, seed: int = 0, chart: Chart | None = None) -> Path:
    """An untrained brain that keeps some boards."""
    brain = Brain(chart or make_chart(), seed).eval()
    if kept:
        brain.rehearsal = Rehearsal(make_boards(kept), make_boards(40, seed=3))
    save_brain(brain, place / name, {"measured": {"exact": 0.25, "cells": 0.5}})
    return place / name


def rehearser(place: Path, run: Path | None = None, loss: float = 100.0) -> Rehearser:
    old = Earlier.of("old", place / "old")
    together = Together((old,), Shared({"core": ("old", "core")}, {}), loss)
    return Rehearser(NEW, make_boards(64), make_boards(16, seed=9), run, together=together)


def weights(trainer: Rehearser) -> dict[str, torch.Tensor]:
    parts = {"new": trainer.brain, "old": trainer.earlier["old"].brain}
    return {
        f"{part}.{name}": w.detach().clone() for part, brain in parts.items() for name, w in brain.named_parameters()
    }


def test_the_shared_body_moves_for_both_and_senses_stay(tmp_path: Path) -> None:
    folder(tmp_path)
    trainer = rehearser(tmp_path)
    before = weights(trainer)
    assert all(
        torch.equal(before[f"new.{n}"], before[f"old.{n}"]) for n, _ in trainer.brain.named_parameters() if CORE in n
    )
    trainer.train_step()
    first = weights(trainer)
    moved = {name for name in before if not torch.equal(before[name], first[name])}
    assert any(name.startswith("new.senses") for name in moved)
    assert any(name.startswith(f"old.{CORE}") for name in moved)
    assert not any(name.startswith(("old.senses", "old.acts")) for name in moved)
    trainer.train_step()  # the rehearsed one
    second = weights(trainer)
    moved = {name for name in first if not torch.equal(first[name], second[name])}
    assert any(name.startswith("old.acts") for name in moved) and any(name.startswith(f"new.{CORE}") for name in moved)
    assert not any(name.startswith(("new.senses", "new.acts", "old.senses")) for name in moved)


@pytest.mark.parametrize(("rehearsed", "every", "share"), [(0.4, 9, 1 / 3), (0.1, 3, 1 / 3), (0.02, 2, 1 / 6)])
def test_rehearsing_takes_a_third_of_the_time_at_most(
    rehearsed: float, every: int, share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(tmp_path)
    trainer, made = rehearser(tmp_path), Plan(steps=900, precision="fp32", compiled=False, seconds_a_step=0.1)
    monkeypatch.setattr(Trainer, "planned", lambda self: made)
    monkeypatch.setattr(rehearsing, "seconds_a_step", lambda *_: rehearsed)
    assert trainer.planned().rehearse_every == 2  # as the chart says how many steps
    trainer.chart = trainer.chart.model_copy(
        update={"training": trainer.chart.training.model_copy(update={"steps": None, "minutes": 2.0})}
    )
    plan = trainer.planned()
    assert plan.rehearse_every == every
    assert plan.steps * plan.seconds_a_step == pytest.approx(90, rel=0.01)
    assert rehearsed / (plan.seconds_a_step * every) == pytest.approx(share)
    trainer.plan, trainer.step = plan, 0
    taken: list[bool] = []
    monkeypatch.setattr(Trainer, "train_step", lambda self: taken.append(True) or setattr(self, "step", self.step + 1))
    monkeypatch.setattr(Rehearser, "learn_from", lambda self, *_: taken.append(False))
    for _ in range(2 * every):
        trainer.train_step()
    assert taken == 2 * [*[True] * (every - 1), False]


def test_what_was_compiled_for_the_new_skill_is_for_no_other(tmp_path: Path) -> None:
    folder(tmp_path)
    trainer = rehearser(tmp_path)
    brains: list[Brain] = []

    def compiled(brain: Brain, *rest: Any) -> Any:
        brains.append(brain)
        return run_segment(brain, *rest)

    trainer.segment = compiled
    for _ in range(4):
        trainer.train_step()
    assert brains == [trainer.brain, trainer.brain]


def test_what_rehearsed_in_eight_bits_is_written_whole(tmp_path: Path) -> None:
    brain, record = load_brain(folder(tmp_path, chart=make_chart(field={"width": 48})))
    brain.int8 = True
    save_brain(brain, tmp_path / "old", record)
    old = Earlier.of("old", tmp_path / "old")
    together = Together((old,), Shared({"core": ("old", "core")}, {}), 100.0)
    chart = make_chart({"steps": 4, "batch": 4, "seed": 5}, field={"width": 48})
    trainer = Rehearser(chart, make_boards(64), make_boards(16, seed=9), None, together=together)
    assert old.brain.int8 and trainer.fit(lambda progress: None)
    new = trainer.finished_brain()
    said: list[str] = []
    settle(trainer, "new", tmp_path / "earlier", said.append)
    saved, _ = load_brain(tmp_path / "earlier" / "old")
    assert not saved.int8 and any("no longer in eight bits" in words for words in said)
    shared = [dict(one.named_parameters()) for one in (new, saved)]
    assert all(torch.equal(weight, shared[1][name]) for name, weight in shared[0].items() if CORE in name)


def test_one_set_of_weights_comes_out(tmp_path: Path) -> None:
    folder(tmp_path)
    trainer = rehearser(tmp_path)
    assert trainer.fit(lambda progress: None)
    new, old = trainer.finished_brain(), trainer.earlier["old"].brain
    was, _ = load_brain(tmp_path / "old")
    for (name, one), (_, other) in zip(new.named_parameters(), old.named_parameters(), strict=True):
        assert torch.equal(one, other) == (CORE in name), name
    assert all(torch.equal(a, b) for a, b in zip(was.senses.parameters(), old.senses.parameters(), strict=True))
    settle(trainer, "new", tmp_path / "earlier", lambda words: None)
    (change,) = changes("new", tmp_path / "earlier")
    assert change.skill == "old" and change.scenes == 20
    saved, record = load_brain(change.folder)
    assert all(torch.equal(a, b) for a, b in zip(saved.parameters(), old.parameters(), strict=True))
    assert record["measured"]["exact"] == change.after and "cells" not in record["measured"]
    assert saved.rehearsal is not None and len(saved.rehearsal.replay) == 40


def test_weights_that_spare_the_earlier_skill_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Validation says: the new skill ever better, the old one within the loss only at the second look."""
    folder(tmp_path)
    trainer = rehearser(tmp_path, loss=1.0)
    old = trainer.earlier["old"].brain
    trainer.earlier["old"].before = 0.9
    says = iter([(0.5, 0.7), (0.6, 0.845), (0.9, 0.5), (0.55, 0.9), (0.7, 0.835)])  # one of 20 scenes is chance
    now: list[tuple[float, float]] = []

    def said(brain: Brain, scenes: SceneSet, bf16: bool, scorer: Any) -> float:
        if brain is not old:
            now[:] = [next(says)]
        return now[0][brain is old]

    monkeypatch.setattr("ltm.training.rehearse.quick_accuracy", said)
    kept = []
    for number in range(5):
        with torch.no_grad():
            trainer.optimiser.average[0].fill_(number)
        trainer.validate()
        kept.append(trainer.best)
    assert kept == [0.5, 0.6, 0.6, 0.6, 0.6] and trainer.standing == (True, 0.6)


def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    folder(tmp_path)
    whole = rehearser(tmp_path, tmp_path / "whole")
    assert whole.fit(lambda progress: None)
    taken = 0

    def stop() -> bool:
        nonlocal taken
        taken += 1
        return taken > 5

    part = rehearser(tmp_path, tmp_path / "part")
    assert not part.fit(lambda progress: None, stop)
    again = rehearser(tmp_path, tmp_path / "part")
    assert again.step == 5 and again.fit(lambda progress: None)
    one, other = weights(whole), weights(again)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert whole.standing == again.standing
    mine, theirs = (t.earlier["old"].best_weights for t in (whole, again))
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    # Another brain to rehearse is another run.
    folder(tmp_path, seed=1)
    with pytest.raises(LtmError, match="changed"):
        rehearser(tmp_path, tmp_path / "part")


def test_every_skill_with_the_body_rehearses(tmp_path: Path) -> None:
    one = folder(tmp_path, "one")
    folders = {"one": one, "two": folder(tmp_path, "two"), "other": folder(tmp_path, "other", seed=4)}
    growth = Growth(folders, rehearse=True, share=["one"])
    growth.begin(tmp_path / "run", {}, lambda room: (NEW, []), "60KB")
    together = growth.together(1.0)
    assert together is not None and [skill.name for skill in together.earlier] == ["one", "two"]
    assert together.shared == Shared({"core": ("one", "core")}, {("two", "core"): ("one", "core")})
    brain, notes = growth.weights()
    assert brain is not None and "one/core" in notes[0]
    run = Rehearser(NEW, make_boards(64), make_boards(16, seed=9), together=together)
    assert run.fit(lambda progress: None)
    run.finished_brain()
    bodies = [skill.brain.circuit.zone("core").body.state_dict() for skill in together.earlier]
    assert all(torch.equal(bodies[0][name], bodies[1][name]) for name in bodies[0])


def test_a_body_with_which_a_skill_learns_badly_is_not_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(name: str, **options: Any) -> tuple[Growth, str]:
        growth = Growth({name: tmp_path / name}, rehearse=True, **options)
        notes = growth.begin(tmp_path / f"{name}-run", {}, lambda room: (NEW, []), "60KB", lambda chart: make_boards())
        return growth, " ".join(notes)

    folder(tmp_path, "good", seed=7)
    growth, notes = begun("good")
    assert growth.zones == {"core": ("good", "core")} and notes.startswith("sharing good/core: tried for a moment")
    spoiled = Brain(make_chart(), 7).eval()
    with torch.no_grad():
        for weight in spoiled.circuit.zone("core").body.parameters():
            weight.mul_(40)  # such that steps hardly turn it
    spoiled.rehearsal = Rehearsal(make_boards(40), make_boards(40, seed=3))
    save_brain(spoiled, tmp_path / "bad", {"measured": {"exact": 0.25, "cells": 0.5}})
    growth, notes = begun("bad")
    assert growth.zones == {} and notes.startswith("not sharing bad/core: ") and "(--share bad shares all" in notes
    assert growth.together(1.0) is None and growth.weights() == (None, [])
    monkeypatch.setattr("ltm.training.trial.learn", lambda *_: (_ for _ in ()).throw(DivergedError("no number")))
    assert loss_after(Brain(NEW), make_boards()) == float("inf")
    monkeypatch.undo()
    growth, notes = begun("bad", share=["bad"])  # whoever names a skill is believed
    assert growth.zones == {"core": ("bad", "core")} and notes == ""


def test_without_scenes_or_a_zone_alike_nothing_can_be_shared(tmp_path: Path) -> None:
    folders = {"old": folder(tmp_path, kept=0)}
    growth = Growth(folders, rehearse=True)
    growth.begin(tmp_path / "run", {}, lambda room: (NEW, []), "60KB")
    with pytest.raises(LtmError, match="keeps no scenes"):
        growth.together(1.0)
    other = make_chart(zones={"core": {"kind": "mixer", "layers": 3, "write": "replace"}})
    growth = Growth(folders, rehearse=True)
    (note,) = growth.begin(tmp_path / "alone", {}, lambda room: (other, []), "60KB")
    assert note.startswith("not sharing: no zone of an earlier skill is of the make of the new skill's core (mixer)")
    assert growth.chart == other and growth.weights() == (None, []) and growth.together(1.0) is None
    with pytest.raises(LtmError, match="no zone of old is of the make"):  # it was asked for by name
        Growth(folders, rehearse=True, share=["old"]).begin(tmp_path / "by", {}, lambda room: (other, []), "60KB")


def test_forgetting_is_told_and_refused(tmp_path: Path) -> None:
    folder(tmp_path)
    trainer = rehearser(tmp_path)
    assert trainer.fit(lambda progress: None)
    trainer.finished_brain()
    settle(trainer, "new", tmp_path / "earlier", lambda words: None)
    (change,) = changes("new", tmp_path / "earlier")
    fallen = type(change)("old", 0.95, 0.93, 20, change.folder)
    refuse_forgetting([fallen], 2.0, "")
    with pytest.raises(ForgettingError, match=r"old: 95.0 % before, 93.0 % after \(-2.0 points") as refused:
        refuse_forgetting([fallen], 1.9, "")
    assert refused.value.exit_code == EXIT_FORGOTTEN


def test_a_frozen_zone_keeps_its_body_and_does_no_harm_at_first(tmp_path: Path) -> None:
    folders = {"old": folder(tmp_path)}
    growth = Growth(folders, reuse=["old/core"])
    growth.begin(tmp_path / "run", {}, lambda room: (NEW, []), "20KB")
    chart = growth.chart
    assert list(chart.zones) == ["core", "old-core"] and chart.zones["old-core"].frozen
    fires = [sum("old-core.self" in fired for fired in schedule(chart)), len(schedule(chart))]
    assert fires == [1, chart.training.ticks] and chart.training.ticks > 1
    brain, _ = growth.weights()
    assert brain is not None
    without = Brain(NEW, 5)
    without.load_state_dict({k: v for k, v in brain.state_dict().items() if "old-core" not in k})
    scenes = {name: torch.from_numpy(array) for name, array in make_boards(8).values.items()}
    seen = {"puzzle": scenes["puzzle"]}
    tied, plain = (one.think_on(one.begin(seen), 2).right for one in (brain, without))
    torch.testing.assert_close(tied, plain)  # but for a field that is normalised once more
    body = {name: weight.clone() for name, weight in brain.circuit.zone("old-core").body.state_dict().items()}
    trainer = Trainer(chart, make_boards(64), make_boards(16, seed=9), start=brain.state_dict())
    assert trainer.fit(lambda progress: None)
    zone = trainer.brain.circuit.zone("old-core")
    assert all(torch.equal(weight, body[name]) for name, weight in zone.body.state_dict().items())
    assert zone.write is not None and bool(zone.write.weight.abs().max() > 0)
    # What a skill uses itself isn't its own to give, unless it is named.
    save_brain(trainer.finished_brain(), tmp_path / "new")
    again = {**folders, "new": tmp_path / "new"}
    assert Growth(again, reuse=["new"]).reused == [("new", "core")]
    assert Growth(again, reuse=["new/old-core"]).reused == [("new", "old-core")]
    dense = make_chart(zones={"core": {"kind": "mixer", "mixing": "dense"}})
    larger = {"kind": "grid", "rows": 5, "columns": 5, "symbols": 5}
    wide = make_chart(senses={"puzzle": larger}, acts={"solution": larger})
    other = Growth({"old": folder(tmp_path, "dense", chart=dense)}, reuse=["old"])
    with pytest.raises(LtmError, match="made for scenes of another size"):
        other.begin(tmp_path / "run", {}, lambda room: (wide, []), "90KB")
    for words, said in ((["ald"], "did you mean 'old'"), (["old/cure"], "did you mean 'core'")):
        with pytest.raises(LtmError, match=said):
            Growth(folders, reuse=words)


def test_what_got_out_of_hand_is_not_shared() -> None:
    assert Trial(1.0, 1.05).alike and not Trial(1.0, 1.2).alike and Trial(math.inf, 1.0).alike
    assert not Trial(1.0, math.inf).alike and not Trial(math.inf, math.inf).alike
    assert Trial(0.5, math.inf).words().endswith("its loss was 0.500 with zones of its own, got out of hand with those")


def test_a_trial_of_a_long_training_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds_of_trial(1) == pytest.approx(4.8)
    assert seconds_of_trial(10_000) == 120
    clock = itertools.count(step=30.0)
    monkeypatch.setattr("ltm.training.trial.time.monotonic", lambda: next(clock))
    taken: list[int] = []

    def learn(*given: Any) -> SimpleNamespace:
        taken.append(given[5])
        return SimpleNamespace(acts=1.0)

    monkeypatch.setattr("ltm.training.trial.learn", learn)
    long = make_chart(training={"minutes": 10_000})
    assert loss_after(Brain(long), make_boards()) == 1.0 and taken == list(range(LEAST))
