"""The charts that come with the package, at small widths: what can be exported thinks the same, the rest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from exported import doubting, exported, same_in_any_batch

from ltm.chart.load import load_chart
from ltm.chart.shipped import shipped
from ltm.errors import ChartError
from ltm.export.export import export_brain
from ltm.export.limits import hindrances
from ltm.scenes.prepare import generate_scenes

pytestmark = pytest.mark.usefixtures("symbolic_sizes")
TRM = [
    f"zones.net.roles.{role}" for role in ("fast.phases=[0, 1]", "fast.period=3", "slow.phases=[2]", "slow.period=3")
]
SMALL = {
    # Restless after the first look, so that what stirs the field is compared too.
    "sudoku": (4, ["zones.core.layers=1", "will.patience=2"]),
    "trm": (3, ["zones.net.messages=8", "zones.net.hidden=16", "zones.net.layers=1", *TRM]),
    "trm-attention": (3, ["zones.net.heads=2", "zones.net.hidden=16", "zones.net.layers=1", *TRM]),
    "hrm": (3, [f"zones.{zone}.{key}" for zone in ("low", "high") for key in ("layers=1", "heads=2", "hidden=16")]),
    "universal-transformer": (2, ["zones.layer.hidden=16", "zones.layer.layers=1"]),
    "plain-stack": (4, []),
    "mixture": (1, [f"zones.e{n}.{key}=8" for n in range(1, 9) for key in ("width", "messages", "hidden")]),
    "akorn": (1, ["zones.waves.steps=2"]),
    "maze": (2, ["zones.local.hidden=8", "scenes.sizes=[5, 9]"]),
}
"""Ticks a segment, and what makes the rest small."""
REFUSED = {"rwkv7-tiny": "acts.next.kind: acts of kind 'next'", "llama-tiny": "acts.next.kind: acts of kind 'next'"}

FROZEN = ("minilm", "efficientnet", "rapidocr", "speech-embedding", "silero-vad")
"""Charts whose zone looks through a model of its own."""


def test_every_chart_is_tried() -> None:
    assert {*SMALL, *REFUSED, *FROZEN} == set(shipped())


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_file_thinks_as_its_brain(name: str, tmp_path: Path) -> None:
    segment, smaller = SMALL[name]
    gradient = ["training.gradient_ticks=1"] if load_chart(name).training.gradient_ticks else []
    chart = load_chart(name, ["field.width=16", f"training.ticks={segment}", *gradient, *smaller])
    brain = doubting(chart)
    scenes = generate_scenes(chart, 24, seed=5)
    sizes = {"maze": (9, 9)} if name == "maze" else {}  # most mazes are smaller and padded
    made = exported(brain, tmp_path, ticks=segment + 1, scenes=scenes, sizes=sizes)
    assert made.compared is not None and not made.compared.made_up and made.compared.scenes == 24
    values = {sense: torch.from_numpy(scenes.values[sense][:3]) for sense in chart.senses}
    same_in_any_batch(brain, made, values)


@pytest.mark.parametrize("name", REFUSED)
def test_what_goes_on_with_texts_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ChartError, match=REFUSED[name]):
        export_brain(doubting(load_chart(name, ["field.width=32", "training.ticks=1"])), tmp_path / "no.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FROZEN)
def test_what_looks_through_a_model_is_refused(name: str) -> None:
    ((place, why),) = hindrances(load_chart(name), "onnx")
    assert place[0] == "zones" and place[-1] == "kind" and "'pretrained' can't be exported" in why
