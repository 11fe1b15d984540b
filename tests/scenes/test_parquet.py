"""Tables in Parquet files, where pyarrow is there; a word on what to install where it isn't."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ltm.errors import DataError
from ltm.scenes.check import check
from ltm.scenes.describe import spec_of
from ltm.scenes.infer import infer
from ltm.scenes.lines import attempts
from ltm.scenes.read import load


def saved(file: Path, columns: dict[str, Any], rows: int = 1000) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    parquet.write_table(pyarrow.table(columns), file, row_group_size=rows)
    return file


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"a\.parquet: .*pip install 'ltm\[parquet\]'"):
        list(attempts(tmp_path / "a.parquet"))
    with pytest.raises(DataError, match="there is no such file"):
        list(attempts(tmp_path / "b.parquet"))


def test_rows_are_those_of_other_tables(tmp_path: Path) -> None:
    grids = [[[number % 3, 1], [2, 0]] for number in range(600)]
    columns = {"Before it": grids, "after": ["yes" if number % 3 else "no" for number in range(600)]}
    file = saved(tmp_path / "a.parquet", columns, rows=100)
    found = infer(file, ["before_it"], ["after"])
    assert {name: column["kind"] for name, column in found.columns.items()} == {"before_it": "grid", "after": "label"}
    report = load(file, {name: spec_of(arguments) for name, arguments in found.columns.items()})
    assert len(report.scenes) == 3 and report.duplicates == 597 and report.scenes.lines.tolist() == [1, 2, 3]
    told: list[float] = []
    assert [number for number, _ in attempts(file, lambda what, share: told.append(share))] == list(range(1, 601))
    assert told == sorted(told) and 0 <= told[0] < told[-1] <= 1


def test_values_that_other_tables_lack(tmp_path: Path) -> None:
    columns = {
        "price": [decimal.Decimal("1.50")] * 8,
        "day": [datetime.date(2024, 2, 29)] * 8,
        "blob": [b"\x00\xff"] * 8,
        "thing": [{"a": 1}] * 8,
        "hole": ["x", None] * 4,
    }
    file = saved(tmp_path / "a.parquet", columns)
    row = next(row for _, row in attempts(file))
    assert row == {"price": 1.5, "day": "2024-02-29", "blob": b"\x00\xff", "thing": {"a": 1}, "hole": "x"}
    found = check(file)
    assert found.rows == 8 and found.columns["hole"].missing == 4
    assert {name: column.kind for name, column in found.columns.items()} == {
        "price": "number",
        "day": "name",
        "blob": "other",
        "thing": "other",
        "hole": "name",
    }


def test_damaged_files_are_refused_with_their_name(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.parquet", {"a": list(range(1000))}).read_bytes()
    file, draw = tmp_path / "a.parquet", np.random.default_rng(0)
    for content in (b"", b"PAR1", whole[:-9], whole[: len(whole) // 2], b"PAR1" + bytes(60) + b"PAR1"):
        file.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.parquet"):
            list(attempts(file))
    odd = {"a": np.array([1, 2], dtype="datetime64[ns]")}  # nanoseconds that Python's times can't hold
    with pytest.raises(DataError, match=r"odd\.parquet: can't be read"):
        if len(list(attempts(saved(tmp_path / "odd.parquet", odd)))) == 2:
            raise DataError("odd.parquet: can't be read: pandas is there, and can hold them")
    for _ in range(60):
        damaged = bytearray(whole)
        for place in draw.integers(4, 60, 4):
            damaged[place] = draw.integers(0, 256)
        file.write_bytes(bytes(damaged))
        try:
            list(attempts(file))
        except DataError as problem:
            assert "a.parquet" in str(problem)


LARGE = """
import resource, sys
from pathlib import Path
from ltm.scenes.parquet import parquet_rows

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

sum(1 for _ in parquet_rows(Path(sys.argv[1])))
before = peak()
print(sum(1 for _ in parquet_rows(Path(sys.argv[2]))), peak() - before)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    files = []
    for name, rows in (("few", 1000), ("many", 30_000)):
        texts = [draw.bytes(1500).hex() for _ in range(rows)]
        files.append(str(saved(tmp_path / f"{name}.parquet", {"a": texts}, rows=rows)))
    done = subprocess.run([sys.executable, "-c", LARGE, *files], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-1500:]
    rows, grown = done.stdout.split()
    assert int(rows) == 30_000 and Path(files[1]).stat().st_size > 40e6 and float(grown) < 30, grown
