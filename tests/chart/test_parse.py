"""Charts: every mistake is located, nothing but `ChartError` ever comes out, and writing and reading are inverse."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, model_validator

from ltm.chart.base import Bytes, Name, Part
from ltm.chart.document import MAX_NODES, Document, dump_yaml
from ltm.chart.parse import apply_overrides, dump, load, load_yaml, parse, validate
from ltm.chart.schema import Chart
from ltm.errors import ChartError


class Plain(Part):
    kind: Literal["plain"]
    width: Annotated[int, Field(ge=1)] | None = None
    ring: bool = True
    mode: Literal["slow", "fast"] = "slow"
    pair: tuple[float, float] = (0.9, 0.95)
    budget: Bytes | None = None


class Box(Part):
    kind: Literal["box"]
    parts: Annotated[dict[Name, Piece], Field(min_length=1)]
    about: str = ""


Piece = Annotated[Plain | Box, Field(discriminator="kind")]
Box.model_rebuild()


class Loop(Part):
    ticks: int = 8
    last: int | None = None
    rate: Annotated[float, Field(gt=0)] = 3e-3
    names: tuple[str, ...] = ()
    switch: int | Literal["auto"] | None = None


class Whole(Part):
    pieces: Annotated[dict[Name, Piece], Field(min_length=1)]
    loop: Loop = Loop()
    about: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Whole:
        if self.loop.last is not None and self.loop.last > self.loop.ticks:
            raise ValueError(f"loop.last ({self.loop.last}) exceeds loop.ticks ({self.loop.ticks})")
        return self


GOOD = "pieces:\n  a: {kind: plain}\n"


def refusal(text: str, model: type[Part] = Whole, **more: Any) -> str:
    with pytest.raises(ChartError) as caught:
        parse(text, model, **more)
    return str(caught.value)


# Text, and the first line of the message without `chart.yaml:`.
LOCATED = [
    (GOOD + "abuot: x\n", "3:1: unknown key 'abuot'; did you mean 'about'?"),
    (GOOD + "zzz: x\n", "3:1: unknown key 'zzz'; expected one of 'pieces', 'loop', 'about'"),
    (GOOD + "loop:\n  tiks: 3\n", "4:3: loop: unknown key 'tiks'; did you mean 'ticks'?"),
    ("about: x\n", "1:1: missing key 'pieces'"),
    ("pieces:\n  a:\n    width: 3\n", "2:3: pieces.a: missing key 'kind'; expected one of 'plain', 'box'"),
    (
        "pieces:\n  a:\n    kind: plane\n",
        "3:11: pieces.a.kind: expected one of 'plain', 'box', got 'plane'; did you mean 'plain'?",
    ),
    ("pieces:\n  a:\n    kind: plain\n    widht: 3\n", "4:5: pieces.a: unknown key 'widht'; did you mean 'width'?"),
    # The kind's name is not mistaken for a key, even where there is a key of that name.
    (
        "pieces:\n  b:\n    kind: box\n    parts:\n      plain: {kind: plain, ring: 3}\n",
        "5:34: pieces.b.parts.plain.ring: expected true or false, got 3",
    ),
    (
        "pieces:\n  b:\n    kind: box\n    parts:\n      c:\n        kind: plain\n        abuot: 3\n",
        "7:9: pieces.b.parts.c: unknown key 'abuot'; expected one of 'kind', 'width', 'ring', 'mode', 'pair', 'budget'",
    ),
    ("pieces:\n  b:\n    kind: box\n", "2:3: pieces.b: missing key 'parts'"),
    (
        "pieces:\n  a: {kind: plain, mode: fats}\n",
        "2:26: pieces.a.mode: expected one of 'slow' or 'fast', got 'fats'; did you mean 'fast'?",
    ),
    ("pieces:\n  a: {kind: plain, pair: [1]}\n", "2:20: pieces.a.pair: missing item '1'"),
    ("pieces:\n  a: {kind: plain, pair: [1, x]}\n", "2:30: pieces.a.pair.1: expected a number, got 'x'"),
    ("pieces:\n  a: {kind: plain, pair: [1, 2, 3]}\n", "2:26: pieces.a.pair: should have at most 2 items, not 3"),
    ("pieces:\n  a: {kind: plain, budget: 3 PB}\n", "2:20: pieces.a.budget: expected a size such as 2MB"),
    ("pieces:\n  Aa: {kind: plain}\n", "2:3: pieces.Aa: text should match pattern"),
    ("pieces: {}\n", "1:9: pieces: should have at least 1 item, not 0"),
    ("pieces: []\n", "1:9: pieces: expected keys with values, got a list of 0"),
    ("pieces:\n  a: 5\n", "2:6: pieces.a: expected keys with values, got 5"),
    ("pieces:\n", "1:8: pieces: expected keys with values, got nothing"),
    (GOOD + "loop: {rate: 0}\n", "3:14: loop.rate: expected greater than 0, got 0"),
    (GOOD + "loop: {ticks: 1.5}\n", "3:15: loop.ticks: expected a whole number, got 1.5"),
    (GOOD + "loop: {ticks: '8'}\n", "3:15: loop.ticks: expected a whole number, got '8'"),
    (GOOD + "loop: {ticks: true}\n", "3:15: loop.ticks: expected a whole number, got true"),
    (GOOD + "loop: {rate: .nan}\n", "3:14: loop.rate: expected a number, got '.nan'"),
    (GOOD + "loop: {names: [a, 1]}\n", "3:19: loop.names.1: expected text, got 1"),
    (GOOD + "loop: {names: a}\n", "3:15: loop.names: expected a list, got 'a'"),
    (GOOD + "loop:\n  ticks: 4\n  last: 5\n", "5:3: loop.last (5) exceeds loop.ticks (4)"),
    # YAML 1.1 would have made a boolean, an octal number, minutes in base 60 and a date of these.
    ("pieces:\n  a: {kind: plain, ring: no}\n", "2:26: pieces.a.ring: expected true or false, got 'no'"),
    (GOOD + "loop: {ticks: 010}\n", "3:15: loop.ticks: expected a whole number, got '010'"),
    (GOOD + "loop: {ticks: 12:30:00}\n", "3:15: loop.ticks: expected a whole number, got '12:30:00'"),
    (GOOD + "loop: {ticks: 0x10}\n", "3:15: loop.ticks: expected a whole number, got '0x10'"),
    # Not plain data, or not YAML.
    (GOOD + "about: &x y\n", "3:8: anchors and aliases"),
    (GOOD + "about: *x\n", "3:8: anchors and aliases"),
    ("<<: {about: x}\n" + GOOD, "1:1: unknown key '<<'"),
    (GOOD + "about: !!python/object/apply:os.system [ls]\n", "3:8: tags are not allowed in a chart"),
    (GOOD + "about: !mine x\n", "3:8: tags are not allowed in a chart"),
    (GOOD + "about: ! x\n", "3:8: tags are not allowed in a chart"),
    (GOOD + "about: x\nabout: y\n", "4:1: key 'about' appears twice"),
    (GOOD + "---\nabout: x\n", "3:1: expected one document, found a second one"),
    ("- a\n", "1:1: expected keys with values"),
    ("5\n", "1:1: expected keys with values"),
    ("? [a]\n: 1\n", "1:3: expected a word as key"),
    (GOOD + "about: [1\n", "4:1: not valid YAML: expected ',' or ']'"),
    (GOOD + "\tabout: x\n", "3:1: not valid YAML"),
    (GOOD + "about: @x\n", "3:8: not valid YAML"),
    (GOOD + "about: x\x00\n", "3:9: character U+0000 is not allowed in a chart"),
    (GOOD + "about: \x1b[31m\n", "3:8: character U+001B is not allowed in a chart"),
    (GOOD + 'about: "\\ud800"\n', "3:8: half of a surrogate pair"),
    (GOOD + 'about: "\\U99999999"\n', "3:11: not valid YAML"),
    (GOOD + "loop: {rate: 1e999}\n", "3:14: number 1e999 is too large"),
    (GOOD + f"loop: {{ticks: {'9' * 5000}}}\n", "3:15: a number of 5000 characters"),
    (GOOD + f"about: {'[' * 100}\n", "3:71: nested deeper than 64 levels"),
    ("- " * 100, "1:129: nested deeper than 64 levels"),
]


@pytest.mark.parametrize(("text", "expected"), LOCATED, ids=[expected[:40] for _, expected in LOCATED])
def test_error_is_located(text: str, expected: str) -> None:
    message = refusal(text)
    assert message.startswith(f"chart.yaml:{expected}")
    lines = message.split("\n")
    line, column = (int(part) for part in expected.split(":")[:2])
    wanted = text.split("\n")[line - 1]
    if wanted and wanted.isprintable() and column <= 50:
        assert lines[1] == f"    {wanted[:100]}".rstrip()
        assert lines[2] == " " * (4 + column - 1) + "^"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n"])
def test_empty(text: str) -> None:
    assert refusal(text).startswith("chart.yaml: empty")


def test_all_mistakes_are_listed_in_order_up_to_ten() -> None:
    text = "pieces:\n" + "".join(f"  p{i}: {{kind: plain, wdth: 1}}\n" for i in range(14)) + "loop: {ticks: x}\n"
    lines = [line for line in refusal(text).split("\n") if not line.startswith("    ")]
    assert [line.split(":")[1] for line in lines[:10]] == [str(n) for n in range(2, 12)]
    assert lines[10:] == ["… and 5 more"]


def test_two_mistakes_are_both_listed() -> None:
    message = refusal(GOOD + "abuot: x\nloop: {ticks: x}\n")
    assert "chart.yaml:3:1: unknown key" in message
    assert "chart.yaml:4:15: loop.ticks" in message
    assert "more" not in message


def test_ten_megabytes_are_refused_at_once() -> None:
    text = "a: [" + "1, " * 3_500_000 + "]"
    begin = time.perf_counter()
    assert "longer than 1,000,000" in refusal(text)
    assert time.perf_counter() - begin < 0.5


def test_too_many_values() -> None:
    assert f"more than {MAX_NODES:,} keys and values" in refusal("a: [" + "1," * MAX_NODES + "]")


def test_thousands_of_mistakes_do_not_take_minutes() -> None:
    text = GOOD + "".join(f"k{i}: 1\n" for i in range(8000))
    assert refusal(text).endswith("… and 7990 more")


def test_long_lines_are_cut_around_the_caret() -> None:
    lines = refusal("about: " + "x" * 5000 + ": y\n").split("\n")
    assert max(map(len, lines)) < 200
    assert lines[1][lines[2].index("^")] == ":"


def test_ordinary_values() -> None:
    text = "a: [1, -2, +3, 0, 1.5, 3e-3, 1e3, .5, 2., -0.0, true, false, null, ~, ]\nb: {no: on, 1: 0o7}\n"
    data = load_yaml(text).data
    assert data["a"] == [1, -2, 3, 0, 1.5, 0.003, 1000.0, 0.5, 2.0, 0.0, True, False, None, None]
    assert [type(v) for v in data["a"][:7]] == [int, int, int, int, float, float, float]
    assert data["b"] == {"no": "on", "1": "0o7"}
    strings = load_yaml("a: [yes, No, ON, 010, 12:30:00, 2024-01-01, 1_000, True, .inf, 0x1f, '1', \"true\", 01.5, =]")
    assert strings.data["a"] == [
        *("yes", "No", "ON", "010", "12:30:00", "2024-01-01", "1_000", "True", ".inf", "0x1f", "1", "true", "01.5", "=")
    ]


def test_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "chart.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode() + b"abuot: x\r\n")
    with pytest.raises(ChartError, match=r":3:1: unknown key 'abuot'"):
        load(path, Whole)
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path, Whole) == parse(GOOD, Whole)


def test_load_refuses(tmp_path: Path) -> None:
    (tmp_path / "sudoku.yaml").write_text(GOOD)
    with pytest.raises(ChartError, match=r"sudoko.yaml: no such file; did you mean 'sudoku.yaml'\?"):
        load(tmp_path / "sudoko.yaml", Whole)
    with pytest.raises(ChartError, match="no such file"):
        load(tmp_path / "nowhere" / "x.yaml", Whole)
    with pytest.raises(ChartError, match="a folder; expected a YAML file"):
        load(tmp_path, Whole)
    with pytest.raises(ChartError, match="can't be read"):
        load(tmp_path / "a\0b", Whole)
    with pytest.raises(ChartError, match="can't be read"):
        load(tmp_path / "sudoku.yaml" / "x.yaml", Whole)
    (tmp_path / "bad.yaml").write_bytes(b"about: x\npieces: \xff\n")
    with pytest.raises(ChartError, match=r"bad.yaml:2: not UTF-8 text \(byte 0xff\)"):
        load(tmp_path / "bad.yaml", Whole)
    (tmp_path / "big.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ChartError, match="longer than 1,000,000 bytes"):
        load(tmp_path / "big.yaml", Whole)
    with pytest.raises(ChartError, match="longer than 1,000,000 bytes"):
        load(Path("/dev/zero"), Whole)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_load_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "chart.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    with pytest.raises(ChartError, match="can't be read: Permission denied"):
        load(path, Whole)


def test_overrides_set_and_add() -> None:
    overrides = ["loop.ticks=5", "loop.names=[x, y]", "loop.names.1='1'", "pieces.b={kind: plain, mode: fast}"]
    found = parse(GOOD, Whole, overrides=[*overrides, "pieces.a.budget=2MB", "about=a=b", "loop.switch=auto"])
    assert found.loop == Loop(ticks=5, names=("x", "1"), switch="auto")
    assert list(found.pieces) == ["a", "b"]
    assert found.pieces["a"] == Plain(kind="plain", budget=2_000_000)
    assert found.about == "a=b"
    assert parse(GOOD + "loop: {switch: 3}\n", Whole, overrides=["loop.switch=null"]).loop.switch is None


def test_overrides_leave_the_document_as_it_is() -> None:
    document = load_yaml(GOOD)
    changed = apply_overrides(document, ["about=x"])
    assert isinstance(changed, Document)
    assert (document.data.get("about"), changed.data["about"]) == (None, "x")
    assert validate(changed, Whole).about == "x"


OVERRIDES = [
    ("loop.tiks=5", "override loop.tiks:1:1: loop: unknown key 'tiks'; did you mean 'ticks'?\n    loop.tiks=5\n    ^"),
    ("loop.ticks=x", "override loop.ticks:1:1: loop.ticks: expected a whole number, got 'x'\n    x\n    ^"),
    ("pieces.a.kind=plian", "override pieces.a.kind:1:1: pieces.a.kind: expected one of 'plain', 'box', got 'plian'"),
    ("loop.names=[a, 5]", "override loop.names:1:5: loop.names.1: expected text, got 5"),
    ("pieces.a.kind.x=1", "override pieces.a.kind.x:1:1: 'pieces.a.kind' holds a value, so it has no key 'x'"),
    ("loop.names.7=x", "override loop.names.7:1:1: 'loop.names' is a list of 1; expected a number below that, got '7'"),
    ("loop.names.x=x", "override loop.names.x:1:1: 'loop.names' is a list of 1"),
    ("loop.ticks", "override 'loop.ticks': expected key=value"),
    ("=5", "override '=5': expected key=value"),
    ("loop..ticks=5", "override 'loop..ticks=5': expected key=value"),
    ("." * 100 + "=5", "override "),
    (".".join("a" * 100) + "=5", "override "),
    ("a\x1bb=5", "override 'a\\x1bb=5'"),
    ("about=", "override about: no value after '='"),
    ("about=&x y", "override about:1:1: anchors and aliases"),
    ("about=!!int 5", "override about:1:1: tags are not allowed"),
    ("about=[1", "override about:1:3: not valid YAML"),
    ("about={a: 1, a: 2}", "override about:1:8: key 'a' appears twice"),
    ("about=" + "[" * 100, "override about:1:65: nested deeper than 64 levels"),
    ("about=" + "x" * 1_000_001, "override about: longer than 1,000,000 characters"),
]


@pytest.mark.parametrize(("override", "expected"), OVERRIDES, ids=[override[:30] for override, _ in OVERRIDES])
def test_override_error_is_located(override: str, expected: str) -> None:
    assert refusal(GOOD + "loop: {names: [q]}\n", overrides=[override]).startswith(expected)


def test_dump_leaves_defaults_out_and_keeps_order() -> None:
    pieces = {"z": Plain(kind="plain", width=3), "a": Box(kind="box", parts={"q": Plain(kind="plain")})}
    text = dump(Whole(pieces=pieces, loop=Loop(ticks=4)))
    assert text == (
        "pieces:\n  z: {kind: plain, width: 3}\n  a:\n    kind: box\n    parts:\n      q: {kind: plain}\n"
        "loop: {ticks: 4}\n"
    )


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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wholes)
def test_round_trip(model: Whole) -> None:
    assert parse(dump(model), Whole) == model


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(snippets | st.text(max_size=12), max_size=6).map("".join), st.lists(st.text(max_size=12), max_size=2))
def test_any_text_gives_a_model_or_a_chart_error(text: str, overrides: list[str]) -> None:
    try:
        assert isinstance(parse(text, Whole, overrides=overrides), Whole)
    except ChartError as problem:
        assert str(problem).startswith(("chart.yaml:", "override "))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["pieces", "loop", "about"]) | texts, plain_data, min_size=1, max_size=4))
def test_any_data_gives_a_model_or_a_chart_error(data: dict[str, Any]) -> None:
    try:
        assert isinstance(parse(dump_yaml(data), Whole), Whole)
    except ChartError as problem:
        assert str(problem).startswith("chart.yaml:")


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
