"""The zone that looks through a pretrained model: once a scene, counted, kept out of files, and never exchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from little_model import picture_graph, views
from tiny import brain_with, chart_with

from ltm import Scene, think
from ltm.brain.brain import Brain
from ltm.chart.load import chart_from_text
from ltm.chart.schema import WillSpec
from ltm.chart.size import Sizes
from ltm.errors import ChartError, DataError, FolderError
from ltm.pretrained.known import KNOWN
from ltm.pretrained.models import frozen, wanted
from ltm.runtime.brains import load_brain, save_brain
from ltm.scenes.prepare import Prepared
from ltm.scenes.store import SceneSet
from ltm.senses.raw import RawSpec
from ltm.training.fit import train_chart
from ltm.training.look_once import look_once
from ltm.training.loop import Trainer

MODEL_OPERATIONS = 2 * 16 * 6 * 3 * 4


def model_at(folder: Path, seed: int = 0) -> str:
    (folder / "little.onnx").write_bytes(picture_graph(seed))
    return str(folder / "little.onnx")


def looking(model: str, **keys: Any) -> dict[str, Any]:
    return {"kind": "pretrained", "model": model, "sense": "view", **keys}


def brain_of(model: str, zone: dict[str, Any] | None = None, **parts: Any) -> Brain:
    labels = {"kind": "label", "labels": ["one", "two", "three"]}
    return brain_with(
        {"eye": zone or looking(model)},
        senses={"view": {"kind": "raw", "model": model}},
        acts={"label": labels},
        **parts,
    )


def test_the_model_runs_once_a_scene_however_long_and_often_it_is_thought_about(tmp_path: Path) -> None:
    model = model_at(tmp_path)
    brain = brain_of(model, field={"width": 16, "noise": 0.5})
    will = WillSpec(ticks=8, tries=3, confidence=1.0)
    values = {"view": views(5)}
    thoughts = think(brain, values, will)
    assert frozen(model).ran == 5 and frozen(model).recalled > 5 * 8
    sizes = Sizes.of(brain.chart)
    assert sizes.once == {"eye": MODEL_OPERATIONS}
    # Four segments of two ticks, in each of three tries; and the model once.
    segment = 2 * sizes.operations["eye.self"] + brain.reading_operations(brain.layout.places(values))
    assert [thought.operations for thought in thoughts] == [3 * 4 * segment + MODEL_OPERATIONS] * 5


def test_a_trace_costs_the_same(tmp_path: Path) -> None:
    brain = brain_of(model_at(tmp_path))
    will = WillSpec(ticks=4, confidence=1.0)
    plain, traced = (think(brain, {"view": views(2)}, will, trace=trace) for trace in (False, True))
    assert [one.operations for one in plain] == [one.operations for one in traced]


def test_a_zone_that_does_not_fire_does_not_look(tmp_path: Path) -> None:
    model = model_at(tmp_path)
    late = looking(model, roles={"late": {"period": 8, "phases": [7]}})
    brain = brain_of(model, late)
    thoughts = think(brain, {"view": views(2)}, WillSpec(ticks=4, confidence=1.0))
    assert frozen(model).ran == 0
    longer = think(brain, {"view": views(2)}, WillSpec(ticks=8, confidence=1.0))
    assert frozen(model).ran == 2
    assert longer[0].operations > 2 * thoughts[0].operations + MODEL_OPERATIONS / 2


def test_a_wave_that_chooses_looks_for_those_it_fires_for(tmp_path: Path) -> None:
    model = model_at(tmp_path)
    zones = {"eye": looking(model), "other": {"kind": "conv"}}
    chart = chart_with(
        zones,
        senses={"view": {"kind": "raw", "model": model}},
        acts={"label": {"kind": "label", "labels": ["one", "two"]}},
        wave={"policy": "random", "fire": 1},
    )
    brain = Brain(chart)
    thoughts = think(brain, {"view": views(16)}, WillSpec(ticks=2, confidence=1.0), trace=True)
    number = brain.circuit.labels.index(("eye", "self"))
    looked = [any("eye" in name for tick in thought.trace for name in tick.fired) for thought in thoughts]
    assert number >= 0 and 0 < sum(looked) < 16
    assert frozen(model).ran == sum(looked)
    assert len({thought.operations for thought in thoughts}) > 1


def test_its_file_holds_what_was_learned_and_not_the_model(tmp_path: Path) -> None:
    brain = brain_of(model_at(tmp_path))
    save_brain(brain, tmp_path / "brain")
    loaded, record = load_brain(tmp_path / "brain")
    learned = sum(weight.numel() for weight in brain.parameters())
    assert record["parameters"] == learned == Sizes.of(brain.chart).parameters - 72
    assert torch.equal(loaded.circuit.zone("eye").body.digest, brain.circuit.zone("eye").body.digest)


def test_an_exchanged_model_is_refused(tmp_path: Path) -> None:
    save_brain(brain_of(model_at(tmp_path)), tmp_path / "brain")
    model_at(tmp_path, seed=1)
    loaded, _ = load_brain(tmp_path / "brain")
    with pytest.raises(FolderError, match="not the one that this zone was trained with"):
        think(loaded, {"view": views(1)})


def test_a_model_that_is_gone_is_named(tmp_path: Path) -> None:
    save_brain(brain_of(model_at(tmp_path)), tmp_path / "brain")
    (tmp_path / "little.onnx").unlink()
    with pytest.raises(FolderError, match=r"little\.onnx: there is no such model"):
        load_brain(tmp_path / "brain")


def test_a_run_that_goes_on_with_nothing_remembered_ends_with_the_same_bits(tmp_path: Path) -> None:
    model = model_at(tmp_path)
    training = {"steps": 8, "ticks": 2, "segments": 2, "batch": 4, "precision": "fp32", "compile": "off", "warmup": 0}
    chart = brain_of(model, training=training).chart
    labels = np.arange(24, dtype=np.uint8)[:, None] % 3
    scenes = SceneSet.of({"view": views(24).numpy(), "label": labels})
    whole = Trainer(chart, scenes, scenes.take(range(8)), None)
    while not whole.done:
        whole.train_step()
    first = Trainer(chart, scenes, scenes.take(range(8)), tmp_path / "run")
    first.fit(lambda progress: None, lambda: first.step == 4)
    frozen(model)._made.clear()
    second = Trainer(chart, scenes, scenes.take(range(8)), tmp_path / "run")
    assert second.step == 4
    while not second.done:
        second.train_step()
    ends = [dict(trainer.brain.state_dict()) for trainer in (whole, second)]
    assert all(torch.equal(weight, ends[1][name]) for name, weight in ends[0].items())


def test_looking_ahead_stops_when_its_time_is_over(tmp_path: Path) -> None:
    model = model_at(tmp_path)
    chart = brain_of(model).chart
    scenes = SceneSet.of({"view": views(10).numpy(), "label": np.zeros((10, 1), dtype=np.uint8)})
    told: list[str] = []
    looked = look_once(chart, scenes, 60.0, told.append)
    assert (looked.scenes, looked.left, frozen(model).ran) == (10, 0.0, 10)
    assert "looking at 10 scenes, once" in told[0]
    assert look_once(chart, scenes, 0.0, told.append).left == 1.0
    other = chart_with({"plain": {"kind": "conv"}})
    assert look_once(other, scenes, 60.0, told.append).scenes == 0


def test_whoever_gets_a_brain_is_told_which_model_it_needs(tmp_path: Path) -> None:
    training = {"steps": 2, "ticks": 2, "segments": 1, "batch": 4, "precision": "fp32", "compile": "off"}
    chart = brain_of(model_at(tmp_path), training=training).chart
    labels = np.arange(40, dtype=np.uint8)[:, None] % 3
    scenes = SceneSet.of({"view": views(40).numpy(), "label": labels})
    prepared = Prepared(scenes.take(range(20)), scenes.take(range(20, 40)))
    train_chart(chart, tmp_path / "brain", prepared=prepared, speed=False)
    assert load_brain(tmp_path / "brain")[1]["provenance"]["models"] == "little.onnx"
    assert "| models | little.onnx |" in (tmp_path / "brain" / "README.md").read_text()
    assert wanted(["minilm"]) == f"minilm ({KNOWN['minilm'].command})"


def test_pictures_of_any_size_and_colour_are_read(tmp_path: Path) -> None:
    spec = RawSpec(kind="raw", model=model_at(tmp_path))
    grey = np.full((5, 7), 40, dtype=np.uint8)
    assert spec.encode(grey).shape == spec.encode(grey.tolist()).shape == (8, 8, 3)
    assert (spec.encode(grey) == 40).all()
    for wrong in ("nothing.png", [[1, 2], [3]], np.zeros((2, 2, 4), dtype=np.uint8), np.full((2, 2), 300), 7):
        with pytest.raises(DataError):
            spec.encode(wrong)


def test_a_scene_is_thought_about_from_what_people_have(tmp_path: Path) -> None:
    brain = brain_of(model_at(tmp_path))
    thought = think(brain, [Scene({"view": np.zeros((20, 30, 3), dtype=np.uint8)})])[0]
    assert thought.answer["label"] in ("one", "two", "three")


CHART = """
senses:
  view: {{kind: raw, model: {model}{more}}}
  board: {{kind: grid, symbols: 3}}
acts: {{label: {{kind: label, labels: [a, b]}}}}
zones: {{eye: {{kind: pretrained, model: {asked}, sense: {sense}}}}}
"""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sense": "vieww"}, "no sense called 'vieww'; did you mean 'view'"),
        ({"sense": "board"}, "looks at a sense of kind 'raw'; 'board' is of kind 'grid'"),
        ({"asked": "minilm"}, "which 'minilm' doesn't take"),
        ({"asked": "minilmm"}, "did you mean 'minilm'"),
        ({"more": ", seconds: 2"}, "takes values of kind image, not sounds"),
        ({"more": ", longest: 9"}, "longest and cut are for texts"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    model = model_at(tmp_path)
    given = {"model": model, "asked": model, "sense": "view", "more": "", **changes}
    with pytest.raises(ChartError, match=words) as caught:
        chart_from_text(CHART.format(**given), "any.yaml")
    assert "any.yaml:" in str(caught.value)
