"""`ltm plan` as a user types it, for a machine that a file describes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ltm.chart.load import load_chart
from ltm.cli.main import run
from ltm.plan.calibration import write_calibration
from ltm.plan.skills import SKILLS
from tests.plan.machines import machine

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def device(tmp_path: Path) -> str:
    write_calibration(machine(), tmp_path / "machine.json")
    return str(tmp_path / "machine.json")


def test_a_plan_is_shown_and_its_charts_are_written(device: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "chart.yaml"
    wish = ["plan", "--skills", "sudoku,maze", "--memory", "1MB", "--latency", "200ms", "--device", device]
    assert run([*wish, "-o", str(out)]) == 0
    shown = capsys.readouterr().out
    for words in ("ltm merge brain/maze brain/sudoku -o brain-whole", "made up", "96 % of expert", "wrote"):
        assert words in shown
    table = shown.split("bytes and operations")[0]
    assert "…" not in table and max(map(len, table.splitlines())) <= 80
    for file in (out, tmp_path / "chart.sudoku.yaml"):
        assert run(["chart", "check", str(file)]) == 0
        assert load_chart(file).will.ms == 200
    assert run([*wish, "-o", str(out)]) == 2
    assert "exists; use --force" in capsys.readouterr().err
    assert run([*wish, "-o", str(out), "--force"]) == 0
    assert run([*wish, "-o", str(tmp_path / "chart.txt")]) == 2


def test_json(device: str, capsys: Capture) -> None:
    assert run(["plan", "--skills", "maze", "--device", device, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (skill,) = told["skills"]
    assert skill["prediction"]["parameters"] == 156_164 and told["machine"]["processor"] == "made up"
    assert told["steps"][0]["command"] == "ltm train chart.yaml -o brain"


def test_a_cortex(device: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "cortex.yaml"
    assert run(["plan", "--cortex", "--memory", "500KB", "--device", device, "-o", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "hippocampus: recalls a whole from a part" in shown and "hub of seeing" in shown
    assert "# [scoville-1957] Scoville and Milner 1957" in out.read_text(encoding="utf-8")
    assert "wernicke" in load_chart(out).zones


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--skills", "sudoko"], "did you mean 'sudoku'?"),
        (["--memory", "1KB"], "memory binds"),
        (["--latency", "1us"], "latency binds"),
        (["--latency", "fast"], "expected such as 200ms"),
        (["--device", "toaster"], "expected this, or a file"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], expected: str, device: str, capsys: Capture) -> None:
    here = [] if "--device" in arguments else ["--device", device]
    assert run(["plan", *arguments, *here]) == 2
    assert expected in capsys.readouterr().err


def test_a_machine_is_described_for_others(tmp_path: Path, device: str, capsys: Capture) -> None:
    copy = tmp_path / "copy.json"
    assert run(["plan", "--skills", "maze", "--device", device, "--calibrate", str(copy)]) == 0
    assert json.loads(copy.read_text())["processor"] == "made up"
    assert "ltm plan --device copy.json" in capsys.readouterr().err


def test_skills_are_listed(capsys: Capture) -> None:
    assert run(["plan", "--list"]) == 0
    shown = capsys.readouterr().out
    assert "audio      tells what sounds are (your own scenes: --data)" in shown
    walker = SKILLS["minigrid"].measured
    assert walker is not None and f"{100 * walker.score:.3g} % of missions" in shown
