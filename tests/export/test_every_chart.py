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
from ltm.scenes.prepare import generate_scenes

SMALL = {
    # Restless after the first look, so that what stirs the field is compared too.
    "sudoku": ["zones.core.layers=1", "will.patience=2"],
    "trm": ["zones.net.messages=8", "zones.net.hidden=16", "zones.net.layers=1"],
    "trm-attention": ["zones.net.heads=2", "zones.net.hidden=16", "zones.net.layers=1"],
    "hrm": [f"zones.{zone}.{key}" for zone in ("low", "high") for key in ("layers=1", "heads=2", "hidden=16")]
    + ["training.gradient_ticks=1"],
    "universal-transformer": ["zones.layer.hidden=16", "zones.layer.layers=1"],
    "plain-stack": [],
    "mixture": [f"zones.e{number}.{key}=8" for number in range(1, 9) for key in ("width", "messages", "hidden")],
    "akorn": ["zones.waves.steps=2"],
    "maze": ["zones.local.hidden=8", "scenes.sizes=[5, 9]"],
}
REFUSED = {"rwkv7-tiny": "acts.next.kind: acts of kind 'next'", "llama-tiny": "acts.next.kind: acts of kind 'next'"}


def test_every_chart_is_tried() -> None:
    assert {*SMALL, *REFUSED} == set(shipped())


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_file_thinks_as_its_brain(name: str, tmp_path: Path) -> None:
    chart = load_chart(name, ["field.width=16", "training.ticks=2", *SMALL[name]])
    brain = doubting(chart)
    scenes = generate_scenes(chart, 24, seed=5)
    sizes = {"maze": (9, 9)} if name == "maze" else {}  # most mazes are smaller and padded
    made = exported(brain, tmp_path, scenes=scenes, sizes=sizes)
    assert made.compared is not None and not made.compared.made_up and made.compared.scenes == 24
    values = {sense: torch.from_numpy(scenes.values[sense][:3]) for sense in chart.senses}
    same_in_any_batch(brain, made, values)


@pytest.mark.parametrize("name", REFUSED)
def test_what_goes_on_with_texts_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ChartError, match=REFUSED[name]):
        export_brain(doubting(load_chart(name, ["field.width=32", "training.ticks=1"])), tmp_path / "no.onnx")
    assert not list(tmp_path.iterdir())
