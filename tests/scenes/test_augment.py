"""Symmetries: what comes out means the same, every form occurs, and all columns move together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ltm.errors import DataError
from ltm.scenes import maze, sudoku
from ltm.scenes.augment import SYMMETRIES, augment
from ltm.senses.layout import VOID

TEN = {"puzzle": 10, "solution": 10}


def puzzles(count: int = 40) -> dict[str, torch.Tensor]:
    made = sudoku.generate(count, seed=1, givens=(30, 36))
    return {name: torch.from_numpy(np.asarray(grid)) for name, grid in made.values.items()}


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_sudoku_stays_sudoku_and_the_answer_still_fits_what_is_given() -> None:
    values = puzzles()
    turned = augment(values, ["relabel", "bands", "transpose"], draws(), TEN)
    puzzle, solution = (turned[name].numpy() for name in ("puzzle", "solution"))
    assert sudoku.is_solution(solution).all()
    assert ((puzzle == 0) | (puzzle == solution)).all()
    assert ((puzzle > 0).sum((1, 2)) == (values["puzzle"].numpy() > 0).sum((1, 2))).all()
    assert not np.array_equal(solution, values["solution"].numpy())
    # The same puzzles up to symmetry, in the same order.
    assert np.array_equal(sudoku.canonical(solution), sudoku.canonical(values["solution"].numpy()))


def test_a_maze_keeps_its_shortest_path_within_its_own_sides() -> None:
    made = maze.generate(60, seed=2, sizes=(6, 9))
    values = {name: torch.from_numpy(np.asarray(grid)) for name, grid in made.values.items()}
    turned = augment(values, ["dihedral"], draws(), {"maze": 4, "path": 2})
    grids, paths = turned["maze"].numpy(), turned["path"].numpy()
    there = grids != VOID
    shapes = np.stack((there.any(2).sum(1), there.any(1).sum(1)), 1)
    assert np.array_equal(shapes, made.shapes["maze"])
    assert maze.score(grids, paths, shapes).all()
    assert sorted(maze.canonical(grids, shapes)) == sorted(maze.canonical(made.values["maze"], made.shapes["maze"]))


def test_all_eight_forms_of_a_square_occur_and_four_of_an_oblong() -> None:
    for sides, forms in (((3, 3), 8), ((2, 3), 4)):
        board = torch.arange(sides[0] * sides[1]).view(1, *sides).expand(400, -1, -1).clone()
        turned = augment({"a": board}, ["dihedral"], draws(), {"a": 9})["a"]
        counts = {tuple(grid.flatten().tolist()): 0 for grid in turned}
        for grid in turned:
            counts[tuple(grid.flatten().tolist())] += 1
        assert len(counts) == forms and min(counts.values()) > 400 / forms / 2


@pytest.mark.parametrize("first", [1, 2, 5])
def test_relabelling_permutes_only_what_may_change_places(first: int) -> None:
    board = torch.arange(10).view(1, 2, 5).expand(300, -1, -1).clone()
    turned = augment({"a": board}, ["relabel"], draws(), {"a": 10}, relabel_from=first)["a"].flatten(1)
    assert torch.equal(turned.sort(1).values, board.flatten(1))
    assert torch.equal(turned[:, :first], board.flatten(1)[:, :first])
    for symbol in range(first, 10):
        assert set(turned[:, symbol].tolist()) == set(range(first, 10))


def test_one_seed_one_batch() -> None:
    values = puzzles(4)
    every = ["relabel", "bands", "transpose"]
    one, same, other = (augment(values, every, draws(seed), TEN)["puzzle"] for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_nothing_asked_nothing_done() -> None:
    values = puzzles(2)
    assert torch.equal(augment(values, [], draws(), TEN)["puzzle"], values["puzzle"])
    assert set(SYMMETRIES) == {"relabel", "bands", "transpose", "dihedral"}


@pytest.mark.parametrize(
    ("symmetry", "symbols", "expected"),
    [("mirror", TEN, "unknown symmetry 'mirror'"), ("relabel", {"puzzle": 10, "solution": 9}, "the same symbols")],
)
def test_what_boards_do_not_have_is_refused(symmetry: str, symbols: dict[str, int], expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        augment(puzzles(2), [symmetry], draws(), symbols)
