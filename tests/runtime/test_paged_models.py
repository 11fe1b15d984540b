"""Pretrained models on disk: one that a zone looks through counts as part of the zone, and leaves with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from little_model import CHANNELS, GRID, picture_graph, views
from tiny import brain_with

from ltm.brain.brain import Brain
from ltm.brain.familiarity import features_of
from ltm.errors import LtmError
from ltm.pretrained import models
from ltm.pretrained.models import frozen
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.paged import open_paged
from ltm.runtime.pager import Pager, size_of

MODEL_BYTES = 4 * CHANNELS * 3 * 2 * 2
MADE_BYTES = 4 * CHANNELS * GRID[0] * GRID[1]


@pytest.fixture
def eyes(tmp_path: Path) -> list[str]:
    """The paths of two little models."""
    for seed, name in enumerate(("one", "other")):
        (tmp_path / f"{name}.onnx").write_bytes(picture_graph(seed))
    return [str(tmp_path / "one.onnx"), str(tmp_path / "other.onnx")]


@pytest.fixture
def folder(eyes: list[str], tmp_path: Path) -> Path:
    """A brain with an eye for each of two views, which look in turn, and a zone that looks at nothing."""
    senses = {name: {"kind": "raw", "model": model} for name, model in zip(("left", "right"), eyes, strict=True)}
    zones: dict[str, Any] = {
        name: {"kind": "pretrained", "model": model, "sense": name, "width": 64}
        for name, model in zip(("left", "right"), eyes, strict=True)
    }
    acts = {"label": {"kind": "label", "labels": ["one", "two"]}}
    save_brain(
        brain_with({**zones, "core": {"kind": "conv", "width": 4}}, senses=senses, acts=acts), tmp_path / "brain"
    )
    return tmp_path / "brain"


def seen() -> dict[str, torch.Tensor]:
    return {"view": views(3, 2), "left": views(3, 0), "right": views(3, 1)}


def answers(brain: Brain, ticks: int = 9) -> torch.Tensor:
    with torch.inference_mode():
        return brain.think_on(brain.begin(seen()), ticks).logits["label"]


def loaded() -> set[str]:
    return {str(key[0]) for key in models._loaded}


def forget(eyes: list[str]) -> None:
    for model in eyes:
        models.let_go(model)


def test_a_model_comes_and_goes_with_its_zone(folder: Path, eyes: list[str]) -> None:
    whole, _ = load_brain(folder)
    known, each = answers(whole), {name: size_of(whole.circuit.zone(name)) for name in whole.chart.zones}
    weights = sum(weight.nbytes for weight in whole.circuit.zone("left").state_dict().values())
    assert each["left"] == weights + MODEL_BYTES
    forget(eyes)
    least = max(each.values())
    brain, _ = open_paged(folder, least)
    pager = brain.circuit.residence
    assert isinstance(pager, Pager) and not loaded() & set(eyes)
    assert torch.equal(answers(brain), known)
    assert pager.paging.peak_bytes <= least and pager.paging.evictions > 2
    pager.need("left")
    assert loaded() & set(eyes) == {eyes[0]}
    before = pager.paging.bytes_read
    pager.need("right")
    assert loaded() & set(eyes) == {eyes[1]} and pager.paging.bytes_read - before == each["right"]
    pager.need("core")
    assert loaded() & set(eyes) == ({eyes[1]} if each["right"] + each["core"] <= least else set())
    pager.close()


def test_what_a_model_has_made_has_a_share_of_its_own(folder: Path, eyes: list[str]) -> None:
    forget(eyes)
    least = max(size_of(load_brain(folder)[0].circuit.zone(name)) for name in ("left", "right", "core"))
    for room, remembered in ((0, 0), (2 * MADE_BYTES, MADE_BYTES), (10**6, (least + 10**6) // 8 // 2)):
        brain, _ = open_paged(folder, least + room)
        parts = [part for name in ("left", "right") for part in brain.circuit.zone(name).models]
        assert [part.remembered for part in parts] == [remembered] * 2
        assert answers(brain, 2).isfinite().all()
        kept = [frozen(model)._bytes for model in eyes]
        assert all(count <= max(remembered, MADE_BYTES) for count in kept)  # of the last value in any case
        assert brain.circuit.residence is not None
        assert brain.circuit.residence.paging.peak_bytes <= least + room - 2 * remembered
        forget(eyes)


def test_a_budget_that_a_model_exceeds_is_refused(folder: Path) -> None:
    with pytest.raises(LtmError, match=r"zone '(left|right)' with the model that it looks through takes .*at least"):
        open_paged(folder, MODEL_BYTES)


def test_models_that_two_zones_look_through_stay_for_the_other(eyes: list[str]) -> None:
    eye = {"kind": "pretrained", "model": eyes[0], "sense": "view"}
    senses = {"view": {"kind": "raw", "model": eyes[0]}}
    acts = {"label": {"kind": "label", "labels": ["one", "two"]}}
    source = brain_with({"one": eye, "two": eye, "core": {"kind": "conv"}}, senses=senses, acts=acts)
    zones = {name: source.circuit.zone(name) for name in source.chart.zones}
    weights = {name: dict(zone.state_dict()) for name, zone in zones.items()}
    pager = Pager(zones, lambda name: weights[name], 10**6)
    for name in ("one", "two", "core"):
        pager.need(name)
    for leaving, there in (("one", True), ("core", True), ("two", False)):
        pager._leave(leaving)
        assert (eyes[0] in loaded()) == there
    pager.close()


def test_parts_of_one_model_are_let_go_apart() -> None:
    for part in ((2,), (5,), (None, 2), (None, 4)):
        models._loaded["m", (), *part] = object()
    models.let_go("m", [(2,), (None, 4)])
    assert [key for key in models._loaded if key[0] == "m"] == [("m", (), 5), ("m", (), None, 2)]
    models.let_go("m")
    assert "m" not in loaded()


def test_what_is_familiar_is_told_where_there_is_room_for_one_eye(folder: Path) -> None:
    whole, _ = load_brain(folder)
    brain, _ = open_paged(folder, max(size_of(whole.circuit.zone(name)) for name in whole.chart.zones))
    assert torch.equal(*(features_of(one, seen(), torch.zeros(0)) for one in (brain, whole)))
