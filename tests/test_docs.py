"""The generated page is current, and every benchmark result that is kept says how it was made."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]


def test_the_chart_reference_is_current() -> None:
    found = importlib.util.spec_from_file_location("make_reference", HERE / "docs" / "make_reference.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    kept = (HERE / "docs" / "chart-reference.md").read_text(encoding="utf-8")
    assert kept == module.reference(), "python docs/make_reference.py"


@pytest.mark.parametrize("file", sorted((HERE / "benchmarks" / "results").glob("*.json")), ids=lambda file: file.stem)
def test_results_say_how_and_where_they_were_measured(file: Path) -> None:
    result = json.loads(file.read_text(encoding="utf-8"))
    assert result["command"].startswith("python -m benchmarks.")
    assert result["machine"]["processor"] and result["machine"]["threads"] >= 1
