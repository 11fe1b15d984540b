"""`ltm plan` predicts as well as it says: held to the file that `benchmarks.plan` writes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ltm.chart.load import load_chart
from ltm.chart.shipped import shipped as shipped_charts

HERE = Path(__file__).parents[2]
KEPT = HERE / "benchmarks" / "results" / "plan.json"
MOST_OFF = 0.25
"""Of the predicted time, in the median."""
CASES = 20
"""Fewer would tell little."""


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def errors(kept: Mapping[str, Any]) -> list[float]:
    return [abs(case["predicted_s"] / case["measured_s"] - 1) for case in kept["cases"]]


def may_be_less(name: str) -> bool:
    """Whether a case's wave chooses for every scene what fires: then operations are those of the dearest choice."""
    shipped = name.split()[0]
    return shipped in shipped_charts() and load_chart(shipped).wave.policy in ("sync", "top-k", "random")


def test_times_are_within_a_quarter_in_the_median(kept: dict[str, Any]) -> None:
    assert len(kept["cases"]) >= CASES
    assert kept["median_error"] == pytest.approx(statistics.median(errors(kept)))
    assert kept["median_error"] <= MOST_OFF


def test_sizes_and_operations_are_exact(kept: dict[str, Any]) -> None:
    wrong = [case["name"] for case in kept["cases"] if not case["exact"] and not may_be_less(case["name"])]
    assert not wrong
    assert may_be_less("mixture") and not may_be_less("sudoku field.width=64") and not may_be_less("plan: digits")


def test_the_documentation_says_what_was_measured(kept: dict[str, Any]) -> None:
    said = " ".join((HERE / "docs" / "plan.md").read_text(encoding="utf-8").split())
    assert f"for {len(kept['cases'])} charts" in said
    middle, most = statistics.median(errors(kept)), max(errors(kept))
    assert f"off by {100 * middle:.0f} % in the median, {100 * most:.0f} % at most" in said
