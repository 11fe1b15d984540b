"""The tables of measurements are those of the results beside the benchmarks, and the README's figures are theirs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)


def test_the_page_shows_the_results_as_they_are() -> None:
    from benchmarks.report import replaced, report

    page = (HERE / "docs" / "measurements.md").read_text(encoding="utf-8")
    assert replaced(page, report()) == page, "run: python -m benchmarks.report --write docs/measurements.md"


def test_every_result_is_on_the_page() -> None:
    from benchmarks.report import SECTIONS, WITHOUT_TABLES, left_out

    assert left_out() == [] and not set(SECTIONS) & set(WITHOUT_TABLES)
    page = (HERE / "docs" / "measurements.md").read_text(encoding="utf-8")
    assert all(name.split("-")[0] in page for name in WITHOUT_TABLES)


def test_the_readmes_figures_are_on_the_page() -> None:
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    told = readme[readme.index("## What was measured") : readme.index("## How it compares")]
    page = (HERE / "docs" / "measurements.md").read_text(encoding="utf-8")
    known = set(re.findall(r"\d+\.\d+", page))
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert len(rows) > 10
    unknown = {figure for row in rows for figure in re.findall(r"\d+\.\d+", row)} - known
    assert not unknown, f"not in docs/measurements.md: {sorted(unknown)}"


def test_a_table_has_a_cell_for_every_head() -> None:
    from benchmarks.report import report

    head = 0
    for line in report().splitlines():
        if line.startswith("|"):
            head = head or line.count("|")
            assert line.count("|") == head, line
        else:
            head = 0
    assert "Sudoku" in report()
