"""The entries of our own brains say what the results beside the benchmarks say."""

from __future__ import annotations

import json
import re
import statistics
import sys
from pathlib import Path

import pytest

from ltm.catalog.load import load_catalog

HERE = Path(__file__).parents[2]
RESULTS = HERE / "benchmarks" / "results"


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)


def test_the_entries_are_those_of_the_results() -> None:
    from benchmarks.catalog import CATALOG, refreshed

    text = CATALOG.read_text(encoding="utf-8")
    assert refreshed(text) == text, "run: python -m benchmarks.catalog"


def test_the_figures_are_read_from_the_right_place() -> None:
    """Not by the benchmark's own code: straight from the files."""
    model = load_catalog().models["LTM-sudoku"]
    runs = json.loads((RESULTS / "sudoku-sudoku-30min.json").read_text(encoding="utf-8"))["runs"].values()
    expert = statistics.median(100 * run["tiers"]["expert"]["by_ticks"][-1]["exact"] for run in runs)
    assert model.scores["sudoku-tier-expert"].value == pytest.approx(expert, abs=0.051)
    assert {run["parameters"] for run in runs} == {model.parameters.value if model.parameters else None}


def test_every_result_that_is_named_exists() -> None:
    named = [source.about for key, source in load_catalog().sources.items() if key.startswith("ltm-")]
    files = [found[0] for about in named if (found := re.match(r"benchmarks/results/[\w-]+\.json", about))]
    assert len(files) >= 5 and all((HERE / file).exists() for file in files)
