"""Whether a marked path is one of the shortest through its maze, for many mazes at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

WALL, OPEN, START, GOAL = range(4)
"""Symbols of a maze. A path marks its cells 1, start and goal included, and all others 0."""

Mask = npt.NDArray[np.bool_]


def is_shortest_path(maze: npt.NDArray[Any], path: npt.NDArray[Any]) -> bool:
    """Returns whether the cells marked in `path` are one shortest way through `maze`, both `[rows, columns]`."""
    maze, path = np.asarray(maze), np.asarray(path)
    return maze.shape == path.shape and bool(score(maze[None], path[None], np.array([maze.shape]))[0])


def score(mazes: npt.NDArray[Any], paths: npt.NDArray[Any], shapes: npt.NDArray[Any]) -> Mask:
    """Returns for each scene whether its path is right: any of the shortest from start to goal, and nothing else.

    Args:
        mazes: `[scenes, rows, columns]`.
        paths: `[scenes, rows, columns]`, the same.
        shapes: `[scenes, 2]`: rows and columns of each; what lies outside is not looked at.
    """
    mazes, paths, shapes = np.asarray(mazes), np.asarray(paths), np.asarray(shapes).astype(np.int64)
    inside = np.arange(mazes.shape[1])[:, None] < shapes[:, :1, None]
    inside = inside & (np.arange(mazes.shape[2]) < shapes[:, 1:, None])
    start, goal = (mazes == START) & inside, (mazes == GOAL) & inside
    passable = (start | goal | (mazes == OPEN)) & inside
    marked = (paths == 1) & inside
    foreign = inside & (paths != 0) & (paths != 1)
    right: Mask = (start.sum(axis=(1, 2)) == 1) & (goal.sum(axis=(1, 2)) == 1)
    right &= ~(foreign | (marked & ~passable) | ((start | goal) & ~marked)).any(axis=(1, 2))
    # Most wrong answers have failed by now; only the others are worth a search. If the marked cells lead from start to
    # goal and are no more than the shortest way has, they are a shortest way and all of it is needed.
    left = np.flatnonzero(right)
    length = marked[left].sum(axis=(1, 2)) - 1
    right[left] = _distance(start[left], goal[left], marked[left]) == length
    left = left[right[left]]
    length = marked[left].sum(axis=(1, 2)) - 1
    right[left] = _distance(start[left], goal[left], passable[left]) == length
    return right


def _distance(start: Mask, goal: Mask, passable: Mask) -> npt.NDArray[np.int64]:
    """Returns the least number of steps from start to goal in each scene, -1 where there is no way."""
    distance = np.full(len(start), -1)
    which = np.arange(len(start))
    # A rim of walls saves every step from minding the borders.
    rim = ((0, 0), (1, 1), (1, 1))
    reached, passable, goal = (np.pad(mask, rim) for mask in (start, passable, goal))
    steps = 0
    while len(which):
        arrived = (reached & goal).any(axis=(1, 2))
        distance[which[arrived]] = steps
        spread = reached.copy()
        spread[:, 1:] |= reached[:, :-1]
        spread[:, :-1] |= reached[:, 1:]
        spread[:, :, 1:] |= reached[:, :, :-1]
        spread[:, :, :-1] |= reached[:, :, 1:]
        spread &= passable
        goes_on = ~arrived & (spread != reached).any(axis=(1, 2))
        reached, steps = spread, steps + 1
        if not goes_on.all():
            which, reached, passable, goal = which[goes_on], reached[goes_on], passable[goes_on], goal[goes_on]
    return distance
