"""Programs for ExecuTorch, where it is installed: they think as their brains, and say what goes in and out."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exported import FEW, SENSES, doubting, exported, reading_brain
from small_charts import SMALL, small
from tiny import chart_of, chart_with, puzzles
from variants import VARIANTS

import ltm.export.export as exporting
from ltm.brain.think import think
from ltm.chart.schema import WillSpec
from ltm.errors import LtmError
from ltm.export.executorch_file import run_executorch
from ltm.export.limits import UNPROVEN
from ltm.scenes.prepare import generate_scenes
from ltm.zones import delta_rule

pytest.importorskip("executorch", reason="executorch is not installed: pip install 'ltm[executorch]'")
pytestmark = pytest.mark.usefixtures("symbolic_sizes")
QUICK = {"precision": "fp32", "compile": "off"}
ZONES = {name: zone for name, zone in VARIANTS.items() if zone["kind"] not in ("pretrained", *UNPROVEN["executorch"])}


def pte(brain: Any, folder: Path, **options: Any) -> Any:
    return exported(brain, folder, to="executorch", **options)


def test_a_program_thinks_as_its_brain_and_says_what_it_sees(tmp_path: Path) -> None:
    brain = doubting(chart_of({"kind": "conv"}, field={"width": 16, "noise": 0.5}, training={"ticks": 1, **QUICK}))
    made = pte(brain, tmp_path, ticks=2)
    content = made.file.read_bytes()
    assert str(Path(exporting.__file__).parents[2]).encode() not in content
    from executorch.runtime import Runtime

    program = Runtime.get().load_program(made.file)
    (text,) = program.load_method("ltm").execute([])
    assert json.loads(text) == made.told
    # As docs/export.md says it: inputs and outputs in the order of the description, one scene at a time.
    assert made.told["inputs"]["see.puzzle"]["shape"] == [1, 4, 4]
    board = puzzles()["puzzle"][:1]
    said = dict(zip(made.told["outputs"], program.load_method("forward").execute([board]), strict=True))
    (thought,) = think(brain, {"puzzle": board}, WillSpec(ticks=2, confidence=1), seed=0)
    assert said["ticks"].tolist() == [thought.ticks]
    np.testing.assert_allclose(said["confidence"].numpy(), [thought.confidence], atol=1e-4)
    shapes = {name: list(value.shape) for name, value in said.items()}
    assert shapes == {name: output["shape"] for name, output in made.told["outputs"].items()}
    types = {name: str(value.dtype).removeprefix("torch.") for name, value in said.items()}
    assert types == {name: output["dtype"] for name, output in made.told["outputs"].items()}


def test_a_program_outlives_what_it_was_read_from(tmp_path: Path) -> None:
    # What runs a program keeps its content: the runtime points into it.
    brain = doubting(chart_of({"kind": "conv"}, training={"ticks": 1, **QUICK}))
    seen = {"see.puzzle": puzzles()["puzzle"][:1].numpy()}
    runs = [run_executorch(pte(brain, tmp_path, ticks=1).file.read_bytes(), 1) for _ in range(2)]
    gc.collect()
    once, again = (run(seen) for run in runs)
    assert once.keys() == again.keys() and all((once[name] == again[name]).all() for name in once)


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(LtmError, match=r"ExecuTorch can't run what was made: .*Try --to onnx"):
        run_executorch(b"no program" * 10, 1)


def test_an_operator_without_counterpart_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "hindrances", lambda chart, target: [])
    monkeypatch.setattr(delta_rule, "solve_by_products", delta_rule._solve)  # it has none for triangular systems
    brain = doubting(chart_of(VARIANTS["rwkv7"] | {"chunk": 8}, training={"ticks": 1, **QUICK}))
    with pytest.raises(LtmError, match=r"this brain can't be written for ExecuTorch: .*Try --to onnx"):
        exporting.export_brain(brain, tmp_path / "no.pte", "executorch", ticks=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", ZONES)
def test_every_kind_of_zone_as_a_program(name: str, tmp_path: Path) -> None:
    field = {"width": 24, "noise": 0.5}
    pte(doubting(chart_of(ZONES[name], field=field, training={"ticks": 1, **QUICK})), tmp_path, ticks=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", SENSES)
def test_every_sense_and_act_as_a_program(name: str, tmp_path: Path) -> None:
    brain = reading_brain(SENSES[name])
    sizes = {"tokens": (9,), "text": (6,), "board": (5, 4)}
    pte(brain, tmp_path, ticks=2, sizes={name: size for name, size in sizes.items() if name in brain.chart.senses})


@pytest.mark.slow
@pytest.mark.parametrize("wave", [{"policy": "sync", "fire": 1}, {"policy": "top-k", "fire": 2}])
def test_waves_that_choose_as_a_program(wave: dict[str, Any], tmp_path: Path) -> None:
    zones = {"one": {"kind": "recurrent", "state": "own"}, "two": {"kind": "conv"}, "three": VARIANTS["mixer"]}
    pte(doubting(chart_with(zones, wave=wave, training={"ticks": 2, **QUICK})), tmp_path, ticks=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_charts_as_programs(name: str, tmp_path: Path) -> None:
    chart, ticks, sizes = small(name)
    made = pte(doubting(chart), tmp_path, ticks=ticks, scenes=generate_scenes(chart, FEW, seed=5), sizes=sizes)
    assert made.compared is not None and made.compared.of == {"given": FEW}
