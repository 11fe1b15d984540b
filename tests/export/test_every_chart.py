"""The charts that come with the package, at small widths: what can be exported thinks the same, the rest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from exported import FEW, doubting, exported, same_in_any_batch
from small_charts import SMALL, small

from ltm.chart.load import load_chart
from ltm.chart.shipped import shipped
from ltm.errors import ChartError
from ltm.export.export import export_brain
from ltm.export.limits import hindrances
from ltm.scenes.prepare import generate_scenes

pytestmark = pytest.mark.usefixtures("symbolic_sizes")
REFUSED = {"rwkv7-tiny": "acts.next.kind: acts of kind 'next'", "llama-tiny": "acts.next.kind: acts of kind 'next'"}

FROZEN = ("minilm", "efficientnet", "rapidocr", "speech-embedding", "silero-vad")
"""Charts whose zone looks through a model of its own."""


def test_every_chart_is_tried() -> None:
    assert {*SMALL, *REFUSED, *FROZEN} == set(shipped())


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_file_thinks_as_its_brain(name: str, tmp_path: Path) -> None:
    chart, ticks, sizes = small(name)
    brain, scenes = doubting(chart), generate_scenes(chart, FEW, seed=5)
    made = exported(brain, tmp_path, ticks=ticks, scenes=scenes, sizes=sizes)
    assert made.compared is not None and made.compared.of == {"given": FEW}
    values = {sense: torch.from_numpy(scenes.values[sense][:3]) for sense in chart.senses}
    same_in_any_batch(brain, made, values)


@pytest.mark.parametrize("name", REFUSED)
def test_what_goes_on_with_texts_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ChartError, match=REFUSED[name]):
        export_brain(doubting(load_chart(name, ["field.width=32", "training.ticks=1"])), tmp_path / "no.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FROZEN)
def test_what_looks_through_a_model_is_refused(name: str) -> None:
    (place, why), (sense, beside) = hindrances(load_chart(name), "onnx")
    assert place[0] == "zones" and place[-1] == "kind" and "'pretrained' can't be exported" in why
    assert sense[0] == "senses" and "'raw' can't be exported" in beside
