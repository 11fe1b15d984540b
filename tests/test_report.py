"""The README's tables are those of the results that lie beside the benchmarks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)


def test_the_readme_shows_the_results_as_they_are() -> None:
    from benchmarks.report import replaced, report

    readme = (HERE / "README.md").read_text(encoding="utf-8")
    assert replaced(readme, report()) == readme, "run: python -m benchmarks.report --write README.md"


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
