"""The shipped charts with pretrained models: each learns from real input for three steps, is saved, and thinks."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.printed import printed
from benchmarks.spoken import RATE, spoken
from ltm import Scene, think
from ltm.chart.load import load_chart
from ltm.pretrained.known import KNOWN
from ltm.pretrained.models import frozen
from ltm.pretrained.values import resampled
from ltm.runtime.brains import load_brain, save_brain
from ltm.scenes.columns import columns_of
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.training.loop import Trainer

FEW = ["training.batch=4", "training.steps=3", "training.warmup=0", "training.precision=fp32", "training.compile=off"]
GOOD = ("a gorgeous film", "witty and warm", "the best of the year", "a joy from start to end")
WORDS = ("hello", "zone", "field", "tick", "wave", "loop", "sense", "act")
BAD = ("a dull mess", "flat and long", "the worst of the year", "a chore from start to end")


def sentences() -> list[dict[str, Any]]:
    rows = [(text, "positive") for text in GOOD] + [(text, "negative") for text in BAD]
    return [{"sentence": text, "polarity": polarity} for text, polarity in rows]


def pictures() -> list[dict[str, Any]]:
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    grey = (digits.images[:8] * 15.9).astype(np.uint8)
    return [{"image": image, "label": str(label)} for image, label in zip(grey, digits.target[:8], strict=True)]


def lines() -> list[dict[str, Any]]:
    pytest.importorskip("PIL", reason="no pictures: pip install 'ltm[images]'")
    return [{"line": printed(word), "word": word} for word in WORDS]


def sounds(act: str, said: str, other: str) -> list[dict[str, Any]]:
    pytest.importorskip("espeakng_loader", reason="no speech: pip install espeakng-loader, or make models")
    words = [resampled(spoken(said, pitch=pitch) / 32768, RATE, 16_000) for pitch in (30, 45, 60, 75)]
    drawn = np.random.default_rng(0)
    others = [drawn.normal(size=16_000).clip(-3, 3) / 10 for _ in range(4)]
    names = {"word": ("yes", "no"), "heard": ("speech", "other")}[act]
    return [{"sound": np.clip(sound, -1, 1), act: name} for sound, name in
            [*((word, names[0]) for word in words), *((noise, names[1]) for noise in others)]]  # fmt: skip


ROWS = {
    "minilm": sentences,
    "efficientnet": pictures,
    "rapidocr": lines,
    "speech-embedding": lambda: sounds("word", "yes", "no"),
    "silero-vad": lambda: sounds("heard", "somebody speaks", ""),
}


@pytest.mark.parametrize("name", ROWS)
def test_learns_from_real_input_and_thinks(name: str, tmp_path: Path) -> None:
    chart = load_chart(name, FEW)
    (zone,) = (zone for zone in chart.zones.values() if zone.kind == "pretrained")
    known = KNOWN[zone.model]  # type: ignore[attr-defined]
    if importlib.util.find_spec(known.folder.partition("/")[0]) is None:
        pytest.skip(f"model {zone.model} isn't here: {known.command}, or make models")  # type: ignore[attr-defined]
    rows = ROWS[name]()
    specs = columns_of(chart)
    writer = SceneWriter({column: spec.layout for column, spec in specs.items()})
    for row in rows:
        writer.append({column: spec.encode(row[column]) for column, spec in specs.items()})
    scenes: SceneSet = writer.finish()
    trainer = Trainer(chart, scenes, scenes, tmp_path / "run")
    before = {key: weight.clone() for key, weight in trainer.brain.named_parameters()}
    assert trainer.fit(lambda progress: None)
    assert all(not weight.equal(before[key]) for key, weight in trainer.brain.named_parameters())
    save_brain(trainer.brain, tmp_path / "brain")
    loaded, record = load_brain(tmp_path / "brain")
    assert record["parameters"] < 250_000  # the model is not in it
    (sense,) = chart.senses
    given = [Scene({sense: row[sense]}) for row in rows if len(rows) == 8]
    thoughts = [think(loaded, [scene])[0] for scene in given]
    (act,) = chart.acts
    assert len(thoughts) == 8
    said = {thought.answer[act] for thought in thoughts}
    assert all(isinstance(one, str) for one in said) if name == "rapidocr" else said <= set(chart.acts[act].labels)
    model = frozen(zone.model, zone.layers)  # type: ignore[attr-defined]
    assert thoughts[0].operations > model.facts.operations(1)
