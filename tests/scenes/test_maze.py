"""Mazes: what is made is a maze with a shortest path, and the score accepts every shortest path and nothing else."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.errors import DataError
from ltm.scenes import maze


def steps(grid: np.ndarray) -> np.ndarray:
    """Distances from the start by breadth first, -1 where there is no way; written anew for comparison."""
    found = np.full(grid.shape, -1)
    start = tuple(np.argwhere(grid == 2)[0])
    found[start] = 0
    queue = deque([start])
    while queue:
        row, column = queue.popleft()
        for near in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            if all(0 <= n < side for n, side in zip(near, grid.shape, strict=True)):
                if grid[near] != 0 and found[near] < 0:
                    found[near] = found[row, column] + 1
                    queue.append(near)
    return found


def walk(grid: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Some shortest path, drawn at random."""
    found = steps(grid)
    path = np.zeros_like(grid)
    at = tuple(np.argwhere(grid == 3)[0])
    path[at] = 1
    while found[at]:
        row, column = at
        near = [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        near = [n for n in near if all(0 <= x < s for x, s in zip(n, grid.shape, strict=True))]
        near = [n for n in near if found[n] == found[at] - 1]
        at = near[generator.integers(len(near))]
        path[at] = 1
    return path


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(5, 14), st.integers(0, 6))
def test_makes_mazes_with_a_shortest_path(seed: int, low: int, more: int) -> None:
    made = maze.generate(3, seed=seed, sizes=(max(low, 6), max(low, 6) + more))
    for grid, path, (rows, columns) in zip(made.values["maze"], made.values["path"], made.shapes["maze"], strict=True):
        grid, path = grid[:rows, :columns], path[:rows, :columns]
        assert (grid == 2).sum() == (grid == 3).sum() == 1
        assert not grid[[0, -1]].any() and not grid[:, [0, -1]].any()
        found = steps(grid)
        length = found[tuple(np.argwhere(grid == 3)[0])]
        assert path.sum() == length + 1 >= max(rows, columns)
        assert ((found >= 0) == (grid != 0)).all()  # every open cell can be reached
        assert maze.is_shortest_path(grid, path)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_every_shortest_path_is_right_and_every_other_wrong(seed: int) -> None:
    generator = np.random.default_rng(seed)
    made = maze.generate(1, seed=seed, sizes=(7, 12))
    rows, columns = made.shapes["maze"][0]
    grid = made.values["maze"][0][:rows, :columns]
    path = walk(grid, generator)
    assert maze.is_shortest_path(grid, path)
    row, column = (int(generator.integers(side)) for side in grid.shape)
    changed = path.copy()
    changed[row, column] ^= 1
    assert not maze.is_shortest_path(grid, changed)


def test_a_longer_way_is_wrong() -> None:
    grid = np.array([[2, 1, 3], [1, 0, 1], [1, 1, 1]], dtype=np.uint8)
    around = (grid != 0).astype(np.uint8)
    around[0, 1] = 0
    assert not maze.is_shortest_path(grid, around)
    assert maze.is_shortest_path(grid, np.array([[1, 1, 1], [0, 0, 0], [0, 0, 0]]))


def test_no_way_and_nonsense_are_wrong() -> None:
    grid = np.array([[2, 0, 3]], dtype=np.uint8)
    for path in ([[1, 0, 1]], [[1, 1, 1]], [[0, 0, 0]], [[2, 2, 2]]):
        assert not maze.is_shortest_path(grid, np.array(path))
    assert not maze.is_shortest_path(grid, np.ones((2, 3)))


def test_one_seed_one_set_and_none_alike_up_to_symmetry() -> None:
    one, same, other = (maze.generate(60, seed=seed, sizes=(6, 7)) for seed in (1, 1, 2))
    assert np.array_equal(one.values["maze"], same.values["maze"])
    keys = maze.canonical(one.values["maze"], one.shapes["maze"])
    assert len(set(keys)) == 60
    left = maze.disjoint(one, other)
    assert not set(maze.canonical(left.values["maze"], left.shapes["maze"])) & set(
        maze.canonical(other.values["maze"], other.shapes["maze"])
    )


def test_the_key_is_that_of_all_eight_forms() -> None:
    grid = maze.generate(1, seed=5, sizes=(7, 9)).values["maze"][0]
    forms = [np.rot90(side, turn) for side in (grid, grid.T) for turn in range(4)]
    keys = {maze.canonical(form[None], np.array([form.shape]))[0] for form in forms}
    assert len(keys) == 1


@pytest.mark.parametrize("sizes", [(4, 9), (9, 6), (5, 256)])
def test_impossible_sides_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="sizes"):
        maze.generate(1, seed=0, sizes=sizes)


def test_more_mazes_than_there_are_is_refused() -> None:
    with pytest.raises(DataError, match="different mazes"):
        maze.generate(100_000, seed=0, sizes=(5, 5))
