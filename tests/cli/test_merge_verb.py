"""`ltm merge` of brains that are unlike one another: in name, in width, in the format of their folders."""

from __future__ import annotations

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
from ltm.runtime import skills
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.listing import inspect_folder
from ltm.runtime.skills import folders_of
from ltm.scenes.scene import Scene

BOARD = Scene({"board": "abcabcabcabcabca"})


def saved(folder: Path, size: int, seed: int, *, int8: bool = False) -> Path:
    grid = {"kind": "grid", "rows": 4, "columns": 4, "symbols": 3, "alphabet": "abc"}
    label = {"kind": "label", "labels": ["many", "few"]}
    chart = propose({"board": grid, "label": label}, ["board"], ["label"], source="x.csv", size=size, name=folder.name)
    brain = Brain(chart, seed=seed).eval()
    brain.int8 = int8
    save_brain(brain, folder, {"provenance": {}, "measured": {}})
    return folder


def test_names_that_collide_widths_and_formats_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    apart = [
        saved(tmp_path / "first" / "board", 60_000, 0),
        saved(tmp_path / "second" / "board", 400_000, 1),
        saved(tmp_path / "third" / "board", 60_000, 2, int8=True),
    ]
    brains = [load_brain(folder)[0] for folder in apart]
    assert brains[0].chart.field.width < brains[1].chart.field.width
    assert inspect_folder(apart[0]).format < inspect_folder(apart[2]).format
    assert run(["merge", *map(str, apart), "-o", str(tmp_path / "all")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "there is a skill 'board' already; this one is called 'board-2'" in shown
    together = folders_of(tmp_path / "all")
    assert list(together) == ["board", "board-2", "board-3"]
    for before, folder in zip(brains, together.values(), strict=True):
        (alone,), (merged,) = think(before, [BOARD], logits=True), think(load_brain(folder)[0], [BOARD], logits=True)
        assert torch.equal(alone.logits["label"], merged.logits["label"]) and alone.confidence == merged.confidence
    assert run(["think", str(tmp_path / "all"), BOARD.sees["board"], "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["choice"]["familiarity"]) == {*together}
    # Named otherwise, nothing collides.
    names = [word for name in ("small", "wide", "eight") for word in ("--name", name)]
    assert run(["merge", *map(str, apart), "-o", str(tmp_path / "named"), *names]) == 0
    assert list(folders_of(tmp_path / "named")) == ["small", "wide", "eight"]


def test_a_brain_may_be_merged_into_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = saved(tmp_path / "one", 60_000, 0), saved(tmp_path / "two", 60_000, 1)
    assert run(["merge", str(one), str(two), "-o", str(one)]) == 0
    shown = capsys.readouterr()
    assert shown.err == "" and "one: board -> label" in shown.out and list(folders_of(one)) == ["one", "two"]
    for verb, words in (("scale", "weigh one of them"), ("chart draw", "draw one of them")):
        assert run([*verb.split(), str(one)]) == 2
        assert words in capsys.readouterr().err


def test_what_is_copied_is_what_was_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = saved(tmp_path / "one", 60_000, 0), saved(tmp_path / "two", 60_000, 1)
    copy = skills._copy

    def torn(folder: Path, place: Path) -> None:
        """As where another process replaces the folder meanwhile: the record of one brain, the weights of another."""
        copy(folder, place)
        shutil.copytree(two / "zones", place / "zones", dirs_exist_ok=True)

    monkeypatch.setattr(skills, "_copy", torn)
    assert run(["merge", str(one), str(two), "-o", str(tmp_path / "both")]) == 4
    with pytest.raises(FolderError):
        skills.copy_brain(one, tmp_path / "copy")
    assert not (tmp_path / "both").exists() and not (tmp_path / "copy").exists()


def test_a_format_that_is_not_known_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known, newer = saved(tmp_path / "known", 60_000, 0), saved(tmp_path / "newer", 60_000, 1)
    record = json.loads((newer / "brain.json").read_text())
    (newer / "brain.json").write_text(json.dumps({**record, "format": 9}))
    assert run(["merge", str(known), str(newer), "-o", str(tmp_path / "both")]) == 4
    assert "newer/brain.json: format 9; this version of ltm reads format" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "both").exists()
