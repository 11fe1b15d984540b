"""`ltm perceive`: boards and sequences as pictures, however they are given; a garbled one is doubted and named."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ltm.brain.brain import Brain
from ltm.brain.perceive import Coupled
from ltm.chart.propose import propose
from ltm.cli.main import run
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.shipped import shipped_brain
from ltm.runtime.skills import write_skills
from ltm.scenes import sudoku
from ltm.scenes.prepare import prepare
from ltm.training.from_data import propose_for
from ltm.training.loop import Trainer

Image = pytest.importorskip("PIL.Image")
MIND = str(shipped_brain())
SIDE = 8
Said = tuple[int, str, str]


GLYPHS = np.random.default_rng(5).integers(0, 2, (10, SIDE, SIDE), dtype=np.uint8) * 200 + 20
"""What digits look like here: patterns that are learned in 150 steps."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `eye/`, trained on single noisy pictures."""
    folder = tmp_path_factory.mktemp("perceive")
    draw = np.random.default_rng(0)
    labels = draw.integers(1, 10, 600)  # blank cells have no picture
    noise = draw.integers(-20, 20, (600, SIDE, SIDE))
    np.savez(folder / "glyphs.npz", image=(GLYPHS[labels] + noise).clip(0, 255).astype(np.uint8), label=labels)
    chart, _ = propose_for(folder / "glyphs.npz", ["image"], ["label"], size="60KB", out=folder / "eye", symmetries=())
    training = {"steps": 150, "batch": 32, "warmup": 5, "rate": 0.01, "compile": "off", "precision": "fp32"}
    chart = chart.model_copy(update={"training": chart.training.model_copy(update=training)})
    scenes = prepare(chart, folder / "eye.run")
    trainer = Trainer(chart, scenes.train, scenes.validation)
    while not trainer.done:
        trainer.train_step()
    save_brain(trainer.finished_brain(), folder / "eye", {"provenance": {}, "measured": {}})
    return folder


@pytest.fixture(scope="module")
def digits(place: Path) -> list[np.ndarray]:
    """A picture of each digit."""
    coupled = Coupled(load_brain(place / "eye")[0], load_brain(Path(MIND))[0])
    log = coupled.read([GLYPHS[cell % 9 + 1] for cell in range(81)])
    assert (log.argmax(1) == np.arange(81) % 9 + 1).all(), "the eye has not learned to read"
    return list(GLYPHS)


@pytest.fixture(scope="module")
def puzzle() -> tuple[np.ndarray, str]:
    made = sudoku.generate(1, seed=3, givens=(36, 38))
    return made.values["puzzle"][0], "".join(map(str, made.values["solution"][0].reshape(-1)))


def drawn(puzzle: np.ndarray, digits: list[np.ndarray], scale: int = 1, line: int = 0) -> Any:
    """One picture of a board; blank cells are empty paper."""
    cell = SIDE * scale + 2 * line
    paper = np.zeros((9 * cell, 9 * cell), dtype=np.uint8)
    for (row, column), digit in np.ndenumerate(puzzle):
        if line:
            paper[row * cell, :] = paper[:, column * cell] = 255
        if digit:
            top, left = row * cell + line, column * cell + line
            pixels = digits[digit].repeat(scale, 0).repeat(scale, 1)
            paper[top : top + SIDE * scale, left : left + SIDE * scale] = pixels
    return Image.fromarray(paper)


def garbled(place: Path, digits: list[np.ndarray], right: int) -> np.ndarray:
    """A picture that looks most like another digit, and next like the right one."""
    coupled = Coupled(load_brain(place / "eye")[0], load_brain(Path(MIND))[0])
    shares = [(other, share) for share in np.linspace(0.7, 0.3, 41) for other in range(1, 10) if other != right]
    mixed = [(digits[other] * share + digits[right] * (1 - share)).astype(np.uint8) for other, share in shares]
    log = np.concatenate([coupled.read((mixed[at : at + 81] + [None] * 81)[:81]) for at in range(0, len(mixed), 81)])
    for picture, log_V in zip(mixed, log, strict=False):
        first, second = np.argsort(-log_V)[:2]
        if first != right and second == right and log_V[right] > np.log(0.3):
            return picture
    raise AssertionError("no mixture of two digits looks like both")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    capsys.readouterr()
    code = run(["perceive", *words])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return code, shown.out, shown.err


def test_a_board_in_one_picture(
    place: Path, digits: list[np.ndarray], puzzle: tuple[np.ndarray, str], capsys: pytest.CaptureFixture[str]
) -> None:
    drawn(puzzle[0], digits, 4).save(place / "board.png")
    code, shown, _ = said(capsys, str(place / "eye"), MIND, str(place / "board.png"), "--confidence", "0.9")
    assert code == 0 and puzzle[1] in shown
    assert f"{(puzzle[0] > 0).sum()} pictures read" in shown and "confidence" in shown
    lined = drawn(puzzle[0], digits, 4, line=3)
    Image.fromarray(255 - np.array(lined)).save(place / "paper.png")
    words = [str(place / "eye"), MIND, str(place / "paper.png"), "--margin", "0.08", "--invert", "--json"]
    code, shown, _ = said(capsys, *words)
    found = json.loads(shown)
    assert code == 0 and found["reading"].replace(".", "0") == "".join(map(str, puzzle[0].reshape(-1)))
    assert found["answer"]["solution"] == puzzle[1] and found["sure"] and found["where"].endswith("paper.png")
    pins = [f"--pin=mind/{next(iter(load_brain(Path(MIND))[0].chart.zones))}"]
    paged = json.loads(said(capsys, *words, "--memory", "2MB", *pins)[1])
    assert (paged["answer"], paged["confidence"]) == (found["answer"], found["confidence"])
    for pin, wrong in (("core", "expected eye/ZONE or mind/ZONE"), ("eye/nothing", "--pin nothing: no such zone")):
        code, _, problem = said(capsys, *words, "--memory", "2MB", "--pin", pin)
        assert code == 2 and wrong in problem
    code, _, problem = said(capsys, *words, "--memory", "2MB", "--teach", str(place / "taught"))
    assert code == 2 and "leave out one of --memory and --teach" in problem


def test_an_answer_comes_before_what_is_wrong_with_the_next_scene(
    place: Path, digits: list[np.ndarray], puzzle: tuple[np.ndarray, str], capsys: pytest.CaptureFixture[str]
) -> None:
    drawn(puzzle[0], digits).save(place / "good.png")
    code, shown, problem = said(capsys, str(place / "eye"), MIND, str(place / "good.png"), str(place / "missing.png"))
    assert code == 2 and puzzle[1] in shown and "missing.png" in problem
    np.savez(place / "cells.npz", cells=np.zeros((9, 9, SIDE, SIDE), dtype=np.uint8))
    for option in (("--margin", "0.1"), ("--cells", "9x9")):
        code, _, problem = said(capsys, str(place / "eye"), MIND, str(place / "cells.npz"), *option)
        assert code == 2 and "cut one picture of everything" in problem


def test_a_merged_brain_perceives_with_the_skills_that_fit(
    place: Path, digits: list[np.ndarray], puzzle: tuple[np.ndarray, str], capsys: pytest.CaptureFixture[str]
) -> None:
    eye, both, board = place / "eye", place / "both", place / "merged.png"
    drawn(puzzle[0], digits).save(board)
    write_skills(both, "both", {"eye": eye, "sudoku": Path(MIND)})
    apart = json.loads(said(capsys, str(eye), MIND, str(board), "--json")[1])
    for words in ([str(both), str(board)], [str(both), MIND, str(board)], [str(eye), str(both), str(board)]):
        code, out, _ = said(capsys, *words, "--json")
        assert code == 0 and timeless(json.loads(out)) == timeless(apart)
    write_skills(place / "minds", "minds", {"one": Path(MIND), "other": Path(MIND)})
    for words, expected in (
        ([str(place / "minds"), str(board)], "no two of one, other fit: one must see a picture"),
        ([str(eye), str(place / "minds"), str(board)], "several skills fit one another; name two of their folders"),
        ([str(eye), MIND], "no pictures"),
        ([str(both), "-", "--memory", "1KB"], "--memory"),
        ([str(both), str(board), "--teach", str(both / "skills" / "eye")], "lies in the brain"),
    ):
        code, _, err = said(capsys, *words)
        assert code == 2 and expected in " ".join(err.split()), err


def timeless(perceived: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in perceived.items() if name not in ("seconds", "where")}


def test_a_garbled_picture_is_doubted_named_and_read_again(
    place: Path, digits: list[np.ndarray], puzzle: tuple[np.ndarray, str], capsys: pytest.CaptureFixture[str]
) -> None:
    row, column = (int(part[4]) for part in np.nonzero(puzzle[0]))
    right = int(puzzle[0][row, column])
    pixels = np.array(drawn(puzzle[0], digits))
    mixed = garbled(place, digits, right)
    pixels[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = mixed
    Image.fromarray(pixels).save(place / "garbled.png")
    code, shown, _ = said(capsys, str(place / "eye"), MIND, str(place / "garbled.png"), "--ticks", "128", "--json")
    found = json.loads(shown)
    assert code == 0 and found["answer"]["solution"] == puzzle[1] and found["readings"] > 1
    (doubt,) = [one for one in found["doubts"] if one["place"] == f"row {row + 1}, column {column + 1}"]
    assert doubt["first"] != str(right) and doubt["taken"] == str(right)
    code, shown, _ = said(capsys, str(place / "eye"), MIND, str(place / "garbled.png"), "--ticks", "128")
    assert f"row {row + 1}, column {column + 1}: looks like {doubt['first']}" in shown and f"taken for {right}" in shown


def test_what_no_reading_explains_is_not_sure_and_says_where(
    place: Path, digits: list[np.ndarray], puzzle: tuple[np.ndarray, str], capsys: pytest.CaptureFixture[str]
) -> None:
    noise = puzzle[0].copy()
    cells = list(zip(*np.nonzero(noise), strict=True))[:6]
    for row, column in cells:
        noise[row, column] = noise[row, column] % 9 + 1
    drawn(noise, digits).save(place / "wrong.png")
    words = [
        str(place / "eye"),
        MIND,
        str(place / "wrong.png"),
        "--confidence",
        "0.95",
        "--readings",
        "12",
        "--ticks",
        "64",
    ]
    code, shown, told = said(capsys, *words)
    assert code == 3 and "below the asked confidence of 0.95" in told
    assert "not sure, above all of row" in shown and "12 readings tried" in shown


def test_boards_as_folders_files_arrays_and_pipes(
    place: Path,
    digits: list[np.ndarray],
    puzzle: tuple[np.ndarray, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = np.stack([digits[digit] * (digit > 0) for digit in puzzle[0].reshape(-1)]).reshape(9, 9, SIDE, SIDE)
    np.savez(place / "one.npz", board=cells, other=np.zeros(3))
    np.savez(place / "two.npz", boards=np.stack((cells, cells)))
    np.save(place / "one.npy", cells)
    (place / "cells").mkdir()
    names = []
    for (row, column), digit in np.ndenumerate(puzzle[0]):
        names.append("." if not digit else str(place / "cells" / f"r{row + 1}c{column + 1}.png"))
        if digit:
            Image.fromarray(cells[row, column]).save(names[-1])
    eye = str(place / "eye")
    for given in (["one.npz"], ["one.npy"], ["cells"]):
        code, shown, _ = said(capsys, eye, MIND, *(str(place / name) for name in given), "--json")
        assert code == 0 and json.loads(shown)["answer"]["solution"] == puzzle[1]
    code, shown, _ = said(capsys, eye, MIND, *names, "--json")
    assert code == 0 and json.loads(shown)["answer"]["solution"] == puzzle[1]
    code, shown, _ = said(capsys, eye, MIND, str(place / "two.npz"))
    assert [line.split("\t")[0] for line in shown.splitlines()] == [puzzle[1]] * 2
    assert shown.splitlines()[1].endswith("two.npz:2")
    data = io.BytesIO()
    drawn(puzzle[0], digits, 2).save(data, "PNG")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data.getvalue()))))
    code, shown, _ = said(capsys, eye, MIND, "-", "--json")
    assert code == 0 and json.loads(shown)["answer"]["solution"] == puzzle[1]


def test_pictures_of_a_sequence(place: Path, digits: list[np.ndarray], capsys: pytest.CaptureFixture[str]) -> None:
    columns = {
        "list": {"kind": "sequence", "tokens": [str(digit) for digit in range(10)], "longest": 6},
        "answer": {"kind": "label", "labels": [str(digit) for digit in range(10)]},
    }
    chart = propose(columns, ["list"], ["answer"], source="x", size=200_000)
    save_brain(Brain(chart), place / "last", {"provenance": {}, "measured": {}})
    strip = np.concatenate([digits[digit] for digit in (3, 1, 4)], axis=1)
    Image.fromarray(strip).save(place / "strip.png")
    np.savez(place / "strips.npz", a=np.stack([np.stack([digits[3], digits[1], digits[4], 0 * digits[0]])] * 2))
    eye, last = str(place / "eye"), str(place / "last")
    for given, many in (("strip.png", 1), ("strips.npz", 2)):
        code, shown, _ = said(capsys, eye, last, str(place / given), "--json")
        assert code == 0 and [json.loads(line)["reading"] for line in shown.splitlines()] == ["3 1 4"] * many
    code, shown, _ = said(capsys, eye, last, str(place / "strip.png"), "--cells", "1x2", "--json")
    assert code == 0 and len(json.loads(shown)["reading"].split()) == 2
    code, shown, _ = said(capsys, eye, last, str(place / "strip.png"), "--confidence", "0.9")
    assert code == 3 and "3 1 4" in shown  # it was never trained


def test_what_does_not_fit_is_said(place: Path, digits: list[np.ndarray], capsys: pytest.CaptureFixture[str]) -> None:
    eye = str(place / "eye")
    (place / "bad.png").write_bytes(b"\x89PNG no more")
    (place / "empty").mkdir()
    np.savez(place / "small.npz", a=np.zeros((3, 3, 8, 8), dtype=np.uint8))
    np.savez(place / "float.npz", a=np.zeros((9, 9, 8, 8)))
    Image.fromarray(digits[0]).save(place / "1-10.png")
    Image.fromarray(digits[0][:, :5]).save(place / "thin.png")
    (place / "far").mkdir()
    Image.fromarray(digits[0]).save(place / "far" / "1-10.png")
    for words, expected in (
        ([eye, MIND, "bord.png"], "there is no such picture"),
        ([eye, MIND, str(place / "bad.png")], "can't be read as a picture"),
        ([eye, MIND, str(place / "empty")], "holds no pictures"),
        ([eye, MIND, str(place / "far")], "rows up to 9, columns up to 9"),
        ([eye, MIND, str(place / "small.npz")], "expected 9 rows of 9 pictures, got 3 rows of 3"),
        ([eye, MIND, str(place / "float.npz")], "whole numbers from 0 to 255"),
        ([eye, MIND, str(place / "thin.png")], "can't be cut into 9 rows of 9"),
        ([eye, MIND, str(place / "thin.png"), "--cells", "9"], "such as 9x9"),
        ([eye, MIND, str(place / "1-10.png"), "--cells", "2x2"], "expected 81 pictures"),
        ([MIND, eye, str(place / "thin.png")], "must see one picture"),
        ([eye, eye, str(place / "thin.png")], "must see one grid"),
        (["nowhere", MIND, str(place / "thin.png")], "nowhere"),
    ):
        code, _, told = said(capsys, *words)
        assert code in (2, 4) and expected in " ".join(told.split()), (words, told)


@pytest.mark.slow
def test_an_eye_learns_a_hand_that_it_misreads_from_the_boards_that_thought_solved(
    place: Path, digits: list[np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    hand = [*digits]
    hand[4] = garbled(place, digits, 4)  # whoever wrote these boards has fours like no other
    made = sudoku.generate(6, seed=5, givens=(36, 38))
    boards = np.stack([np.stack([hand[d] if d else hand[1] * 0 for d in b.reshape(-1)]) for b in made.values["puzzle"]])
    np.savez(place / "boards.npz", boards=boards.reshape(6, 9, 9, SIDE, SIDE))
    words = (str(place / "eye"), MIND, str(place / "boards.npz"), "--teach", str(place / "taught"), "--minutes", "0.2")
    code, shown, wrong = said(capsys, *words, "--ticks", "64", "--readings", "24")
    assert code == 0, wrong
    assert "learned from" in shown and f"saved {place / 'taught'}" in shown.replace("\n", "")
    eyes = [Coupled(load_brain(place / name)[0], load_brain(Path(MIND))[0]) for name in ("eye", "taught")]
    page = [hand[cell % 9 + 1] for cell in range(81)]
    before, after = (coupled.read(page).argmax(1) for coupled in eyes)
    right = np.arange(81) % 9 + 1
    assert (before[right == 4] != 4).all() and (after == right).all()
    assert "taught by" in load_brain(place / "taught")[1]["provenance"]["data"]


def test_an_eye_that_no_thought_is_sure_of_is_not_taught(
    place: Path, digits: list[np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(place / "nonsense.npz", boards=np.stack([digits[1]] * 81).reshape(1, 9, 9, SIDE, SIDE))
    words = (str(place / "eye"), MIND, str(place / "nonsense.npz"), "--readings", "2")
    code, _, wrong = said(capsys, *words, "--teach", str(place / "never"))
    assert code == 2 and "nothing to learn from" in wrong and not (place / "never").exists()
    (place / "full").mkdir()
    (place / "full" / "note.txt").write_text("mine")
    code, _, wrong = said(capsys, *words, "--teach", str(place / "full"))
    assert code == 2 and "full" in wrong and (place / "full" / "note.txt").exists()
