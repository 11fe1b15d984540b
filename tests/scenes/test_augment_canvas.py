"""Symmetries of scenes whose answers are drawn on canvases: all is turned alike, each grid by its own size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.acts.canvas import CanvasSpec
from ltm.chart.check import check
from ltm.chart.schema import Chart
from ltm.scenes.augment_canvas import augment_apart
from ltm.senses.grid import GridSpec
from ltm.senses.layout import VOID
from ltm.training.from_data import propose_for
from ltm.training.symmetric import symmetric

BOARD = GridSpec(kind="grid", symbols=6, form="lists")
CANVAS = CanvasSpec(kind="canvas", rows=4, columns=5, colours=6, form="lists")


def turns(grid: np.ndarray) -> list[np.ndarray]:
    """All eight ways to turn a grid."""
    return [turned for flipped in (grid, grid[::-1]) for turned in (np.rot90(flipped, quarter) for quarter in range(4))]


def padded(grid: np.ndarray, side: int = 5) -> np.ndarray:
    whole = np.full((side, side), VOID, dtype=np.uint8)
    whole[: grid.shape[0], : grid.shape[1]] = grid
    return whole


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.booleans())
def test_board_and_canvas_are_turned_the_same_way(seed: int, square: bool) -> None:
    draw = np.random.default_rng(seed)
    sides = [(3, 3), (2, 2)] if square else [(3, 4), (2, 3)]
    board, drawn = (draw.integers(0, 6, side) for side in sides)
    values = {
        "board": torch.from_numpy(padded(board))[None, None],
        "drawn": torch.from_numpy(CANVAS.encode(drawn))[None, None],
    }
    specs = {"board": BOARD, "drawn": CANVAS}
    moved = augment_apart(values, specs, ["dihedral"], torch.Generator().manual_seed(seed))
    turned_board = moved["board"][0, 0].numpy()
    way = next(n for n, turned in enumerate(turns(board)) if np.array_equal(padded(turned), turned_board))
    # A board with symmetries of its own looks alike after several turns, of which one must fit the canvas as well.
    ways = [n for n, turned in enumerate(turns(board)) if np.array_equal(padded(turned), turned_board)]
    wanted = [CANVAS.encode(turns(drawn)[n]) for n in ways if turns(drawn)[n].shape[0] <= 4]
    assert way in ways and any(np.array_equal(moved["drawn"][0, 0].numpy(), one) for one in wanted)


def test_colours_change_places_on_the_canvas_too_and_the_rim_stays() -> None:
    board = np.array([[1, 2], [3, 4]])
    values = {
        "board": torch.from_numpy(padded(board))[None, None],
        "drawn": torch.from_numpy(CANVAS.encode([[4, 0, 1]]))[None, None],
    }
    moved = augment_apart(values, {"board": BOARD, "drawn": CANVAS}, ["relabel"], torch.Generator().manual_seed(1))
    named = dict(zip(board.reshape(-1).tolist(), moved["board"][0, 0, :2, :2].reshape(-1).tolist(), strict=True))
    assert CANVAS.decode(moved["drawn"][0, 0].numpy()) == [[named[4], 0, named[1]]]
    assert (moved["drawn"][0, 0, 1, :4] == 6).all() and (moved["drawn"][0, 0, 2:] == VOID).all()


def chart(**changes: Any) -> Chart:
    return Chart.model_validate(
        {
            "field": {"width": 16},
            "senses": {"board": {"kind": "grid", "symbols": 6}},
            "acts": {"drawn": {"kind": "canvas", "rows": 4, "columns": 5, "colours": 6}},
            "zones": {"core": {"kind": "attention"}},
            "scenes": {"source": "any.csv", "symmetries": ["dihedral"]},
        }
        | changes
    )


def test_a_batch_of_single_scenes_is_turned_each_by_its_own_size() -> None:
    boards = torch.from_numpy(np.stack([padded(np.ones((2, 3))), padded(np.ones((4, 4)))]))
    drawn = torch.from_numpy(np.stack([CANVAS.encode([[1, 2]]), CANVAS.encode([[3], [4]])]))
    moved = symmetric(chart(), {"board": boards, "drawn": drawn}, {}, torch.Generator().manual_seed(0))
    assert {tuple(grid.shape) for grid in moved.values()} == {(2, 5, 5), (2, 4, 5)}
    first, second = (CANVAS.decode(one.numpy()) for one in moved["drawn"])
    assert first in ([[1, 2]], [[2, 1]]) and second in ([[3], [4]], [[4], [3]])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scenes": {"symmetries": ["bands"]}}, "bands moves the cells of all grids alike; 'drawn' is a canvas"),
        (
            {"scenes": {"symmetries": ["relabel"]}, "senses": {"board": {"kind": "grid", "symbols": 5}}},
            "relabel needs the same number of symbols in every sense and act",
        ),
    ],
)
def test_symmetries_that_canvases_lack_are_refused(changes: dict[str, Any], words: str) -> None:
    assert words in [problem[1] for problem in check(chart(**changes))]
    assert not check(chart())


def test_arc_tasks_that_change_the_size_are_learned_from_on_request(tmp_path: Path) -> None:
    pairs = [{"input": [[n, 0]], "output": [[n], [n], [n]]} for n in (1, 2, 3)]
    file = tmp_path / "tasks.jsonl"
    file.write_text(json.dumps({"task": "tall", "train": pairs, "test": pairs[:1]}) + "\n", encoding="utf-8")
    options = {"file": str(file), "examples": [1, 2], "largest": 4, "sizes": "any"}
    found, _ = propose_for("arc", [], [], size="100KB", options=options, count=20)
    canvas = found.acts["answer"]
    assert isinstance(canvas, CanvasSpec) and canvas.own_grid == (4, 4) and canvas.colours == 10
    assert found.steps is not None and found.steps.shows == ("example",)
    assert found.scenes.symmetries == ("relabel", "dihedral")
