"""In JSON Lines a row may lack a key: it is a missing value, or a bad row; the column is there if any row has it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.check import check
from ltm.scenes.describe import spec_of
from ltm.scenes.everything import others
from ltm.scenes.infer import infer
from ltm.scenes.origin import Origin
from ltm.scenes.origin_pipe import PipeOrigin
from ltm.scenes.origin_table import TableOrigin
from ltm.scenes.read import load
from ltm.scenes.sample import sample_rows
from ltm.scenes.wanted import with_columns
from ltm.senses.grid import GridSpec

SPEC = GridSpec(kind="grid", rows=2, columns=2, symbols=5)
COLUMNS = {"seen": SPEC, "done": SPEC}
BOARDS = [{"seen": f"{n % 5}{n // 5 % 5}34", "done": "1234"} for n in range(40)]
PEOPLE = [{"age": 20 + n * 7 % 50, "town": "ab"[n % 2], "word": f"some word {n}", "ill": n % 3 > 1} for n in range(60)]


def lines(folder: Path, rows: list[dict[str, Any]], name: str = "data.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def lacking(rows: list[dict[str, Any]], **gaps: range) -> list[dict[str, Any]]:
    """Returns rows of which some lack some keys."""
    return [
        {name: value for name, value in row.items() if number not in gaps.get(name, ())}
        for number, row in enumerate(rows)
    ]


def test_a_first_row_that_lacks_a_key_is_a_bad_row_like_any_other(tmp_path: Path) -> None:
    file = lines(tmp_path, lacking(BOARDS, done=range(1)))
    with pytest.raises(DataError, match=r"data\.jsonl:1: done: is missing"):
        load(file, COLUMNS)
    report = load(file, COLUMNS, skip_bad=True)
    assert report.skipped == 1 and report.problems == [f"{file}:1: done: is missing"] and len(report.scenes) > 20
    assert len(sample_rows(file, ["seen", "done"], 99)) == 40
    assert infer(file, ["seen:grid"], ["done:grid"]).columns["done"]["rows"] == 2
    found = check(file, ["seen:grid"], ["done:grid"])
    assert found.unreadable == 1 and found.problems == (f"{file}:1: done: is missing",)


@pytest.mark.parametrize("skip_bad", [False, True])
def test_a_key_that_no_row_has_is_no_column(tmp_path: Path, skip_bad: bool) -> None:
    file = lines(tmp_path, lacking(BOARDS, seen=range(1), done=range(40)))
    for read in (
        lambda: load(file, COLUMNS, skip_bad=skip_bad),
        lambda: sample_rows(file, ["seen", "done"], 20, skip_bad=skip_bad),
    ):
        with pytest.raises(DataError, match="there is no column 'done' among seen"):
            read()


def test_rows_wait_only_until_every_column_was_seen() -> None:
    drawn = list[int]()

    def found() -> Iterator[tuple[int, dict[str, int] | DataError]]:
        for number, row in enumerate([DataError("bad"), {"a": 1}, DataError("bad"), {"b": 1}, {"a": 2}]):
            drawn.append(number)
            yield number, row  # type: ignore[misc]

    given = [(number, len(drawn)) for number, _ in with_columns(Path("x"), found(), ["a", "b"], ragged=True)]
    assert given == [(0, 1), (1, 4), (2, 4), (3, 4), (4, 5)]
    drawn.clear()
    with pytest.raises(DataError, match="x: there is no column 'b' among a"):
        list(with_columns(Path("x"), found(), ["a", "b"], ragged=False))
    assert drawn == [0, 1]


def chart_of(columns: dict[str, Any], answer: str) -> Chart:
    acts = {answer: columns[answer]}
    senses = {name: column for name, column in columns.items() if name != answer}
    zones = {"core": {"kind": "mixer", "write": "replace"}}
    return Chart.model_validate({"senses": senses, "acts": acts, "zones": zones, "scenes": {"stream": True}})


@pytest.mark.parametrize("piped", [False, True])
def test_streams_take_a_key_that_is_absent_for_a_missing_value(tmp_path: Path, piped: bool) -> None:
    file = lines(tmp_path, lacking(PEOPLE, age=range(3), town=range(2, 9), ill=range(1), word=range(50, 51)))
    columns = infer(file, ["age", "town", "word:text"], ["ill"]).columns
    chart = chart_of(columns, "ill")
    origin: Origin = TableOrigin(chart, file)
    if piped:
        origin = PipeOrigin(chart, io.BufferedReader(io.BytesIO(file.read_bytes())))  # type: ignore[arg-type]
    found = list(origin.scenes(None))
    name = origin.name
    bad = [str(item.scene) for item in found if isinstance(item.scene, DataError)]
    assert bad == [f"{name}:1: ill: is missing", f"{name}:51: word: is missing"]
    assert [item.line for item in found] == list(range(1, 61))
    if not piped:  # what is left need not have every key
        rest = list(TableOrigin(chart, lines(tmp_path, lacking(PEOPLE, age=range(50, 60)))).scenes(None))
        again = TableOrigin(chart, tmp_path / "data.jsonl").scenes(rest[54].place)
        assert sum(not isinstance(item.scene, DataError) for item in again) == 5


def test_an_absent_key_is_null_also_where_kinds_are_worked_out(tmp_path: Path) -> None:
    gaps = {"age": range(5, 30), "town": range(7, 12)}
    absent = lines(tmp_path, lacking(PEOPLE, **gaps), "absent.jsonl")
    null = lines(
        tmp_path,
        [{name: row.get(name) for name in PEOPLE[0]} for row in lacking(PEOPLE, **gaps)],
        "null.jsonl",
    )
    found = [infer(file, ["age", "town"], ["ill"]) for file in (absent, null)]
    assert found[0].columns == found[1].columns and found[0].columns["town"]["missing"]
    specs = {name: spec_of(column, name == "ill") for name, column in found[0].columns.items()}
    scenes = [load(file, specs).scenes for file in (absent, null)]
    for name in specs:
        assert scenes[0].values[name].tobytes() == scenes[1].values[name].tobytes()
    looked = [check(file, ["age", "town"], ["ill"]) for file in (absent, null)]
    assert looked[0].columns == looked[1].columns and looked[0].unreadable == looked[1].unreadable == 0
    seen = check(absent, ["age", "town"])
    assert seen.unreadable == 0 and seen.columns["town"].missing == 5


def test_columns_that_take_no_missing_value_name_the_line(tmp_path: Path) -> None:
    file = lines(tmp_path, lacking(PEOPLE, word=range(3, 4)))
    found = infer(file, ["word:text", "age"], ["ill"])
    assert any("data.jsonl:4: word: is missing" in note for note in found.notes)
    specs = {name: spec_of(column, name == "ill") for name, column in found.columns.items()}
    with pytest.raises(DataError, match=r"data\.jsonl:4: word: is missing"):
        load(file, specs)
    assert check(file, ["word:text"], ["ill"]).problems == (f"{file}:4: word: is missing",)
    with pytest.raises(DataError, match=r"data\.jsonl:1: word: is missing"):
        infer(lines(tmp_path, lacking(PEOPLE, word=range(20))), ["word:text"], ["ill"])


def test_every_column_means_also_those_that_come_late(tmp_path: Path) -> None:
    file = lines(tmp_path, lacking(PEOPLE, age=range(9), word=range(50)))
    assert others(file, ["ill"], skip_bad=False) == ["town", "age", "word"]
    found = infer(file, ["*"], ["ill"])
    assert found.see == ("town", "age")
    assert any("Left out: word (is missing in 50 of 60 rows)." in note for note in found.notes)


@pytest.mark.parametrize("head", [",".join(map(str, range(9))) + ",label", "%,label", "2020,label"])
def test_a_header_may_hold_names_without_a_letter(tmp_path: Path, head: str) -> None:
    file = tmp_path / "data.csv"
    row = ",".join("3" for _ in head.split(",")[1:])
    file.write_text(f"{head}\n" + "".join(f"{row},{label}\n" for label in "ab" * 20))
    assert [row["label"] for _, row in sample_rows(file, None, 2)] == ["a", "b"]
    for text in ("1,2,3\n4,5,6\n", "5.1,3.5,setosa\n4.9,3.0,setosa\n", "-1,low\n2,high\n"):
        file.write_text(text)
        with pytest.raises(DataError, match=r"data\.csv:1: the header is missing"):
            sample_rows(file, None, 2)
