"""Proposed charts: the largest that fits, of parts that suit the grids, and sizes that are what is later built."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.brain.brain import Brain
from ltm.chart.propose import WIDTHS, propose
from ltm.chart.propose_steps import RULES_WIDTH
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import ChartError


def proposed(rows: int | None, columns: int | None, size: int, symbols: int = 5, **more: Any) -> Chart:
    shape = {} if rows is None else {"rows": rows, "columns": columns}
    grid = {"kind": "grid", "symbols": symbols, **shape}
    return propose({"seen": grid, "done": grid}, ["seen"], ["done"], source="data.csv", size=size, **more)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(60_000, 3_000_000), st.integers(2, 10))
def test_fits_and_no_wider_one_would(rows: int, columns: int, size: int, symbols: int) -> None:
    chart = proposed(rows, columns, size, symbols)
    assert Sizes.of(chart).bytes == 4 * sum(w.numel() for w in Brain(chart).parameters()) <= size
    wider = [width for width in WIDTHS if width > chart.field.width]
    if wider:
        field = chart.field.model_copy(update={"width": wider[0]})
        assert Sizes.of(chart.model_copy(update={"field": field, "budget": None})).bytes > size


def test_fixed_grids_get_windows_and_free_ones_convolution() -> None:
    square, oblong, free = proposed(9, 9, 10**6), proposed(3, 7, 10**6), proposed(None, None, 10**6)
    assert square.zones["core"].model_dump()["windows"] == ("rows", "columns", "blocks")
    assert oblong.zones["core"].model_dump()["windows"] == ("rows", "columns", "all")
    assert [zone.kind for zone in free.zones.values()] == ["conv"]


def test_a_size_too_small_says_the_smallest() -> None:
    with pytest.raises(ChartError, match="the smallest brain for these scenes takes"):
        proposed(9, 9, 1000)


def test_minutes_seed_and_symmetries_are_kept() -> None:
    chart = proposed(9, 9, 10**6, minutes=7.0, seed=3, symmetries=["transpose"], name="mine")
    assert (chart.training.minutes, chart.training.seed, chart.scenes.seed) == (7.0, 3, 3)
    assert chart.scenes.symmetries == ("transpose",) and chart.name == "mine"


def test_sequences_get_a_chart_at_every_size() -> None:
    columns = {
        "said": {"kind": "sequence", "tokens": ["a", "b"], "longest": 6},
        "answer": {"kind": "label", "labels": ["a", "b"]},
    }
    widths = set()
    for size in range(20_000, 120_000, 10_000):
        try:
            widths.add(propose(columns, ["said"], ["answer"], source="x.csv", size=size).field.width)
        except ChartError as problem:
            assert "the smallest brain for these scenes takes" in str(problem)
    assert {16, 24} <= widths


@pytest.mark.parametrize("shown", [True, False])
def test_rules_shown_by_grids_get_a_zone_for_what_is_near_beside_one_for_lines(shown: bool) -> None:
    grid = {"kind": "grid", "symbols": 5}
    steps = {"roles": ["example", "question"] if shown else ["me"], "window": 4}
    chart = propose({"seen": grid, "done": grid}, ["seen"], ["done"], source="arc", size=2 * 10**6, steps=steps)
    assert chart.steps is not None and bool(chart.steps.shows) == shown
    assert [zone.kind for zone in chart.zones.values()] == (["conv", "mixer"] if shown else ["mixer"])
    assert (chart.field.width <= RULES_WIDTH) == shown


@pytest.mark.parametrize("size", [60_000, 300_000, 2_000_000])
def test_lists_answered_from_left_to_right_are_heard_in_order(size: int) -> None:
    line = {"kind": "sequence", "tokens": ["a", "b", "c"], "longest": 20}
    said = {**line, "order": "left-to-right"}
    columns = {
        "seen": line,
        "said": said,
        "once": line,
        "tree": {**line, "tokens": ["a", "(", ")"], "opening": ["("], "closing": [")"]},
    }

    def kinds(see: str, do: str) -> list[str]:
        chart = propose(columns, [see], [do], source="x.csv", size=size)
        assert Sizes.of(chart).bytes == 4 * sum(w.numel() for w in Brain(chart).parameters()) <= size
        return [zone.kind for zone in chart.zones.values()]

    assert kinds("seen", "said") == ["rwkv7", "attention"]
    assert kinds("seen", "once") == ["attention"] and kinds("tree", "said") == ["mixer"]
    chart = propose(columns, ["seen"], ["said"], source="x.csv", size=size)
    # A tick for each zone, and a segment a symbol, with one more for the end and one to see that nothing more comes.
    assert chart.training.ticks == 2 and chart.will.ticks == 2 * (line["longest"] + 2)
