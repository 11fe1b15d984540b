"""What a bare name means where a folder is called so, where output may go, and options that would do nothing."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest
import typer

import ltm.cli.main as command_line
from ltm.cli.brain_folder import require_free, require_outside
from ltm.cli.demo import _program
from ltm.cli.main import run
from ltm.cli.render import on_one_line
from ltm.errors import LtmError
from ltm.runtime.listing import check_target
from ltm.runtime.shipped import shipped_brain

SUDOKU = str(shipped_brain())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run(list(words))
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return code, shown.out + shown.err


def test_a_shipped_chart_is_meant_where_a_folder_is_called_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "maze").mkdir()
    assert said(capsys, "chart", "check", "maze")[0] == 0
    (here / "mine").mkdir()
    code, words = said(capsys, "chart", "check", "mine")
    assert code == 2 and "a folder" in words


def test_a_source_is_meant_where_a_folder_is_called_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "sudoku").mkdir()
    code, words = said(capsys, "scenes", "show", "sudoku", "--count", "1")
    assert code == 0 and "puzzle" in words
    code, words = said(capsys, "scenes", "check", "sudoku")
    assert code == 2 and "built-in source" in words and "./sudoku" in words


def test_output_never_lies_in_a_brain_nor_replaces_what_is_there(tmp_path: Path) -> None:
    brain, free = tmp_path / "brain", tmp_path / "free"
    (brain / "zones").mkdir(parents=True)
    free.mkdir()
    require_free(free)
    require_free(tmp_path / "new")
    require_free(brain, beside=[brain])
    with pytest.raises(LtmError, match="already there"):
        require_free(brain)
    require_outside(tmp_path / "other.svg", brain)
    with pytest.raises(LtmError, match=r"--plot .*x\.png: lies in the brain"):
        require_outside(brain / "zones" / "x.png", brain, option="--plot")


@pytest.mark.parametrize(
    "words",
    [
        ("eval", SUDOKU, "sudoku", "--plot", f"{SUDOKU}/x.png"),
        ("think", SUDOKU, "." * 81, "--trace", f"{SUDOKU}/x.json"),
        ("export", SUDOKU, "-o", f"{SUDOKU}/x.onnx"),
        ("zone", "take", SUDOKU, "core", "-o", f"{SUDOKU}/x.safetensors"),
        ("quantize", SUDOKU, "-o", f"{SUDOKU}/small"),
    ],
)
def test_verbs_write_nothing_into_a_brain(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path(SUDOKU).rglob("*"))
    code, shown = said(capsys, *words)
    assert code == 2 and "lies in the brain" in shown
    assert sorted(Path(SUDOKU).rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("eval", SUDOKU, "boards.csv", "--count", "5"), "--count: for built-in sources"),
        (("catalog", "--json", "show", "TRM"), "--json: for the list"),
        (("plan", "--list", "--json"), "--list and --json"),
        (("plan", "--device", "other.json", "--recalibrate"), "--recalibrate: measures this machine"),
        (("scale", "--thoughts", "3"), "--thoughts is for a brain folder"),
        (("train", "maze", "--data", "mzae"), "did you mean"),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    words: tuple[str, ...], expected: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "boards.csv").write_text("puzzle,solution\n")
    (here / "other.json").write_text("{}")
    code, shown = said(capsys, *words)
    assert code == 2 and expected in shown, shown


def test_a_pipe_that_nobody_reads_and_ctrl_c_end_as_they_should(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def app(ending: BaseException) -> typer.Typer:
        made = typer.Typer()

        @made.command()
        def verb() -> None:
            raise ending

        return made

    nobody: list[bool] = []
    monkeypatch.setattr(command_line, "_nobody_reads", lambda: nobody.append(True) or 0)
    for ending, code in (
        (BrokenPipeError(errno.EPIPE, "gone"), 0),
        (KeyboardInterrupt(), 130),
        (SystemExit(7), 7),
    ):
        monkeypatch.setattr(command_line, "build", lambda ending=ending: typer.main.get_command(app(ending)))
        assert run([]) == code
    assert nobody == [True] and "ltm: interrupted" in capsys.readouterr().err


def test_answers_of_several_lines_stay_on_one() -> None:
    assert on_one_line("one word") == "one word" and on_one_line([1, 2]) == "[1, 2]"
    assert on_one_line("two\nlines") == '"two\\nlines"' and on_one_line("a\tb") == '"a\\tb"'


def test_the_demo_says_how_to_call_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a venv" / "bin").mkdir(parents=True)
    own = tmp_path / "a venv" / "bin" / "ltm"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "a venv"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    assert _program() == "'./a venv/bin/ltm'"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert _program() == f"'{own}'"
    monkeypatch.setenv("PATH", str(own.parent))
    assert _program() == "ltm"


def test_a_record_whose_files_are_no_list_is_no_brain(tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "core.safetensors").touch()
    (tmp_path / "brain.json").write_text('{"format": 1, "files": 5}')
    with pytest.raises(LtmError, match="a folder that is not a brain"):
        check_target(tmp_path)
