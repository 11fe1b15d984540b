"""Scenes to think about are found in values, files and pipes, however their grids are written, and bad ones located."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from ltm.errors import DataError
from ltm.scenes.questions import questions
from ltm.senses.grid import GridSpec
from ltm.senses.text import TextSpec

FREE = {"maze": GridSpec(kind="grid", symbols=4, alphabet="#.SG")}
FIXED = {"seen": GridSpec(kind="grid", rows=2, columns=3, symbols=4)}
LISTS = {"seen": GridSpec(kind="grid", symbols=4, form="lists")}
TWO = {"one": FIXED["seen"], "two": FIXED["seen"]}


def grids(senses: dict[str, GridSpec], given: str | None, **more: Any) -> list[Any]:
    return [
        spec.encode(question.scene.sees[name]).tolist()
        for question in questions(senses, given, **more)
        for name, spec in senses.items()
    ]


SEEN = [[[1, 2, 3], [3, 2, 1]], [[0, 1, 0], [1, 0, 1]]]
TEXTS = {
    "a line each": "123321\n010101\n",
    "a line each, byte order mark, blanks": "\ufeff\n  123321\n\n\n010101",
    "rows": "123\n321\n010\n101\n",
    "rows with blank lines": "123\n321\n\n010\n101",
    "both": "123\n321\n010101\n",
    "slashes": "123/321\n010/101\n",
    "table": "id,seen\n7,123321\n8,010101\n",
    "quoted table": '"seen","id"\n"123321",1\n"010101",2\n',
    "a header as people write it": "ID,Seen\n7,123321\n8,010101\n",
    "tabs": "seen\tid\n123321\t1\n010101\t2\n",
    "objects": '{"seen": "123321"}\n{"seen": "010101"}\n',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_grids_are_found_in_files_and_pipes(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "given.txt"
    file.write_text(text, encoding="utf-8")
    assert grids(FIXED, str(file)) == SEEN
    for given in (None, "-"):
        pipe = io.TextIOWrapper(io.BufferedReader(io.BytesIO(text.encode())))
        monkeypatch.setattr(sys, "stdin", pipe)
        assert grids(FIXED, given) == SEEN


def test_lines_of_a_grid_of_any_shape_belong_together_until_a_blank_one(tmp_path: Path) -> None:
    file = tmp_path / "mazes"
    file.write_text("S.#\n#.G\n\n##\nSG\n..\nS./.G\n")
    assert [len(grid) for grid in grids(FREE, str(file))] == [2, 3, 2]
    assert grids(FREE, "S.#\n#.G") == grids(FREE, "S.#/#.G") == [[[2, 1, 0], [0, 1, 3]]]
    lists = tmp_path / "lists"
    lists.write_text("[[0, 1]]\n[[2], [3]]\n")
    assert grids(LISTS, str(lists)) == [[[0, 1]], [[2], [3]]]


@pytest.mark.parametrize(
    ("senses", "given", "words"),
    [
        (FIXED, "12", "scene: seen: expected 6 characters"),
        (FIXED, "nofile.txt", "expected 6 characters.*there is no nofile.txt"),
        (FIXED, "", "the scene is empty"),
        (FIXED, ".", "a folder"),
        (TWO, "123321", "columns of a CSV file"),
        (FREE, "S.S/S.x", "'x' is not among"),
        (LISTS, "12", "expected a list of rows"),
        (LISTS, "[[1, 2", "nested lists"),
        (FIXED, "none.csv", "there is no such file"),
        (FIXED, "9" * 5000, "expected 6 characters"),
    ],
)
def test_what_cannot_be_read_is_said(
    senses: dict[str, GridSpec], given: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=words):
        grids(senses, given)


@pytest.mark.parametrize(
    ("text", "where"),
    [("123321\n12332x\n010101\n", "2"), ("seen\n123321\n1233\n010101\n", "3"), ("123\n321\n\n12\n\n010\n101\n", "4")],
)
def test_a_bad_scene_is_located_after_the_good_ones_or_left_out(text: str, where: str, tmp_path: Path) -> None:
    file = tmp_path / "given.txt"
    file.write_text(text)
    found = questions(FIXED, str(file))
    assert next(found).where.startswith(str(file))
    with pytest.raises(DataError, match=rf"given\.txt:{where}: seen: "):
        next(found)
    said: list[str] = []
    assert grids(FIXED, str(file), skipped=said.append) == SEEN
    assert len(said) == 1


def test_a_wide_table_is_known_by_a_part_of_its_header(tmp_path: Path) -> None:
    spec = GridSpec(kind="grid", rows=2, columns=3, symbols=4)
    wide = {f"board-{number}": spec for number in range(1000)}
    file = tmp_path / "wide.txt"
    file.write_text(",".join(['"an, other"', *wide]) + "\n" + ",".join(["x", *["123321"] * len(wide)]) + "\n")
    (found,) = questions(wide, str(file))
    assert len(found.scene.sees) == 1000
    file.write_text("a\rb,c\n")  # a stray carriage return is no end of a line, and no mistake of ours
    with pytest.raises(DataError):
        list(questions({"seen": spec}, str(file)))


@pytest.mark.parametrize("given", ["{ a ( b ) }", "{a}"])
def test_braces_that_begin_no_object_are_part_of_a_text(given: str, tmp_path: Path) -> None:
    senses = {"words": TextSpec(kind="text", unit="bytes", longest=20)}
    (tmp_path / "words.txt").write_text(given + "\n")
    for where in (given, str(tmp_path / "words.txt")):
        (question,) = questions(senses, where)
        assert question.scene.sees == {"words": given}
    with pytest.raises(DataError, match="JSON"):
        list(questions(senses, '{"words": "a"'))
    (question,) = questions(senses, ' { "words": "a"}')
    assert question.scene.sees == {"words": "a"}


def test_a_long_file_is_not_read_ahead(tmp_path: Path) -> None:
    file = tmp_path / "given.txt"
    file.write_bytes(b"123321\n" * 100_000 + b"\xff\n")
    found = questions(FIXED, str(file))
    assert next(found).where == f"{file}:1"
    with pytest.raises(DataError, match=r"100001: not UTF-8"):
        list(found)
