"""Boards of four by four, and charts of brains so small that a step takes milliseconds."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ltm.chart.check import require
from ltm.chart.schema import Chart
from ltm.scenes import maze
from ltm.scenes.store import SceneSet

GRID = {"kind": "grid", "rows": 4, "columns": 4, "symbols": 5}
Charts = Callable[..., Chart]
Boards = Callable[..., SceneSet]


@functools.cache
def solved() -> np.ndarray:
    """All 288 solved boards `[288, 4, 4]`."""
    found: list[list[int]] = []

    def fill(cells: list[int]) -> None:
        place = len(cells)
        if place == 16:
            found.append(cells)
            return
        row, column = divmod(place, 4)
        for digit in range(1, 5):
            clash = any(
                cell == digit
                and (at // 4 == row or at % 4 == column or (at // 8 == row // 2 and at % 4 // 2 == column // 2))
                for at, cell in enumerate(cells)
            )
            if not clash:
                fill([*cells, digit])

    fill([])
    return np.array(found, dtype=np.uint8).reshape(-1, 4, 4)


def make_boards(count: int = 64, *, seed: int = 0, blanks: int = 4) -> SceneSet:
    generator = np.random.default_rng(seed)
    solutions = solved()[generator.permutation(288)[:count] if count <= 288 else generator.integers(0, 288, count)]
    puzzles = solutions.copy()
    for puzzle in puzzles:
        puzzle.flat[generator.permutation(16)[:blanks]] = 0
    return SceneSet.of({"puzzle": puzzles, "solution": solutions}, lines=np.arange(count) + 2)


def make_chart(training: dict[str, Any] | None = None, **parts: Any) -> Chart:
    declared: dict[str, Any] = {
        "name": "tiny",
        "field": {"width": 8, "noise": 0.2},
        "senses": {"puzzle": GRID},
        "acts": {"solution": GRID},
        "zones": {"core": {"kind": "mixer", "write": "replace"}},
        "scenes": {"source": "sudoku"},
        "will": {"ticks": 8},
    }
    steps = {"ticks": 2, "segments": 4, "batch": 8, "steps": 14, "warmup": 2, "precision": "fp32", "compile": "off"}
    return require(Chart.model_validate({**declared, **parts, "training": {**steps, **(training or {})}}))


def make_maze_chart(training: dict[str, Any] | None = None, **parts: Any) -> Chart:
    declared = {
        "senses": {"maze": {"kind": "grid", "symbols": 4, "alphabet": maze.MAZE_ALPHABET}},
        "acts": {"path": {"kind": "grid", "symbols": 2, "alphabet": maze.PATH_ALPHABET}},
        "zones": {"local": {"kind": "conv", "hidden": 8, "write": "replace"}},
        "scenes": {"source": "maze", "score": "shortest-path", "symmetries": ["dihedral"]},
    }
    return make_chart(training, **{**declared, **parts})


@functools.cache
def make_mazes(count: int = 40, seed: int = 0) -> SceneSet:
    return maze.generate(count, seed=seed, sizes=(5, 8))


@pytest.fixture
def boards() -> Boards:
    return make_boards


@pytest.fixture
def chart_of() -> Charts:
    return make_chart


@pytest.fixture
def maze_chart_of() -> Charts:
    return make_maze_chart


@pytest.fixture
def mazes() -> Boards:
    return make_mazes


@pytest.fixture(scope="session")
def copier() -> tuple[Any, SceneSet]:
    """A brain that has learned to repeat a board, and boards to repeat."""
    from ltm.training.loop import Trainer

    whole = make_boards(200)
    scenes = SceneSet.of({"puzzle": whole.values["solution"], "solution": whole.values["solution"]})
    chart = make_chart({"steps": 90, "batch": 32, "rate": 0.02, "segments": 2}, field={"width": 8})
    trainer = Trainer(chart, scenes, scenes.take(range(40)))
    assert trainer.fit(lambda progress: None)
    return trainer.finished_brain().eval(), scenes.take(range(40))
