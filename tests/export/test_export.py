"""Files: all kinds of parts as ONNX and as an archive, what is refused, and that no file that is wrong is written."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exported import SENSES, doubting, exported, reading_brain, same_in_any_batch, several
from tiny import GRID, chart_of, chart_with, puzzles
from variants import VARIANTS

import ltm.export.export as exporting
from ltm.brain.brain import Brain
from ltm.brain.rehearsal import Rehearsal
from ltm.chart.document import load_yaml
from ltm.chart.load import chart_from_text
from ltm.chart.schema import WillSpec
from ltm.errors import ChartError, DataError, LtmError
from ltm.export.describe import description
from ltm.export.export import export_brain
from ltm.export.sizes import asked_sizes, sizes_of
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.scenes.store import SceneSet

pytestmark = pytest.mark.usefixtures("symbolic_sizes")
QUICK = {"precision": "fp32", "compile": "off"}


@pytest.fixture
def quick_brain() -> Brain:
    return doubting(chart_of({"kind": "mixer"}, training={"ticks": 1, **QUICK}))


@pytest.mark.slow
def test_every_kind_of_zone_as_onnx(tmp_path: Path) -> None:
    # The graph of rwkv7 is by far the largest; it has a test of its own.
    zones = {name: zone for name, zone in VARIANTS.items() if zone["kind"] not in ("pretrained", "rwkv7")}
    chart = chart_with(zones, field={"width": 24, "noise": 0.5}, wave={"policy": "all"}, training={"ticks": 1, **QUICK})
    brain = doubting(chart)
    same_in_any_batch(brain, exported(brain, tmp_path, ticks=1), {"puzzle": puzzles()["puzzle"]})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "acts"),
    [
        (("numbers", "picture", "sound", "words"), ("label", "number")),
        (("tree", "any-grid"), ("drawn", "moves")),
        (("bytes",), ("said",)),
    ],
)
def test_every_sense_and_act_as_onnx(names: tuple[str, ...], acts: tuple[str, ...], tmp_path: Path) -> None:
    brain = reading_brain({sense: spec for name in names for sense, spec in SENSES[name].items()}, acts)
    sizes = {"tokens": (9,), "text": (6,), "board": (5, 4)}
    sizes = {name: size for name, size in sizes.items() if name in brain.chart.senses}
    made = exported(brain, tmp_path, ticks=3, sizes=sizes)
    same_in_any_batch(brain, made, several(brain, sizes))


@pytest.mark.slow
def test_waves_that_choose_as_onnx(tmp_path: Path) -> None:
    zones = {"one": {"kind": "recurrent", "state": "own"}, "two": {"kind": "conv"}, "three": VARIANTS["mixer"]}
    chart = chart_with(zones, wave={"policy": "sync", "fire": 1}, training={"ticks": 3, **QUICK})
    brain = doubting(chart)
    same_in_any_batch(brain, exported(brain, tmp_path), {"puzzle": puzzles(6)["puzzle"]})


def test_an_archive_thinks_as_its_brain(tmp_path: Path) -> None:
    # A recurrence in chunks.
    zone = VARIANTS["rwkv7"] | {"layers": 1, "chunk": 8}
    brain = doubting(chart_of(zone, training={"ticks": 1, **QUICK}))
    made = exported(brain, tmp_path, to="torch-export", ticks=1)
    with zipfile.ZipFile(made.file) as archive:
        (described,) = (name for name in archive.namelist() if name.endswith("ltm.json"))
        assert json.loads(archive.read(described)) == made.told
        for name in archive.namelist():
            assert str(Path(exporting.__file__).parents[2]).encode() not in archive.read(name), name


@pytest.mark.slow
def test_rwkv7_zones_as_onnx(tmp_path: Path) -> None:
    # 16 sites in chunks of 6, 6 and 4: the triangular systems become products, of which the last is of another size.
    brain = doubting(chart_of(VARIANTS["rwkv7"] | {"layers": 1, "chunk": 6}, training={"ticks": 1, **QUICK}))
    made = exported(brain, tmp_path, ticks=1)
    same_in_any_batch(brain, made, {"puzzle": puzzles()["puzzle"]})


def test_what_is_not_proven_in_a_runtime_is_refused_where_it_stands(tmp_path: Path) -> None:
    brain = Brain(chart_of(VARIANTS["rwkv7"]))
    with pytest.raises(
        ChartError, match=r"zones.only.kind: zones of kind 'rwkv7' have not been proven in .* --to onnx"
    ):
        export_brain(brain, tmp_path / "no", "executorch")


NO_EXPORT = """\
senses:
  see: {kind: label, labels: [a, b]}
acts:
  do: {kind: action, labels: [a, b]}
steps: {roles: [self]}
zones:
  outer:
    kind: nested
    circuit:
      zones:
        one: {kind: mixer}
        two: {kind: mixer}
      wave:
        policy: random
"""


def test_every_hindrance_is_named_by_line(tmp_path: Path) -> None:
    brain = Brain(chart_from_text(NO_EXPORT))
    with pytest.raises(ChartError) as caught:
        export_brain(brain, tmp_path / "no.onnx", document=load_yaml(NO_EXPORT, "my.yaml"), source="my.yaml")
    said = str(caught.value)
    assert "my.yaml:5:1: steps: scenes of several steps can't be exported" in said
    assert "my.yaml:14:9: zones.outer.circuit.wave.policy: the policy 'random' can't be exported" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"to": "onx"}, "--to onx: expected one of onnx, torch-export, executorch; did you mean 'onnx'"),
        ({"ticks": 0}, "--ticks 0: expected 1 to 512"),
        ({"ticks": 513}, "--ticks 513: expected 1 to 512"),
    ],
)
def test_other_mistakes_are_explained(quick_brain: Brain, options: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(LtmError, match=words):
        export_brain(quick_brain, tmp_path / "no.onnx", **options)


def test_sizes_are_asked_for_where_they_are_open(tmp_path: Path) -> None:
    grid = {key: value for key, value in GRID.items() if key not in ("rows", "columns")}
    senses = {"puzzle": grid, "fixed": GRID, "words": {"kind": "text", "longest": 50}}
    brain = Brain(chart_with({"only": {"kind": "conv"}}, senses=senses, acts={"solution": grid}))
    with pytest.raises(DataError, match=r"senses.puzzle: its size is open.* such as --size puzzle=9x9"):
        export_brain(brain, tmp_path / "no.onnx")
    assert asked_sizes(["puzzle=5x6", "words=20"], brain) == {"puzzle": (5, 6), "words": (20,)}
    wrong = {
        "puzzle": "expected a sense and its size",
        "puzle=3x3": "no sense called 'puzle'; did you mean 'puzzle'",
        "fixed=3x3": "the chart fixes the size of 'fixed'",
        "puzzle=3": "expected rows x columns from 1",
        "words=51": "expected one number from 1 to 50",
        "puzzle=0x3": "expected rows x columns from 1",
    }
    for word, said in wrong.items():
        with pytest.raises(LtmError, match=said):
            asked_sizes([word], brain)
    for sizes, said in (
        ({"puzle": (3, 3)}, "sizes: no sense called 'puzle'; did you mean 'puzzle'"),
        ({"fixed": (3, 3)}, "the chart fixes the size of 'fixed'"),
        ({"words": (9_999,)}, r"expected one number from 1 to 50 for 'words', got \(9999,\)"),
    ):
        with pytest.raises(DataError, match=said):
            export_brain(brain, tmp_path / "no.onnx", sizes=sizes)


def test_without_being_asked_it_is_as_large_as_the_largest_kept_scene() -> None:
    brain = reading_brain(SENSES["any-grid"] | SENSES["words"])

    def kept(*sides: tuple[int, int], words: int) -> SceneSet:
        values = {
            "board": np.zeros((len(sides), 6, 7), dtype=np.uint8),
            "town": np.zeros((len(sides), 1), dtype=np.uint8),
            "text": np.zeros((len(sides), 20, 13), dtype=np.int32),
        }
        shapes = {"board": sides, "town": [(1,)] * len(sides), "text": [(words, 13)] * len(sides)}
        return SceneSet.of(values, {name: np.array(found) for name, found in shapes.items()})

    brain.rehearsal = Rehearsal(kept((3, 7), (5, 2), words=4), kept((2, 2), words=9))
    assert sizes_of(brain, {}) == {"board": (5, 7), "town": (1,), "text": (9, 13)}
    assert sizes_of(brain, {"text": (20,)})["text"] == (20, 13)


def perturbed(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """Lets files of the target `torch-export` say something else than what is in them."""
    target = exporting.TARGETS["torch-export"]

    def changed(content: bytes, threads: int) -> Any:
        run = target.run(content, threads)
        return lambda seen: change(run(seen))

    monkeypatch.setitem(exporting.TARGETS, "torch-export", target._replace(run=changed))


def test_a_file_that_thinks_otherwise_is_not_written(
    quick_brain: Brain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "brain.pt2"
    file.write_bytes(b"the one before")
    with monkeypatch.context() as patch:
        perturbed(patch, lambda said: said | {"confidence": said["confidence"] + 0.01})
        words = r"0 of 100 scenes answered otherwise, confidence differs by up to 0\.01"
        with pytest.raises(LtmError, match=words) as caught:
            export_brain(quick_brain, file, "torch-export", ticks=1)
        assert "and logits by up to " in str(caught.value) and file.read_bytes() == b"the one before"
        made = export_brain(quick_brain, file, "torch-export", ticks=1, tolerance=0.02)
        assert made.compared is not None and abs(made.compared.confidence - 0.01) < 1e-4
    with monkeypatch.context() as patch:
        perturbed(patch, lambda said: said | {"logits.solution": said["logits.solution"] + np.float32(0.01)})
        with pytest.raises(LtmError, match=r"0 of 100 scenes answered otherwise.* and logits by up to 0\.0"):
            export_brain(quick_brain, file, "torch-export", ticks=1)
    with monkeypatch.context() as patch:
        perturbed(patch, lambda said: said | {"answer.solution": np.zeros_like(said["answer.solution"])})
        with pytest.raises(LtmError, match="scenes answered otherwise"):
            export_brain(quick_brain, file, "torch-export", ticks=1)


def test_missing_libraries_are_explained_and_a_file_that_was_not_compared_is_right_in_any_batch(
    quick_brain: Brain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    made = export_brain(quick_brain, tmp_path / "brain.onnx", ticks=1)
    assert made.compared is None and made.file.stat().st_size > 1000
    same_in_any_batch(quick_brain, made, {"puzzle": puzzles(3)["puzzle"]})
    assert made.unverified == "running ONNX files needs onnxruntime: pip install 'ltm[export]'"
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(DataError, match=r"exporting to ONNX needs onnxscript: pip install 'ltm\[export\]'"):
        export_brain(quick_brain, tmp_path / "other.onnx", ticks=1)


def test_without_executorch_it_says_how_to_get_it(
    quick_brain: Brain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "executorch", None)
    with pytest.raises(DataError, match=r"exporting to ExecuTorch needs executorch: pip install 'ltm\[executorch\]'"):
        export_brain(quick_brain, tmp_path / "no.pte", "executorch", ticks=1)
    assert not list(tmp_path.iterdir())


def test_where_scenes_come_one_at_a_time_the_graph_and_its_description_say_so(quick_brain: Brain) -> None:
    assert {name: target.batch for name, target in exporting.TARGETS.items() if target.batch} == {"executorch": 1}
    will, sizes = WillSpec(ticks=1), sizes_of(quick_brain, {})
    for batch, said in ((1, 1), (None, "batch")):
        told = description(quick_brain, sizes, 1, 0, batch)
        assert {put["shape"][0] for put in (told["inputs"] | told["outputs"]).values()} == {said}
        program = exporting.exported_program(quick_brain, will, sizes, 0, batch)
        assert bool(program.range_constraints) == (batch is None)


def test_the_shipped_brain_is_described() -> None:
    brain, _ = load_brain(shipped_brain())
    told = description(brain, sizes_of(brain, {}), 16, 0)
    assert told["inputs"]["see.puzzle"]["shape"] == ["batch", 9, 9]
    assert told["inputs"]["see.puzzle"]["symbols"] == list("0123456789")
    assert told["outputs"]["answer.solution"]["shape"] == ["batch", 9, 9]
    assert told["outputs"]["logits.solution"]["shape"] == ["batch", 81, 10]
    assert json.loads(json.dumps(told)) == told
