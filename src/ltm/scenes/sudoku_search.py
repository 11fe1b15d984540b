"""Solves thousands of 9×9 Sudoku boards at once: bit masks, propagation of singles, and a shared pool of guesses.

A board is 81 masks of nine bits (bit d - 1: digit d is possible), boards lie side by side `[9, 9, boards]` uint16, so
that every step is a plain vector operation. Boards that propagation doesn't finish are split in two (a cell holds its
lowest possible digit, or it doesn't) and put on a stack that all boards share. Every state is either shown to be
contradictory, shown to be a solution, or split into states that cover it: the search is complete, so counts are proofs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError

Masks = npt.NDArray[np.uint16]

_ALL = np.uint16(511)
_ZERO = np.uint16(0)
_ONE = np.uint16(1)
_BATCH = 2048
_NO_CELL = np.uint16(60000)


@dataclass(frozen=True)
class Found:
    """What a search found out about each board.

    Attributes:
        solutions: int64 `[boards]`, solutions found, at most the limit.
        splits: int64 `[boards]`, how often a state had to be split before the search ended.
        first: uint8 `[boards, 9, 9]`, one solution, or 0 where there is none.
    """

    solutions: npt.NDArray[np.int64]
    splits: npt.NDArray[np.int64]
    first: npt.NDArray[np.uint8]


def solve(puzzles: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Returns one solution of each puzzle `[boards, 9, 9]` (0 is blank), or zeros where there is none."""
    return search(masks_of(puzzles), limit=1).first


def count_solutions(puzzles: npt.NDArray[Any], limit: int = 2) -> npt.NDArray[np.int64]:
    """Returns how many solutions each puzzle `[boards, 9, 9]` has, counting no further than `limit`."""
    return search(masks_of(puzzles), limit=limit).solutions


def search_steps(puzzles: npt.NDArray[Any], limit: int = 10_000) -> npt.NDArray[np.int64]:
    """Returns how hard each puzzle is: the guesses needed to find its solution and to rule out every other.

    Naked and hidden singles are propagated until nothing moves; then the first of the cells with the fewest candidates
    is guessed. 0 means that singles suffice. The number depends on the puzzle alone, and is cut off at `limit`; for a
    puzzle with several solutions it counts the guesses that list them all.
    """
    boards = masks_of(puzzles)
    return np.minimum(search(boards, limit=2**31, patience=limit).splits, limit)


def is_solution(grids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Returns which grids `[boards, 9, 9]` hold every digit once in each row, column and block."""
    grids = np.asarray(grids)
    bits = np.where((grids >= 1) & (grids <= 9), np.left_shift(1, np.clip(grids, 1, 9).astype(np.int64) - 1), 0)
    blocks = bits.reshape(-1, 3, 3, 3, 3).transpose(0, 1, 3, 2, 4).reshape(-1, 9, 9)
    units = (bits, bits.transpose(0, 2, 1), blocks)
    full = [(np.bitwise_or.reduce(unit, axis=2) == 511).all(axis=1) for unit in units]
    return np.asarray(full[0] & full[1] & full[2])


def masks_of(puzzles: npt.NDArray[Any]) -> Masks:
    """Turns puzzles `[boards, 9, 9]` into masks `[9, 9, boards]`.

    Raises:
        DataError: another shape, or a value outside 0 to 9.
    """
    puzzles = np.asarray(puzzles)
    if puzzles.ndim != 3 or puzzles.shape[1:] != (9, 9):
        raise DataError(f"expected Sudoku boards [boards, 9, 9], got {list(puzzles.shape)}")
    if not np.issubdtype(puzzles.dtype, np.integer):
        raise DataError(f"Sudoku cells must be whole numbers, got {puzzles.dtype}")
    if puzzles.size and (puzzles.min() < 0 or puzzles.max() > 9):
        raise DataError(f"Sudoku cells must lie in 0 to 9, got {puzzles.min()} to {puzzles.max()}")
    table = np.array([511, *(1 << digit for digit in range(9))], dtype=np.uint16)
    return np.ascontiguousarray(table[puzzles].transpose(1, 2, 0))


def digits_of(masks: Masks) -> npt.NDArray[np.uint8]:
    """Turns masks `[9, 9, boards]` with one bit each back into digits `[boards, 9, 9]`."""
    return np.ascontiguousarray(np.bitwise_count(masks - _ONE).transpose(2, 0, 1) + np.uint8(1))


def search(
    boards: Masks,
    *,
    limit: int,
    patience: int | None = None,
    other_than: Masks | None = None,
) -> Found:
    """Searches all boards `[9, 9, boards]` until each has `limit` solutions or no states are left.

    Args:
        boards: what is possible in each cell.
        limit: solutions after which a board is left alone.
        patience: splits after which a board is left alone.
        other_than: solutions `[9, 9, boards]` that don't count.
    """
    count = boards.shape[2]
    solutions, splits = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    first = np.zeros((count, 9, 9), dtype=np.uint8)
    # One set of blocks (states, which board each belongs to); the last is taken first, so depth comes before breadth.
    stack = [
        (boards[:, :, start : start + _BATCH], np.arange(start, min(count, start + _BATCH)))
        for start in range(0, count, _BATCH)
    ][::-1]
    while stack:
        states, owners = _pop(stack, solutions < limit if patience is None else splits < patience)
        if not len(owners):
            continue
        states, broken, moved = settle(states)
        unsolved = np.bitwise_or.reduce((states & (states - _ONE)).reshape(81, -1), axis=0) != 0
        done = ~(broken | unsolved | moved)
        if done.any():
            _record(_pick(states, done), owners[done], solutions, first, other_than)
        if moved.any():
            stack.append((_pick(states, moved), owners[moved]))
        stuck = unsolved & ~(broken | moved)
        if stuck.any():
            guess, rest = _split(_pick(states, stuck))
            np.add.at(splits, owners[stuck], 1)
            stack += [(rest, owners[stuck]), (guess, owners[stuck])]
    return Found(np.minimum(solutions, limit), splits, first)


def _pop(stack: list[tuple[Masks, Any]], wanted: npt.NDArray[np.bool_]) -> tuple[Masks, Any]:
    """Takes about one batch of states from the top of the stack, without those of boards that are finished."""
    states, owners, size = [], [], 0
    while stack and size < _BATCH:
        block, whose = stack.pop()
        useful = wanted[whose]
        if not useful.all():
            block, whose = _pick(block, useful), whose[useful]
        states.append(block)
        owners.append(whose)
        size += len(whose)
    if len(states) == 1:
        return states[0], owners[0]
    return np.concatenate(states, axis=2), np.concatenate(owners)


def _pick(states: Masks, chosen: npt.NDArray[np.bool_]) -> Masks:
    """Returns some of the boards; unlike indexing, this keeps boards side by side in memory, where speed comes from."""
    return np.compress(chosen, states.reshape(81, -1), axis=1).reshape(9, 9, -1)


def _record(states: Masks, owners: Any, solutions: Any, first: npt.NDArray[np.uint8], other_than: Masks | None) -> None:
    if other_than is not None:
        known = np.take(other_than.reshape(81, -1), owners, axis=1)
        differs = (states.reshape(81, -1) != known).any(axis=0)
        states, owners = _pick(states, differs), owners[differs]
    first[owners] = digits_of(states)
    np.add.at(solutions, owners, 1)


def settle(states: Masks) -> tuple[Masks, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Propagates singles until most boards stand still.

    Returns:
        The new states, which boards contradict themselves, and which still moved in the last pass.
    """
    while True:
        states, broken, moved = _propagate(states)
        if np.count_nonzero(moved) * 4 <= len(moved):
            return states, broken, moved


def _propagate(states: Masks) -> tuple[Masks, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """One pass over all boards: solved cells leave their peers, then digits with one place left take it."""
    boards = states.shape[2]
    # Multiplying by a truth value is several times faster than `np.where`.
    single = states - _ONE
    single &= states
    single = states * (single == 0)
    taken = np.bitwise_or.reduce(single.reshape(3, 3, 3, 3, boards), axis=(1, 3))[:, None, :, None]
    after = np.bitwise_or.reduce(single, axis=1)[:, None] | np.bitwise_or.reduce(single, axis=0)
    by_cell = after.reshape(3, 3, 3, 3, boards)
    by_cell |= taken
    # A solved cell keeps its digit; should a peer have the same one, some digit of that unit runs out of places below.
    np.invert(after, out=after)
    after |= single
    after &= states
    row_all, row_only = _places([after[:, column] for column in range(9)])
    column_all, column_only = _places([after[row] for row in range(9)])
    block_all, block_only = _places([by_cell[:, row, :, column] for row in range(3) for column in range(3)])
    hidden = row_only[:, None] | column_only
    hidden.reshape(3, 3, 3, 3, boards)[...] |= block_only[:, None, :, None]
    hidden &= after
    after *= hidden == 0
    after |= hidden
    row_all &= column_all
    row_all &= block_all.reshape(9, boards)
    broken = np.bitwise_and.reduce(row_all, axis=0) != _ALL
    broken |= (after == 0).reshape(81, boards).any(axis=0)
    moved = (after != states).reshape(81, boards).any(axis=0)
    moved &= ~broken
    return after, broken, moved


def _places(cells: list[Masks]) -> tuple[Masks, Masks]:
    """For the nine cells of a family of units: the digits that have a place, and those that have exactly one."""
    once = cells[0] | cells[1]
    twice = cells[0] & cells[1]
    both = np.empty_like(once)
    for cell in cells[2:]:
        np.bitwise_and(once, cell, out=both)
        twice |= both
        once |= cell
    np.invert(twice, out=twice)
    twice &= once
    return once, twice


def random_grids(count: int, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Returns `count` random solved grids `[count, 9, 9]`.

    Cells are filled at random, fewest candidates first, with singles propagated. A board that contradicts itself is
    thrown away: starting over is cheaper than backtracking, because most fillings succeed.
    """
    found: list[npt.NDArray[np.uint8]] = []
    missing = count
    while missing > 0:
        states = np.full((9, 9, min(_BATCH, 2 * missing + 16)), _ALL)
        while states.shape[2]:
            states, broken, _ = settle(states)
            unsolved = np.bitwise_or.reduce((states & (states - _ONE)).reshape(81, -1), axis=0) != 0
            grids = digits_of(_pick(states, ~(broken | unsolved)))
            # Cells that moved in the very last pass have not been compared with their peers yet.
            found.append(grids[is_solution(grids)])
            missing -= len(found[-1])
            states = _split(_pick(states, unsolved & ~broken), generator)[0]
    return np.concatenate(found)[:count]


def _split(states: Masks, generator: np.random.Generator | None = None) -> tuple[Masks, Masks]:
    """Splits each board at the first of the cells with the fewest candidates: with one digit there, and without it.

    The digit is the lowest, or a random one where a generator is given.
    """
    boards = states.shape[2]
    flat = states.reshape(81, boards)
    options = np.bitwise_count(flat).astype(np.uint16)
    keys = np.where(options > 1, options * np.uint16(81) + np.arange(81, dtype=np.uint16)[:, None], _NO_CELL)
    cells = np.minimum.reduce(keys, axis=0) % 81
    which = np.arange(boards)
    masks = flat[cells, which]
    digit = masks & (~masks + _ONE)
    if generator is not None:
        bits = (masks[:, None] >> np.arange(9, dtype=np.uint16)) & _ONE
        digit = _ONE << np.argmax(bits * generator.random(bits.shape), axis=1).astype(np.uint16)
    guess, rest = flat.copy(), flat.copy()
    guess[cells, which] = digit
    rest[cells, which] = masks & ~digit
    return guess.reshape(states.shape), rest.reshape(states.shape)
