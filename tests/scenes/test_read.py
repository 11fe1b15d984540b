"""Reading a person's file: every format gives the same scenes, every bad row is located, memory stays constant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ltm.errors import DataError
from ltm.scenes.everything import others
from ltm.scenes.infer import infer
from ltm.scenes.lines import rows as read_rows
from ltm.scenes.read import digest, load
from ltm.scenes.sample import sample_rows
from ltm.senses.grid import GridSpec

SPEC = GridSpec(kind="grid", rows=2, columns=2, symbols=5)
COLUMNS = {"seen": SPEC, "done": SPEC}
ROWS = [("1.3.", "1234"), ("..3.", "1234"), ("4321", "4321")]


def written(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def table(separator: str, rows: list[tuple[str, str]] = ROWS) -> str:
    return "\n".join(separator.join(row) for row in [("seen", "done"), *rows]) + "\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", table(",")),
        ("a.tsv", table("\t")),
        ("semicolons.csv", table(";")),
        ("tabs.csv", table("\t")),
        (
            "quoted-semicolons.csv",
            "\n\n" + "".join(f'"{seen}";"{done}"\r\n' for seen, done in [("seen", "done"), *ROWS]),
        ),
        ("a.jsonl", "\n".join(json.dumps({"done": done, "seen": seen}) for seen, done in ROWS)),
        ("quoted.csv", table(",", [(f'"{seen[:2]}\n{seen[2:]}"', done) for seen, done in ROWS])),
        ("bom.csv", "\ufeff" + table(",").replace("\n", "\r\n")),
    ],
)
def test_every_format_gives_the_same_scenes(tmp_path: Path, name: str, text: str) -> None:
    report = load(written(tmp_path, name, text), COLUMNS)
    assert report.scenes.values["seen"].reshape(3, 4).tolist() == [[1, 0, 3, 0], [0, 0, 3, 0], [4, 3, 2, 1]]
    assert report.scenes.values["done"].reshape(3, 4).tolist() == [[1, 2, 3, 4], [1, 2, 3, 4], [4, 3, 2, 1]]
    assert (report.skipped, report.duplicates, report.problems) == (0, 0, [])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "", "a.csv: the file is empty"),
        ("a.csv", "\n\n", "a.csv: the file is empty"),
        ("a.csv", "seen,done\n", "holds no scenes"),
        ("a.csv", "1234,1234\n", "a.csv:1: the header is missing"),
        ("a.csv", "seen,don\n1234,1234\n", "no column 'done' among seen, don; did you mean 'don'?"),
        ("a.csv", "seen,seen,done\n1,2,3\n", "a.csv:1: the header names 'seen' 2 times"),
        ("a.csv", "seen,done\n1234\n", "a.csv:2: expected 2 cells, got 1"),
        ("a.csv", "seen,done\n1234,1234\n123,1234\n", "a.csv:3: seen: expected 4 characters"),
        ("a.csv", "seen,done\n1239,1234\n", "a.csv:2: seen: symbol '9' is not among"),
        (
            "a.csv",
            b"seen,done\n\xff\xfe,1234\n",
            "a.csv:2: byte 1 of the line isn't valid UTF-8; save the file as UTF-8",
        ),
        ("a.csv", b"seen,done\n12\x0034,1234\n", "a.csv:2: a NUL byte"),
        ("a.csv", 'seen,done\n"1234,1234\n', "a.csv:2:"),
        ("a.jsonl", '{"seen": "1234"}\n', "no column 'done'"),
        ("a.jsonl", '{"seen": "1234", "seen": "1"}\n', "appears more than once"),
        ("a.jsonl", "[1, 2]\n", "a.jsonl:1: expected an object"),
        ("a.jsonl", '{"seen": NaN}\n', "a.jsonl:1: NaN isn't JSON"),
        ("a.jsonl", "{\n", "a.jsonl:1: invalid JSON"),
        ("a.jsonl", '{"seen": "\\uD83d", "done": "1234"}\n', "a.jsonl:1: text with half a character"),
        ("a.jsonl", '{"a":' * 100_000, "a.jsonl:1: invalid JSON: nested too deeply"),
        ("a.png", "x", "expected a file that ends in"),
    ],
)
def test_what_is_wrong_is_located(tmp_path: Path, name: str, text: str | bytes, expected: str) -> None:
    with pytest.raises(DataError) as problem:
        load(written(tmp_path, name, text), COLUMNS)
    assert expected in str(problem.value)


def test_an_unclosed_quote_is_located_where_it_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ltm.scenes.text_rows.MAX_ROW", 100)
    rows = ["seen,done", "1234,1234", '"1234,1234', *["1234,1234"] * 50]
    file = written(tmp_path, "a.csv", "\n".join(rows) + "\n")
    with pytest.raises(DataError, match=r"a\.csv:3: a row of more than 100 bytes, up to line 1\d; is a closing quote"):
        list(read_rows(file))
    long = written(tmp_path, "a.jsonl", '{"seen": "1234", "done": "1234"}\n' + '{"seen": "' + "1" * 100 + '"}\n')
    with pytest.raises(DataError, match=r"a\.jsonl:2: a row of more than 100 bytes; is a line break"):
        list(read_rows(long))


def test_with_semicolons_numbers_have_a_decimal_comma(tmp_path: Path) -> None:
    """As spreadsheets save tables where people write 3,14; with commas between cells `3,14` stays text."""
    rows = [("-0,5", "a, b"), ("3,14", "1,2,3"), ("1e3", "x")]
    file = written(tmp_path, "a.csv", "length;name\n" + "".join(f"{number};{name}\n" for number, name in rows))
    assert [row for _, row in read_rows(file)] == [
        {"length": "-0.5", "name": "a, b"},
        {"length": "3.14", "name": "1,2,3"},
        {"length": "1e3", "name": "x"},
    ]
    quoted = written(tmp_path, "b.csv", '"length; in mm",name\n"3,14",x\n')
    assert [row for _, row in read_rows(quoted)] == [{"length_in_mm": "3,14", "name": "x"}]
    short = written(tmp_path, "c.csv", "\n\nlength;name\n1;2;3\n")
    with pytest.raises(DataError, match=r"c\.csv:4: expected 2 cells, got 3"):
        list(read_rows(short))


def test_bad_rows_may_be_left_out_and_are_counted(tmp_path: Path) -> None:
    rows = [*ROWS, ("12", "1234"), ("9999", "1234"), *ROWS]
    report = load(written(tmp_path, "a.csv", table(",", rows)), COLUMNS, skip_bad=True)
    assert (len(report.scenes), report.skipped, report.duplicates) == (3, 2, 3)
    assert [problem.split(": ")[0].rsplit(":", 1)[1] for problem in report.problems] == ["5", "6"]


def test_shapes_may_differ_where_the_spec_allows(tmp_path: Path) -> None:
    free = GridSpec(kind="grid", symbols=3, form="lists")
    text = "\n".join(json.dumps({"seen": grid, "done": grid}) for grid in ([[0, 1, 2]], [[0], [1]], [[2, 2], [1, 1]]))
    scenes = load(written(tmp_path, "a.jsonl", text), {"seen": free, "done": free}).scenes
    assert scenes.shapes["seen"].tolist() == [[1, 3], [2, 1], [2, 2]]
    bounded = free.model_copy(update={"largest": 2})
    with pytest.raises(DataError, match=r"a\.jsonl:1: seen: expected at most 2 columns, got 3"):
        load(tmp_path / "a.jsonl", {"seen": bounded, "done": free})
    assert load(tmp_path / "a.jsonl", {"seen": bounded, "done": bounded}, skip_bad=True).skipped == 1
    many = "\n".join([text.splitlines()[0], *text.splitlines()[1:] * 8])
    found = infer(written(tmp_path, "b.jsonl", many), ["seen:grid(largest=2)"], ["done"]).columns
    assert found["seen"]["largest"] == 2 and "largest" not in found["done"]
    with pytest.raises(DataError, match=r"a\.jsonl:2: .*rows differ in length"):
        load(written(tmp_path, "a.jsonl", '{"seen": [[1]], "done": [[1]]}\n{"seen": [[1], [1, 2]], "done": [[1]]}'),
             {"seen": free, "done": free})  # fmt: skip


LARGE = """
import resource, sys
from pathlib import Path
from ltm.scenes.infer import infer
from ltm.scenes.read import digest, load
from ltm.senses.grid import GridSpec

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

spec = GridSpec(kind="grid", rows=60, columns=60, symbols=10)
def read(file):
    return len(load(Path(file), {"a": spec, "b": spec}, spool_bytes=1 << 20).scenes)

few = read(sys.argv[1])
before = peak()
many = read(sys.argv[2])
print(few, many, peak() - before)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for name, rows in (("few.csv", 200), ("many.csv", 10_000)):
        with (tmp_path / name).open("w") as stream:
            stream.write("a,b\n")
            for _ in range(rows):
                digits = (generator.integers(0, 10, 7200, dtype=np.uint8) + 48).tobytes().decode()
                stream.write(f"{digits[:3600]},{digits[3600:]}\n")
    size = (tmp_path / "many.csv").stat().st_size / 2**20
    files = [str(tmp_path / name) for name in ("few.csv", "many.csv")]
    done = subprocess.run([sys.executable, "-c", LARGE, *files], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-1500:]
    few, many, grown = done.stdout.split()
    assert (int(few), int(many)) == (200, 10_000)
    assert size > 65 and float(grown) < 25, f"{size:.0f} MB took {grown} MB more"


def test_bad_rows_do_not_make_a_large_table_a_small_one(tmp_path: Path) -> None:
    rows = "".join(f"{number},{number % 7}\n" for number in range(50))
    file = written(tmp_path, "a.csv", "seen,done\nonly-one\n" + rows)
    assert len(sample_rows(file, ["seen", "done"], 20, skip_bad=True)) == 20
    assert len(sample_rows(file, ["seen", "done"], 51, skip_bad=True)) == 50


def test_names_that_are_no_utf_8_cost_nothing(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    for name in (b"a.png", b"caf\xe9.png"):
        (tmp_path / "cats" / os.fsdecode(name)).write_bytes(b"x")
    assert len(digest(tmp_path)) == 64


def test_of_a_table_in_another_encoding_the_first_row_says_why(tmp_path: Path) -> None:
    rows = "".join(f"caf\u00e9 {number},{number}\n" for number in range(40))
    file = written(tmp_path, "a.csv", ("seen,done\n" + rows).encode("latin-1"))
    with pytest.raises(DataError, match=r"no rows that can be read; the first: .*a\.csv:2: byte 4.*save the file as"):
        sample_rows(file, ["seen", "done"], 10, skip_bad=True)
    with pytest.raises(DataError, match=r"the first: .*a\.csv:2"):
        others(file, [], skip_bad=True)
