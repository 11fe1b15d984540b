"""Recognises puzzles whose symmetries are known: Sudoku of any size, and mazes with a shortest path."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from ltm.scenes.look_grid import lines_of
from ltm.scenes.maze import MAZE_ALPHABET, PATH_ALPHABET
from ltm.scenes.maze_score import is_shortest_path
from ltm.senses.grid import GridSpec

Grid = npt.NDArray[np.uint8]
Arguments = dict[str, Any]


@dataclass(frozen=True)
class Family:
    """What kind of puzzle the scenes are.

    Attributes:
        name: `sudoku`, `maze` or `grid`; says which scenes count as the same (see `ltm.scenes.split`).
        see: arguments of the `GridSpec` of what is seen.
        do: arguments of the `GridSpec` of the answer.
        symmetries: what leaves a scene's meaning unchanged.
        score: what counts as a right answer.
        note: all that in a sentence.
    """

    name: str
    see: Arguments
    do: Arguments
    symmetries: tuple[str, ...]
    score: str
    note: str


def recognise(pairs: Sequence[tuple[Any, Any]], see: Arguments, do: Arguments) -> Family:
    """Returns the family of scenes with one column seen and one answered.

    Args:
        pairs: what is seen, and the answer, as they are written; all of them must fit.
        see: how most of what is seen is written.
        do: how most answers are written.
    """
    for seen, done in _as_sudoku(see, do):
        if _all_hold(pairs, seen, done, _is_sudoku):
            side = seen["rows"]
            note = (
                f"Looks like Sudoku: every answer is a solved {side}×{side} grid that agrees with what is given. "
                "Training may relabel symbols, permute bands, stacks and the lines within them, and transpose."
            )
            name = "sudoku" if side == 9 else "grid"
            return Family(name, seen, done, ("relabel", "bands", "transpose"), "exact", note)
    for seen, done in _as_maze(pairs, see, do):
        if _all_hold(pairs, seen, done, is_shortest_path):
            note = (
                "Looks like mazes: every answer is a shortest path from start to goal. Any shortest path counts as "
                "right, and training may rotate and reflect."
            )
            return Family("maze", seen, done, ("dihedral",), "shortest-path", note)
    note = "No symmetries are known for these grids; a right answer is the very one in the file."
    return Family("grid", see, do, (), "exact", note)


def _all_hold(pairs: Sequence[tuple[Any, Any]], see: Arguments, do: Arguments, holds: Any) -> bool:
    try:
        seen, done = GridSpec.model_validate(see), GridSpec.model_validate(do)
    except ValidationError:  # such as more symbols than a grid may have
        return False
    for first, second in pairs:
        try:
            grids = seen.encode(first), done.encode(second)
        except ValueError:
            return False
        if not holds(*grids):
            return False
    return bool(pairs)


def _is_sudoku(puzzle: Grid, solution: Grid) -> bool:
    side = len(solution)
    root = math.isqrt(side)
    blocks = solution.reshape(root, root, root, root).transpose(0, 2, 1, 3).reshape(side, side)
    wanted = np.arange(1, side + 1)
    solved = all(bool((np.sort(units, axis=1) == wanted).all()) for units in (solution, solution.T, blocks))
    return solved and bool(((puzzle == 0) | (puzzle == solution)).all())


def _as_sudoku(see: Arguments, do: Arguments) -> Iterator[tuple[Arguments, Arguments]]:
    """Yields how both columns would be read if this were Sudoku: alike, with symbol 0 for what is blank."""
    side = see.get("rows")
    shapes = {see.get("rows"), see.get("columns"), do.get("rows"), do.get("columns")}
    if side is None or len(shapes) > 1 or side < 4 or math.isqrt(side) ** 2 != side:
        return
    common: Arguments = {"kind": "grid", "rows": side, "columns": side, "symbols": side + 1}
    letters, answers = see.get("alphabet"), do.get("alphabet")
    if letters and answers:
        blanks = set(letters) - set(answers)
        if len(blanks) == 1 and len(answers) == side:
            alphabet = "".join((*blanks, *sorted(answers)))
            yield {**common, "alphabet": alphabet, "form": "text"}, {**common, "alphabet": alphabet, "form": "text"}
    elif not letters and not answers and max(see["symbols"], do["symbols"]) <= side + 1:
        if side > 9 and "text" in (see["form"], do["form"]):
            return
        yield {**common, "form": see["form"]}, {**common, "form": do["form"]}


def _as_maze(pairs: Sequence[tuple[Any, Any]], see: Arguments, do: Arguments) -> Iterator[tuple[Arguments, Arguments]]:
    """Yields how the columns could be read as wall, open, start, goal, and as off and on the path."""
    if see["symbols"] > 4 or do["symbols"] > 2:
        return
    for seen in _readings(see, [pair[0] for pair in pairs], MAZE_ALPHABET):
        for done in _readings(do, [pair[1] for pair in pairs], PATH_ALPHABET):
            yield seen, done


def _readings(arguments: Arguments, values: Sequence[Any], usual: str) -> Iterator[Arguments]:
    if arguments["form"] == "lists":
        # Numbers stand for themselves.
        yield {**arguments, "symbols": len(usual)}
        return
    if not all(isinstance(value, str) for value in values):
        return
    texts = ["".join(lines_of(value)) for value in values]
    letters = set().union(*texts)
    if letters <= set(usual):
        yield {**arguments, "symbols": len(usual), "alphabet": usual}
        return
    if len(letters) != len(usual):
        return
    once = {letter for letter in letters if all(text.count(letter) == 1 for text in texts)}
    for order in itertools.permutations(sorted(letters)):
        # Start and goal, the last two of a maze's symbols, may change places without any difference.
        ends = order[2:]
        if once.issuperset(ends) and list(ends) == sorted(ends, reverse=True):
            yield {**arguments, "symbols": len(usual), "alphabet": "".join(order)}
