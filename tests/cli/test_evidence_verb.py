"""`ltm evidence`: its plan, a report without runs, and mistakes that are explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from ltm.cli.main import run

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def test_the_plan_says_what_would_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["evidence", "--plan", "--quick", "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "coupling" in said and "minutes" in said
    assert not list(tmp_path.iterdir())


def test_a_report_without_any_run_tells_what_is_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "report"
    assert run(["evidence", "--report", "-o", str(out), "--beside", str(RESULTS)]) == 0
    assert "missing: " in capsys.readouterr().out
    text = (out / "README.md").read_text()
    assert "Made from 0 of the" in text and "untested" in text and "No runs yet." in text
    assert (out / "index.html").read_text().startswith("<!doctype html>")


def test_a_damaged_result_is_named_and_the_report_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "results" / "sudoku-30k-1-seed0.json"
    file.parent.mkdir()
    file.write_text("{}")
    assert run(["evidence", "--report", "-o", str(tmp_path), "--beside", str(RESULTS)]) == 4
    assert f"{file}: damaged" in capsys.readouterr().out.replace("\n", "")
    assert (tmp_path / "README.md").exists() and file.read_text() == "{}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "wave"], "did you mean 'waves'"),
        (["--report", "--plan"], "leave out"),
        (["--report", "--only", "waves"], "leave out"),
        (["--report", "--beside", "nowhere"], "no results to report"),
    ],
)
def test_mistakes_are_explained(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["evidence", *words, "-o", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err
