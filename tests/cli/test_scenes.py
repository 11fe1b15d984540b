"""`ltm scenes` as a user types it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import wave as wav
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from ltm.cli.main import run
from ltm.cli.render_picture import RAMP, picture

Capture = pytest.CaptureFixture[str]
TABLE = "colour,warm,about\n" + "red,yes,a fire\nblue,no,the sea\n" * 20


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "fine.csv").write_text(TABLE)
    (tmp_path / "bad.csv").write_text(TABLE + "red,no,odd\nred\n")
    return tmp_path


def test_a_fine_table(here: Path, capsys: Capture) -> None:
    assert run(["scenes", "check", "fine.csv", "--see", "colour", "--do", "warm", "--strict"]) == 0
    said = capsys.readouterr().out
    for words in ("fine.csv  40 rows", "colour (seen)", "warm (done)", "2 labels", "blue: 20", "every row can be read"):
        assert words in said
    assert "38 rows repeat an earlier one" in said and "no two rows are seen alike but" in said
    assert max(map(len, said.splitlines())) <= 100


def test_bad_rows_contradictions_and_leaks_are_exit_code_2_only_when_asked(here: Path, capsys: Capture) -> None:
    arguments = ["scenes", "check", "bad.csv", "--see", "colour", "--do", "warm"]
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert "1 row can't be read" in said and "bad.csv:43: expected 3 cells, got 1" in said
    assert "21 rows contradict one another" in said and "lines 2 = 4 = 6" in said
    assert run([*arguments, "--strict"]) == 2
    assert run(["scenes", "check", "fine.csv", "--against", "bad.csv"]) == 0
    assert "40 rows of the 40 in bad.csv leak:" in capsys.readouterr().out  # "odd" is no label of fine.csv


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        (["check"], 1_000),
        pytest.param(["check"], 100_000, marks=pytest.mark.slow),
        (["show", "--count", "1"], 100_000),
    ],
)
def test_very_many_columns_are_looked_over_in_a_page(
    here: Path, capsys: Capture, words: Sequence[str], columns: int
) -> None:
    head = ",".join(f"c{number}" for number in range(columns))
    (here / "wide.csv").write_text("\n".join([head, *(",".join(value * columns) for value in "123")]) + "\n")
    start = time.process_time()  # other workers don't count
    assert run(["scenes", words[0], "wide.csv", *words[1:]]) == 0
    assert time.process_time() - start < 100
    said = capsys.readouterr().out
    assert len(said.splitlines()) < 500 and f"and {columns - 200:,} more columns" in said


def test_json(here: Path, capsys: Capture) -> None:
    assert (
        run(["scenes", "check", "bad.csv", "--see", "colour", "--do", "warm", "--against", "fine.csv", "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == 41 and told["unreadable"] == 1 and told["contradictions"]["rows"] == 21
    assert told["columns"]["colour"]["counts"] == {"red": 21, "blue": 20} and told["leaks"]["seen"] == 40
    assert told["faults"] == 1 + 21 + 40


def test_show_a_table(here: Path, capsys: Capture) -> None:
    assert run(["scenes", "show", "bad.csv", "--count", "2"]) == 0
    said = capsys.readouterr()
    assert said.out.count("colour") == 2 and ("a fire" in said.out or "the sea" in said.out)
    assert "1 row can't be read: ltm scenes check bad.csv" in said.out
    assert run(["scenes", "show", "fine.csv", "--line", "3", "--see", "about:label", "--do", "warm"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["line", "3"],
        ["about", "warm"],
        ["the", "sea", "no"],
        [],
    ]


def test_sounds_are_drawn_and_what_is_not_heard_is_said(here: Path, capsys: Capture) -> None:
    for name in ("low", "high"):
        (here / "calls" / name).mkdir(parents=True)
        for number in range(4):
            wave = np.sin(np.arange(8000) * (0.1 if name == "low" else 2.0)) * 8000 + number
            with wav.open(str(here / "calls" / name / f"{number}.wav"), "wb") as file:
                file.setparams((1, 2, 8000, 0, "NONE", ""))
                file.writeframes(wave.astype("<i2").tobytes())
    assert run(["scenes", "show", "calls", "--see", "audio:audio(seconds=0.5)", "--do", "label", "--line", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "row 1" and "1 s, of which 0.5 s are heard" in "".join(lines) and "high" in lines[2]
    assert run(["scenes", "show", "calls", "--line", "2"]) == 0
    low = capsys.readouterr().out.splitlines()
    loudest = [max(range(20), key=lambda row: sum(map(RAMP.index, drawn[row + 2][20:30]))) for drawn in (lines, low)]
    assert loudest[0] < 10 < loudest[1]  # high pitches are above
    assert run(["scenes", "check", "calls"]) == 0
    assert "level from 0 to" in capsys.readouterr().out


@pytest.mark.parametrize(("source", "marks"), [("sudoku", "┏━━━━━━━┳"), ("maze", "██"), ("listops", "[MIN")])
def test_show_what_is_built_in(source: str, marks: str, here: Path, capsys: Capture) -> None:
    assert run(["scenes", "show", source, "--count", "2", "--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert "scene 2 of seed 3" in said and "scene 3" not in said and marks in said
    assert max(map(len, said.splitlines())) <= 100 or source == "listops"  # a long text in one line
    assert run(["scenes", "show", source, "--count", "2", "--seed", "3"]) == 0
    assert capsys.readouterr().out == said


def digit() -> np.ndarray:
    """A seven."""
    pixels = np.zeros((28, 28), dtype=np.uint8)
    pixels[4:7, 6:22] = 255
    for row in range(7, 25):
        left = 20 - (row - 7) // 2
        pixels[row, left - 2 : left + 1] = 255
    return pixels


def test_a_digit_is_drawn_also_where_there_is_only_ascii(here: Path, capsys: Capture) -> None:
    np.savez("digits.npz", image=np.stack([digit()] * 20), label=np.arange(20) % 2)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "100"}
    command = [sys.executable, "-m", "ltm", "scenes", "show", "digits.npz", "--line", "5"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == ["row 5", "image" + " " * 55 + "label"]
    drawn = [line[:56].ljust(56) for line in lines[2:30]]
    bright = np.array([[letter == "@" for letter in line[::2]] for line in drawn])
    assert np.array_equal(bright, digit() > 0)


def test_colours_are_drawn_two_pixels_a_character() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=100)
    pixels = np.arange(3 * 2 * 3, dtype=np.uint8).reshape(3, 2, 3) * 10
    drawn = picture(pixels, console, 80)
    assert drawn.plain == "▀▀\n▀▀"
    styles = [(span.style.color.triplet, span.style.bgcolor.triplet) for span in drawn.spans]  # type: ignore[union-attr]
    expected = [
        (pixels[0, 0], pixels[1, 0]),
        (pixels[0, 1], pixels[1, 1]),
        (pixels[2, 0], [0] * 3),
        (pixels[2, 1], [0] * 3),
    ]
    assert [tuple(map(tuple, pair)) for pair in styles] == [
        tuple(tuple(map(int, c)) for c in pair) for pair in expected
    ]


@pytest.mark.parametrize("shape", [(1, 1, 1), (200, 300, 3), (5, 90, 1), (600, 2, 1), (33, 33, 1)])
def test_pictures_of_any_size_fit(shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for system in ("truecolor", None):
        console = Console(file=io.StringIO(), force_terminal=system is not None, color_system=system, width=60)  # type: ignore[arg-type]
        lines = picture(pixels, console, 60).plain.split("\n")
        assert 0 < len(lines[0]) <= 60 and len({len(line) for line in lines}) == 1
        if system is None:
            assert set("".join(lines)) <= set(RAMP)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["check", "sudoku"], "ltm scenes show sudoku"),
        (["check", "reasoning-gym:any"], "ltm scenes show reasoning-gym:any"),
        (["check", "fin.csv"], "did you mean 'fine.csv'"),
        (["check", "fine.csv", "--see", "color"], "did you mean 'colour'"),
        (["check", "fine.csv", "--see", "colour:labell"], "did you mean 'label'"),
        (["check", "fine.csv", "--see", "about:image"], "there is no such picture"),
        (["check", "fine.csv", "--against", "maze"], "a built-in source"),
        (["check", "fine.csv", "--against", "nothing.csv"], "there is no such file"),
        (["show", "sudokku"], "did you mean 'sudoku'"),
        (["show", "sudoku", "--line", "3"], "--line is for files"),
        (["show", "sudoku", "--see", "puzzel"], "did you mean 'puzzle'"),
        (["show", "fine.csv", "--line", "1"], "the nearest begin at 2"),
        (["show", "fine.csv", "--line", "99"], "the last begins at 41"),
        (["show", "fine.csv", "--see", "color"], "did you mean 'colour'"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], expected: str, here: Path, capsys: Capture) -> None:
    assert run(["scenes", *arguments]) == 2
    said = capsys.readouterr()
    assert expected in said.err and not said.out


@pytest.mark.parametrize("verb", ["check", "show"])
def test_help_has_an_example(verb: str, capsys: Capture) -> None:
    assert run(["scenes", verb, "--help"]) == 0
    assert f"Example: ltm scenes {verb} train.csv" in capsys.readouterr().out
