from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.errors import DataError
from ltm.scenes.sudoku_canonical import canonical
from ltm.scenes.sudoku_search import random_grids

GRIDS = random_grids(40, np.random.default_rng(11))
REGULAR = np.array([[(3 * (row % 3) + row // 3 + column) % 9 + 1 for column in range(9)] for row in range(9)])


def lines(generator: np.random.Generator) -> np.ndarray:
    return np.concatenate([3 * band + generator.permutation(3) for band in generator.permutation(3)])


def scramble(grid: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    grid = grid[lines(generator)][:, lines(generator)]
    grid = grid.T if generator.random() < 0.5 else grid
    return np.concatenate([[0], 1 + generator.permutation(9)])[grid]


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_symmetries_leave_the_form_alone(seed: int) -> None:
    generator = np.random.default_rng(seed)
    every = np.concatenate([GRIDS, REGULAR[None]])
    scrambled = np.stack([scramble(grid, generator) for grid in every])
    assert (canonical(scrambled) == canonical(every)).all()


def test_the_form_is_a_grid_of_the_same_class() -> None:
    forms = canonical(GRIDS)
    grids = np.array([[int(letter) for letter in form.decode()] for form in forms.tolist()]).reshape(-1, 9, 9)
    assert (canonical(grids) == forms).all()
    assert len(np.unique(forms)) == len(GRIDS)
    assert all(form.startswith(b"123456789") for form in forms.tolist())


def test_the_form_is_the_least_of_all_symmetries() -> None:
    # The plain way, without the table: every row first, every permutation of columns, the rest sorted.
    every = [
        p for p in itertools.permutations(range(9)) if all(len({x // 3 for x in p[i : i + 3]}) == 1 for i in (0, 3, 6))
    ]
    columns = np.array(every)
    assert len(columns) == 1296
    grid = GRIDS[0]
    best = min(
        _least_after(side, first, columns) for side in (grid.astype(int), grid.T.astype(int)) for first in range(9)
    )
    assert canonical(GRIDS[:1])[0] == best


def _least_after(grid: np.ndarray, first: int, columns: np.ndarray) -> bytes:
    moved = grid[:, columns].transpose(1, 0, 2)
    names = np.argsort(moved[:, first], axis=1)
    renamed = np.stack([name[board - 1] for name, board in zip(names, moved, strict=True)]) + 1
    band = first // 3
    result = []
    for board in renamed:
        bands = [sorted(board[3 * other : 3 * other + 3].tolist()) for other in range(3)]
        rest = sorted(bands[other] for other in range(3) if other != band)
        result.append(
            bytes(b"".join(bytes(48 + digit for digit in row) for part in (bands[band], *rest) for row in part))
        )
    return min(result)


def test_grids_that_differ_truly_get_other_forms() -> None:
    # Two rows that hold the same pair of digits in the same columns may swap them: a valid grid, mostly of another
    # class.
    changed = 0
    for grid in GRIDS:
        for band, (a, b) in itertools.product(range(3), itertools.combinations(range(3), 2)):
            r1, r2 = 3 * band + a, 3 * band + b
            for left, right in itertools.combinations(range(9), 2):
                if grid[r1, left] == grid[r2, right] and grid[r1, right] == grid[r2, left]:
                    if left // 3 == right // 3:
                        continue
                    other = grid.copy()
                    other[[r1, r2], left], other[[r1, r2], right] = grid[[r2, r1], left], grid[[r2, r1], right]
                    changed += int(canonical(other[None])[0] != canonical(grid[None])[0])
    assert changed > 20


def test_what_is_not_solved_is_refused() -> None:
    with pytest.raises(DataError, match="grid 1 is not"):
        canonical(np.stack([REGULAR, REGULAR * 0]))
    with pytest.raises(DataError, match="expected Sudoku grids"):
        canonical(REGULAR)
    assert len(canonical(np.zeros((0, 9, 9)))) == 0
