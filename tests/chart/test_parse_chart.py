"""Mistakes in real charts are located too, and real charts survive writing and reading."""

from __future__ import annotations

import pytest
from little_charts import refusal

from ltm.chart.dump import dump
from ltm.chart.parse import parse
from ltm.chart.schema import Chart

CHART = """\
zones:
  thinker: {kind: mixer, loops: 2}
senses:
  puzzle: {kind: grid, rows: 4, columns: 4, symbols: 5}
acts:
  solution: {kind: grid, symbols: 5}
"""


def test_real_chart_round_trip() -> None:
    text = CHART + "training: {rate: 3e-3, betas: [0.9, 0.99], compile: on}\nbudget: 2MB\ncoupling: {pattern: ring}\n"
    chart = parse(text, Chart)
    assert (chart.budget, chart.training.compile, chart.training.betas) == (2_000_000, "on", (0.9, 0.99))
    assert parse(dump(chart), Chart) == chart


REAL = [
    ("{kind: mixer, loops: 2}", "{kind: mixxer}", "2:19: zones.thinker.kind: expected one of"),
    ("loops: 2", "loop: 2", "2:26: zones.thinker: unknown key 'loop'; did you mean 'loops'?"),
    ("loops: 2", "roles: {fast: {reads: 5}}", "2:48: zones.thinker.roles.fast.reads: expected a list, got 5"),
    ("loops: 2", "write: ad", "2:33: zones.thinker.write: expected one of 'add' or 'replace', got 'ad'; did you mean"),
    ("symbols: 5}\nacts", "symbols: 1}\nacts", "4:54: senses.puzzle.symbols: expected greater than or equal to 2"),
    ("senses:", "sences:", "1:1: missing key 'senses'"),
    ("acts:", "training: {ticks: 4, gradient_ticks: 5}\nacts:", "5:22: training.gradient_ticks (5) exceeds"),
    ("acts:", "training: {betas: [0.9]}\nacts:", "5:12: training.betas: missing item '1'"),
    ("acts:", "coupling: {edges: [{from: a, to: b}]}\nacts:", "5:20: coupling.edges.0: missing key 'source'"),
]


@pytest.mark.parametrize(("old", "new", "expected"), REAL)
def test_real_chart_errors(old: str, new: str, expected: str) -> None:
    assert old in CHART
    assert refusal(CHART.replace(old, new, 1), Chart).startswith(f"chart.yaml:{expected}")
