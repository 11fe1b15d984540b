"""A few odd cells don't untype a column of files, and a text isn't taken for a grid by its length alone."""

from __future__ import annotations

import hashlib
import uuid
import wave
from pathlib import Path

import numpy as np
import pytest
from image_files import picture

from ltm.errors import DataError
from ltm.scenes.check import check
from ltm.scenes.declare import Declared, parse_declaration
from ltm.scenes.describe import spec_of
from ltm.scenes.infer import infer
from ltm.scenes.look import look
from ltm.scenes.look_grid import look_at_grids
from ltm.scenes.read import cell, load

UNSAID = Declared()


def table(folder: Path, names: list[str]) -> Path:
    file = folder / "data.csv"
    file.write_text("file,kind\n" + "".join(f'"{name}",{"ab"[n % 2]}\n' for n, name in enumerate(names)))
    return file


def sound(file: Path) -> Path:
    with wave.open(str(file), "wb") as stream:
        stream.setparams((1, 2, 8000, 0, "NONE", ""))
        stream.writeframes((np.sin(np.arange(2400) * 0.3) * 8000).astype("<i2").tobytes())
    return file


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_a_tenth_of_the_names_may_be_odd_and_empty_ones_do_not_count(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("PIL.Image", reason="pictures in files need Pillow")
    name = "a.png" if kind == "image" else "a.wav"
    (picture if kind == "image" else sound)(tmp_path / name)
    names = ["not taken", *[name] * 5, f" {name} ", "", *[name] * 22]
    values = [name for name in names if name]
    assert look([*values, *[""] * 9], UNSAID, tmp_path)["kind"] == kind
    assert look([*values, *["odd"] * 9], UNSAID, tmp_path)["kind"] == "label"
    file = table(tmp_path, names)
    found = infer(file, ["file"], ["kind"])
    assert found.columns["file"]["kind"] == kind
    specs = {column: spec_of(said, column == "kind") for column, said in found.columns.items()}
    report = load(file, specs, skip_bad=True)
    assert report.skipped == 2 and len(report.scenes) == 2
    assert f"{file}:2: file: " in report.problems[0] and "not taken" in report.problems[0]
    assert report.problems[1] == f"{file}:9: file: the cell is empty"
    assert check(file, ["file"], ["kind"]).unreadable == 2


def test_an_empty_cell_of_a_declared_picture_is_said_to_be_empty(tmp_path: Path) -> None:
    pytest.importorskip("PIL.Image", reason="pictures in files need Pillow")
    picture(tmp_path / "a.png")
    file = table(tmp_path, ["", "a.png", " "] * 4)
    with pytest.raises(DataError, match=r"data\.csv:2: file: the cell is empty"):
        infer(file, ["file:image"], ["kind"])
    for empty in ("", " ", None):
        with pytest.raises(DataError, match="the cell is empty"):
            cell({"file": empty}, "file", "file", tmp_path)


def test_a_name_may_begin_or_end_with_a_blank_where_there_is_such_a_file(tmp_path: Path) -> None:
    (tmp_path / " a.png").touch()
    assert cell({"file": " a.png"}, "file", "file", tmp_path) == tmp_path / " a.png"
    assert cell({"file": " b.png "}, "file", "file", tmp_path) == tmp_path / "b.png"


def test_most_of_a_column_of_files_must_be_there_to_be_taken_for_all(tmp_path: Path) -> None:
    pytest.importorskip("PIL.Image", reason="pictures in files need Pillow")
    picture(tmp_path / "a.png")
    file = tmp_path / "data.csv"
    rows = "".join(f"{'' if n % 2 else 'a.png'},{n},{'ab'[n % 2]}\n" for n in range(40))
    file.write_text("file,size,kind\n" + rows)
    found = infer(file, ["*"], ["kind"])
    assert found.see == ("size",) and any("file (is missing in 20 of 40 rows)" in note for note in found.notes)


def test_pictures_in_arrays_may_have_odd_cells_too() -> None:
    pictures = [np.full((5, 5), 99)] * 20
    assert look([*pictures, None, "odd"], UNSAID)["kind"] == "image"


NUMBERS = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(60)]
DRAW = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([str(uuid.UUID(number[:32])) for number in NUMBERS], "UUIDs"),
        (NUMBERS, "hexadecimal digests"),
        ([number[:16].upper() for number in NUMBERS], "hexadecimal digests"),
        ([f"2024-{n % 12 + 1:02}-03T{n % 24:02}:{n:02}:07+02:00" for n in range(60)], "dates and times"),
        ([f"2024-{n % 12 + 1:02}-03T{n % 24:02}:{n:02}" for n in range(60)], "dates and times"),
        ([str(4_539_578_763_621_486 + 7919 * n) for n in range(60)], "numbers of 16 digits that all differ"),
    ],
)
def test_what_makes_a_square_only_by_chance_is_no_grid(values: list[str], words: str) -> None:
    with pytest.raises(DataError, match=f"they look like {words}; say so if they are grids"):
        look_at_grids(values, UNSAID)
    side = int(len(values[0]) ** 0.5)
    assert look_at_grids(values, parse_declaration(f"x:grid({side}x{side})")[1])["rows"] == side


@pytest.mark.parametrize(
    "values",
    [
        ["".join(DRAW.permutation(list("1234")).tolist() * 4) for _ in range(20)],
        ["".join(DRAW.choice(list(".1234"), 16).tolist()) for _ in range(60)],
        ["".join(DRAW.choice(list("01234"), 16).tolist()) for _ in range(60)],
        ["".join(DRAW.choice(list("123456789"), 81).tolist()) for _ in range(60)],
        ["".join(DRAW.choice(list("0123456789"), 25).tolist()) for _ in range(60)],
        ["1234567890123456", "6543210987654321"] * 20,
        ["".join(DRAW.choice(list("abcd"), 16).tolist()) for _ in range(60)],
        ["".join(DRAW.permutation(list("0123456789abcdef")).tolist()) for _ in range(60)],
        ["".join(DRAW.choice(list("0123456789abcdef"), 256).tolist()) for _ in range(60)],
        ["".join(DRAW.choice(list("012ab"), 64).tolist()) for _ in range(60)],
    ],
)
def test_boards_in_one_line_are_grids(values: list[str]) -> None:
    side = int(len(values[0]) ** 0.5)
    found = look(values, UNSAID)
    assert (found["kind"], found["rows"], found["columns"]) == ("grid", side, side)
