"""The built-in sources of scenes. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ltm.chart.schema import ScenesSpec
from ltm.errors import DataError, nearest
from ltm.scenes import maze, sudoku
from ltm.scenes.store import SceneSet
from ltm.senses.grid import GridSpec
from ltm.senses.value import ValueSpec


@dataclass(frozen=True)
class Source:
    """A generator of scenes, and what they are.

    Attributes:
        make: from what a chart says of its scenes, their number and seed, to scenes.
        columns: what each column holds.
        see: the column that is seen.
        do: the column that is the answer.
        symmetries: what leaves a scene's meaning unchanged.
        score: what counts as a right answer.
        family: which scenes count as the same when some are set aside (see `ltm.scenes.split`).
        notes: the scenes in sentences.
    """

    make: Callable[[ScenesSpec, int, int], SceneSet]
    columns: Mapping[str, ValueSpec]
    see: str
    do: str
    symmetries: tuple[str, ...]
    score: str
    family: str
    notes: tuple[str, ...]


SOURCES = {
    "sudoku": Source(
        make=lambda spec, count, seed: sudoku.generate(count, seed=seed, givens=spec.givens, steps=spec.search_steps),
        columns={
            "puzzle": GridSpec(kind="grid", rows=9, columns=9, symbols=10),
            "solution": GridSpec(kind="grid", rows=9, columns=9, symbols=10),
        },
        see="puzzle",
        do="solution",
        symmetries=("relabel", "bands", "transpose"),
        score="exact",
        family="sudoku",
        notes=("Random Sudoku puzzles, each with exactly one solution; no two grids are alike up to symmetry.",),
    ),
    "maze": Source(
        make=lambda spec, count, seed: maze.generate(count, seed=seed, sizes=spec.sizes),
        columns={
            "maze": GridSpec(kind="grid", symbols=4, alphabet=maze.MAZE_ALPHABET),
            "path": GridSpec(kind="grid", symbols=2, alphabet=maze.PATH_ALPHABET),
        },
        see="maze",
        do="path",
        symmetries=(),
        score="shortest-path",
        family="maze",
        notes=("Random mazes with loops; any shortest path from S to G is right.",),
    ),
}


def check_named(data: str) -> None:
    """Refuses a word that is neither a file nor a built-in source; what looks like a file is left to be read.

    Raises:
        DataError: names the nearest source.
    """
    if data not in SOURCES and not Path(data).suffix and not Path(data).exists():
        raise DataError(f"{data}: no such file, and no built-in source of that name{nearest(data, SOURCES)}")
