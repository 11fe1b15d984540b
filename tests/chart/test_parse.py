"""Parsing charts: every mistake is located, overrides are too, and what is written leaves defaults out."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from little_charts import GOOD, LOCATED, Box, Loop, Plain, Whole, refusal

from ltm.chart.document import MAX_NODES, Document, load_yaml
from ltm.chart.dump import dump
from ltm.chart.parse import apply_overrides, load, parse, validate
from ltm.errors import ChartError


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
    begin = time.process_time()  # other workers don't count
    assert "longer than 1,000,000" in refusal(text)
    assert time.process_time() - begin < 0.5


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
