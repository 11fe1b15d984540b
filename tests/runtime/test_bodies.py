"""Skills that share the bodies of zones: stored once, vouched for by hashes, taken apart again."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.propose import propose
from ltm.cli.main import run
from ltm.errors import FolderError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.folder import inspect_folder
from ltm.runtime.skills import load_skills, write_skills
from ltm.scenes.scene import Scene
from ltm.training.rehearse import tie

COLUMNS = {
    "board": {"kind": "grid", "rows": 4, "columns": 4, "symbols": 5, "form": "text"},
    "kind": {"kind": "label", "labels": ["a", "b"]},
}
SCENES = [Scene({"board": text}) for text in ("0123401234012340", "4" * 16)]


def make(seed: int) -> Brain:
    return Brain(propose(COLUMNS, ["board"], ["kind"], source="any.csv", size=60_000, name=f"b{seed}"), seed).eval()


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def whole(folder: Path) -> tuple[object, ...]:
    """A brain's record, and its files byte for byte."""
    files = hashes(folder)
    del files["brain.json"]  # in which entries may be listed in another order
    return inspect_folder(folder), files


@pytest.fixture
def brains(tmp_path: Path) -> dict[str, Brain]:
    """Three skills on disk; the second and the third have the body of the first."""
    made = {name: make(seed) for seed, name in enumerate(("one", "two", "three"))}
    for name, brain in made.items():
        if name != "one":
            tie(brain.circuit.zone("core").body, made["one"].circuit.zone("core").body)
        save_brain(brain, tmp_path / name, {"provenance": {"seed": 7}, "measured": {"exact": 0.5}})
    return made


def folders(place: Path, *names: str) -> dict[str, Path]:
    return {name: place / name for name in names}


def same(one: Brain, other: Brain) -> bool:
    pairs = zip(think(one, SCENES), think(other, SCENES), strict=True)
    return all(a.confidence == b.confidence and a.answer == b.answer for a, b in pairs)


def test_a_shared_body_is_stored_once_and_thinks_as_before(tmp_path: Path, brains: dict[str, Brain]) -> None:
    both = tmp_path / "both"
    write_skills(both, "both", folders(tmp_path, "one", "two", "three"), share={"two", "three"})
    assert hashes(both / "skills" / "one") == hashes(tmp_path / "one")
    file = "zones/core.safetensors"
    holder = inspect_folder(both / "skills" / "one").files[file]
    for name in ("two", "three"):
        record = inspect_folder(both / "skills" / name)
        assert record.format == 2 and record.files[file].body == holder.sha256
        assert record.files[file].bytes < holder.bytes / 10
        assert record.provenance.seed == 7 and record.measured["exact"] == 0.5
    loaded = load_skills(both)
    assert all(same(loaded.skills[name], brains[name]) for name in brains)
    # A skill that was gained without sharing is copied as it is, equal or not.
    write_skills(tmp_path / "plain", "plain", folders(tmp_path, "one", "two"))
    assert hashes(tmp_path / "plain" / "skills" / "two") == hashes(tmp_path / "two")
    assert inspect_folder(tmp_path / "two").format == 1


def test_a_skill_is_taken_out_whole(tmp_path: Path, brains: dict[str, Brain]) -> None:
    both = tmp_path / "both"
    write_skills(both, "both", folders(tmp_path, "one", "two"), share={"two"})
    assert run(["take", str(both), "two", "-o", str(tmp_path / "alone")]) == 0
    assert whole(tmp_path / "alone") == whole(tmp_path / "two")
    assert run(["take", str(both), "tow", "-o", str(tmp_path / "x")]) == 2
    assert run(["take", str(both), "two", "-o", str(both / "x")]) == 2
    # Brought together with others but without the skill that holds its body, it is written whole.
    write_skills(tmp_path / "other", "other", {"two": both / "skills" / "two", "three": tmp_path / "three"})
    assert whole(tmp_path / "other" / "skills" / "two") == whole(tmp_path / "two")
    # With it, it stays as it is; over itself too.
    kept = hashes(both)
    write_skills(both, "both", {name: both / "skills" / name for name in ("one", "two")})
    assert hashes(both) == kept


def test_what_is_not_what_the_hashes_say_is_refused(tmp_path: Path, brains: dict[str, Brain]) -> None:
    both = tmp_path / "both"

    def fresh() -> Path:
        shutil.rmtree(both, ignore_errors=True)
        write_skills(both, "both", folders(tmp_path, "one", "two"), share={"two"})
        return both / "skills" / "two"

    shutil.copytree(fresh(), tmp_path / "copied")
    with pytest.raises(FolderError, match=r"held by another skill.*ltm take"):
        load_brain(tmp_path / "copied")
    two = fresh()
    other = make(5)
    save_brain(other, both / "skills" / "one")  # whole, but another
    with pytest.raises(FolderError, match="held by another skill"):
        load_brain(two)
    two = fresh()
    file = both / "skills" / "one" / "zones" / "core.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(FolderError, match=r"one/zones/core.safetensors.*sha256"):
        load_brain(two)
    two = fresh()
    record = json.loads((two / "brain.json").read_text())
    for change, words in (
        (lambda r: r.update(format=1), "format"),
        (lambda r: r["files"]["zones/core.safetensors"].pop("body"), "where its body lies"),
        (lambda r: r["files"]["zones/core.safetensors"].update(body="0" * 64), "where its body lies"),
        (lambda r: r["files"]["chart.yaml"].update(body="0" * 64), "only a zone"),
    ):
        changed = json.loads(json.dumps(record))
        change(changed)
        (two / "brain.json").write_text(json.dumps(changed))
        with pytest.raises(FolderError, match=words):
            load_brain(two)


def test_bodies_are_told_apart_to_the_bit(tmp_path: Path, brains: dict[str, Brain]) -> None:
    with torch.no_grad():
        weight = next(iter(make(9).circuit.zone("core").body.parameters()))
        other = make(0)
        next(iter(other.circuit.zone("core").body.parameters())).copy_(weight)
    save_brain(other, tmp_path / "four")
    write_skills(tmp_path / "both", "both", folders(tmp_path, "one", "four"), share={"four"})
    assert inspect_folder(tmp_path / "both" / "skills" / "four").files["zones/core.safetensors"].body is None
