"""Zones carried from one brain to another: with their weights, their origin, and nothing said until it is learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import brain_with, puzzles

from ltm.brain.brain import Brain
from ltm.cli.main import run
from ltm.errors import FolderError, LtmError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.weights import from_bytes, to_bytes
from ltm.runtime.zone_file import read_zone_file, take_zone
from ltm.training.graft import graft

DONOR: dict[str, Any] = {
    "wide": {"kind": "attention", "width": 24, "heads": 2, "state": "own"},
    "plain": {"kind": "conv"},
}
HOST: dict[str, Any] = {
    "core": {"kind": "mixer", "state": "own", "write": "replace"},
    "other": {"kind": "mixer", "state": "own"},
}


@pytest.fixture
def donor(tmp_path: Path) -> Path:
    save_brain(brain_with(DONOR), tmp_path / "donor", {"provenance": {"data": "ten thousand boards"}})
    return tmp_path / "donor"


def logits(brain: Brain) -> torch.Tensor:
    return brain.think_on(brain.begin(puzzles()), 6).logits["solution"].detach()


@pytest.mark.parametrize("int8", [False, True])
def test_a_zone_leaves_whole_and_the_brain_stays(donor: Path, tmp_path: Path, int8: bool) -> None:
    brain, record = load_brain(donor)
    if int8:
        brain.int8 = True
        save_brain(brain, donor, record)
        brain, record = load_brain(donor)
    before = {file: file.read_bytes() for file in donor.rglob("*") if file.is_file()}
    take_zone(donor, "wide", tmp_path / "wide.safetensors")
    found = read_zone_file(tmp_path / "wide.safetensors")
    assert found.name == "wide" and (found.width, found.field, found.sites) == (24, 16, None)
    assert found.spec == brain.chart.zones["wide"]
    assert found.origin == {"brain": "brain", "sha256": record["files"]["zones/wide.safetensors"]["sha256"]}
    assert found.provenance["data"] == "ten thousand boards"
    body = brain.circuit.zone("wide").body.state_dict()
    assert set(found.body) == set(body) and all(torch.equal(found.body[name], body[name]) for name in body)
    assert before == {file: file.read_bytes() for file in donor.rglob("*") if file.is_file()}


@pytest.mark.parametrize("thaw", [False, True])
@pytest.mark.parametrize("pattern", ["none", "ring"])
def test_a_zone_enters_silent_and_learns(donor: Path, tmp_path: Path, thaw: bool, pattern: str) -> None:
    host = brain_with(HOST, coupling={"pattern": pattern, "rank": 2}, field={"width": 16, "noise": 0.0, "norm": "none"})
    take_zone(donor, "wide", tmp_path / "wide.safetensors")
    zone = read_zone_file(tmp_path / "wide.safetensors")
    grown = graft(host.eval(), zone, "guest", thaw=thaw)
    torch.testing.assert_close(logits(grown), logits(host))
    assert list(grown.chart.zones) == ["core", "other", "guest"]
    assert len(grown.circuit.coupling.edges) == len(host.circuit.coupling.edges)
    guest = grown.circuit.zone("guest")
    assert all(torch.equal(weight, zone.body[name]) for name, weight in guest.body.state_dict().items())
    grown.train()
    torch.autograd.backward(grown.think_on(grown.begin(puzzles()), 6).logits["solution"].square().sum())
    assert guest.write is not None and guest.write.weight.grad is not None and guest.write.weight.grad.any()
    assert all(weight.requires_grad == thaw for weight in guest.body.parameters())
    save_brain(grown, tmp_path / "grown")
    torch.testing.assert_close(logits(load_brain(tmp_path / "grown")[0]), logits(host))


def test_what_can_not_be_put_is_said(donor: Path, tmp_path: Path) -> None:
    take_zone(donor, "plain", tmp_path / "plain.safetensors")
    zone = read_zone_file(tmp_path / "plain.safetensors")
    for host, name, words in (
        (brain_with(HOST), "core", "has a zone 'core' already"),
        (brain_with(HOST, wave={"policy": "top-k", "fire": 1}), "guest", "choose among its roles"),
        (brain_with(HOST, coupling={"overlap": 0.5}), "guest", "overlapping windows"),
    ):
        with pytest.raises(LtmError, match=words):
            graft(host, zone, name)
    with pytest.raises(LtmError, match="as wide as the field, 16, and would speak at once"):
        graft(brain_with(HOST), zone, "guest", thaw=True)
    dense = brain_with({"core": {"kind": "mixer", "mixing": "dense"}})
    save_brain(dense, tmp_path / "dense")
    take_zone(tmp_path / "dense", "core", tmp_path / "core.safetensors")
    taken = read_zone_file(tmp_path / "core.safetensors")
    grid = {"kind": "grid", "rows": 3, "columns": 3, "symbols": 5}
    assert taken.sites == 16
    with pytest.raises(LtmError, match="made for 16 sites, the brain has 9"):
        graft(brain_with(HOST, senses={"puzzle": grid}, acts={"solution": grid}), taken, "guest")


def test_files_that_are_no_zones_are_refused(donor: Path, tmp_path: Path) -> None:
    file = tmp_path / "wide.safetensors"
    take_zone(donor, "wide", file)
    data = file.read_bytes()
    with pytest.raises(LtmError, match="there is no 'wid'; did you mean 'wide'"):
        take_zone(donor, "wid", file)
    for spoiled, words in (
        (data[:-9], "damaged"),
        (data.replace(b'\\"width\\":24', b'\\"width\\":25').replace(b'"width\\": 24', b'"width\\": 25'), "25|damaged"),
        (data.replace(b"attention", b"attentoin"), "declaration can't be used"),
        (b"", "truncated"),
    ):
        file.write_bytes(spoiled)
        with pytest.raises(FolderError, match=words):
            read_zone_file(file)
    for place in (len(data) - 3, data.index(b"fits") + 14):  # a bit of a weight, and of what the header says
        turned = bytearray(data)
        turned[place] ^= 1
        file.write_bytes(turned)
        with pytest.raises(FolderError, match=r"hash it says|damaged|channels"):
            read_zone_file(file)
    file.write_bytes(data)
    tensors, said = from_bytes(data, str(file))
    for fits in ('{"width": Infinity, "field": 16, "sites": null}', '{"width": 24, "field": 16, "sites": 1e400}', "[]"):
        file.write_bytes(to_bytes(tensors, said | {"fits": fits}, str(file)))
        with pytest.raises(FolderError, match="damaged"):
            read_zone_file(file)
    with pytest.raises(FolderError, match="not a zone that was taken"):
        read_zone_file(donor / "zones" / "wide.safetensors")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FolderError):
        take_zone(donor, "wide", tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_the_verbs(donor: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_brain(brain_with(HOST), tmp_path / "host")
    assert run(["zone", "list", str(donor)]) == 0
    shown = capsys.readouterr().out
    assert "attention" in shown and "wide" in shown and "plain" in shown
    file = str(tmp_path / "wide.safetensors")
    assert run(["zone", "take", str(donor), "wide", "-o", file]) == 0
    assert run(["zone", "put", file, str(tmp_path / "host"), "-o", str(tmp_path / "grown"), "--name", "guest"]) == 0
    shown = capsys.readouterr().out
    assert "24 channels are tied to the field's 16" in shown and "starts silent" in shown
    loaded, record = load_brain(tmp_path / "grown")
    assert list(loaded.chart.zones) == ["core", "other", "guest"]
    assert "zone guest taken from brain (ten thousand boards)" in record["provenance"]["data"]
    assert run(["zone", "put", file, str(tmp_path / "host"), "-o", str(tmp_path / "grown"), "--name", "core"]) == 2
    assert "already" in capsys.readouterr().err
