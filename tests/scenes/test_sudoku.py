from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.errors import DataError
from ltm.scenes import sudoku
from ltm.scenes.store import SceneSet
from ltm.scenes.sudoku_search import random_grids

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "sudoku"
FEW = settings(derandomize=True, max_examples=15, deadline=None)


@pytest.fixture(scope="module")
def scenes() -> SceneSet:
    return sudoku.generate(300, seed=3)


def slow_count(puzzle: np.ndarray, limit: int) -> int:
    """Counts solutions the plain way, one board at a time: what the fast search is compared with."""
    grid = puzzle.astype(int).copy()

    def options(row: int, column: int) -> list[int]:
        top, left = row // 3 * 3, column // 3 * 3
        taken = {*grid[row], *grid[:, column], *grid[top : top + 3, left : left + 3].ravel()}
        return [digit for digit in range(1, 10) if digit not in taken]

    def walk(found: int) -> int:
        blank = [(len(options(r, c)), r, c) for r, c in itertools.product(range(9), repeat=2) if not grid[r, c]]
        if not blank:
            return found + 1
        _, row, column = min(blank)
        for digit in options(row, column):
            grid[row, column] = digit
            found = walk(found)
            grid[row, column] = 0
            if found >= limit:
                break
        return found

    return walk(0)


def test_generated_puzzles_have_one_solution(scenes: SceneSet) -> None:
    puzzles, solutions = scenes.values["puzzle"], scenes.values["solution"]
    assert len(scenes) == 300
    assert sudoku.is_solution(solutions).all()
    assert ((puzzles == 0) | (puzzles == solutions)).all()
    givens = (puzzles > 0).sum(axis=(1, 2))
    assert givens.min() >= 22 and givens.max() <= 36
    assert len(set(givens.tolist())) > 8
    assert (sudoku.count_solutions(puzzles) == 1).all()
    assert all(slow_count(puzzle, 2) == 1 for puzzle in puzzles[:8])


def test_generation_depends_on_the_seed_alone(scenes: SceneSet) -> None:
    again, other = sudoku.generate(300, seed=3), sudoku.generate(300, seed=4)
    assert (again.values["puzzle"] == scenes.values["puzzle"]).all()
    assert not (other.values["puzzle"] == scenes.values["puzzle"]).all(axis=(1, 2)).any()


def test_no_two_grids_are_alike(scenes: SceneSet) -> None:
    assert len(np.unique(sudoku.canonical(scenes.values["solution"]))) == 300


def test_repeated_grids_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    few = random_grids(3, np.random.default_rng(0))
    calls = iter(range(10**6))

    def draw(count: int, generator: np.random.Generator) -> np.ndarray:
        if next(calls) < 2:
            return np.rot90(few, 2, axes=(1, 2)) if count % 2 else few
        return random_grids(count, generator)

    monkeypatch.setattr(sudoku, "random_grids", draw)
    made = sudoku.generate(20, seed=0)
    assert len(np.unique(sudoku.canonical(made.values["solution"]))) == 20


def test_disjoint_drops_grids_that_are_turned(scenes: SceneSet) -> None:
    turned = {name: np.rot90(grid, axes=(1, 2)) for name, grid in scenes.take([5, 7]).values.items()}
    rest = sudoku.disjoint(scenes, SceneSet.of(turned))
    assert len(rest) == 298
    assert (rest.values["puzzle"][5] == scenes.values["puzzle"][6]).all()


@pytest.mark.parametrize("givens", [(16, 20), (30, 20), (30, 82)])
def test_impossible_givens_are_refused(givens: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="17 to 81"):
        sudoku.generate(5, seed=0, givens=givens)


@pytest.mark.parametrize("steps", [(0, 0), (3, 5), (6, 10_000)])
def test_puzzles_are_as_hard_as_was_asked(steps: tuple[int, int]) -> None:
    made = sudoku.generate(24, seed=1, givens=(22, 28), steps=steps)
    found = sudoku.search_steps(made.values["puzzle"])
    assert len(found) == 24 and steps[0] <= found.min() <= found.max() <= steps[1]


@pytest.mark.parametrize("steps", [(-1, 3), (5, 4), (0, 10_001)])
def test_impossible_search_steps_are_refused(steps: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="search steps must be"):
        sudoku.generate(5, seed=0, steps=steps)


def test_unreachable_givens_end_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sudoku, "_PATIENCE", 50)
    with pytest.raises(DataError, match="thinned out to 17 givens"):
        sudoku.generate(5, seed=0, givens=(17, 17))


def test_full_grids_can_be_asked_for() -> None:
    made = sudoku.generate(3, seed=0, givens=(81, 81))
    assert (made.values["puzzle"] == made.values["solution"]).all()


@FEW
@given(st.integers(0, 299), st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 4))
def test_counting_agrees_with_plain_backtracking(index: int, seed: int, gone: int, limit: int) -> None:
    # Taking givens away from puzzles leaves boards with few solutions; changing one often leaves none.
    generator = np.random.default_rng(seed)
    puzzle = sudoku.generate(300, seed=3).values["puzzle"][index] if index < 3 else _cached()[index]
    puzzle = puzzle.copy()
    places = np.argwhere(puzzle > 0)
    for row, column in places[generator.permutation(len(places))[:gone]]:
        puzzle[row, column] = 0
    if seed % 3 == 0:
        row, column = places[generator.integers(len(places))]
        puzzle[row, column] = generator.integers(1, 10)
    expected = slow_count(puzzle, limit) if not _clashes(puzzle) else 0
    assert sudoku.count_solutions(puzzle[None], limit)[0] == expected


def _cached() -> np.ndarray:
    if "puzzles" not in _CACHE:
        _CACHE["puzzles"] = sudoku.generate(300, seed=3).values["puzzle"]
    return _CACHE["puzzles"]


_CACHE: dict[str, np.ndarray] = {}


def _clashes(puzzle: np.ndarray) -> bool:
    blocks = puzzle.reshape(3, 3, 3, 3).transpose(0, 2, 1, 3).reshape(9, 9)
    units = [unit[unit > 0] for unit in (*puzzle, *puzzle.T, *blocks)]
    return any(len(np.unique(unit)) < len(unit) for unit in units)


def test_boards_with_many_and_with_no_solutions() -> None:
    empty = np.zeros((2, 9, 9), dtype=np.uint8)
    empty[1, 0, :2] = 5
    assert sudoku.count_solutions(empty, limit=3).tolist() == [3, 0]
    solved = sudoku.solve(empty)
    assert sudoku.is_solution(solved).tolist() == [True, False]
    assert not solved[1].any()


def test_steps_do_not_depend_on_the_batch(scenes: SceneSet) -> None:
    puzzles = scenes.values["puzzle"]
    steps = sudoku.search_steps(puzzles)
    assert steps.min() == 0 and steps.max() > 0
    hard = np.argsort(steps)[-5:]
    assert [int(sudoku.search_steps(puzzles[i : i + 1])[0]) for i in hard] == steps[hard].tolist()
    assert (sudoku.search_steps(scenes.values["solution"]) == 0).all()
    assert sudoku.search_steps(np.zeros((1, 9, 9), dtype=np.uint8), limit=50).tolist() == [50]


def test_wrong_boards_are_refused() -> None:
    with pytest.raises(DataError, match="boards"):
        sudoku.solve(np.zeros((9, 9)))
    with pytest.raises(DataError, match="0 to 9"):
        sudoku.solve(np.full((1, 9, 9), 10))
    with pytest.raises(DataError, match="whole numbers"):
        sudoku.solve(np.zeros((1, 9, 9)))


def test_is_solution_sees_every_kind_of_unit() -> None:
    rows = np.tile(np.arange(1, 10), (9, 1))
    latin = np.array([[(row + column) % 9 + 1 for column in range(9)] for row in range(9)])
    good = np.array([[(3 * (row % 3) + row // 3 + column) % 9 + 1 for column in range(9)] for row in range(9)])
    assert sudoku.is_solution(np.stack([rows, rows.T, latin, good, good * 0])).tolist() == [False] * 3 + [True, False]


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared Sudoku files are not here")
def test_published_puzzles_are_solved() -> None:
    with (DATA / "expert.csv").open(encoding="utf-8", newline="") as file:
        rows = list(itertools.islice(csv.DictReader(file), 1000))
    puzzles, solutions = (
        np.array([list(row[name]) for row in rows]).astype(np.uint8).reshape(-1, 9, 9)
        for name in ("puzzle", "solution")
    )
    assert (sudoku.count_solutions(puzzles) == 1).all()
    assert (sudoku.solve(puzzles) == solutions).all()
    assert (sudoku.search_steps(puzzles) > 0).all()
    assert len(np.unique(sudoku.canonical(solutions))) == 1000
