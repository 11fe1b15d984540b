"""Scenes for several skills: read side by side, from files and from pipes that may never end."""

from __future__ import annotations

import io
import itertools
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ltm.errors import DataError
from ltm.scenes import maze
from ltm.scenes.encode_rows import as_it_is
from ltm.scenes.questions import questions
from ltm.scenes.rows_made import rows_made
from ltm.scenes.shared_pipe import CHUNK, SharedPipe
from ltm.scenes.skilled import HELD, skilled_questions, skilled_rows
from ltm.scenes.sources import SOURCES
from ltm.scenes.step_rows import ROLE
from ltm.scenes.steps import Roles, Stepped
from ltm.senses.audio import AudioSpec
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.value import ValueSpec

Image = pytest.importorskip("PIL.Image")
DIGITS = {"board": GridSpec(kind="grid", rows=2, columns=3, symbols=4)}
LETTERS = {"board": GridSpec(kind="grid", rows=2, columns=3, symbols=3, alphabet="abc")}
MAZE = {"maze": GridSpec(kind="grid", symbols=4, alphabet="#.SG")}
PICTURE = {"photo": ImageSpec(kind="image", rows=4, columns=4, patch=1)}
SOUND = {"call": AudioSpec(kind="audio", seconds=0.1, rate=8000)}
SKILLS: dict[str, dict[str, ValueSpec]] = {"digits": dict(DIGITS), "letters": dict(LETTERS)}
BESIDE = {**SKILLS, "picture": dict(PICTURE), "maze": dict(MAZE), "sound": dict(SOUND)}


class Endless(io.RawIOBase):
    """A pipe that never ends, and knows how much was read from it."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts, self.given = parts, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        data = next(self.parts, b"")
        into[: len(data)] = data
        self.given += len(data)
        return len(data)


def pipe(monkeypatch: pytest.MonkeyPatch, *parts: bytes, endless: bool = False) -> Endless:
    raw = Endless(itertools.cycle(parts) if endless else iter(parts))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(raw)))
    return raw


def read(skills: dict[str, dict[str, ValueSpec]], given: str | None, skipped: Any = None) -> list[tuple[str, ...]]:
    return [
        (next(iter(found.values())).where.rpartition(":")[2], *found)
        for found in skilled_questions(skills, given, skipped)
    ]


def test_a_pipe_that_goes_on_for_ever_is_answered_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = pipe(monkeypatch, b"123321\nabc", b"cba\n", endless=True)
    found = skilled_questions(BESIDE, None)
    for number, one in enumerate(itertools.islice(found, 2000), start=1):
        assert list(one) == ["digits" if number % 2 else "letters"]
        # No skill reads ahead of what is answered by more than a buffer; nothing is kept.
        assert raw.given <= 7 * number + 3 * io.DEFAULT_BUFFER_SIZE


def test_the_first_answer_does_not_wait_for_more_than_one_further_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def parts() -> Iterator[bytes]:
        yield from (b"board\n", b"123321\n")
        raise AssertionError("read on before the first scene was answered")

    raw = Endless(parts())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(raw)))
    assert list(next(skilled_questions(SKILLS, "-"))) == ["digits"]


@pytest.mark.parametrize("through", ["file", "pipe"])
def test_rows_with_quoted_line_breaks_are_one_scene(
    through: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'note,board\n"two\nlines",123321\nplain,"abc\ncba"\n"a\n\nb",010101\n'
    file = tmp_path / "t.csv"
    file.write_text(text)
    if through == "pipe":
        pipe(monkeypatch, text.encode())
    assert read(SKILLS, str(file) if through == "file" else None) == [
        ("2", "digits"),
        ("4", "letters"),
        ("6", "digits"),
    ]


def test_a_skill_that_reads_no_more_keeps_nothing_of_the_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    two = {"one": DIGITS["board"], "other": DIGITS["board"]}  # several senses: plain text is refused at once
    pipes: list[SharedPipe] = []

    def noted(source: Any) -> SharedPipe:
        pipes.append(SharedPipe(source))
        return pipes[-1]

    monkeypatch.setattr("ltm.scenes.skilled.SharedPipe", noted)
    pipe(monkeypatch, b"123321\n" * 1000, endless=True)
    for _ in itertools.islice(skilled_questions({"digits": dict(DIGITS), "two": dict(two)}, None), 50_000):
        pass
    assert len(pipes[0]._kept) < 4 * CHUNK


def test_a_file_is_read_in_constant_memory(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_bytes(b"123321\n" * 20_000 + b"\xff\n")
    found = skilled_questions(SKILLS, str(file))
    assert next(found)["digits"].line == 1
    with pytest.raises(DataError, match=r"20001: not UTF-8"):
        list(found)


def test_what_no_skill_can_read_is_said_by_those_that_read_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.csv"
    file.write_text("board\n123321\n12x321\nabccba\n")
    with pytest.raises(DataError, match=r"t\.csv:3: no skill can read this \(digits: board: ") as problem:
        read(BESIDE, str(file))
    assert "picture" not in str(problem.value) and "maze" not in str(problem.value)
    told: list[str] = []
    assert read(BESIDE, str(file), told.append) == [("2", "digits"), ("4", "letters")]
    assert len(told) == 1 and "t.csv:3" in told[0]
    told.clear()
    pipe(monkeypatch, b"nonsense\n" * 3 * HELD)
    assert read(SKILLS, None, told.append) == [] and len(told) == 3 * HELD
    for given, words in (("none.csv", r"^none\.csv: there is no such file"), ("", "the scene is empty")):
        with pytest.raises(DataError, match=words):
            read(SKILLS, given)
    pipe(monkeypatch)
    with pytest.raises(DataError, match="nothing to think about"):
        read(SKILLS, None)


def test_names_in_a_pipe_are_relative_to_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(np.full((4, 4), 200, dtype=np.uint8)).save(tmp_path / "p.png")
    monkeypatch.chdir(tmp_path)
    for text in (b"photo\np.png\n", b"p.png\n", b'{"photo": "p.png"}\n'):
        pipe(monkeypatch, text)
        (one,) = skilled_questions(BESIDE, None)
        assert list(one) == ["picture"] and PICTURE["photo"].encode(one["picture"].scene.sees["photo"]).max() == 200
    (tmp_path / "inside").mkdir()
    (tmp_path / "p.png").rename(tmp_path / "inside" / "p.png")
    (tmp_path / "inside" / "list.txt").write_text("p.png\n")
    (one,) = skilled_questions(BESIDE, "inside/list.txt")  # and in a file to where the file is
    assert list(one) == ["picture"]


def test_a_picture_or_a_sound_comes_through_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for ending in ("png", "jpg", "bmp", "gif"):
        Image.fromarray(np.full((9, 9), 200, dtype=np.uint8)).save(tmp_path / f"p.{ending}")
        data = (tmp_path / f"p.{ending}").read_bytes()
        pipe(monkeypatch, data[:50], data[50:])
        (one,) = skilled_questions({**SKILLS, "picture": dict(PICTURE)}, "-")
        sees = one["picture"].scene.sees["photo"]
        assert list(one) == ["picture"] and (abs(PICTURE["photo"].encode(sees).astype(int) - 200) < 4).all()
        pipe(monkeypatch, data)
        assert len(list(questions(dict(PICTURE), None))) == 1
    with wave.open(str(tmp_path / "s.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.arange(800, dtype="<i2").tobytes())
    pipe(monkeypatch, (tmp_path / "s.wav").read_bytes())
    (one,) = skilled_questions(BESIDE, "-")
    assert list(one) == ["sound"]
    pipe(monkeypatch, b"\x89PNG\r\n\x1a\n\0\0damaged")
    with pytest.raises(DataError, match=r"picture: photo: 17 bytes can't be read as a picture"):
        read({"picture": dict(PICTURE), "digits": dict(DIGITS)}, "-")


def test_a_folder_of_classes_is_read(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.fromarray(np.full((4, 4), 90, dtype=np.uint8)).save(tmp_path / "pets" / name / "1.png")
    skills = {**SKILLS, "pets": {"image": PICTURE["photo"]}}
    assert read(skills, str(tmp_path / "pets")) == [("1", "pets"), ("2", "pets")]


def test_rows_that_a_source_has_made_are_read_by_every_skill_that_can() -> None:
    board = GridSpec(kind="grid", rows=1, columns=1, symbols=3, form="lists")
    senses: dict[str, dict[str, ValueSpec]] = {
        "walker": {ROLE: Roles(("me",)), "board": Stepped(board)},
        "looker": {"board": board},
    }
    walk = {"steps": [{"role": "me", "see": {"board": [[0]]}}, {"role": "me", "see": {"board": [[2]]}}]}
    rows = [(1, walk), (2, {"board": [[1]]}), (3, {"board": [[7]]}), (4, {"bard": 1})]
    reads = list(skilled_rows(senses, rows, "made", as_it_is))
    assert [(set(read), next(iter(read.values())).line) for read in reads] == [({"walker"}, 1), ({"looker"}, 2)]
    made = maze.generate(3, seed=0)
    columns = SOURCES["maze"].columns
    mazes = list(enumerate(rows_made(made, columns), 1))
    (first, *others) = skilled_rows({"maze": {"maze": columns["maze"]}}, mazes, "maze", as_it_is)
    assert len(others) == 2
    rows_, columns_ = made.shapes["maze"][0].tolist()
    assert columns["maze"].encode(first["maze"].scene.sees["maze"]).tolist() == (
        made.values["maze"][0][:rows_, :columns_].tolist()
    )
