"""The entries of our own brains say what the results beside the benchmarks say."""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ltm.catalog.load import load_catalog
from ltm.catalog.schema import Figure, Source

HERE = Path(__file__).parents[2]
RESULTS = HERE / "benchmarks" / "results"
SHIPPED = 349_316
"""Parameters of the brain that comes with the package, which thinks behind the eye of visual Sudoku."""


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


OURS = [name for name in load_catalog().models if name.startswith("LTM-")]


@pytest.mark.parametrize("name", OURS)
def test_each_figure_lies_in_the_result_that_it_names(name: str) -> None:
    """Medians of one or three seeds are figures of a run; so each score stands somewhere in its file, as a share."""
    catalog = load_catalog()
    model = catalog.models[name]
    for path, figure in model.figures():
        if not isinstance(figure, Figure) or (match := named_by(catalog.sources[model.whence(figure)])) is None:
            continue
        numbers = set(numbers_in(json.loads((HERE / match).read_text(encoding="utf-8"))))
        if path == "parameters":
            assert figure.value in numbers or figure.value - SHIPPED in numbers
        elif path.startswith("scores."):
            scale = 100 if catalog.metrics[path.partition(".")[2]].unit == "%" else 1
            assert any(abs(scale * number - figure.value) <= 0.051 * scale / 100 for number in numbers), path


def named_by(source: Source) -> str | None:
    found = re.match(r"benchmarks/results/[\w-]+\.json", source.about)
    return None if found is None else found[0]


def numbers_in(part: Any) -> Iterator[float]:
    if isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from numbers_in(inner)
    elif isinstance(part, int | float):
        yield part


def test_every_kind_of_result_has_its_brains() -> None:
    models = load_catalog().models
    sources = {models[name].source for name in OURS}
    of = (
        "sudoku",
        "curve",
        "mazes",
        "digits",
        "visual-sudoku",
        "listops",
        "text",
        "minigrid",
        "scan",
        "kinds",
        "tables",
    )
    for start in (*of, "pretrained"):
        assert any(str(source).startswith(f"ltm-{start}-") for source in sources), start
    thinks = models["LTM-sudoku"].cpu_ms
    thought = json.loads((RESULTS / "thought.json").read_text(encoding="utf-8"))["thoughts"]["batch 1, halting"]
    assert thinks is not None and thinks.value == pytest.approx(thought["p50_ms"], abs=0.051)


def test_every_one_has_a_year_and_most_have_layers() -> None:
    known = load_catalog().models
    models = [known[name] for name in OURS]
    assert all(model.year and model.licence and model.trained.compute and model.runs for model in models)
    assert sum(model.shape.layers is not None for model in models) >= 25


def test_every_result_that_is_named_exists() -> None:
    named = [named_by(source) for key, source in load_catalog().sources.items() if key.startswith("ltm-")]
    files = [file for file in named if file is not None]
    assert len(files) >= 19 and all((HERE / file).exists() for file in files)
