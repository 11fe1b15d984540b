"""`ltm merge`, `ltm grow`, and the other verbs on brains of several skills."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ltm.brain.brain import Brain
from ltm.brain.choice import Choice
from ltm.brain.skills import SkilledBrain
from ltm.chart.propose import propose
from ltm.cli.main import run
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.skills import write_skills
from ltm.scenes.scene import Scene
from ltm.training.forgetting import changes, settle
from ltm.training.from_data import propose_for
from ltm.training.rehearse import Rehearser

Image = pytest.importorskip("PIL.Image")
NOT_ASTRAY = {"right": 1.0, "lost": 0.0, "elsewhere": {}}


def uncontested(routing: dict[str, Any]) -> dict[str, Any]:
    """Leaves out how many scenes other skills can read, too, which must be a share."""
    assert 0 <= routing.pop("contested") <= 1
    return routing


"""How scenes find their skill where no other can read them."""


def table(file: Path, letters: str, seed: int, count: int = 80) -> Path:
    """Boards of some letters; the answer is the letter that is there most often."""
    draw = random.Random(seed)
    boards = ["".join(draw.choice(letters) for _ in range(16)) for _ in range(count)]
    rows = [f"{board},{max(sorted(set(board)), key=board.count)}" for board in boards]
    file.write_text("\n".join(["board,most", *rows]) + "\n")
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("skills")
    table(place / "abc.csv", "abc", 0)
    table(place / "xyz.csv", "xyz", 1)
    fit = ["--see", "board:grid(4x4)", "--do", "most", "--minutes", "0.05", "--size", "60KB"]
    assert run(["fit", str(place / "abc.csv"), *fit, "-o", str(place / "abc")]) == 0
    assert run(["fit", str(place / "xyz.csv"), *fit, "-o", str(place / "xyz")]) == 0
    assert run(["merge", str(place / "abc"), str(place / "xyz"), "-o", str(place / "both")]) == 0
    return place


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run(list(words))
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_a_scene_goes_to_the_skill_that_can_read_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text, name in (("abcabcabcabcaaaa", "abc"), ("xyzxyzxyzxyzxxxx", "xyz")):
        code, shown = said(capsys, "think", str(folder / "both"), text, "--json")
        assert code == 0 and json.loads(shown)["skill"] == name
        alone = said(capsys, "think", str(folder / name), text, "--json")[1]
        together, before = json.loads(shown), json.loads(alone)
        assert together["answer"] == before["answer"] and together["confidence"] == before["confidence"]
    code, shown = said(capsys, "think", str(folder / "both"), "abcxyzabcxyzaaaa")
    assert code == 2 and "no skill can read this" in shown and "abc:" in shown and "xyz:" in shown
    mixed = folder / "mixed.csv"
    mixed.write_text("board\nabcabcabcabcaaaa\nxyzxyzxyzxyzxxxx\nabcabcabcabcaaaa\n")
    code, shown = said(capsys, "think", str(folder / "both"), str(mixed))
    assert code == 0 and [line.split("\t")[3] for line in shown.splitlines()] == ["abc", "xyz", "abc"]


def test_eval_and_inspect_know_skills(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = said(capsys, "inspect", str(folder / "both"))
    assert code == 0 and "abc" in shown and "xyz" in shown and "in all" in shown
    code, shown = said(capsys, "inspect", str(folder / "both"), "--json")
    assert list(json.loads(shown)["skills"]) == ["abc", "xyz"]
    test = table(folder / "test.csv", "abc", 5, 20)
    code, shown = said(capsys, "eval", str(folder / "both"), str(test))
    assert code == 2 and "say --skill" in shown  # both skills have these columns
    code, shown = said(capsys, "eval", str(folder / "both"), str(test), "--skill", "abc", "--json")
    report = json.loads(shown[shown.index("{") :])
    assert code == 0 and report["skill"] == "abc" and uncontested(report["routing"]) == NOT_ASTRAY | {"scenes": 20}
    code, shown = said(capsys, "eval", str(folder / "both"), str(test), "--skill", "abd")
    assert code == 2 and "did you mean 'abc'" in shown


def test_eval_says_what_wrong_routing_costs(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two skills see the same boards; here those that begin with an `a` go to the wrong one."""
    together = folder / "alike"
    write_skills(together, "alike", {"abc": folder / "abc", "other": folder / "xyz"})

    def choose(brain: SkilledBrain, scene: Mapping[str, Scene]) -> Choice:
        return Choice("other" if scene["abc"].sees["board"].startswith("a") else "abc", dict.fromkeys(scene, 1.0))

    monkeypatch.setattr(SkilledBrain, "choose", choose)
    test = table(folder / "alike.csv", "abc", 11, 30)
    rows = [line.split(",") for line in test.read_text().splitlines()[1:]]
    _, alone = said(capsys, "think", str(folder / "abc"), str(test), "--ticks", "1")
    right = [line.split("\t")[0] == most for line, (_, most) in zip(alone.splitlines(), rows, strict=True)]
    astray = [board.startswith("a") for board, _ in rows]
    asked = ["eval", str(together), str(test), "--skill", "abc", "--segments", "1", "--ticks", "1"]
    _, shown = said(capsys, *asked, "--json")
    found = json.loads(shown[shown.index("{") :])["routing"]
    lost = sum(a and r for a, r in zip(astray, right, strict=True)) / 30
    assert 0 < lost <= sum(astray) / 30 and found["lost"] == pytest.approx(lost)
    assert found["scenes"] == 30 and found["elsewhere"] == {"other": pytest.approx(sum(astray) / 30)}
    code, shown = said(capsys, *asked)
    assert code == 0 and "lost by that" in shown


def test_scenes_of_a_built_in_source_are_shown_to_all_skills(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart, _ = propose_for("listops", [], [], size="200KB")
    learned_elsewhere = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"source": "x.csv"})})
    save_brain(Brain(learned_elsewhere), folder / "lists", {"provenance": {}, "measured": {}})
    together = folder / "with-lists"
    write_skills(together, "both", {"abc": folder / "abc", "lists": folder / "lists"})
    code, shown = said(capsys, "eval", str(together), "listops", "--count", "5", "--segments", "1", "--json")
    report = json.loads(shown[shown.index("{") :])
    assert code == 0 and report["skill"] == "lists" and uncontested(report["routing"]) == NOT_ASTRAY | {"scenes": 5}


def test_a_brain_gains_a_skill_and_keeps_the_others_as_they_were(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    third = table(folder / "klm.csv", "klm", 2)
    before = hashes(folder / "both" / "skills")
    grow = ["grow", str(folder / "both"), "--scenes", str(third), "--see", "board:grid(4x4)", "--do", "most"]
    grow += ["--minutes", "0.05", "--size", "60KB", "--from", "abc", "--name", "klm"]
    monkeypatch.setattr("ltm.training.grow.write_skills", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert said(capsys, *grow)[0] == 130  # killed at the very end: the brain is as it was
    assert hashes(folder / "both" / "skills") == before
    monkeypatch.undo()
    code, shown = said(capsys, *grow, "--minutes", "1", "--replay", "0")
    assert code == 2 and "--minutes was 0.05, now 1" in shown and "--replay was 200KB, now 0" in shown
    code, shown = said(capsys, *grow)
    assert code == 0 and "has 3 skills: abc, xyz, klm" in shown
    after = hashes(folder / "both" / "skills")
    assert {name: digest for name, digest in after.items() if not name.startswith("klm")} == before
    assert json.loads(said(capsys, "think", str(folder / "both"), "klmklmklmklmkkkk", "--json")[1])["skill"] == "klm"
    assert not (folder / "both.grow").exists()
    for words, expected in (
        ([*grow], "has a skill 'klm' already"),
        ([*grow[:-2], "--name", "K L"], "lower-case"),
        ([*grow[:-2], "--name", "new", "--from", "abz"], "did you mean 'abc'"),
        ([*grow[:-2], "--name", "new", "--reuse", "abc/cor"], "did you mean 'core'"),
        ([*grow[:-2], "--name", "new", "--keep", "rehearsed"], "did you mean 'rehearse'"),
        ([*grow[:-2], "--name", "new", "--share", "abc"], "needs --keep rehearse"),
        ([*grow[:-2], "--name", "new", "--keep", "rehearse", "--reuse", "abc"], "need --keep frozen"),
        ([*grow[:-2], "--name", "new", "--keep", "rehearse", "--share", "abz"], "did you mean 'abc'"),
        ([*grow[:-2], "--name", "new", "--replay", "much"], "expected a size"),
        ([*grow[:-2], "--name", "new", "--option", "depth=[1, 2]"], "options are for built-in sources"),
        (["grow", str(folder / "nowhere"), *grow[2:]], "no such brain"),
        (["merge", str(folder / "abc"), "-o", str(folder / "x")], "at least two"),
    ):
        code, shown = said(capsys, *words)
        assert code in (2, 4) and expected in " ".join(shown.split()), shown


def test_growing_that_is_killed_leaves_the_brain_untouched_and_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed outright, with no chance to tidy up; columns are those of the skills that read such files."""
    table(folder / "pqr.csv", "pqr", 4)
    brain = folder / "killed"
    shutil.copytree(folder / "both", brain)
    before = hashes(brain)
    grow = ["grow", str(brain), "--scenes", str(folder / "pqr.csv"), "--zone", "pqr", "--minutes", "0.05"]
    grow += ["--size", "60KB"]
    process = subprocess.Popen([sys.executable, "-m", "ltm", *grow], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(rb"step [\d,]+/", line):  # in the middle of learning
            break
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert hashes(brain) == before and (folder / "killed.grow").exists()
    code, shown = said(capsys, *grow)
    assert code == 0 and "going on with 'pqr'" in shown and ", pqr" in shown
    assert "columns as of skill 'abc': --see board:grid(4x4) --do most:label" in " ".join(shown.split())
    assert before.items() <= hashes(brain).items() | {("skills.json", before["skills.json"])}
    strange = folder / "strange.csv"
    strange.write_text("sight,word\nab,c\n")
    code, shown = said(capsys, "grow", str(brain), "--scenes", str(strange), "--zone", "new")
    assert code == 2 and "no skill has all its columns there" in " ".join(shown.split()), shown
    strange.write_text("board,most\n")
    code, shown = said(capsys, "grow", str(brain), "--scenes", str(strange), "--zone", "new")
    assert code == 2 and "holds no rows that can be read" in shown
    code, shown = said(capsys, "grow", str(brain), "--scenes", "-", "--zone", "new")
    assert code == 2 and "standard input can be read only once" in " ".join(shown.split())


def test_skills_think_with_their_zones_on_disk(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both, board = str(folder / "both"), "abcabcabcabcabca"
    _, known = said(capsys, "think", both, board, "--json")
    code, shown = said(capsys, "think", both, board, "--json", "--memory", "200KB")
    assert code == 0
    thought, whole = json.loads(shown), json.loads(known)
    assert thought.pop("paging")["peak_bytes"] <= 200_000 and "paging" not in whole
    assert {key: thought[key] for key in ("answer", "confidence", "skill")} == {
        key: whole[key] for key in ("answer", "confidence", "skill")
    }
    code, shown = said(capsys, "eval", both, str(folder / "abc.csv"), "--skill", "abc", "--memory", "200KB", "--json")
    assert code == 0 and '"routing"' in shown
    paged = ["eval", both, str(folder / "abc.csv"), "--skill", "abc", "--memory", "200KB", "--json"]
    assert said(capsys, *paged, "--pin", "abc/core")[0] == 0
    for pin, words in (("core", "no such zone"), ("xyz/cor", "did you mean 'xyz/core'"), ("abd/core", "'abc/core'")):
        code, shown = said(capsys, *paged, "--pin", pin)
        assert code == 2 and words in shown
    assert said(capsys, "think", both, board, "--pin", "abc/core")[0] == 2


@pytest.fixture(scope="module")
def with_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A brain of boards and of pictures; which skill a scene finds doesn't depend on what was learned."""
    place = tmp_path_factory.mktemp("pictures")
    label = {"kind": "label", "labels": ["dark", "light"]}
    for name, seen, spec in (
        ("board", "board", {"kind": "grid", "rows": 4, "columns": 4, "symbols": 3, "alphabet": "abc"}),
        ("shade", "image", {"kind": "image", "rows": 4, "columns": 4, "patch": 1}),
    ):
        chart = propose({seen: spec, "label": label}, [seen], ["label"], source="x", size=60_000, name=name)
        save_brain(Brain(chart), place / name, {"provenance": {}, "measured": {}})
    write_skills(place / "both", "both", {name: place / name for name in ("board", "shade")})
    for name, bright in (("dark", 20), ("light", 230)):
        (place / "shades" / name).mkdir(parents=True)
        for number in range(5):
            pixels = np.full((4, 4), bright + number, dtype=np.uint8)
            Image.fromarray(pixels).save(place / "shades" / name / f"{number}.png")
    return place


def test_a_picture_in_a_pipe_and_a_folder_of_classes_find_their_skill(
    with_pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both, data = str(with_pictures / "both"), (with_pictures / "shades" / "dark" / "0.png").read_bytes()
    done = subprocess.run([sys.executable, "-m", "ltm", "think", both, "-", "--json"], input=data, capture_output=True)
    assert done.returncode == 0 and json.loads(done.stdout)["skill"] == "shade", done.stderr
    code, shown = said(capsys, "eval", both, str(with_pictures / "shades"), "--segments", "1", "--json")
    report = json.loads(shown[shown.index("{") :])
    assert code == 0 and uncontested(report["routing"]) == NOT_ASTRAY | {"scenes": 10}
    code, shown = said(capsys, "think", both, str(with_pictures / "shades"))
    assert code == 0 and [line.split("\t")[-1] for line in shown.splitlines()] == ["shade"] * 10


def test_a_pipe_that_stays_open_is_answered(with_pictures: Path) -> None:
    command = [sys.executable, "-m", "ltm", "think", str(with_pictures / "both"), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdin is not None and started.stdout is not None
        started.stdin.write(b"abcabcabcabcabca\n" * 300)
        started.stdin.flush()
        assert [started.stdout.readline().split(b"\t")[3] for _ in range(128)] == [b"board\n"] * 128
        assert started.poll() is None  # it waits for more
        started.stdin.close()
        assert len(started.stdout.readlines()) == 172
    assert started.returncode == 0


def test_an_earlier_skill_rehearses_or_nothing_changes(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    brain = folder / "grown"
    shutil.copytree(folder / "abc", brain)
    third = table(folder / "uvw.csv", "uvw", 4)
    grow = ["grow", str(brain), "--scenes", str(third), "--see", "board:grid(4x4)", "--do", "most", "--name", "uvw"]
    grow += ["--minutes", "0.05", "--size", "60KB", "--keep", "rehearse", "--share", "abc", "--loss", "0"]
    before = hashes(brain)

    def forgetful(trainer: Rehearser, new: str, place: Path, say: object) -> None:
        settle(trainer, new, place, lambda words: None)
        for change in changes(new, place):
            brain, record = load_brain(change.folder)
            row = {**record["measured"], "rehearsed while learning uvw": {"before": 0.9, "after": 0.875, "scenes": 20}}
            save_brain(brain, change.folder, {**record, "measured": row})

    monkeypatch.setattr("ltm.training.fit.settle", forgetful)
    code, shown = said(capsys, *grow)
    assert code == 5 and "abc: 90.0 % before, 87.5 % after (-2.5 points, 20 scenes" in shown
    assert hashes(brain) == before
    monkeypatch.undo()
    code, shown = said(capsys, *grow[:-1], "2.4")
    assert code == 5 and hashes(brain) == before  # nothing is trained again, and it is still too much
    code, shown = said(capsys, *grow[:-1], "2.6")
    assert code == 0 and "has 2 skills: abc, uvw" in shown and not (folder / "grown.grow").exists()
    skills = brain / "skills"
    assert (skills / "uvw/zones/core.safetensors").stat().st_size < (
        skills / "abc/zones/core.safetensors"
    ).stat().st_size
    assert json.loads(said(capsys, "think", str(brain), "uvwuvwuvwuvwuuuu", "--json")[1])["skill"] == "uvw"
    assert "with the body of an earlier skill's" in said(capsys, "inspect", str(brain))[1]
