"""The sources `text:FILE`: windows of a text and what follows them, its end kept for testing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ltm.brain.think import think
from ltm.errors import DataError, LtmError
from ltm.runtime.brains import load_brain
from ltm.scenes.prepare import Prepared, generate_scenes, prepare
from ltm.scenes.prepare_stream import Streamed, scenes_of
from ltm.scenes.running import RunningOptions, judge, learn
from ltm.scenes.scene import Scene
from ltm.scenes.sources import settled
from ltm.training.fit import train_chart
from ltm.training.from_data import propose_for
from ltm.training.run_folder import without_path

WORDS = ["word" + "".join("abcdefghij"[int(digit)] for digit in f"{number:03}") for number in range(1000)]
TEXT = " ".join(WORDS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "plays.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "plays.txt"


def test_a_window_is_seen_and_what_follows_it_answered(file: Path) -> None:
    options = RunningOptions(context=20, answer=5)
    rows = list(learn(str(file), options, 50, 0))
    assert len(rows) == 50 and all(len(row["context"]) == 20 and len(row["next"]) == 5 for row in rows)
    assert all(row["context"] + row["next"] in TEXT for row in rows)
    assert rows == list(learn(str(file), options, 50, 0)) != list(learn(str(file), options, 50, 1))


def test_the_last_tenth_is_for_testing_alone(file: Path) -> None:
    options = RunningOptions(unit="words", context=3, answer=1)
    last = {row["context"] + row["next"] for row in judge(str(file), options, 10**6, 0)}
    first = {row["context"] + row["next"] for row in learn(str(file), options, 10**6, 0)}
    place = len(TEXT) * 9 // 10
    assert all(TEXT.index(part) >= place - 1 for part in last) and not first & last
    assert all(part.count("word") == 4 for part in first)


def test_a_brain_learns_what_comes_next_and_names_no_folder(file: Path, tmp_path: Path) -> None:
    file.write_text("abcdefgh" * 200, encoding="utf-8")
    options = {"context": 6, "answer": 2}
    chart, notes = propose_for(f"text:{file}", [], [], size="200KB", options=options, count=400, out=tmp_path / "b")
    assert "plays.txt" in notes[0] and chart.acts["next"].order == "left-to-right"
    quick = {"steps": 20, "precision": "fp32", "compile": "off"}
    chart = chart.model_copy(update={"training": chart.training.model_copy(update=quick)})
    many = [{"context": ("abcdefgh" * 3)[at : at + 6], "next": ("abcdefgh" * 3)[at + 6 : at + 8]} for at in range(8)]
    made = generate_scenes(chart, 400, 0)
    assert len(made) == len(many)  # the same eight, over and over: repetitions count once
    with pytest.raises(DataError, match="at least 32 are needed"):
        prepare(chart, Path())
    file.write_text("".join("abcdefgh"[(n * n + n // 7) % 8] for n in range(4000)), encoding="utf-8")
    train_chart(chart, tmp_path / "b", speed=False)
    brain, _ = load_brain(tmp_path / "b")
    assert brain.chart.scenes.source == "text:plays.txt"
    (thought,) = think(brain, [Scene({"context": "abcdef"})])
    assert isinstance(thought.answer["next"], str) and len(thought.answer["next"]) <= 3
    assert without_path(chart).scenes.options == options


def test_words_are_read_in_pieces(file: Path) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'ltm[language]'")
    chart, _ = propose_for(f"text:{file}", [], [], options={"unit": "words", "context": 4, "answer": 1}, count=200)
    assert chart.senses["context"].unit == chart.acts["next"].unit == "pieces"
    assert chart.senses["context"].pieces == chart.acts["next"].pieces
    assert len(generate_scenes(chart, 100, 3)) == 100
    assert len(generate_scenes(chart, 10, 3, part="test")) == 10


def test_texts_that_can_not_be_used(file: Path, tmp_path: Path) -> None:
    with pytest.raises(LtmError, match=r"text:.*none\.txt: can't be read: No such file"):
        propose_for(f"text:{tmp_path}/none.txt", [], [])
    (tmp_path / "odd.txt").write_bytes(b"fine\nnot \xff fine\n")
    with pytest.raises(LtmError, match=r"odd\.txt:2: not UTF-8 text \(byte 0xff\)"):
        propose_for(f"text:{tmp_path}/odd.txt", [], [])
    with pytest.raises(LtmError, match="fewer than the 2,000 seen and 8 answered"):
        propose_for(f"text:{file}", [], [], options={"context": 2000, "unit": "words"})
    (tmp_path / "blank.txt").write_text(" \n" * 3000)
    with pytest.raises(LtmError, match="the text holds nothing but blanks"):
        propose_for(f"text:{tmp_path}/blank.txt", [], [])
    with pytest.raises(LtmError, match="text: names no file"):
        propose_for("text:", [], [])


def test_the_manual_that_comes_with_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chart, notes = propose_for("text:python", [], [], out=tmp_path / "brain")
    assert chart.scenes.source == settled("text:python") == "text:python" and "python" in notes[0]
    learned, tested = (generate_scenes(chart, 50, 0, part=part) for part in ("learn", "test"))
    assert len(learned) == len(tested) == 50
    (tmp_path / "python").mkdir()  # a folder is no text
    assert settled("text:python") == "text:python"
    (tmp_path / "python").rmdir()
    (tmp_path / "python").write_text("a file of one's own counts more " * 200)
    assert settled("text:python") == f"text:{tmp_path}/python"
    mine = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"source": settled("text:python")})})
    assert without_path(mine).scenes.source == "text:./python"


def test_a_stream_of_windows_sets_the_same_stretch_aside(file: Path) -> None:
    options = {"context": 20, "answer": 5}
    chart, _ = propose_for(f"text:{file}", [], [], size="200KB", options=options, count=400)
    whole = prepare(chart, Path())
    assert isinstance(whole, Prepared)
    flowing = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"stream": True, "buffer": 400})})
    streamed = scenes_of(flowing, Path())
    assert isinstance(streamed, Streamed)
    first = whole.validation.values["context"]
    assert np.array_equal(streamed.validation.values["context"], first) and len(first)
    assert not len(streamed.train.aside) and "scenes of their own set aside" in streamed.words()
    seen = {bytes(row) for row in streamed.train.sample.values["context"]}
    apart = TEXT[len(TEXT) * 9 // 10 * 19 // 20 : len(TEXT) * 9 // 10].encode()
    assert not any(row[:20] in apart for row in seen)
