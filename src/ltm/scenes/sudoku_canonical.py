"""The canonical form of a solved Sudoku grid: equal for two grids iff a symmetry turns one into the other.

The symmetries are relabelling the digits, permuting bands, stacks, rows within a band and columns within a stack, and
transposing: 9! · 6^8 · 2 of them. The form is the grid that comes first, read row by row, among all it can be turned
into. It is found exactly, without trying them all:

Relabelling always makes the first row 123456789. The second row then is the permutation that leads from the row chosen
first to the one chosen second, conjugated by the permutation of columns. There are only 12,096 such permutations, in a
handful of classes, so a table gives for each one the least conjugate and all permutations of columns that reach it.
Among the 36 ways to choose two rows of a band (18 of them after transposing) those with the least second row remain.
Once rows and columns are fixed, the third row is what is left, and sorting puts the other six rows in the least order.
The least of the few completed grids is the form.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError
from ltm.scenes.sudoku_search import is_solution

_CODE = 9 ** np.arange(8, -1, -1)
"""Numbers made with these weights sort like the rows that they stand for."""
_PAIRS = np.array(
    [
        (3 * band + a, 3 * band + b, 3 * band + 3 - a - b)
        for band in range(3)
        for a, b in itertools.permutations(range(3), 2)
    ]
)
"""For each way to begin: the rows that become the first, second and third."""
_BLOCK = 4096


def canonical(solutions: npt.NDArray[Any]) -> npt.NDArray[np.bytes_]:
    """Returns the canonical form of each solved grid `[grids, 9, 9]` as 81 characters (dtype `S81`).

    Raises:
        DataError: a grid is not a solved Sudoku.
    """
    solutions = np.asarray(solutions)
    if solutions.ndim != 3 or solutions.shape[1:] != (9, 9):
        raise DataError(f"expected Sudoku grids [grids, 9, 9], got {list(solutions.shape)}")
    bad = np.flatnonzero(~is_solution(solutions))
    if len(bad):
        raise DataError(f"grid {bad[0]} is not a solved Sudoku")
    parts = [_least(solutions[start : start + _BLOCK]) for start in range(0, len(solutions), _BLOCK)]
    return np.concatenate([np.empty(0, dtype="S81"), *parts])


@dataclass(frozen=True)
class _Table:
    """What is known of every permutation that can lead from one row of a band to another.

    Attributes:
        codes: sorted codes of the permutations `[12096]`.
        least: the code of the least conjugate of each.
        start, count: where in `columns` its permutations of columns are.
        columns: uint8 `[n, 9]`: new column j takes old column `columns[i, j]`.
    """

    codes: npt.NDArray[np.int64]
    least: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    columns: npt.NDArray[np.uint8]


@cache
def _table() -> _Table:
    every = np.array(list(itertools.permutations(range(9))), dtype=np.uint8)
    stacks = np.arange(9) // 3
    rows = every[(every // 3 != stacks).all(axis=1)]
    kept = (np.diff(every.reshape(-1, 3, 3) // 3, axis=2) == 0).all(axis=(1, 2))
    columns = every[kept]
    inverse = np.argsort(columns, axis=1)
    codes = rows @ _CODE
    least = np.full(len(codes), -1)
    of, how = [], []
    for index in range(len(codes)):
        if least[index] >= 0:
            continue
        # The first of its class is the least. It leads to p⁻¹·row·p, and from there p⁻¹ leads back.
        conjugates = np.take_along_axis(inverse, rows[index][columns].astype(np.int64), axis=1)
        places = np.searchsorted(codes, conjugates @ _CODE)
        least[places] = codes[index]
        of.append(places)
        how.append(inverse.astype(np.uint8))
    owners = np.concatenate(of)
    order = np.argsort(owners, kind="stable")
    count = np.bincount(owners, minlength=len(codes))
    return _Table(codes, least, np.cumsum(count) - count, count, np.concatenate(how)[order])


def _least(grids: npt.NDArray[Any]) -> npt.NDArray[np.bytes_]:
    table = _table()
    both = np.stack((grids, grids.transpose(0, 2, 1)), axis=1).astype(np.int64) - 1
    places = np.argsort(both, axis=3)
    leads = np.take_along_axis(places[:, :, _PAIRS[:, 0]], both[:, :, _PAIRS[:, 1]], axis=3)
    index = np.searchsorted(table.codes, leads @ _CODE)
    second = table.least[index]
    owner, turned, pair = np.nonzero(second == second.min(axis=(1, 2), keepdims=True))
    entry = index[owner, turned, pair]
    copies = table.count[entry]
    owner, turned, pair = (np.repeat(part, copies) for part in (owner, turned, pair))
    within = np.arange(len(owner)) - np.repeat(np.cumsum(copies) - copies, copies)
    columns = table.columns[np.repeat(table.start[entry], copies) + within].astype(np.int64)
    keys = _complete(both[owner, turned], _PAIRS[pair], columns)
    order = np.argsort(keys, kind="stable")
    order = order[np.argsort(owner[order], kind="stable")]
    firsts = np.flatnonzero(np.diff(owner[order], prepend=-1))
    return np.asarray(keys[order[firsts]])


def _complete(
    grids: npt.NDArray[np.int64], begin: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> npt.NDArray[np.bytes_]:
    """Writes each grid with its three first rows and its columns given, and all else in the least order."""
    count = len(grids)
    moved = np.take_along_axis(grids, np.broadcast_to(columns[:, None], grids.shape), axis=2)
    every = np.arange(count)
    # The digit in column j of the first row is renamed to j.
    names = np.argsort(moved[every, begin[:, 0]], axis=1)
    renamed = np.take_along_axis(names, moved.reshape(count, 81), axis=1).reshape(count, 9, 9)
    firsts = renamed[:, :, 0]
    band = np.arange(9) // 3
    lowest = np.repeat(firsts.reshape(count, 3, 3).min(axis=2), 3, axis=1)
    rank = 9 * lowest + firsts + 9
    rank = np.where(band == (begin[:, :1] // 3), 0, rank)
    np.put_along_axis(rank, begin, np.broadcast_to(np.arange(3), begin.shape), axis=1)
    rows = np.argsort(rank, axis=1)
    least = np.take_along_axis(renamed, rows[:, :, None], axis=1)
    text = (least + ord("1")).astype(np.uint8).reshape(count, 81)
    return np.ascontiguousarray(text).view("S81").reshape(count)
