"""Answers that are grids on sites of their own: larger or smaller than anything that is seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ltm.acts.canvas import CanvasAct, CanvasSpec
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.check import require
from ltm.chart.schema import Chart
from ltm.cli.show_thought import show_thought
from ltm.errors import DataError
from ltm.scenes.infer import infer
from ltm.scenes.prepare import read_scenes
from ltm.scenes.scene import Scene, Step
from ltm.training.from_data import propose_for
from ltm.training.loop import Trainer

SPEC = CanvasSpec(kind="canvas", rows=3, columns=4, colours=3, alphabet=".ab")
QUICK = {"precision": "fp32", "compile": "off"}


def settled(cells: Any) -> Any:
    act = CanvasAct(SPEC, 8)
    symbols = torch.as_tensor(np.asarray(cells)).long().reshape(1, -1)
    return act.settle(symbols).reshape(SPEC.own_grid)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 2**31))
def test_a_value_goes_onto_the_canvas_and_comes_back(rows: int, columns: int, seed: int) -> None:
    cells = np.random.default_rng(seed).integers(0, 3, (rows, columns))
    value = "/".join("".join(".ab"[cell] for cell in row) for row in cells)
    encoded = SPEC.encode(value)
    assert encoded.shape == (3, 4) and SPEC.decode(encoded) == value
    np.testing.assert_array_equal(encoded, SPEC.encode(cells.tolist()))
    # Its rim is counted, what lies beyond the rim is not; so said, it settles as it is.
    there = CanvasAct(SPEC, 8).exists(None, torch.from_numpy(np.where(encoded == 255, 3, encoded)).reshape(1, -1))
    assert there is not None and torch.equal(there.reshape(3, 4), torch.from_numpy(encoded != 255))
    whole = np.where(encoded == 255, 3, encoded)
    np.testing.assert_array_equal(settled(whole), whole)
    assert SPEC.answer(whole.reshape(-1), np.zeros((1, 1))) == value


def test_an_answer_becomes_the_rectangle_that_most_cells_agree_with() -> None:
    # A hole is filled with the first symbol, and a cell that stands alone is left out.
    assert settled([[1, 2, 3, 3], [3, 1, 3, 2], [1, 1, 3, 3]]).tolist() == [[1, 2, 3, 3], [0, 1, 3, 3], [1, 1, 3, 3]]
    assert settled(np.full((3, 4), 3)).tolist() == [[0, 3, 3, 3], [3] * 4, [3] * 4]
    assert settled([[3, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]])[0].tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("aaaaa", "a grid of 1×5; the canvas has room for 3×4"),
        ("a/a/a/a", "a grid of 4×1; the canvas has room for 3×4"),
        ("ax", "symbol 'x' is not among '.ab'"),
        ([[3]], "symbols must lie in 0 to 2"),
        ("", "the grid is empty"),
    ],
)
def test_what_does_not_fit_is_refused(value: Any, words: str) -> None:
    with pytest.raises(DataError, match=words.replace(".", r"\.")):
        SPEC.encode(value)


def test_an_alphabet_must_fit_its_colours() -> None:
    with pytest.raises(ValueError, match="alphabet has 2 characters for 3 symbols"):
        CanvasSpec(kind="canvas", rows=3, columns=4, colours=3, alphabet="ab")


def table(path: Path, count: int, columns: str = "board,box") -> Path:
    """Writes boards in which one rectangle isn't empty, and that rectangle."""
    draw, lines = np.random.default_rng(0), [columns]
    for _ in range(count):
        board = np.zeros(draw.integers(2, 5, 2), dtype=int)
        rows, across = (int(draw.integers(1, side)) for side in board.shape)
        box = draw.integers(1, 3, (rows, across))
        board[:rows, :across] = box
        texts = ["/".join("".join(map(str, row)) for row in grid) for grid in (board, box)]
        extra = ["/".join("".join(map(str, row)) for row in board % 2)] if columns.count(",") == 2 else []
        lines.append(",".join([texts[0], *extra, texts[1]]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_table_whose_answers_have_sizes_of_their_own_gets_a_canvas(tmp_path: Path) -> None:
    data = table(tmp_path / "boxes.csv", 300)
    found = infer(data, ["board:grid"], ["box:grid"])
    assert found.columns["box"] == {"kind": "canvas", "rows": 3, "columns": 3, "colours": 3, "form": "text"}
    assert "box: canvas, up to 3×3, 3 symbols." in found.notes
    chart, _ = propose_for(data, ["board:grid"], ["box:grid"], size="60KB")
    assert next(iter(chart.zones.values())).kind == "attention"


@pytest.mark.parametrize(("declared", "sides"), [("box:grid(largest=7)", (7, 7)), ("box:grid", (3, 3))])
def test_a_declared_size_is_the_canvas_s(tmp_path: Path, declared: str, sides: tuple[int, int]) -> None:
    found = infer(table(tmp_path / "boxes.csv", 300), ["board:grid"], [declared])
    assert (found.columns["box"]["rows"], found.columns["box"]["columns"]) == sides


def test_answers_too_large_for_a_canvas_are_refused_with_their_file(tmp_path: Path) -> None:
    data = tmp_path / "large.csv"
    rows = [f"{'01' * 2}/{'10' * 2},{'01' * 70}/{'10' * 70}" for _ in range(40)]
    data.write_text("\n".join(["board,box", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"large\.csv: box: grids of up to 2×140 .* may have 128 cells a side"):
        infer(data, ["board:grid"], ["box:grid"])


def test_an_answer_lies_over_the_first_grid_that_always_has_its_size(tmp_path: Path) -> None:
    data = table(tmp_path / "boxes.csv", 300, "board,odd,box")
    found = infer(data, ["box:grid", "board:grid"], ["odd:grid"])
    assert found.columns["odd"]["kind"] == "grid" and found.columns["odd"]["at"] == "board"
    chart, _ = propose_for(data, ["box:grid", "board:grid"], ["odd:grid"], size="60KB")
    assert chart.acts["odd"].place("box") == "board"


def drawing() -> Chart:
    """Returns a chart that draws what it hears the name of."""
    declared: dict[str, Any] = {
        "field": {"width": 32},
        "senses": {"name": {"kind": "label", "labels": ["dot", "bar", "block"]}},
        "acts": {"picture": {"kind": "canvas", "rows": 3, "columns": 4, "colours": 3, "alphabet": ".ab"}},
        "zones": {"core": {"kind": "attention", "write": "replace"}},
        "training": {"ticks": 2, "segments": 2, "steps": 150, **QUICK},
        "will": {"ticks": 4},
    }
    return require(Chart.model_validate(declared))


PICTURES = {"dot": "a", "bar": "abba", "block": "ab/ba/ab"}


def test_it_learns_to_draw_on_its_canvas(tmp_path: Path) -> None:
    data = tmp_path / "pictures.csv"
    rows = [f"{name},{picture}" for name, picture in PICTURES.items()] * 40
    data.write_text("\n".join(["name,picture", *rows]) + "\n", encoding="utf-8")
    chart = drawing()
    scenes = read_scenes(chart, data).train
    trainer = Trainer(chart, scenes, scenes)
    while not trainer.done:
        trainer.train_step()
    brain = trainer.finished_brain()
    for name, picture in PICTURES.items():
        (thought,) = think(brain, [Scene({"name": name}, {"picture": picture})])
        assert thought.answer["picture"] == picture
    out = Console(width=80, record=True, force_terminal=False)
    show_thought(
        brain, Scene({"name": "block"}, {"picture": "ab/ba"}), think(brain, [Scene({"name": "block"})])[0], out
    )
    text = out.export_text()
    assert "a b \nb a \na b" in text and "2 cells differ from the known answer" in text


def test_rules_that_change_the_size_are_seen_in_examples(tmp_path: Path) -> None:
    # In scenes of several steps the example's answer is shown on the canvas.
    data = tmp_path / "rules.jsonl"
    example = '{{"role": "example", "see": {{"board": [[1, 2]]}}, "do": {{"drawn": {0}}}}}'
    question = '{{"role": "question", "see": {{"board": [[2, 1]]}}, "do": {{"drawn": {0}}}}}'
    rules = [("[[1]]", "[[2]]"), ("[[1, 2], [1, 2]]", "[[2, 1], [2, 1]]")]
    lines = ['{"steps": [' + example.format(one) + ", " + question.format(two) + "]}" for one, two in rules]
    data.write_text("\n".join(lines * 60) + "\n", encoding="utf-8")
    chart, _ = propose_for(data, ["board:grid"], ["drawn:grid"], size="60KB")
    chart = chart.model_copy(update={"training": chart.training.model_copy(update={**QUICK, "steps": 80})})
    scenes = read_scenes(chart, data).train
    trainer = Trainer(chart, scenes, scenes)
    while not trainer.done:
        trainer.train_step()
    brain = trainer.finished_brain()
    for one, two in rules:
        shown = Step({"board": [[1, 2]]}, "example", {"drawn": json.loads(one)})
        (thought,) = think(brain, [Scene(steps=(shown, Step({"board": [[2, 1]]}, "question")))])
        assert thought.answer["drawn"] == json.loads(two)
    assert brain.chart.acts["drawn"].kind == "canvas" and brain.chart.steps is not None
    assert brain.chart.steps.shows == ("example",)


def test_ticks_read_the_canvas_of_every_scene_of_a_batch() -> None:
    brain = Brain(drawing())
    mind = brain.begin({"name": torch.tensor([[0], [1]], dtype=torch.uint8)})
    reading = brain.think_on(mind, 2)
    assert reading.logits["picture"].shape == (2, 12, 4) and reading.answers["picture"].shape == (2, 12)
    assert mind.places.grids == ((1, 1), (3, 4))
