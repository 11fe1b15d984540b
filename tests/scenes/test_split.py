"""Setting scenes aside: the share asked for, the same with the same seed, and nothing alike on both sides."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ltm.errors import DataError
from ltm.scenes import maze, sudoku
from ltm.scenes.augment import augment
from ltm.scenes.split import group_keys, split
from ltm.scenes.store import SceneSet


def turned(scenes: SceneSet, symmetries: list[str], symbols: dict[str, int], copies: int) -> SceneSet:
    """Each scene several times, in other forms."""
    values = {name: torch.from_numpy(np.repeat(np.asarray(v), copies, 0)) for name, v in scenes.values.items()}
    moved = augment(values, symmetries, torch.Generator().manual_seed(0), symbols)
    return SceneSet.of({name: grid.numpy() for name, grid in moved.items()})


def test_scenes_with_several_answers_are_told_apart_by_what_is_seen() -> None:
    seen = np.repeat(np.arange(40, dtype=np.uint8), 2)[:, None, None]
    scenes = SceneSet.of({"x": seen, "a": np.arange(80, dtype=np.uint8)[:, None], "b": np.zeros((80, 1), np.uint8)})
    train, aside = split(scenes, validation=0.3, seed=0, family="grid", answers=2)
    assert not set(train.values["x"].ravel().tolist()) & set(aside.values["x"].ravel().tolist())


def test_forms_of_one_sudoku_stay_on_one_side() -> None:
    made = sudoku.generate(60, seed=4, givens=(30, 36))
    scenes = turned(made, ["relabel", "bands", "transpose"], {"puzzle": 10, "solution": 10}, 4)
    train, aside = split(scenes, validation=0.3, seed=0, family="sudoku")
    keys = [set(sudoku.canonical(part.values["solution"]).tolist()) for part in (train, aside)]
    assert not keys[0] & keys[1]
    assert len(train) + len(aside) == 240 and 60 <= len(aside) <= 72


def test_forms_of_one_maze_stay_on_one_side() -> None:
    made = maze.generate(60, seed=4, sizes=(7, 7))
    scenes = turned(made, ["dihedral"], {"maze": 4, "path": 2}, 4)
    train, aside = split(scenes, validation=0.3, seed=0, family="maze")
    keys = [set(maze.canonical(part.values["maze"], part.shapes["maze"])) for part in (train, aside)]
    assert not keys[0] & keys[1] and len(aside) >= 60


def boards(count: int, kinds: int | None = None) -> SceneSet:
    numbers = np.arange(count) % (kinds or count)
    grid = np.stack((numbers // 100, numbers % 100), 1).astype(np.uint8)[:, None]
    return SceneSet.of({"seen": grid, "done": grid % 2})


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(100, 0.05, 16), (1000, 0.05, 50), (20_000, 0.5, 1000)],
)
def test_how_many_are_set_aside(count: int, share: float, expected: int) -> None:
    assert len(split(boards(count), validation=share, seed=0, family="grid")[1]) == expected


def test_one_seed_one_split() -> None:
    one, same, other = (split(boards(500), validation=0.1, seed=seed, family="grid")[1] for seed in (1, 1, 2))
    assert np.array_equal(one.values["seen"], same.values["seen"])
    assert not np.array_equal(one.values["seen"], other.values["seen"])


@pytest.mark.parametrize(("scenes", "expected"), [(boards(16), "too few"), (boards(100, kinds=1), "differ")])
def test_too_few_are_refused(scenes: SceneSet, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        split(scenes, validation=0.1, seed=0, family="grid")


def test_padding_does_not_tell_scenes_apart() -> None:
    scenes = SceneSet.of(
        {"a": np.array([[1, 2, 0], [3, 4, 5]]), "b": np.zeros((2, 1))}, {"a": [[2], [3]], "b": [[1], [1]]}
    )
    short = SceneSet.of({"a": np.array([[1, 2]]), "b": np.zeros((1, 1))})
    assert group_keys(short, "grid")[0] == group_keys(scenes, "grid")[0]
