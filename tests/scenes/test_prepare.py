"""From a chart to its scenes, and from scenes as people write them to batches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ltm.chart.load import chart_from_text, load_chart
from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes import maze
from ltm.scenes.prepare import generate_scenes, prepare, read_scenes, scorer_of, unseen
from ltm.scenes.scene import Scene, encode
from ltm.scenes.sudoku import canonical

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


def sudoku_chart(*settings: str) -> Chart:
    return load_chart("sudoku", settings)


def test_made_scenes_are_split_and_share_no_grid() -> None:
    made = prepare(sudoku_chart("scenes.count=200", "scenes.validation=0.1"), Path())
    assert len(made.validation) == 20 and len(made.train) == 180
    learned, aside = (set(canonical(scenes.values["solution"]).tolist()) for scenes in (made.train, made.validation))
    assert not learned & aside


def test_a_chart_may_write_symbols_in_another_order() -> None:
    alphabet = "9876543210"
    plain = generate_scenes(sudoku_chart(), 3, 1)
    turned = generate_scenes(
        sudoku_chart(
            f"senses.puzzle.alphabet='{alphabet}'", f"acts.solution.alphabet='{alphabet}'", "scenes.symmetries=[]"
        ),
        3,
        1,
    )
    assert np.array_equal(9 - turned.values["solution"], plain.values["solution"])


def test_a_chart_that_lacks_a_symbol_or_a_column_is_told() -> None:
    text = """
name: little
senses: {%s: {kind: grid, rows: 9, columns: 9, symbols: 9, alphabet: '012345678'}}
acts: {solution: {kind: grid, rows: 9, columns: 9, symbols: 9, alphabet: '012345678'}}
zones: {core: {kind: mixer}}
scenes: {source: sudoku}
"""
    with pytest.raises(DataError, match=r"puzzle.*lacks '9'"):
        generate_scenes(chart_from_text(text % "puzzle"), 2, 0)
    with pytest.raises(DataError, match=r"puzzle, solution; the chart asks for 'board'"):
        generate_scenes(chart_from_text(text % "board"), 2, 0)


def test_no_source_and_too_few_scenes_are_refused(tmp_path: Path) -> None:
    chart = sudoku_chart()
    none = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"source": None})})
    with pytest.raises(DataError, match="names no scenes"):
        prepare(none, tmp_path)
    (tmp_path / "few.csv").write_text(f"puzzle,solution\n{EASY},{'1' * 81}\n")
    few = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"source": "few.csv"})})
    with pytest.raises(DataError, match=r"few.csv: scenes to learn from: 1; at least 32"):
        prepare(few, tmp_path)


def test_a_file_read_for_a_test_is_not_split(tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_text(f"puzzle,solution\n{EASY},{'1' * 81}\n")
    read = read_scenes(sudoku_chart(), file)
    assert len(read.train) == 1 and len(read.validation) == 0


def test_only_mazes_have_more_than_one_right_answer() -> None:
    assert scorer_of(sudoku_chart()) is None
    score = scorer_of(load_chart("maze"))
    assert score is not None
    scenes = maze.generate(6, seed=0, sizes=(7, 7))
    values = {name: torch.from_numpy(np.array(grid)) for name, grid in scenes.values.items()}
    answers = {"path": values["path"].flatten(1).long()}
    assert score(values, answers).tolist() == [True] * 6
    answers["path"][0] = 0
    assert score(values, answers).tolist() == [False] + [True] * 5


def test_scenes_of_people_become_a_batch() -> None:
    chart = sudoku_chart()
    nested = [[int(letter) for letter in EASY.replace(".", "0")[row * 9 : row * 9 + 9]] for row in range(9)]
    values = encode(chart, [Scene({"puzzle": EASY}), Scene({"puzzle": nested}), Scene({"puzzle": np.array(nested)})])
    assert values["puzzle"].shape == (3, 9, 9)
    assert (values["puzzle"] == values["puzzle"][0]).all()


@pytest.mark.parametrize(
    ("sees", "expected"),
    [
        ({"puzle": EASY}, "scene 1: no sense called 'puzle'.*puzzle"),
        ({}, "scene 1: nothing for sense 'puzzle'"),
        ({"puzzle": EASY[:80]}, "scene 1: puzzle: .*81"),
        ({"puzzle": EASY[:80] + "x"}, "scene 1: puzzle: .*x"),
        ({"puzzle": None}, "scene 1: puzzle"),
    ],
)
def test_what_does_not_fit_is_located(sees: dict[str, object], expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        encode(sudoku_chart(), [Scene({"puzzle": EASY}), Scene(sees)])


def test_no_scenes_and_scenes_of_several_shapes_are_no_batch() -> None:
    with pytest.raises(DataError, match="no scenes"):
        encode(sudoku_chart(), [])
    with pytest.raises(DataError, match="share a shape"):
        encode(load_chart("maze"), [Scene({"maze": "S./.G"}), Scene({"maze": "S../..G/..."})])


@pytest.mark.parametrize("source", ["sudoku", "maze"])
def test_scenes_that_were_trained_on_are_left_out_of_an_evaluation(source: str) -> None:
    chart = load_chart(source, ["scenes.count=48", "scenes.seed=5"])
    same, other = (generate_scenes(chart, 48, seed, source) for seed in (5, 6))
    assert len(unseen(chart, same, source)) == 0
    assert len(unseen(chart, other, source)) == 48
    elsewhere = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"source": "mine.csv"})})
    assert len(unseen(elsewhere, same, source)) == 48


def test_grids_that_no_symmetry_moves_alike_are_named_before_training(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    rows = []
    for number in range(80):
        seen, also = (draw.integers(0, 2, sides).tolist() for sides in ((3, 3), (3, 3) if number < 60 else (1, 3)))
        rows.append(json.dumps({"seen": seen, "also": also, "done": seen}))
    (tmp_path / "two.jsonl").write_text("\n".join(rows) + "\n")
    grid = "{kind: grid, symbols: 2, form: lists}"
    text = f"senses: {{seen: {grid}, also: {grid}}}\nacts: {{done: {grid}}}\nzones: {{one: {{kind: conv}}}}\n"
    chart = chart_from_text(text + "scenes: {source: two.jsonl, symmetries: [dihedral], replay: 0}\n", "two.yaml")
    with pytest.raises(DataError, match=r"two\.jsonl:61: 3 by 3 cells in 'seen' and 1 by 3 in 'also'.*leave dihedral"):
        prepare(chart, tmp_path)
    free = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"symmetries": ()})})
    assert len(prepare(free, tmp_path).train) > 32
