"""`text:FILE` of a table: the texts of one column, one after another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ltm.chart.load import load_chart
from ltm.cli.main import run
from ltm.errors import DataError, LtmError
from ltm.runtime.brains import load_brain
from ltm.scenes.documents import documents
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.prepare_stream import Streamed, scenes_of
from ltm.scenes.running import RunningOptions, judge, learn, set_aside

STORIES = [f'The {n}th "tale".\r\nIt was told {n * n} times: привет, {chr(97 + n % 26) * 5}.' for n in range(300)]
WHOLE = "\n\n".join(STORIES).replace("\r\n", "\n")


def jsonl(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return jsonl(tmp_path / "stories.jsonl", [{"n": n, "Story": story} for n, story in enumerate(STORIES)])


def test_the_only_column_of_text_is_found_and_read_as_if_it_were_a_plain_text(file: Path, tmp_path: Path) -> None:
    plain = tmp_path / "stories.txt"
    plain.write_text(WHOLE, encoding="utf-8")
    options = RunningOptions(context=30, answer=3)
    for part in (learn, set_aside, judge):
        found = list(part(str(file), options, 200, 0))
        assert found == list(part(str(plain), options, 200, 0)) and len(found) == 200
        assert all(row["context"] + row["next"] in WHOLE for row in found)
    named = RunningOptions(context=30, answer=3, column="Story")
    assert list(learn(str(file), named, 50, 1)) == list(learn(str(file), options, 50, 1))


def test_other_tables_and_blank_texts(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("id\ttext\n1\tone\n2\t \n3\tthree\n")
    assert documents(tmp_path / "t.tsv", "text") == "one\n\nthree"
    (tmp_path / "t.csv").write_text('text\n"one,\ntwo"\n')
    assert documents(tmp_path / "t.csv") == "one,\ntwo"


def test_what_can_not_be_told_is_refused_and_named(file: Path, tmp_path: Path) -> None:
    two = jsonl(tmp_path / "two.jsonl", [{"sentence": "fine", "polarity": "good", "n": 1}])
    with pytest.raises(
        DataError, match=r"two\.jsonl: several columns hold text \(sentence, polarity\).*column=sentence"
    ):
        documents(two)
    with pytest.raises(DataError, match=r"no column 'sentense' among sentence, polarity, n; did you mean 'sentence'"):
        documents(two, "sentense")
    with pytest.raises(DataError, match=r"none\.jsonl: no column holds text among n, m"):
        documents(jsonl(tmp_path / "none.jsonl", [{"n": 1, "m": 2}]))
    for bad, said in (
        ({"story": None}, "expected text, got null"),
        ({"story": 3}, "expected text, got int"),
        ({"n": 1}, "is missing"),
    ):
        with pytest.raises(DataError, match=rf"bad\.jsonl:2: column 'story': {said}"):
            documents(jsonl(tmp_path / "bad.jsonl", [{"story": "one"}, bad]))
    (tmp_path / "cut.jsonl").write_text('{"story": "one"}\n{"story": "tw')
    with pytest.raises(DataError, match=r"cut\.jsonl:2: invalid JSON"):
        documents(tmp_path / "cut.jsonl")
    (tmp_path / "plain.txt").write_text(WHOLE)
    for name in (str(tmp_path / "plain.txt"), "python"):
        with pytest.raises(DataError, match=r"option column: only tables have columns"):
            list(learn(name, RunningOptions(column="story"), 1, 0))
    with pytest.raises(DataError, match="fewer than the 1,000 seen"):
        list(judge(str(two), RunningOptions(column="sentence", context=1000), 1, 0))


def test_a_changed_column_is_another_text(tmp_path: Path) -> None:
    both = jsonl(tmp_path / "both.jsonl", [{"a": "x" * 400, "b": "y" * 400}])
    for column, letter in (("a", "x"), ("b", "y")):
        (row,) = learn(str(both), RunningOptions(column=column, context=5, answer=1), 1, 0)
        assert set(row["context"]) == {letter}


def test_as_a_stream(file: Path) -> None:
    options = "scenes.options={context: 40, answer: 1, column: story}"
    chart = load_chart("rwkv7-tiny", [f"scenes.source=text:{file}", options, "scenes.stream=true", "scenes.buffer=100"])
    streamed = scenes_of(chart, Path())
    assert isinstance(streamed, Streamed) and len(streamed.validation)
    for row in streamed.train.sample.values["context"][:20]:
        assert bytes(row[row < 255]).decode(errors="ignore").strip("\ufffd") in WHOLE
    again = generate_scenes(chart, 16, chart.scenes.seed, part="aside")
    assert np.array_equal(again.values["context"], streamed.validation.values["context"][:16])


def test_by_a_verb(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "rwkv7-tiny", "training.steps=2", "scenes.count=64", "zones.core.layers=1", "field.width=32"]
    words += ["training.precision=fp32", "training.compile=off", "scenes.options.context=40"]
    out = tmp_path / "brain"
    assert run([*words, "--data", f"text:{file}", "--option", "column=story", "-o", str(out)]) == 0
    brain, _ = load_brain(out)
    assert brain.chart.scenes.source == "text:stories.jsonl"
    assert brain.chart.scenes.options == {"context": 40, "answer": 1, "column": "story"}
    capsys.readouterr()
    asked = ["--option", "column=story", "--option", "context=40", "--option", "answer=1", "--count", "10"]
    assert run(["eval", str(out), f"text:{file}", *asked]) == 0
    for data, said in ((file, "there is no column 'context' among n, story; "), (tmp_path / "plays.txt", "")):
        (tmp_path / "plays.txt").write_text(WHOLE)
        assert run([*words, "--data", str(data), "-o", str(tmp_path / "no")]) == 2
        assert f"{said}" in (error := capsys.readouterr().err) and f"--data text:{data}" in error.replace("\n", "")
    assert run([*words, "--data", f"text:{file}", "--option", "colum=story", "-o", str(tmp_path / "no")]) == 2
    assert "did you mean 'column'" in capsys.readouterr().err


def test_scenes_as_they_are_still_are_learned_from(tmp_path: Path) -> None:
    rows = [{"context": WHOLE[n : n + 30], "next": WHOLE[n + 30]} for n in range(64)]
    scenes = jsonl(tmp_path / "scenes.jsonl", rows)
    words = ["train", "rwkv7-tiny", "training.steps=2", "zones.core.layers=1", "field.width=32"]
    words += ["training.precision=fp32", "training.compile=off"]
    assert run([*words, "--data", str(scenes), "-o", str(tmp_path / "brain")]) == 0


def test_no_file_of_that_name() -> None:
    with pytest.raises(LtmError, match=r"text:none\.jsonl: can't be read: No such file"):
        list(learn("none.jsonl", RunningOptions(), 1, 0))
