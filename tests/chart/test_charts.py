"""Every chart that is shipped: it builds at the size it states, and a small version of it trains and thinks."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch

import ltm
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.load import load_chart
from ltm.chart.shipped import shipped
from ltm.chart.size import Sizes
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.store import SceneSet
from ltm.training.loop import Trainer

CHARTS = shipped()
SIZES = {
    "akorn": 201_734,
    "hrm": 27_275_266,
    "llama-tiny": 918_656,
    "maze": 156_164,
    "mixture": 358_796,
    "plain-stack": 359_364,
    "rwkv7-tiny": 923_520,
    "sudoku": 349_316,
    "trm": 5_028_866,
    "trm-attention": 6_828_034,
    "universal-transformer": 369_668,
    "minilm": 129_604,
    "efficientnet": 220_996,
    "rapidocr": 129_988,
    "speech-embedding": 47_492,
    "silero-vad": 45_508,
}
"""Weights that are learned."""
PRETRAINED = {
    "minilm": 19_164_288,
    "efficientnet": 3_371_008,
    "rapidocr": 1_888_484,
    "speech-embedding": 599_524,
    "silero-vad": 309_633,
}
"""Weights of models from elsewhere, as far as their zones run them."""
SMALL: dict[str, list[str]] = {
    "hrm": [f"zones.{zone}.{key}" for zone in ("low", "high") for key in ("heads=2", "hidden=48")],
    "trm": ["zones.net.messages=24", "zones.net.hidden=48"],
    "trm-attention": ["zones.net.heads=2", "zones.net.hidden=48"],
    "akorn": ["zones.waves.heads=2"],
}
FEW = [
    "training.batch=4",
    "training.steps=3",
    "training.warmup=0",
    "training.rate=0.001",
    "training.precision=fp32",
    "training.compile=off",
    "scenes.count=40",
    "scenes.sizes=[5, 7]",
    "will.ticks=24",
]


TEXT = " ".join(f"{number} zones, {number**2} couplings;" for number in range(60))


def small(name: str, folder: Path) -> Any:
    chart = load_chart(name)
    zones = [f"zones.{zone}.width={32}" for zone, spec in chart.zones.items() if spec.width is not None]
    settings = ["field.width=32", *zones, *SMALL.get(name, []), *FEW]
    if (chart.scenes.source or "").startswith("text:"):
        (folder / "plays.txt").write_text(TEXT)
        settings = [setting for setting in settings if "sizes" not in setting]
        settings += [f"scenes.source=text:{folder / 'plays.txt'}", "scenes.options={context: 24, answer: 1}"]
    return load_chart(name, settings)


def test_every_chart_is_here() -> None:
    assert set(CHARTS) == set(SIZES)


@pytest.mark.parametrize("name", CHARTS)
def test_has_its_size(name: str) -> None:
    chart = load_chart(name)
    brain = Brain(chart)
    assert sum(w.numel() for w in brain.parameters()) == SIZES[name]
    assert Sizes.of(chart).parameters == SIZES[name] + PRETRAINED.get(name, 0)


@pytest.mark.parametrize("name", [name for name in CHARTS if name not in PRETRAINED])
def test_a_small_version_trains_and_thinks(name: str, tmp_path: Path) -> None:
    chart = small(name, tmp_path)
    scenes: SceneSet = generate_scenes(chart, 40, 0)
    trainer = Trainer(chart, scenes.take(range(24)), scenes.take(range(24, 40)), tmp_path)
    before = {key: weight.clone() for key, weight in trainer.brain.state_dict().items()}
    assert trainer.fit(lambda progress: None)
    assert trainer.step == 3 and math.isfinite(trainer._loss)
    moved = [key for key, weight in trainer.brain.named_parameters() if not torch.equal(weight, before[key])]
    # Matrices of ones that start at zero move too: every weight has been learned from.
    assert moved == [key for key, _ in trainer.brain.named_parameters()]
    some = scenes.take(range(2))
    values = {key: torch.from_numpy(some.values[key]) for key in some.values}
    thoughts = think(trainer.brain.eval(), values)
    assert len(thoughts) == 2 and all(0 <= thought.confidence <= 1 for thought in thoughts)


def test_the_readme_states_the_same_sizes() -> None:
    readme = (Path(ltm.__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for name, size in SIZES.items():
        assert re.search(rf"`{name}`.*{size:,}", readme), name
