"""Nested lists: what is made is as deep and wide as asked, answers are right, and no expression is on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ltm.chart.load import chart_from_text
from ltm.chart.scenes import ScenesSpec
from ltm.chart.schema import Chart
from ltm.errors import ChartError, DataError
from ltm.scenes.listops import EXPRESSION, ListopsOptions, depth_of, generate
from ltm.scenes.prepare import generate_scenes, prepare, unseen
from ltm.training.from_data import propose_for

CHART = """
name: little
field: {width: 16}
senses: {expression: {kind: sequence, tokens: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "[MAX", "[MIN",
  "[FIRST", "[LAST", "]"], opening: ["[MAX", "[MIN", "[FIRST", "[LAST"], closing: ["]"]}}
acts: {answer: {kind: label, labels: ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]}}
zones: {core: {kind: mixer, windows: [children, parent]}}
scenes: {source: listops, count: 200, seed: 3, validation: 0.2%s}
"""


def chart(more: str = "") -> Chart:
    return chart_from_text(CHART % more)


def value(expression: str) -> int:
    """The answer, by a stack; written anew for comparison."""
    rules = {"[MAX": max, "[MIN": min, "[FIRST": lambda v: v[0], "[LAST": lambda v: v[-1]}
    stack: list[tuple[str, list[int]]] = [("[LAST", [])]
    for token in expression.split():
        if token in rules:
            stack.append((token, []))
        elif token == "]":
            operation, values = stack.pop()
            stack[-1][1].append(rules[operation](values))
        else:
            stack[-1][1].append(int(token))
    (_, (answer,)) = stack.pop()
    assert not stack
    return answer


def widths(expression: str) -> set[int]:
    parents = EXPRESSION.encode(expression)[:, 1].tolist()
    opens = [place for place, token in enumerate(expression.split()) if token.startswith("[")]
    return {parents.count(place) - 1 for place in opens}  # what closes a bracket is a child of it as well


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(0, 4), st.integers(1, 3), st.integers(0, 3))
def test_expressions_are_as_asked_and_their_answers_right(
    seed: int, depth: int, deeper: int, width: int, wider: int
) -> None:
    options = ListopsOptions(depth=(depth, depth + deeper), arguments=(width, width + wider), longest=200)
    for row in generate(options, 12, seed):
        expression = row["expression"]
        assert value(expression) == int(row["answer"])
        assert depth <= depth_of(expression) <= depth + deeper
        assert widths(expression) <= set(range(width, width + wider + 1))
        assert len(expression.split()) <= 200


def test_one_seed_one_list_and_none_twice() -> None:
    first, again, other = (list(generate(ListopsOptions(), 2000, seed)) for seed in (0, 0, 1))
    assert first == again != other
    assert len({row["expression"] for row in first}) == 2000
    depths = [depth_of(row["expression"]) for row in first]
    assert all(200 < depths.count(depth) < 400 for depth in range(1, 8))


def test_more_than_there_are_is_an_error() -> None:
    with pytest.raises(DataError, match="found only 40 different expressions of depth 1 to 1"):
        list(generate(ListopsOptions(depth=(1, 1), arguments=(1, 1)), 41, 0))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("{dept: [1, 9]}", r"chart.yaml:8:\d+: .*dept: no option of source 'listops'.*did you mean 'depth'"),
        ("{depth: [9, 1]}", r"chart.yaml:8:\d+: .*depth: the fewest, 9, exceed the most, 1"),
        ("{depth: [1, nine]}", r"chart.yaml:8:\d+: .*scenes.options.depth.1: .*whole number|valid integer"),
        ("{depth: [1, 70]}", "longest: 128 tokens are too few for the deepest expressions, of at least 141"),
        ("{arguments: [0, 3]}", "scenes.options.arguments.0"),
    ],
)
def test_options_that_are_refused_are_located(options: str, words: str) -> None:
    with pytest.raises(ChartError, match=words):
        chart(f", options: {options}")


def test_options_are_those_of_the_charts_source() -> None:
    spec = chart(", options: {depth: [2, 3], longest: 128}").scenes
    assert spec.options == {"depth": [2, 3]}  # defaults are left out
    assert spec.options_of("listops") == ListopsOptions(depth=(2, 3))
    assert spec.options_of("maze").model_dump() == {"sizes": (9, 13)}
    with pytest.raises(ValueError, match="options are for built-in sources"):
        ScenesSpec.model_validate({"source": "data.csv", "options": {"depth": [1, 2]}})


def test_older_keys_mean_the_same_as_options() -> None:
    older = ScenesSpec.model_validate({"source": "maze", "sizes": [7, 8]})
    newer = ScenesSpec.model_validate({"source": "maze", "options": {"sizes": [7, 8]}})
    assert older.options_of("maze") == newer.options_of("maze")
    for mazes in ({"sizes": [3, 4]}, {"source": "maze", "options": {"sizes": [3, 4]}}):
        with pytest.raises(ValidationError, match=r"sizes\.0: .* 5|greater than or equal to 5"):
            ScenesSpec.model_validate(mazes)
    givens = ScenesSpec.model_validate({"givens": [30, 40]}).options_of("sudoku")
    assert givens.model_dump() == {"givens": (30, 40), "search_steps": (0, 10_000)}


def test_no_expression_is_learned_from_and_judged_by() -> None:
    little = chart(", options: {depth: [1, 2], arguments: [1, 2]}")
    made = prepare(little, Path())
    sides = [
        {EXPRESSION.decode(value[value[:, 0] >= 0]) for value in scenes.values["expression"]}
        for scenes in (made.train, made.validation)
    ]
    assert len(sides[0]) + len(sides[1]) == 200 and not sides[0] & sides[1]
    other = generate_scenes(little, 150, 987_654)
    left = unseen(little, other, "listops")
    kept = {EXPRESSION.decode(value[value[:, 0] >= 0]) for value in left.values["expression"]}
    assert 0 < len(kept) < 150 and not kept & (sides[0] | sides[1])


def test_scenes_are_in_the_charts_symbols() -> None:
    row = next(iter(generate(ListopsOptions(), 1, 3)))
    scenes = generate_scenes(chart(), 1, 3)
    assert scenes.values["answer"][0, 0] == 9 - int(row["answer"])  # the chart lists labels the other way round


def test_a_proposed_chart_couples_along_the_brackets() -> None:
    proposed, notes = propose_for("listops", [], [], seed=4)
    assert proposed.zones["core"].model_dump()["windows"] == ("children", "parent", "siblings")
    assert proposed.scenes.source == "listops" and "nested lists" in notes[0]
    with pytest.raises(DataError, match="has the columns expression, answer; got 'anser'; did you mean 'answer'"):
        propose_for("listops", [], ["anser"])
    with pytest.raises(DataError, match="did you mean 'listops'"):
        propose_for("listop", [], [])
