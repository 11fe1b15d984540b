"""Pictures read by one brain and thought about by another: doubt, and what is made of it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.keeping import Keeping
from ltm.brain.perceive import Coupled
from ltm.brain.perceived import Perceived
from ltm.brain.readings import doubtful, likeliest
from ltm.brain.walk import segment_operations
from ltm.chart.propose import propose
from ltm.chart.schema import WillSpec
from ltm.errors import DataError
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.scenes import sudoku

PICTURE = {"kind": "image", "rows": 2, "columns": 2, "channels": 1, "patch": 1}
DIGIT = {"kind": "label", "labels": [str(number) for number in range(10)]}
WILL = WillSpec(ticks=128)


def eye() -> Brain:
    return Brain(propose({"picture": PICTURE, "digit": DIGIT}, ["picture"], ["digit"], source="x", size=60_000)).eval()


class Told(Coupled):
    """An eye whose readings a test sets: what is under test is what thought makes of them."""

    def read(self, pictures: Any) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(np.asarray(pictures, dtype=np.float64))


@pytest.fixture(scope="module")
def mind() -> Brain:
    return load_brain(shipped_brain())[0]


def board(seed: int) -> tuple[np.ndarray, str]:
    made = sudoku.generate(1, seed=seed, givens=(34, 38))
    return made.values["puzzle"][0].reshape(-1), "".join(map(str, made.values["solution"][0].reshape(-1)))


def sure(symbols: np.ndarray) -> np.ndarray:
    probabilities = np.full((81, 10), 1e-7)
    probabilities[np.arange(81), symbols] = 1
    return probabilities / probabilities.sum(1, keepdims=True)


def misread(puzzle: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, list[int]]:
    """Readings in which some pictures most likely show another digit, and next likely the right one."""
    draw, readings = np.random.default_rng(seed), sure(puzzle)
    cells = draw.choice(np.flatnonzero(puzzle), count, replace=False).tolist()
    for cell in cells:
        readings[cell] = 1e-7
        readings[cell, puzzle[cell]] = 0.3
        readings[cell, draw.choice([digit for digit in range(1, 10) if digit != puzzle[cell]])] = 0.7
    return readings, cells


def test_what_is_read_without_doubt_takes_one_thought(mind: Brain) -> None:
    puzzle, solution = board(3)
    found = Told(eye(), mind, "puzzle").think(sure(puzzle), WILL)
    assert found.thought.answer["solution"] == solution and found.readings == 1 and found.first
    assert found.thought.confidence > 0.9 and found.thought.sure


@pytest.mark.slow
def test_misread_pictures_are_put_right_by_thought(mind: Brain) -> None:
    coupled, right = Told(eye(), mind, "puzzle"), 0
    for seed in range(6):
        puzzle, solution = board(seed)
        readings, _ = misread(puzzle, 2, seed)
        assert not np.array_equal(readings.argmax(1), puzzle)
        found = coupled.think(readings, WILL, readings=64)
        right += found.thought.answer["solution"] == solution
        assert found.readings > 1
    assert right >= 4


def test_what_no_reading_explains_leaves_it_unsure(mind: Brain) -> None:
    puzzle, solution = board(5)
    readings = sure(puzzle)
    first, second = np.flatnonzero(puzzle)[:2]
    readings[[first, second]] = 1e-9
    readings[first, puzzle[first] % 9 + 1] = readings[second, puzzle[second] % 9 + 1] = 1
    found = Told(eye(), mind, "puzzle").think(readings, WILL, readings=40)
    assert found.thought.answer["solution"] != solution or found.thought.confidence < 0.5
    assert not found.thought.sure and found.readings <= 40


def test_all_that_a_page_takes_is_paid_for_and_limited(mind: Brain, monkeypatch: pytest.MonkeyPatch) -> None:
    puzzle, _ = board(3)
    clear, (garbled, _) = sure(puzzle), misread(puzzle, 3, 3)
    paid = Told(eye(), mind, "puzzle").think(clear, WILL).thought.operations
    monkeypatch.setattr(Keeping, "_again", lambda self, answer, will: 1.0)
    unchecked = Told(eye(), mind, "puzzle").think(clear, WILL).thought.operations
    assert unchecked < paid  # parts that were shown to check the answer cost, too
    free = Told(eye(), mind, "puzzle").think(garbled, WILL, readings=64)
    short = Told(eye(), mind, "puzzle").think(garbled, WILL.model_copy(update={"operations": 2 * unchecked}))
    assert short.readings < free.readings and short.thought.operations < free.thought.operations
    monkeypatch.undo()
    segment = segment_operations(mind, mind.layout.places({"puzzle": torch.zeros(1, 9, 9, dtype=torch.uint8)}))
    for more in (0, 1, segment, 8 * segment - 1):  # nothing is left to check it, or too little
        will = WILL.model_copy(update={"operations": unchecked + more})
        hurried = Told(eye(), mind, "puzzle").think(clear, will)
        assert 0.4 < hurried.thought.confidence <= 0.5 and not hurried.thought.sure
        assert hurried.thought.operations <= unchecked + more
    for segments in (2, 9, 40):
        will = WILL.model_copy(update={"operations": segments * segment})
        assert Told(eye(), mind, "puzzle").think(garbled, will).thought.operations <= segments * segment


def test_the_same_pictures_lead_to_the_same_thought(mind: Brain) -> None:
    readings, _ = misread(board(1)[0], 1, 0)

    def think() -> Perceived:
        return Told(eye(), mind, "puzzle").think(readings, WILL, seed=4)

    one, other = think(), think()
    assert one.thought.answer == other.thought.answer and one.thought.confidence == other.thought.confidence


def test_boards_come_from_the_likeliest_down_and_never_twice() -> None:
    draw = np.random.default_rng(0)
    log = np.log(draw.dirichlet(np.ones(3), 4))
    boards = list(likeliest(log, np.zeros(4)))
    assert len(boards) == 3**4 == len(set(boards))
    worth = {board: sum(log[cell, symbol] for cell, symbol in enumerate(board)) for board in boards}
    best = max(itertools.product(range(3), repeat=4), key=worth.__getitem__)
    assert boards[0] == best
    apart = [worth[one] - worth[other] for one, other in itertools.pairwise(boards)]
    assert min(apart) > -0.25  # cheap changes are charged a little more, so that few come before many
    doubted = list(itertools.islice(likeliest(log, np.array([0.0, 0.0, 9.0, 0.0])), 2))
    assert [one == other for one, other in zip(*doubted, strict=True)] == [True, True, False, True]


def test_pictures_in_doubt_are_left_blank() -> None:
    log = np.log(np.array([[0.001, 0.999], [0.4, 0.6], [0.02, 0.98]]))
    boards = list(doubtful(log, [0]))
    assert boards[0] == (1, 1, 1) and boards[1] == (0, 1, 1)
    assert (1, 0, 1) in boards and (0, 0, 0) in boards


def test_cells_without_a_picture_are_blank_and_others_are_read(mind: Brain) -> None:
    coupled = Coupled(eye(), mind, "puzzle")
    pictures: list[Any] = [None] * 81
    pictures[7] = np.full((2, 2), 200)
    log = coupled.read(pictures)
    assert log.shape == (81, 10) and log[0].argmax() == 0 and np.isneginf(log[0, 1:]).all()
    np.testing.assert_allclose(np.exp(log).sum(1), 1, rtol=1e-6)
    assert np.isfinite(log[7]).all()
    with pytest.raises(DataError, match="expected 81 pictures"):
        coupled.read(pictures[:80])
    pictures[12] = np.full((3, 3), 200)
    with pytest.raises(DataError, match="row 2, column 4: expected a picture of 2×2×1"):
        coupled.read(pictures)


def test_brains_that_do_not_fit_are_refused(mind: Brain) -> None:
    label = Brain(propose({"kind": DIGIT, "digit": DIGIT}, ["kind"], ["digit"], source="x", size=60_000))
    letters = {**DIGIT, "labels": ["a", "b"]}
    other = Brain(propose({"picture": PICTURE, "digit": letters}, ["picture"], ["digit"], source="x", size=60_000))
    for seeing, thinking, sense, words in (
        (label, mind, "puzzle", "must see one picture"),
        (eye(), mind, "board", "called 'board'"),
        (eye(), eye(), "picture", "must see one grid"),
        (other, mind, "puzzle", "is a symbol of what the other sees"),
    ):
        with pytest.raises(DataError, match=words):
            Coupled(seeing, thinking, sense)


def test_an_answer_that_was_refuted_stays_refuted(mind: Brain, monkeypatch: pytest.MonkeyPatch) -> None:
    puzzle, _ = board(2)
    monkeypatch.setattr(Keeping, "_again", lambda self, answer, will: 0.0)
    found = Told(eye(), mind, "puzzle").think(sure(puzzle), WILL, readings=20)
    assert found.thought.confidence < 0.01 and not found.thought.sure
