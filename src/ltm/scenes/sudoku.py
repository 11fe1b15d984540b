"""The built-in source `sudoku`: random 9×9 puzzles, each with a proof that it has exactly one solution.

A solved grid is thinned out cell by cell in random order; a removal stands only when an exhaustive search finds no
solution but the grid itself. Cells are removed in strides that halve whenever too much was removed, so that the search
is asked little while the board is still full.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.scenes.sudoku_canonical import canonical
from ltm.scenes.sudoku_search import count_solutions, is_solution, masks_of, random_grids, search, search_steps, solve
from ltm.senses.layout import Layout

__all__ = [
    "SudokuOptions",
    "canonical",
    "count_solutions",
    "disjoint",
    "generate",
    "is_solution",
    "make",
    "search_steps",
    "solve",
]

MOST_STEPS = 10_000
_BLOCK = 4096
_FIRST_STRIDE = 32
_PATIENCE = 2048


Givens = Annotated[int, Field(ge=17, le=81)]
Steps = Annotated[int, Field(ge=0, le=MOST_STEPS)]


class SudokuOptions(Part):
    """What puzzles are made."""

    givens: tuple[Givens, Givens] = (22, 36)
    """Fewest and most givens."""
    search_steps: tuple[Steps, Steps] = (0, MOST_STEPS)
    """Fewest and most guesses that a search which fills in singles needs; 0 means that singles suffice."""

    @model_validator(mode="after")
    def _in_order(self) -> SudokuOptions:
        for name in ("givens", "search_steps"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the fewest, {low}, exceed the most, {high}")
        return self


def make(options: SudokuOptions, count: int, seed: int) -> SceneSet:
    """Returns `count` puzzles as a chart's options ask; see `generate`."""
    return generate(count, seed=seed, givens=options.givens, steps=options.search_steps)


def generate(
    count: int, *, seed: int, givens: tuple[int, int] = (22, 36), steps: tuple[int, int] = (0, MOST_STEPS)
) -> SceneSet:
    """Returns `count` puzzles with columns `puzzle` (0 is blank) and `solution`, no two grids alike up to symmetry.

    How many givens a puzzle aims at is drawn evenly from the range. Few grids can be thinned out to 22, so puzzles that
    aim lower than they get stay a little above; none leaves the range.

    Args:
        count: how many.
        seed: of the grids and of what is taken out of them.
        givens: fewest and most givens.
        steps: fewest and most `search_steps`; half of all random puzzles need none, one in a hundred more than 13.

    Raises:
        DataError: an impossible range, or one that random thinning out hardly ever reaches.
    """
    low, high = givens
    if not 17 <= low <= high <= 81:
        raise DataError(f"givens must be two numbers from 17 to 81, the smaller first, got {low} and {high}")
    if not 0 <= steps[0] <= steps[1] <= MOST_STEPS:
        raise DataError(f"search steps must be two numbers from 0 to {MOST_STEPS:,}, the smaller first, got {steps}")
    if count < 1:
        raise DataError(f"count must be at least 1, got {count}")
    generator = np.random.default_rng(seed)
    writer = SceneWriter({"puzzle": Layout(), "solution": Layout()})
    seen: set[bytes] = set()
    tried = 0
    while len(writer) < count:
        if tried >= _PATIENCE and len(writer) * 1000 < tried:
            raise DataError(
                f"only {len(writer)} of {tried} random grids could be thinned out to {high} givens and "
                f"{steps[0]} to {steps[1]:,} search steps; "
                "a highest number of givens of 24 or more, and a lowest of 10 steps, are quickly reached"
            )
        # As many as the share that fitted so far suggests.
        needed = (count - len(writer)) * (tried + 1) // (len(writer) + 1) if tried else count
        grids = random_grids(min(_BLOCK, needed + 16), generator)
        targets = generator.integers(low, high + 1, len(grids))
        puzzles = _thin_out(grids, targets, generator)
        tried += len(grids)
        fits = (puzzles > 0).sum(axis=(1, 2)) <= high
        if steps != (0, MOST_STEPS):
            # Counting stops one step above the most.
            needs = search_steps(puzzles, limit=steps[1] + 1)
            fits &= (needs >= steps[0]) & (needs <= steps[1])
        for puzzle, grid, key in zip(puzzles[fits], grids[fits], canonical(grids[fits]).tolist(), strict=True):
            if key not in seen and len(writer) < count:
                seen.add(key)
                writer.append({"puzzle": puzzle, "solution": grid})
    return writer.finish()


def disjoint(train: SceneSet, test: SceneSet) -> SceneSet:
    """Returns the scenes of `train` whose solution is not one of `test`'s, up to symmetry."""
    known = np.unique(canonical(test.values["solution"]))
    return train.take(~np.isin(canonical(train.values["solution"]), known))


def _thin_out(
    grids: npt.NDArray[np.uint8], targets: npt.NDArray[Any], generator: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Removes cells in random order while the grid stays the only solution, at most down to the targets."""
    count = len(grids)
    # rank[i, cell]: when the cell has its turn. Removing more only ever adds solutions, so a cell that could not go
    # once can never go later, and one turn each is enough.
    rank = generator.permuted(np.tile(np.arange(81), (count, 1)), axis=1)
    position, stride = np.zeros(count, dtype=np.int64), np.full(count, _FIRST_STRIDE)
    flat = grids.reshape(count, 81).copy()
    solved = masks_of(grids)
    while True:
        spare = (flat > 0).sum(axis=1) - targets
        who = np.flatnonzero((spare > 0) & (position < 81))
        if not len(who):
            return flat.reshape(grids.shape)
        step = np.minimum(np.minimum(stride[who], spare[who]), 81 - position[who])
        begin = position[who, None]
        leaves = (rank[who] >= begin) & (rank[who] < begin + step[:, None])
        trial = np.where(leaves, 0, flat[who]).astype(np.uint8)
        boards, answers = masks_of(trial.reshape(-1, 9, 9)), np.take(solved, who, axis=2)
        # Where one cell leaves, another solution must differ there: telling the search so makes it short.
        alone = (leaves & (step == 1)[:, None]).T.reshape(9, 9, -1)
        boards[alone] &= ~answers[alone]
        unique = search(boards, limit=1, other_than=answers).solutions == 0
        flat[who[unique]] = trial[unique]
        stride[who[~unique]] = np.maximum(1, step[~unique] // 2)
        position[who] += np.where(unique, step, step == 1)
