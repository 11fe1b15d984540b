"""Learning what comes next: bits fall, the best weights are those that take what came for likeliest, runs resume."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.talk import Talk
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.scenes.prepare import prepare
from ltm.training.evaluate import evaluate
from ltm.training.fit import measured
from ltm.training.language import language, likelihood
from ltm.training.loop import Trainer

TEXT = "".join(f"{number % 7} and {number % 3} make {number % 7 + number % 3}. " for number in range(4000))


def small(kind: str, folder: Path, *changes: str) -> Chart:
    (folder / "sums.txt").write_text(TEXT)
    heads = "head_width=8" if kind == "rwkv7" else "heads=2"
    settings = ["field.width=32", "zones.core.layers=2", f"zones.core.{heads}", "zones.core.hidden=48"]
    settings += [f"scenes.source=text:{folder / 'sums.txt'}", "scenes.options={context: 40, answer: 1}"]
    settings += ["scenes.count=300", "training.batch=8", "training.steps=60", "training.warmup=5", "training.rate=0.01"]
    settings += ["training.compile=off", "training.precision=fp32", "training.ema=0.9", *changes]
    return load_chart(f"{kind}-tiny", settings)


@pytest.mark.parametrize("kind", ["rwkv7", "llama"])
def test_bits_fall_and_the_brain_goes_on_as_the_text_does(kind: str, tmp_path: Path) -> None:
    chart = small(kind, tmp_path)
    scenes = prepare(chart, tmp_path)
    before = language(Brain(chart).eval(), scenes.validation)
    trainer = Trainer(chart, scenes.train, scenes.validation)
    assert trainer.fit(lambda progress: None)
    brain = trainer.finished_brain().eval()
    after = language(brain, scenes.validation)
    assert before is not None and after is not None
    assert before["bits_per_byte"] > 6 > 2.5 > after["bits_per_byte"] and after["right"] > 0.5
    assert after["bits_per_byte"] == after["bits_per_symbol"]
    assert trainer.best == pytest.approx(likelihood(brain, scenes.validation, False, 64))
    assert 2 ** -after["bits_per_symbol"] == pytest.approx(likelihood(brain, scenes.validation, False, 10**6))
    said = bytes(Talk(brain).go_on(list(b"1 and 1 make 2. "), 60)).decode()
    assert " and " in said and " make " in said
    report = evaluate(brain, scenes.validation, speed=False)
    assert report["language"] == after and measured(report)["bits_per_byte"] == after["bits_per_byte"]


def test_bits_are_those_of_the_probabilities_place_by_place(tmp_path: Path) -> None:
    chart = small("llama", tmp_path)
    scenes = prepare(chart, tmp_path).validation.take(range(3))
    brain, nats = Brain(chart).eval(), 0.0
    for number in range(3):
        symbols = scenes.values["context"][number].tolist()
        talk = Talk(brain)
        for seen, following in itertools.pairwise(symbols):
            nats -= float(talk.hear([seen]).log_softmax(-1)[following])
    found = language(brain, scenes)
    assert found is not None and found["symbols"] == 3 * 39
    assert found["bits_per_symbol"] == pytest.approx(nats / math.log(2) / (3 * 39), rel=1e-5)


def test_what_is_set_aside_shares_no_window_with_what_is_learned_from(tmp_path: Path) -> None:
    text = "".join(f"{number:06d}" for number in range(3000))
    chart = small("llama", tmp_path)
    (tmp_path / "sums.txt").write_text(text)
    scenes = prepare(chart, tmp_path)
    assert len(scenes.validation) >= 16 and len(scenes.train) == 300
    learned, aside = (
        [text.index(bytes(row.tolist()).decode()) for row in part.values["context"]]
        for part in (scenes.train, scenes.validation)
    )
    assert max(learned) + 40 < min(aside) and max(aside) + 40 <= 0.9 * len(text)


def test_pieces_are_counted_by_their_bytes(tmp_path: Path) -> None:
    changes = [
        "senses.context={kind: text, unit: pieces, pieces: [Ġa, Ġan, Ġand], inner: null}",
        "acts.next.symbols=259",
    ]
    chart = small("llama", tmp_path, *changes)
    scenes = prepare(chart, tmp_path).validation
    found = language(Brain(chart).eval(), scenes)
    # Of forty letters, every ` and` is one symbol of four bytes.
    assert found is not None and 1.1 < found["bits_per_symbol"] / found["bits_per_byte"] < 1.6


def test_a_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    chart: Any = small("rwkv7", tmp_path, "training.steps=6")
    scenes = prepare(chart, tmp_path)
    whole = Trainer(chart, scenes.train, scenes.validation, tmp_path / "whole")
    assert whole.fit(lambda progress: None)
    first = Trainer(chart, scenes.train, scenes.validation, tmp_path / "parts")
    assert not first.fit(lambda progress: None, stop=lambda: first.step >= 3)
    rest = Trainer(chart, scenes.train, scenes.validation, tmp_path / "parts")
    assert rest.step == 3 and rest.fit(lambda progress: None)
    weights = rest.brain.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in whole.brain.state_dict().items())
