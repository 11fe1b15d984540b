"""Scenes of several steps at the command line: what was foreseen in reports and traces, and another goal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from stepped import WORLD, brain_of

from ltm.cli.main import run
from ltm.runtime.brains import save_brain

FORESEEING = WORLD.replace(
    "goal: goal}", "goal: goal, transition: {zone: {kind: mixer, windows: [rows, field], write: replace}, weight: 0.3}}"
)


@pytest.fixture
def walker(tmp_path: Path) -> str:
    assert FORESEEING != WORLD
    save_brain(brain_of(FORESEEING), tmp_path / "walker")
    return str(tmp_path / "walker")


def episode(goal: str = "same", start: int = 0) -> dict[str, Any]:
    views = [[(start + n) % 3, 1 + start % 2] for n in range(3)]
    made = [{"role": "me", "see": {"view": [view]}, "do": {"move": "ab"[n % 2]}} for n, view in enumerate(views)]
    return {"goal": goal, "steps": made}


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run(list(words))
    return code, capsys.readouterr().out


def test_a_report_says_what_was_foreseen(walker: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "walks.jsonl"
    file.write_text("".join(json.dumps(episode(("same", "other")[n % 2], n // 2)) + "\n" for n in range(12)))
    code, shown = asked(capsys, "eval", walker, str(file), "--json")
    assert code == 0
    found = json.loads(shown[shown.index("{") :])["foresight"]
    # A scene is judged by one of its steps, drawn at random, with all before it.
    assert 0 < found["moves"] <= 24 and found["missed"] > 0 and found["mean_missed"] > 0
    code, shown = asked(capsys, "eval", walker, str(file))
    (line,) = [line for line in shown.splitlines() if line.startswith("moves foreseen")]
    assert f"{found['moves']}; missed by {100 * found['missed']:.1f} %" in line
    assert f"the mean move misses {100 * found['mean_missed']:.1f} %, none 100 %" in line


def test_a_trace_tells_moves_step_by_step(walker: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "trace.json"
    code, shown = asked(capsys, "think", walker, json.dumps(episode()), "--trace", str(trace))
    assert code == 0 and "moved the field by" in shown and "not foreseen" in shown
    first, *later = json.loads(trace.read_text())["steps"]
    assert first["moved"] is None and first["missed"] is None and [step["step"] for step in later] == [1, 2]
    rows = [line.split() for line in shown.splitlines() if line.split()[1:2] == ["me"]]
    for step, row in zip(later, rows[1:], strict=True):
        assert step["moved"] > 0 and step["missed"] > 0
        assert row[2:] == [f"{step['moved']:.2f}", f"{step['missed']:.2f}"]


def test_another_goal_is_another_question(walker: str, capsys: pytest.CaptureFixture[str]) -> None:
    def thought(goal: str, *words: str) -> dict[str, Any]:
        code, shown = asked(capsys, "think", walker, json.dumps(episode(goal)), "--json", *words)
        assert code == 0
        return {key: value for key, value in json.loads(shown).items() if key != "seconds"}

    same, other = thought("same"), thought("other")
    assert same["confidence"] != other["confidence"]
    assert thought("same", "--goal", "other") == other and thought("other", "--goal", "same") == same
    code = run(["think", walker, json.dumps(episode()), "--goal", "somewhere"])
    assert code == 2 and "somewhere" in capsys.readouterr().err
