"""Any text and any data: nothing but `ChartError` ever comes out, and writing and reading are inverse."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from little_charts import LOCATED, Box, Loop, Plain, Whole

from ltm.chart.document import load_yaml
from ltm.chart.dump import dump, dump_yaml
from ltm.chart.parse import parse
from ltm.errors import ChartError

words = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
awkward = st.sampled_from(
    ["no", "1e3", "010", "~", "", "null", "<<", "1.", ".5", "- a", "a: b", "# c", "*a", "&a", "!a"]
)
texts = awkward | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
plains = st.builds(
    Plain,
    kind=st.just("plain"),
    width=st.none() | st.integers(1, 10**30),
    ring=st.booleans(),
    mode=st.sampled_from(["slow", "fast"]),
    pair=st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2),
    budget=st.none() | st.integers(1, 10**13),
)
pieces = st.recursive(
    plains,
    lambda inner: st.builds(
        Box, kind=st.just("box"), parts=st.dictionaries(words, inner, min_size=1, max_size=3), about=texts
    ),
    max_leaves=6,
)
loops = st.builds(
    Loop,
    ticks=st.integers(),
    rate=st.floats(0, exclude_min=True, allow_infinity=False),
    names=st.lists(texts, max_size=4).map(tuple),
    switch=st.none() | st.just("auto") | st.integers(),
)
wholes = st.builds(
    Whole, pieces=st.dictionaries(words, pieces, min_size=1, max_size=3), loop=loops | st.just(Loop()), about=texts
)


@settings(max_examples=60)
@given(wholes)
def test_round_trip(model: Whole) -> None:
    assert parse(dump(model), Whole) == model


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=80)
@given(st.dictionaries(texts, plain_data, min_size=1, max_size=4))
def test_plain_data_round_trip(data: dict[str, Any]) -> None:
    assert load_yaml(dump_yaml(data)).data == data


snippets = st.sampled_from(
    [
        *(text for text, _ in LOCATED if len(text) < 200),
        "\n",
        "  ",
        "? ",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "|\n",
        ">",
        "'",
    ]
)


@settings(max_examples=250)
@given(st.lists(snippets | st.text(max_size=12), max_size=6).map("".join), st.lists(st.text(max_size=12), max_size=2))
def test_any_text_gives_a_model_or_a_chart_error(text: str, overrides: list[str]) -> None:
    try:
        assert isinstance(parse(text, Whole, overrides=overrides), Whole)
    except ChartError as problem:
        assert str(problem).startswith(("chart.yaml:", "override "))


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(["pieces", "loop", "about"]) | texts, plain_data, min_size=1, max_size=4))
def test_any_data_gives_a_model_or_a_chart_error(data: dict[str, Any]) -> None:
    try:
        assert isinstance(parse(dump_yaml(data), Whole), Whole)
    except ChartError as problem:
        assert str(problem).startswith("chart.yaml:")
