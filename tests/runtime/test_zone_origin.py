"""What a carried zone brings along: only its own file is read, its roles come too, and its origin stays known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import brain_with, puzzles

from ltm.brain.brain import Brain
from ltm.cli.main import run
from ltm.errors import FolderError, LtmError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.folder import inspect_folder
from ltm.runtime.skills import write_skills
from ltm.runtime.weights import from_bytes, to_bytes
from ltm.runtime.zone_file import read_zone_file, take_zone
from ltm.training.graft import graft, unheard
from ltm.training.prune import without_zone
from ltm.training.run_folder import Beginning, remember

ROLES = {"look": {"reads": ["field", "input"]}, "doubt": {"reads": ["own", "plain"], "writes": "own", "vector": True}}
DONOR: dict[str, Any] = {
    "wide": {"kind": "attention", "heads": 2, "state": "own", "roles": ROLES},
    "plain": {"kind": "conv", "state": "own"},
}
HOST: dict[str, Any] = {"core": {"kind": "mixer"}, "other": {"kind": "mixer"}}


@pytest.fixture
def donor(tmp_path: Path) -> Path:
    save_brain(
        brain_with(DONOR), tmp_path / "donor", {"name": "giver", "provenance": {"data": "ten boards", "seed": 7}}
    )
    return tmp_path / "donor"


def taken(donor: Path, zone: str = "wide") -> Path:
    file = donor.with_name(f"{zone}.safetensors")
    take_zone(donor, zone, file)
    return file


def field(brain: Brain, ticks: int) -> torch.Tensor:
    mind = brain.begin(puzzles(), torch.Generator().manual_seed(5))
    brain.think_on(mind, ticks)
    return mind.lanes.field.detach()


def spoil(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 255
    file.write_bytes(data)


@pytest.mark.parametrize("int8", [False, True])
def test_of_a_brain_only_the_one_zone_is_read(donor: Path, int8: bool) -> None:
    if int8:
        brain, record = load_brain(donor)
        brain.int8 = True
        save_brain(brain, donor, record)
    known = load_brain(donor)[0].circuit.zone("wide").state_dict()
    for other in ("zones/plain.safetensors", "connectome.safetensors"):
        spoil(donor / other)  # who read it would see that
    found = read_zone_file(taken(donor))
    assert all(torch.equal(known[f"body.{name}"], weight) for name, weight in found.body.items())
    assert {f"roles.{name}" for name in found.roles} == {name for name in known if name.startswith("roles.")}
    spoil(donor / "zones" / "wide.safetensors")
    with pytest.raises(FolderError, match=r"wide\.safetensors: its sha256 is not what"):
        taken(donor)


def test_a_body_in_another_skill_comes_along(donor: Path, tmp_path: Path) -> None:
    write_skills(tmp_path / "both", "both", {"one": donor, "two": donor}, share={"two"})
    second = tmp_path / "both" / "skills" / "two"
    assert inspect_folder(second).files["zones/wide.safetensors"].body is not None
    found, known = read_zone_file(taken(second)), load_brain(donor)[0].circuit.zone("wide").body.state_dict()
    assert found.body and all(torch.equal(known[name], weight) for name, weight in found.body.items())


def test_roles_and_their_vectors_come_along(donor: Path) -> None:
    zone = read_zone_file(taken(donor))
    host = brain_with(HOST)
    guest = graft(host, zone, "guest").circuit.zone("guest")
    vectors = load_brain(donor)[0].circuit.zone("wide").roles
    assert list(guest.spec.roles) == ["look", "doubt"]
    assert all(torch.equal(vectors[name], guest.roles[name]) for name in vectors)
    assert not torch.equal(vectors["look"], vectors["doubt"])
    look, doubt = guest.spec.roles.values()
    assert (look.period, look.phases, look.reads) == (2, (0,), ("field", "input"))
    assert (doubt.period, doubt.phases, doubt.reads, doubt.writes) == (2, (1,), ("own",), "own")
    assert unheard(zone) == ["plain"]


def test_a_file_without_role_vectors_is_read_too(donor: Path) -> None:
    file = taken(donor)
    tensors, words = from_bytes(file.read_bytes(), "x")
    assert any(name.startswith("roles.") for name in tensors)
    words.pop("sha256")  # nor did they say a hash
    older = {name: weight for name, weight in tensors.items() if name.startswith("body.")}
    file.write_bytes(to_bytes(older, words, "x"))
    zone = read_zone_file(file)
    assert zone.roles == {} and list(graft(brain_with(HOST), zone, "guest").circuit.zone("guest").roles) == sorted(
        ROLES
    )
    del tensors["roles.look"]
    file.write_bytes(to_bytes(tensors, words, "x"))
    with pytest.raises(FolderError, match=r"no tensor 'roles\.look'"):
        read_zone_file(file)


def test_an_origin_that_can_not_be_one_is_refused(donor: Path) -> None:
    file = taken(donor)
    tensors, words = from_bytes(file.read_bytes(), "x")
    for key, value, why in (
        ("origin", {"brain": "giver", "sha256": "0"}, "sha256"),
        ("origin", [], "where it comes from"),
        ("provenance", {"learned": "much"}, "learned"),
    ):
        file.write_bytes(to_bytes(tensors, {**words, key: json.dumps(value)}, "x"))
        with pytest.raises(FolderError, match=why):
            read_zone_file(file)


def test_a_name_that_no_chart_could_have_is_refused(
    donor: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_brain(brain_with(HOST), tmp_path / "host")
    put = ["zone", "put", str(taken(donor)), str(tmp_path / "host"), "-o", str(tmp_path / "grown"), "--name"]
    for name, close in (("Core", "core"), ("my.zone", "my-zone")):
        assert run([*put, name]) == 2
        assert f"--name {name}: expected a lower-case word such as '{close}'" in capsys.readouterr().err
    assert not (tmp_path / "grown").exists()


def test_a_wave_of_chance_takes_a_zone_more(donor: Path) -> None:
    zone = read_zone_file(taken(donor, "plain"))
    host = brain_with(HOST, wave={"policy": "random", "fire": 1})
    grown = graft(host, zone, "guest")
    assert grown.circuit.labels[-1] == ("guest", "self") and torch.isfinite(field(grown, 6)).all()
    for policy in ("top-k", "sync"):
        with pytest.raises(LtmError, match="learned to choose"):
            graft(brain_with(HOST, wave={"policy": policy, "fire": 1}), zone, "guest")


def test_where_a_zone_comes_from_stays_known(donor: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, digest = taken(donor), inspect_folder(donor).files["zones/wide.safetensors"].sha256
    save_brain(brain_with(HOST), tmp_path / "host")
    put = ["zone", "put", str(file), str(tmp_path / "host"), "--name", "guest", "-o", str(tmp_path / "grown")]
    assert run(put) == 0
    shown = capsys.readouterr().out
    assert "its roles look, doubt fire in turn, a tick each" in shown and "it heard plain there" in shown
    origin = inspect_folder(tmp_path / "grown").provenance.zones
    assert origin is not None and list(origin) == ["guest"]
    assert (origin["guest"].brain, origin["guest"].zone, origin["guest"].sha256) == ("giver", "wide", digest)
    assert origin["guest"].provenance.data == "ten boards" and origin["guest"].provenance.seed == 7
    assert run(["inspect", str(tmp_path / "grown"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["record"]["provenance"]["zones"]["guest"]
    assert told["sha256"] == digest and told["provenance"]["data"] == "ten boards"
    assert run(["inspect", str(tmp_path / "grown")]) == 0
    shown = "".join(capsys.readouterr().out.split())
    assert f"wideofgiver,sha256{digest},tenboards" in shown
    assert f"wide of giver, sha256 {digest}" in (tmp_path / "grown" / "README.md").read_text()
    # It stays through loading and saving, and goes with the zone; carried on, both brains are known.
    brain, record = load_brain(tmp_path / "grown")
    save_brain(brain, tmp_path / "again", {"provenance": {"data": "more"}})
    assert load_brain(tmp_path / "again")[1]["provenance"]["zones"] == record["provenance"]["zones"]
    less = without_zone(brain, "guest")
    assert less is not None
    save_brain(less, tmp_path / "less", record)
    assert "zones" not in load_brain(tmp_path / "less")[1]["provenance"]
    take_zone(tmp_path / "grown", "guest", file)
    carried = read_zone_file(file).came_from()
    assert carried["brain"] == "brain" and carried["provenance"]["zones"]["guest"]["brain"] == "giver"
    take_zone(tmp_path / "grown", "core", file)
    assert "zones" not in read_zone_file(file).provenance


def test_a_run_that_goes_on_knows_where_its_zones_come_from(tmp_path: Path) -> None:
    origins = {"guest": {"brain": "giver", "zone": "wide", "sha256": "0" * 64}}
    begun = Beginning(zones=origins, origin="hf://a/b@c")
    assert remember(tmp_path, begun) == begun == remember(tmp_path, None)
    (tmp_path / "beginning.json").write_text("[1]")
    with pytest.raises(FolderError, match=r"beginning\.json: damaged"):
        remember(tmp_path, None)
    assert remember(tmp_path, Beginning()) == Beginning() == remember(tmp_path, None)


def test_several_skills_are_refused_alike(donor: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, both = taken(donor), tmp_path / "both"
    write_skills(both, "both", {"one": donor, "two": donor})
    for words in (
        ["list", str(both)],
        ["take", str(both), "wide", "-o", str(tmp_path / "x.safetensors")],
        ["put", str(file), str(both), "-o", str(tmp_path / "x")],
    ):
        assert run(["zone", *words]) == 2
        said = " ".join(capsys.readouterr().err.split())
        assert "a brain of several skills; name one of them" in said and f"{both}/skills/two" in said
    assert not (tmp_path / "x").exists()
