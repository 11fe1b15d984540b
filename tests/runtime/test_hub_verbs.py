"""Verbs that change a brain, and others that named none on the hub before: a fetched brain stays as it was fetched."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hub_case import NAME, TWO, files_in, shared
from hub_server import Hub
from tiny import brain_with

from ltm.cli.main import run
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.hub import Address, fetch
from ltm.runtime.skills import copy_brain, load_skills, write_skills

PLACE = f"hf://{NAME}"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run(list(words))
    shown = capsys.readouterr()
    return code, " ".join((shown.out + shown.err).split())


def table(file: Path) -> Path:
    """Boards of four by four; the answer is the letter that is there most often."""
    draw = random.Random(0)
    boards = ["".join(draw.choice("abc") for _ in range(16)) for _ in range(60)]
    rows = [f"{board},{max('abc', key=board.count)}" for board in boards]
    file.write_text("\n".join(["board,most", *rows]) + "\n")
    return file


@pytest.mark.parametrize("verb", ["rest", "grow"])
def test_a_brain_that_is_fetched_is_not_changed_in_its_place(
    verb: str,
    hub: Hub,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit = shared(hub, folder)
    monkeypatch.chdir(tmp_path)
    more = ["--scenes", str(table(tmp_path / "abc.csv")), "--name", "abc"] if verb == "grow" else []
    code, shown = said(capsys, verb, PLACE, *more)
    expected = (
        f"{PLACE}: a brain that is fetched isn't changed in its place; write another: ltm {verb} {PLACE} -o FOLDER"
    )
    assert code == 2 and expected in shown and not hub.seen
    code, shown = said(capsys, verb, "sudoku", *more)
    assert (
        code == 2 and f"comes with the package isn't changed in its place; write another: ltm {verb} sudoku -o" in shown
    )
    cached = fetch(Address(NAME, commit)).folder
    code, shown = said(capsys, verb, str(cached), *more)
    assert (
        code == 2 and f"a brain that is fetched isn't changed in its place; write another: ltm {verb} {cached}" in shown
    )
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    code, shown = said(capsys, verb, PLACE, *more, "-o", str(tmp_path / "taken"))
    assert code == 2 and "taken: already there; choose another folder" in shown
    code, shown = said(capsys, verb, str(folder), *more, "-o", str(folder / "inside"))
    assert code == 2 and "lies in the brain; choose a place of its own" in shown
    assert not (folder / "inside").exists() and not list(tmp_path.glob("*.grow"))


def test_rest_writes_another_brain_or_only_looks(
    hub: Hub, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = shared(hub, folder)
    code, shown = said(capsys, "rest", PLACE, "--try")
    assert code == 0 and "nothing to let go" in shown
    cached = fetch(Address(NAME, commit)).folder
    before, out = files_in(cached), tmp_path / "rested"
    code, shown = said(capsys, "rest", PLACE, "-o", str(out))
    assert code == 0 and f"nothing to let go within the loss: a copy. saved {out}/" in shown
    assert load_brain(out)[1]["provenance"]["origin"] == f"{PLACE}@{commit}" and files_in(cached) == before
    assert said(capsys, "rest", PLACE, "-o", str(tmp_path / "more"), "--try")[0] == 2
    assert not (tmp_path / "more").exists()


def test_a_fetched_brain_gains_a_skill_in_another_folder(
    hub: Hub, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit, out, name = shared(hub, folder), tmp_path / "grown", json.loads((folder / "brain.json").read_text())["name"]
    asked = ["--scenes", str(table(tmp_path / "abc.csv")), "--see", "board:grid(4x4)", "--do", "most", "--name", "abc"]
    code, shown = said(capsys, "grow", PLACE, *asked, "--minutes", "0.05", "--size", "60KB", "-o", str(out))
    assert code == 0 and f"{out}/ has 2 skills: {name}, abc" in shown
    assert set(load_skills(out).skills) == {name, "abc"} and not (tmp_path / "grown.grow").exists()
    cached = fetch(Address(NAME, commit)).folder
    zones = {file: data for file, data in files_in(cached).items() if file.endswith(".safetensors")}
    assert (
        zones.items() <= files_in(out / "skills" / name).items() and files_in(cached).keys() == files_in(folder).keys()
    )
    assert load_brain(out / "skills" / name)[1]["provenance"]["origin"] == f"{PLACE}@{commit}"


def test_charts_and_rows_of_a_brain_on_the_hub_are_shown(
    hub: Hub, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared(hub, folder)
    code, shown = said(capsys, "chart", "draw", PLACE)
    assert code == 0 and "first" in shown and "second" in shown
    code, shown = said(capsys, "scenes", "schema", PLACE)
    assert code == 0 and '"puzzle"' in shown
    for words in (["train", PLACE], ["import", PLACE, "-o", str(tmp_path / "brain")]):
        code, shown = said(capsys, *words)
        assert (
            code == 2 and shown.startswith(f"ltm: {PLACE}: ") and ("save_pretrained" in shown or "hf download" in shown)
        )


def test_copies_of_several_skills_are_whole(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_brain(brain_with(TWO), tmp_path / name)
    write_skills(tmp_path / "both", "both", {name: tmp_path / name for name in ("one", "two")})
    copy_brain(tmp_path / "both", tmp_path / "copy")
    copy_brain(tmp_path / "one", tmp_path / "alone")
    assert files_in(tmp_path / "copy") == files_in(tmp_path / "both")
    assert files_in(tmp_path / "alone") == files_in(tmp_path / "one")
