"""The built-in source `maze`: mazes of any height and width, and one shortest path through each.

Corridors are dug depth first: a wall falls only if it touches exactly one open cell, so what is open is a tree. A few
walls between corridors fall afterwards, which makes loops, and so more than one way, sometimes equally short.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.scenes.maze_score import GOAL, OPEN, START, WALL, is_shortest_path, score
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.senses.layout import Layout

__all__ = [
    "MAZE_ALPHABET",
    "PATH_ALPHABET",
    "MazeOptions",
    "canonical",
    "disjoint",
    "generate",
    "is_shortest_path",
    "make",
    "score",
]

MAZE_ALPHABET = "#.SG"
PATH_ALPHABET = ".o"

_LOOPS = 0.15
"""Share of the walls between two corridors that fall."""
_STARTS = 4
"""How many random starts a maze is given before it is thrown away for having no goal far enough."""
_PATIENCE = 1000

Neighbours = list[list[int]]


Side = Annotated[int, Field(ge=5, le=255)]


class MazeOptions(Part):
    """What mazes are made."""

    sizes: tuple[Side, Side] = (9, 13)
    """Smallest and largest side."""

    @model_validator(mode="after")
    def _in_order(self) -> MazeOptions:
        if self.sizes[0] > self.sizes[1]:
            raise ValueError("sizes: the smallest side exceeds the largest")
        return self


def make(options: MazeOptions, count: int, seed: int) -> SceneSet:
    """Returns `count` mazes as a chart's options ask; see `generate`."""
    return generate(count, seed=seed, sizes=options.sizes)


def generate(count: int, *, seed: int, sizes: tuple[int, int] = (9, 13)) -> SceneSet:
    """Returns `count` mazes with columns `maze` and `path`, no two alike up to rotation and reflection.

    Height and width are drawn on their own from `sizes`; the outermost cells are walls. The path is at least as long as
    the longer side; where several are shortest it is always the first by one fixed order of directions.

    Args:
        count: how many.
        seed: the same seed gives the same mazes.
        sizes: smallest and largest side, from 5 to 255.

    Raises:
        DataError: sides that are out of range, or too small for so many different mazes.
    """
    low, high = sizes
    if not 5 <= low <= high <= 255:
        raise DataError(f"sizes must be two sides from 5 to 255, the smaller first, got {low} and {high}")
    if count < 1:
        raise DataError(f"count must be at least 1, got {count}")
    generator = np.random.default_rng(seed)
    writer = SceneWriter({"maze": Layout(), "path": Layout()})
    seen: set[bytes] = set()
    failed = 0
    while len(writer) < count:
        height, width = (int(side) for side in generator.integers(low, high + 1, 2))
        made = _make(height, width, generator)
        key = _key(made[0]) if made else b""
        if made is None or key in seen:
            failed += 1
            if failed > _PATIENCE:
                raise DataError(f"found only {len(writer)} different mazes of side {low} to {high}; make sizes larger")
            continue
        failed = 0
        seen.add(key)
        writer.append({"maze": made[0], "path": made[1]})
    return writer.finish()


def canonical(mazes: npt.NDArray[Any], shapes: npt.NDArray[Any]) -> list[bytes]:
    """Returns a key for each maze `[mazes, rows, columns]`: equal iff rotations and reflections lead to one another."""
    return [_key(maze[:rows, :columns]) for maze, (rows, columns) in zip(mazes, shapes.tolist(), strict=True)]


def disjoint(train: SceneSet, test: SceneSet) -> SceneSet:
    """Returns the scenes of `train` whose maze is not one of `test`'s, up to rotation and reflection."""
    known = set(canonical(test.values["maze"], test.shapes["maze"]))
    keys = canonical(train.values["maze"], train.shapes["maze"])
    return train.take(np.array([key not in known for key in keys], dtype=bool))


def _key(maze: npt.NDArray[Any]) -> bytes:
    forms = (np.rot90(side, turns) for side in (maze, maze.T) for turns in range(4))
    return min(f"{len(form)}:".encode() + form.tobytes() for form in forms)


def _make(
    height: int, width: int, generator: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None:
    """Returns a maze and a shortest path `[height, width]`, or None where no two cells were far enough apart."""
    cells = height * width
    # Random numbers are drawn in bulk: one call a number would cost more than the digging.
    draws = generator.random((cells, 5)).tolist()
    inside = [row * width + column for row in range(1, height - 1) for column in range(1, width - 1)]
    allowed = set(inside)
    around = [
        [near for near in (cell - width, cell - 1, cell + 1, cell + width) if near in allowed]
        if cell in allowed
        else []
        for cell in range(cells)
    ]
    is_open = _dig(inside[int(draws[0][4] * len(inside))], around, draws)
    _add_loops(is_open, inside, around, draws)
    open_cells = [cell for cell in inside if is_open[cell]]
    for attempt in range(_STARTS):
        start = open_cells[int(draws[1][attempt] * len(open_cells))]
        distance = _distances(start, is_open, around)
        far = [cell for cell in open_cells if distance[cell] + 1 >= max(height, width)]
        if far:
            break
    else:
        return None
    goal = far[int(draws[2][4] * len(far))]
    maze = np.where(np.array(is_open), OPEN, WALL).astype(np.uint8)
    maze[start], maze[goal] = START, GOAL
    path = np.zeros(cells, dtype=np.uint8)
    cell = goal
    path[cell] = 1
    while cell != start:
        closer = [near for near in around[cell] if is_open[near] and distance[near] == distance[cell] - 1]
        # Of equally short ways always the same one: up before left before right before down, seen from the goal. A path
        # drawn at random would teach what no brain can know.
        cell = closer[0]
        path[cell] = 1
    return maze.reshape(height, width), path.reshape(height, width)


def _dig(first: int, around: Neighbours, draws: list[list[float]]) -> list[bool]:
    is_open = [False] * len(around)
    is_open[first] = True
    trail = [first]
    while trail:
        cell = trail[-1]
        # Keeping each cell's four random numbers keeps its order of directions: every try resumes where it stopped.
        order = sorted(zip(draws[cell], around[cell], strict=False))
        for _, near in order:
            if not is_open[near] and sum(is_open[next_to] for next_to in around[near]) == 1:
                is_open[near] = True
                trail.append(near)
                break
        else:
            trail.pop()
    return is_open


def _add_loops(is_open: list[bool], inside: list[int], around: Neighbours, draws: list[list[float]]) -> None:
    for cell in inside:
        if not is_open[cell] and draws[cell][4] < _LOOPS and sum(is_open[near] for near in around[cell]) >= 2:
            is_open[cell] = True


def _distances(start: int, is_open: list[bool], around: Neighbours) -> list[int]:
    """Returns the steps from `start` to every cell, -1 where there is no way."""
    distance = [-1] * len(around)
    distance[start] = 0
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        for near in around[cell]:
            if is_open[near] and distance[near] < 0:
                distance[near] = distance[cell] + 1
                queue.append(near)
    return distance
