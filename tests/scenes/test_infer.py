"""What is found in a person's file, and what is told of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ltm.acts.label import LabelActSpec
from ltm.errors import DataError
from ltm.scenes import maze, sudoku
from ltm.scenes.declare import parse_declaration
from ltm.scenes.infer import infer


def table(folder: Path, rows: list[tuple[str, str]]) -> Path:
    file = folder / "data.csv"
    file.write_text("\n".join(f'"{seen}","{done}"' for seen, done in [("seen", "done"), *rows]) + "\n")
    return file


def test_sudoku_is_recognised_by_what_it_is_and_not_by_its_name(tmp_path: Path) -> None:
    made = sudoku.generate(20, seed=0, givens=(30, 36))
    rows = [
        ("".join(".123456789"[n] for n in seen.flatten()), "".join(map(str, done.flatten())))
        for seen, done in zip(made.values["puzzle"], made.values["solution"], strict=True)
    ]
    found = infer(table(tmp_path, rows), ["seen"], ["done"])
    assert found.family == "sudoku" and found.symmetries == ("relabel", "bands", "transpose")
    for column in ("seen", "done"):
        assert (found.columns[column]["rows"], found.columns[column]["symbols"]) == (9, 10)
    assert any("Looks like Sudoku" in note for note in found.notes)


def test_mazes_are_recognised(tmp_path: Path) -> None:
    made = maze.generate(20, seed=0, sizes=(6, 8))
    rows = []
    for seen, done, (high, wide) in zip(made.values["maze"], made.values["path"], made.shapes["maze"], strict=True):
        rows.append(
            (
                "/".join("".join("#.SG"[n] for n in row) for row in seen[:high, :wide]),
                "/".join("".join(".o"[n] for n in row) for row in done[:high, :wide]),
            )
        )
    found = infer(table(tmp_path, rows), ["seen"], ["done"])
    assert (found.family, found.score, found.symmetries) == ("maze", "shortest-path", ("dihedral",))
    assert found.columns["seen"].get("rows") is None


def test_declared_shapes_and_plain_grids(tmp_path: Path) -> None:
    file = table(tmp_path, [("001122334455", "112233445500"), ("554433221100", "443322110055")])
    found = infer(file, ["seen:grid(3x4)"], ["done:grid(3x4)"])
    assert found.family == "grid" and found.symmetries == () and found.score == "exact"
    assert (found.columns["seen"]["rows"], found.columns["seen"]["columns"]) == (3, 4)


def test_what_is_larger_than_any_grid_may_be_is_said(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    rows = {
        "long": [[0, 1]] * 1500,
        "wide": [[0] * 256] * 256,
        "many": [[0, 249]],
        "word": "I",
        "letter": "x",
    }
    file.write_text("".join(json.dumps({**rows, "also": rows["wide"], "kind": k}) + "\n" for k in "abab" * 5))
    with pytest.raises(DataError, match="column 'long': no grid can be like these values"):
        infer(file, ["long"], ["kind"])
    assert infer(file, ["wide"], ["also"]).family == "grid"
    for see, words in (
        ("word:sequence", "no sequence can be like these values"),
        ("letter:text(unit=pieces)", "no letters come together often enough"),
    ):
        with pytest.raises(DataError, match=words):
            infer(file, [see], ["kind"])


def test_a_mixed_column_is_no_maze(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    rows = [{"a": "#.SG", "b": ".o.."}] * 40 + [{"a": [[0, 1, 2, 3]], "b": [[0, 1, 0, 0]]}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert infer(file, ["a:grid"], ["b:grid"]).family == "grid"


def test_truth_values_of_an_array_are_labels(tmp_path: Path) -> None:
    x = np.arange(40, dtype=np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=x > 20)
    found = infer(tmp_path / "data.npz", ["x"], ["y"])
    assert found.columns["y"]["kind"] == "label" and sorted(found.columns["y"]["labels"]) == ["False", "True"]
    with pytest.raises(DataError, match="not among the 2 labels"):
        LabelActSpec.model_validate({"kind": "label", "labels": ["0", "1"]}).encode(10**400)


def test_nested_lists(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text("\n".join(json.dumps({"a": [[0, 5]], "b": [[1, 0]]}) for _ in range(3)))
    found = infer(file, ["a"], ["b"])
    assert found.columns["a"]["form"] == "lists" and found.columns["a"]["symbols"] >= 6


@pytest.mark.parametrize(
    ("see", "expected"),
    [
        ("sene", "did you mean 'seen'"),
        ("seen:gird", "did you mean 'grid'"),
        ("seen:grid(9x9", r"expected '\)'"),
        ("seen:grid(0x9)", "0"),
        ("seen:grid(9)", "grid"),
        ("", "expected the name of a column"),
        ("seen:grid(5x5)", "25"),
        ("done", "done"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, see: str, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        infer(table(tmp_path, [("0123", "3210"), ("1023", "3201")]), [see], ["done"])


def test_a_declaration_taken_apart() -> None:
    name, said = parse_declaration(" puzzle : grid( 4 x 5 , symbols = 7 ) ")
    assert (name, said.rows, said.columns, said.symbols) == ("puzzle", 4, 5, 7)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_headers_as_people_write_them_become_names(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"mine.{ending}"
    if ending == "csv":
        file.write_text("ID,Puzzle No. 1, Solution \n" + "7,0123,1230\n8,1230,2301\n" * 3)
    else:
        file.write_text('{"Puzzle No. 1": "0123", "Solution": "1230"}\n{"Puzzle No. 1": "1230", "Solution": "2301"}\n')
    found = infer(file, ["Puzzle No. 1:grid(2x2)"], ["SOLUTION:grid(2x2)"])
    assert (found.see, found.do) == (("puzzle_no_1",), ("solution",))
    file.write_text("a b,A_B\n0123,1230\n")
    if ending == "csv":
        with pytest.raises(DataError, match="names 'a_b' 2 times"):
            infer(file, ["a_b"], ["c"])
