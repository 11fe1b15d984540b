"""A table is looked over before anything learns from it: contents, bad rows, repetitions, contradictions, leaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from image_files import picture

from ltm.errors import DataError
from ltm.scenes import sudoku
from ltm.scenes.check import check
from ltm.scenes.pick import at_line, pick
from ltm.scenes.tally import key_of

LABELS = [("red", "hot"), ("blue", "cold")] * 10


def table(folder: Path, name: str, rows: Sequence[Sequence[str]], head: str = "a,b") -> Path:
    file = folder / name
    file.write_text("\n".join([head, *(",".join(row) for row in rows)]) + "\n")
    return file


def texts(grids: np.ndarray) -> list[str]:
    return ["".join(map(str, grid.reshape(-1).tolist())) for grid in grids]


def test_every_column_is_described(tmp_path: Path) -> None:
    rows = [(f"word{n}", "yes" if n % 3 else "no", str(n / 2), "#..S/GG.." if n % 2 else "#./.#") for n in range(40)]
    found = check(table(tmp_path, "a.csv", [*rows, ("", "yes", "1", "#.")], "text,label,number,grid"))
    columns = found.columns
    assert {name: column.kind for name, column in columns.items()} == {
        "text": "name",
        "label": "label",
        "number": "number",
        "grid": "grid",
    }
    assert (columns["text"].values, columns["text"].missing, columns["text"].distinct) == (40, 1, 40)
    assert columns["label"].counts == {"yes": 27, "no": 14}
    assert columns["number"].span == (0.0, pytest.approx(391 / 41), 19.5)
    shapes = columns["grid"].shapes
    assert shapes is not None
    assert (shapes.smallest, shapes.largest, shapes.different) == ((1, 2), (2, 4), 3)
    assert columns["grid"].counts["S"] == 20 and columns["grid"].counts["."] == 20 * 4 + 20 * 2 + 1
    assert found.rows == 41 and found.contradictions is None and found.faults == 0
    assert not columns["text"].usable and columns["grid"].usable


def test_numbers_may_be_missing_where_they_are_seen(tmp_path: Path) -> None:
    rows = [("?" if n == 7 else str(n / 4), ("", "a", "b")[n % 3], f"n{n}", str(n * n)) for n in range(60)]
    file = table(tmp_path, "a.csv", [*rows, ("1", "a", "n", "na"), ("x", "a", "n", "5")], "size,kind,name,price")
    found = check(file, ["*"], ["price:number"])
    assert found.see == ("size", "kind") and found.do == ("price",)
    size, kind, price = found.columns.values()
    assert (size.kind, size.missing, size.distinct, size.usable) == ("number", 1, 59, True)
    assert size.span == (0.0, pytest.approx((sum(range(60)) - 7 + 4) / 4 / 60), 14.75)
    assert kind.missing == 20 and kind.counts == {"a": 22, "b": 20}
    assert (price.distinct, price.missing, price.span) == (61, 1, (0.0, pytest.approx((70210 + 5) / 61), 3481.0))
    assert found.rows == 60 and found.unreadable == 2
    assert "the cell is empty" in found.problems[0] and "expected a number" in found.problems[1]
    whole = check(file)
    assert {name: column.kind for name, column in whole.columns.items()} == {
        "size": "number",
        "kind": "label",
        "name": "name",
        "price": "number",
    }
    assert whole.columns["price"].missing == 1 and whole.unreadable == 1
    seen = check(file, ["*"])
    assert seen.see == ("size", "kind", "name", "price") and seen.columns["kind"].missing == 20


def test_lists_of_numbers_are_counted_number_by_number(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps({"row": [n, None, 0.5], "odd": n % 2}) + "\n" for n in range(40)))
    row = check(file, ["row"], ["odd"]).columns["row"]
    assert (row.kind, row.distinct) == ("vector", 40)
    assert row.span == (0.0, pytest.approx((sum(range(40)) + 20) / 80), 39.0)


def test_bad_rows_are_counted_and_the_first_are_located(tmp_path: Path) -> None:
    rows = [(f"{n:016d}".replace("9", "0"), "a" if n % 2 else "b") for n in range(200)]
    rows[7:19] = [("12", "a")] * 12
    rows[30] = ("0" * 16, "")
    found = check(table(tmp_path, "a.csv", rows), ["a"], ["b"])
    assert (found.rows, found.unreadable, len(found.problems)) == (187, 13, 13)
    assert found.problems[0] == f"{tmp_path / 'a.csv'}:9: a: expected 16 characters (4 rows of 4), got 2"
    assert found.columns["b"].missing == 1 and found.faults >= 13


def test_repetitions_and_contradictions(tmp_path: Path) -> None:
    rows = [*LABELS, ("red", "cold")]
    found = check(table(tmp_path, "a.csv", rows), ["a"], ["b"])
    assert (found.duplicates.rows, found.duplicates.groups) == (20, 2)
    assert found.duplicates.lines == ((2, 4, 6, 8, 10, 12), (3, 5, 7, 9, 11, 13))
    assert found.contradictions is not None
    assert (found.contradictions.rows, found.contradictions.groups) == (11, 1) and found.faults == 11
    fine = check(table(tmp_path, "b.csv", LABELS), ["a"], ["b"])
    assert fine.contradictions is not None and fine.contradictions.rows == 0 and fine.faults == 0


def test_several_shortest_paths_of_one_maze_do_not_contradict(tmp_path: Path) -> None:
    maze, paths = "####/#S.#/#.G#/####", ("..../.oo./..o./....", "..../.o../.oo./....")
    rows = [(maze, paths[n % 2]) for n in range(20)]
    found = check(table(tmp_path, "a.csv", rows), ["a"], ["b"])
    assert found.family == "maze" and found.score == "shortest-path"
    assert found.contradictions is not None and found.contradictions.rows == 20 and found.faults == 0


def test_leaks_are_found_up_to_symmetry(tmp_path: Path) -> None:
    made = sudoku.generate(12, seed=5)
    puzzles, solutions = texts(made.values["puzzle"]), texts(made.values["solution"])
    renamed = str.maketrans("123456789", "912345678")
    turned = texts(made.values["puzzle"].transpose(0, 2, 1))[2], texts(made.values["solution"].transpose(0, 2, 1))[2]
    train = table(tmp_path, "train.csv", list(zip(puzzles[:10], solutions[:10], strict=True)))
    rows = [
        (puzzles[10], solutions[10]),
        (puzzles[0], solutions[0]),
        (puzzles[1].translate(renamed), solutions[1].translate(renamed)),
        turned,
        ("12", solutions[3]),
    ]
    found = check(train, ["a"], ["b"], against=table(tmp_path, "test.csv", rows))
    assert found.family == "sudoku" and found.leaks is not None
    leaks = found.leaks
    assert (leaks.rows, leaks.unreadable, leaks.same, leaks.seen, leaks.symmetric) == (4, 1, 1, 1, 3)
    assert leaks.lines == ((3, 2), (4, 3), (5, 4)) and found.faults == 4


def test_scenes_seen_alike_leak_and_new_labels_cannot_be_answered(tmp_path: Path) -> None:
    train = table(tmp_path, "train.csv", LABELS)
    test = table(tmp_path, "test.csv", [("red", "cold"), ("blue", "warm"), ("red", "hot")])
    leaks = check(train, ["a"], ["b"], against=test).leaks
    assert leaks is not None and (leaks.same, leaks.seen, leaks.symmetric, leaks.count) == (1, 2, None, 2)
    assert leaks.unreadable == 1 and "'warm' is not among the 2 labels" in leaks.problems[0]
    whole = check(train, against=test).leaks
    assert whole is not None and (whole.same, whole.seen) == (1, None)


def test_grids_of_several_sizes_leak_whatever_the_largest_is(tmp_path: Path) -> None:
    maze, path = "####/#SG#/####", "..../.oo./...."
    wide, far = "#####/#S.G#/#####", "...../.ooo./....."
    train = table(tmp_path, "train.csv", [(maze, path)] * 20)
    flipped = "/".join(line[::-1] for line in maze.split("/"))
    leaks = check(train, ["a"], ["b"], against=table(tmp_path, "test.csv", [(wide, far), (flipped, path)])).leaks
    assert leaks is not None and leaks.symmetric == 1 and leaks.seen == 0 and leaks.lines == ((3, 2),)


def test_classes_may_be_called_by_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    pytest.importorskip("PIL.Image", reason="pictures in files need Pillow")
    names = [os.fsdecode(name) for name in (b"caf\xe9", b"caf\xe8")]
    for name in names:
        for number in range(8):
            picture(tmp_path / "drinks" / name / f"{number}.png")
    label = check(tmp_path / "drinks").columns["label"]
    assert (label.values, label.distinct) == (16, 2)
    assert key_of("\udce9") != key_of("\udce8") and key_of("\ud800")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "", "the file is empty"),
        ("a.csv", "a,b\n", "holds no rows"),
        ("a.csv", "a,b\n1\n2\n", "holds no rows"),
        ("a.txt", "a,b\n", "expected a file that ends in"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=words):
        check(tmp_path / name)


def test_rows_are_picked_from_the_whole_file_and_the_same_by_one_seed(tmp_path: Path) -> None:
    file = table(tmp_path, "a.csv", [(str(n), "x") for n in range(500)] + [("bad",)])
    chosen, bad = pick(file, 5, 0)
    assert bad == 1 and [line for line, _ in chosen] == sorted(line for line, _ in chosen)
    assert chosen == pick(file, 5, 0)[0] != pick(file, 5, 1)[0]
    assert all(int(row["a"]) + 2 == line for line, row in chosen)
    lines = [line for seed in range(200) for line, _ in pick(file, 1, seed)[0]]
    assert 150 < np.mean(lines) < 350 and len(set(lines)) > 100
    assert at_line(file, 17)["a"] == "15"
    with pytest.raises(DataError, match="expected 2 cells"):
        at_line(file, 502)
    with pytest.raises(DataError, match="the last begins at 502"):
        at_line(file, 900)
    spread = tmp_path / "b.csv"
    spread.write_text('a,b\n"1\n2",x\n3,x\n')
    with pytest.raises(DataError, match="the nearest begin at 2 and 4"):
        at_line(spread, 3)


LARGE = """
import resource, sys
from ltm.scenes.check import check

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

check(sys.argv[1], ["a"], ["b"])
before = peak()
found = check(sys.argv[2], ["a"], ["b"])
print(found.rows, peak() - before)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for name, rows in (("few.jsonl", 2000), ("many.jsonl", 12_000)):
        with (tmp_path / name).open("w") as stream:
            for _ in range(rows):
                digits = (generator.integers(0, 10, 5000, dtype=np.uint8) + 48).tobytes().decode()
                stream.write(json.dumps({"a": digits[:2500], "b": digits[2500:]}) + "\n")
    files = [str(tmp_path / name) for name in ("few.jsonl", "many.jsonl")]
    done = subprocess.run([sys.executable, "-c", LARGE, *files], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-1500:]
    rows, grown = done.stdout.split()
    assert int(rows) == 12_000 and (tmp_path / "many.jsonl").stat().st_size / 2**20 > 55 and float(grown) < 10, grown
