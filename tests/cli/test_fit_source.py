"""A built-in source as a user types it: fitted, started a chart from, trained and evaluated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ltm.cli.main import run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("listops") / "brain"
    few = ["--count", "200", "--option", "depth=[1, 2]", "--minutes", "0.05", "--size", "60KB"]
    assert run(["fit", "listops", *few, "-o", str(out)]) == 0
    return out


def test_a_source_is_fitted_and_evaluated_on_what_was_not_learned(fitted: Path, capsys: Capture) -> None:
    assert run(["eval", str(fitted), "listops", "--count", "60", "--json"]) == 0
    assert 0 < json.loads(capsys.readouterr().out)["scenes"] <= 60
    deeper = ["--option", "depth=[3, 3]", "--count", "20", "--json"]
    assert run(["eval", str(fitted), "listops", *deeper]) == 0
    assert json.loads(capsys.readouterr().out)["scenes"] == 20


def test_an_evaluation_on_the_very_scenes_is_refused(fitted: Path, capsys: Capture) -> None:
    assert run(["eval", str(fitted), "listops", "--count", "50", "--seed", "0"]) == 2
    assert "trained on all of these scenes" in capsys.readouterr().err


def test_a_question_is_thought_about(fitted: Path, capsys: Capture) -> None:
    assert run(["think", str(fitted), "[MAX 1 7 ]", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answer"]["answer"] in "0123456789"


@pytest.mark.slow
def test_a_chart_is_started_from_a_source_and_trained(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "mine.yaml"
    assert run(["chart", "new", str(file), "--like", "listops"]) == 0
    assert file.read_text().startswith("# Random nested lists") and run(["chart", "check", str(file)]) == 0
    small = ["field.width=16", "scenes.options.depth=[1, 2]", "scenes.count=100", "training.steps=2"]
    assert run(["train", str(file), *small, "-o", str(tmp_path / "brain")]) == 0
    capsys.readouterr()
    assert run(["train", str(file), "scenes.options.dept=[1, 2]", "-o", str(tmp_path / "other")]) == 2
    assert "did you mean 'depth'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fit", "listopps"], "did you mean 'listops'"),
        (["fit", "listops", "--option", "depth=5"], "depth"),
        (["fit", "data.csv", "--see", "a", "--do", "b", "--option", "depth=5"], "data.csv is a file"),
        (["fit", "listops", "--see", "expresion"], "did you mean 'expression'"),
    ],
)
def test_mistakes_are_told_in_a_line(arguments: list[str], words: str, tmp_path: Path, capsys: Capture) -> None:
    assert run([*arguments, "-o", str(tmp_path / "b")]) == 2
    shown = capsys.readouterr().err
    assert words in shown and "Traceback" not in shown
