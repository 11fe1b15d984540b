"""What a plan says to do is done, word for word, on small brains: every command, through the command line."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from ltm.cli.main import run
from ltm.plan.calibration import write_calibration
from tests.plan.machines import machine

Capture = pytest.CaptureFixture[str]
BRIEFLY = [
    *("training.steps=2", "training.batch=8", "training.compile=off"),
    *("scenes.count=48", "will.ticks=12"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_calibration(machine(), tmp_path / "machine.json")
    return tmp_path


def planned(words: str, capsys: Capture) -> list[list[str]]:
    """Plans, and returns the commands that are printed, in order, without `ltm`."""
    assert run(["plan", *words.split(), "--device", "machine.json", "-o", "chart.yaml"]) == 0
    told = capsys.readouterr().out.split("In this order")[1].split("wrote ")[0]
    return [shlex.split(line.split("#")[0])[1:] for line in told.splitlines() if line.split("#")[0].strip()]


THREE = "--skills sudoku,vision,language --memory 100MB --latency 200ms"


def test_a_wish_for_three_skills_becomes_charts_that_can_be_built(here: Path, capsys: Capture) -> None:
    commands = planned(THREE, capsys)
    # Whether the brain that ships is quick enough depends on the machine; the other two have to learn.
    assert [command[0] for command in commands] in (
        ["take", "train", "train", "merge", "inspect"],
        ["train", "train", "train", "merge", "inspect"],
    )
    charts = sorted(str(file) for file in Path().glob("*.yaml"))
    assert len(charts) == 3 and all(run(["chart", "check", chart]) == 0 for chart in charts)


@pytest.mark.parametrize(
    ("words", "verbs"),
    [
        pytest.param(THREE, ["train", "train", "train", "merge", "inspect"], marks=pytest.mark.slow),
        pytest.param(
            "--skills maze,listops --memory 70KB", ["train", "train", "merge", "inspect"], marks=pytest.mark.slow
        ),
        ("--skills sudoku,listops --memory 1.43MB --latency 5s", ["take", "train", "merge", "inspect"]),
    ],
)
def test_the_commands_of_a_plan_make_the_brain(words: str, verbs: list[str], here: Path, capsys: Capture) -> None:
    commands = planned(words, capsys)
    assert [command[0] for command in commands] == verbs
    charts = sorted(str(file) for file in Path().glob("*.yaml"))
    assert len(charts) >= 2 and all(run(["chart", "check", chart]) == 0 for chart in charts)
    capsys.readouterr()
    for command in commands:
        assert run([*command, *(BRIEFLY if command[0] == "train" else [])]) == 0, command
    shown = capsys.readouterr().out
    told = shown[shown.rindex("saved brain-whole") :]
    assert all(name in told for name in words.split()[1].split(","))
    trained = [command[1] for command in commands if command[0] == "train"]
    assert set(trained) <= set(charts) and "chart.yaml" in trained


@pytest.mark.parametrize(
    ("skill", "memory"), [pytest.param("language", "400KB", marks=pytest.mark.slow), ("text", "900KB")]
)
def test_a_cortex_learns_lines(skill: str, memory: str, here: Path, capsys: Capture) -> None:
    words = f"--cortex --skills {skill} --memory {memory}"
    small = [setting for setting in BRIEFLY if not setting.startswith(("scenes.count", "will"))]
    if skill == "text":
        rows = (f"a {word} film of {n} minutes,{word}" for n in range(40) for word in ("good", "bad"))
        Path("films.csv").write_text("\n".join(("sentence,polarity", *rows)), encoding="utf-8")
        words += " --data text=films.csv --see text=sentence:text --do text=polarity:label"
    if skill == "language":
        Path("play.txt").write_text("To be, or not to be: that is the question. " * 280, encoding="utf-8")
        words += " --data language=play.txt"
    ((verb, *rest),) = planned(words, capsys)
    assert verb == "train" and run(["chart", "check", "chart.yaml"]) == 0
    assert run([verb, *rest, *small, *(["training.batch=2"] if skill == "language" else [])]) == 0
    assert run(["inspect", "brain"]) == 0
    assert "hippocampus" in capsys.readouterr().out
