"""What a schema can't say is checked, and every mistake names its place and what would be right."""

from __future__ import annotations

import re

import pytest

from ltm.chart.load import chart_from_text, load_chart
from ltm.errors import ChartError

BASE = """\
field: {width: 8}
senses: {seen: {kind: grid, rows: 4, columns: 4, symbols: 5}}
acts: {done: {kind: grid, rows: 4, columns: 4, symbols: 5}}
zones:
  one: ONE
  two: {kind: mixer, state: own}
REST
"""


def refusal(one: str = "{kind: mixer}", rest: str = "", **replaced: str) -> str:
    text = BASE.replace("ONE", one).replace("REST", rest)
    for old, new in replaced.items():
        text = text.replace(f"{old}: {{", f"{old}: {{{new}", 1)
    with pytest.raises(ChartError) as problem:
        chart_from_text(text, "mine.yaml")
    return str(problem.value)


@pytest.mark.parametrize(
    ("one", "place", "expected"),
    [
        ("{kind: mixr}", "5:", "did you mean 'mixer'"),
        ("{kind: mixer, windoes: [rows]}", "5:", "windows"),
        ("{kind: mixer, layers: 0}", "5:", "greater than or equal to 1"),
        ("{kind: mixer, layers: two}", "5:", "expected a whole number, got 'two'"),
        ("{kind: mixer, width: 4, write: replace}", "5:", "replace needs the field's width, 8"),
        ("{kind: attention, heads: 3}", "5:", "3 heads don't divide the width, 8"),
        ("{kind: attention, heads: 2, windows: [rows, columns, field]}", "5:", "2 heads for 3 families of windows"),
        (
            "{kind: mixer, messages: 3, roles: {a: {windows: [rows, columns, field, all]}}}",
            "5:",
            "fewer than one channel",
        ),
        ("{kind: mixer, roles: {a: {windows: []}}}", "5:", "none: leave it out for the zone's own"),
        ("{kind: attention, heads: 4, positions: grid}", "5:", "multiple of 4"),
        ("{kind: oscillator, group: 3, heads: 1}", "5:", "must be even and divide the width"),
        ("{kind: mixer, budget: 1KB}", "5:", "over"),
        ("{kind: mixer, budget: lots}", "5:", "lots"),
        ("{kind: mixer, roles: {a: {reads: [filed]}}}", "5:", "did you mean 'field'"),
        ("{kind: mixer, roles: {a: {reads: [own]}}}", "5:", "needs `state: own`"),
        ("{kind: mixer, roles: {a: {period: 2, phases: [2]}}}", "5:", "below the period, 2"),
        ("{kind: mixer, roles: {a: {phases: [0]}}}", "5:", "need a period"),
        ("{kind: conv, roles: {a: {windows: [rows]}}}", "5:", "without windows"),
        ("{kind: mixer, kind: conv}", "5:", "twice"),
        ("{kind: nested, circuit: {zones: {in: {kind: conv, budget: 1KB}}}}", "5:", "over"),
        (
            "{kind: nested, ticks: 1, circuit: {zones: {in: {kind: conv}, out: {kind: conv}}}}",
            "5:",
            "zone 'out' in role 'self' would never fire; the inner rhythm takes 2 ticks",
        ),
        (
            "{kind: mixer, roles: {a: {}, b: {}, c: {period: 2048}}}",
            "5:",
            "the periods' common cycle is longer than 4,096 ticks",
        ),
        ("&a {kind: mixer}", "5:", "anchor"),
        ("!!python/object:os.system {}", "5:", "tag"),
    ],
)
def test_zones(one: str, place: str, expected: str) -> None:
    said = refusal(one)
    assert said.startswith(f"mine.yaml:{place}") and expected in said, said


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("coupling: {pattern: rings}", "did you mean 'ring'"),
        ("coupling: {pattern: ring}", "keeps no state"),
        ("coupling: {pattern: edges, edges: [{source: two, to: onne}]}", "did you mean 'one'"),
        ("coupling: {pattern: edges, edges: [{source: two, to: two}]}", "hears itself"),
        ("coupling: {pattern: edges}", "needs a list of edges"),
        ("wave: {policy: top-k, fire: 3}", "3 roles can't fire: there are 2"),
        ("wave: {policy: rythm}", "did you mean 'rhythm'"),
        ("budget: 1KB", "the brain takes"),
        ("scenes: {symmetries: [bands], relabel_from: 7}", ""),
        ("scenes: {symmetries: [relabel], relabel_from: 4}", "fewer than two"),
        ("scenes: {givens: [40, 30]}", "the fewest givens exceed the most"),
        ("training: {ticks: 2, gradient_ticks: 3}", "exceeds training.ticks"),
        ("scenes: {score: shortest-path}", "needs 'seen' to be a grid of 4 symbols, '#.SG' in that order"),
        ("nonsense: 1", "nonsense"),
    ],
)
def test_the_rest(rest: str, expected: str) -> None:
    if not expected:
        chart_from_text(BASE.replace("ONE", "{kind: mixer}").replace("REST", rest), "mine.yaml")
        return
    said = refusal(rest=rest)
    assert said.startswith("mine.yaml:") and expected in said, said


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ("{kind: grid, symbols: 2, alphabet: ' #'}", "white space"),
        ("{kind: grid, rows: 2, columns: 2, symbols: 2, alphabet: ' #'}", "white space"),
        ("{kind: grid, symbols: 3, alphabet: './#'}", "parts the rows"),
        ("{kind: grid, rows: 2, columns: 2, symbols: 3, alphabet: './#'}", ""),
        ("{kind: grid, symbols: 3, alphabet: './#', form: lists}", ""),
    ],
)
def test_letters_that_stand_between_values_are_none(seen: str, expected: str) -> None:
    text = (
        f"senses: {{seen: {seen}}}\nacts: {{kind: {{kind: label, labels: [a, b]}}}}\nzones: {{one: {{kind: conv}}}}\n"
    )
    if not expected:
        chart_from_text(text, "mine.yaml")
        return
    with pytest.raises(ChartError, match=expected):
        chart_from_text(text, "mine.yaml")


def test_numbers_are_learned_by_their_own_loss_whatever_the_charts() -> None:
    number = "acts: {done: {kind: number, edges: [1], centres: [0, 2]}}\ntraining: {loss: stablemax}"
    text = re.sub(r"acts: .*", number, BASE.replace("ONE", "{kind: mixer, windows: [rows]}").replace("REST", ""))
    assert chart_from_text(text, "mine.yaml").acts["done"].blur == 1.0
    with pytest.raises(ChartError, match=r"acts\.done\.smoothing: training\.loss is stablemax"):
        chart_from_text(text.replace("centres", "blur: 0, smoothing: 0.1, centres"), "mine.yaml")


@pytest.mark.parametrize(
    ("one", "added", "rest", "expected"),
    [
        ("frozen: true", "", "coupling: {overlap: 0.5}", "what ties a frozen zone to the field is learned"),
        ("layers: 1", "smoothing: 0.1", "training: {loss: stablemax}", "stablemax, which knows none: 0, or another"),
    ],
)
def test_what_would_be_ignored_is_refused(one: str, added: str, rest: str, expected: str) -> None:
    text = BASE.replace("ONE", f"{{kind: mixer, {one}}}").replace("REST", rest)
    chart_from_text(text.replace(rest, ""), "mine.yaml")
    with pytest.raises(ChartError, match=expected):
        chart_from_text(text.replace("done: {", f"done: {{{added}, " if added else "done: {"), "mine.yaml")


@pytest.mark.parametrize(
    ("columns", "rest", "expected"),
    [
        (
            ("rows: 4, columns: 4", "rows: 2, columns: 2"),
            "symmetries: [transpose]",
            "'also' has 2 by 2 cells, 'seen' 4",
        ),
        (("rows: 9, columns: 4", "rows: 9, columns: 4"), "symmetries: [bands]", "'seen' has 9 by 4"),
    ],
)
def test_symmetries_of_several_grids(columns: tuple[str, str], rest: str, expected: str) -> None:
    seen, also = (f"{{kind: grid, symbols: 5, {sides}}}" for sides in columns)
    text = f"senses: {{seen: {seen}, also: {also}}}\nacts: {{done: {seen}}}\nzones: {{one: {{kind: conv}}}}\n"
    with pytest.raises(ChartError) as problem:
        chart_from_text(text + f"scenes: {{{rest}}}\n", "mine.yaml")
    assert str(problem.value).startswith("mine.yaml:4:") and expected in str(problem.value)


@pytest.mark.parametrize(
    ("maze", "acts", "expected"),
    [
        (".#SG", "path: {kind: grid, symbols: 2}", "takes the characters in the order '#.SG'"),
        ("#.SG", "path: {kind: grid, symbols: 2, alphabet: o.}", "takes the characters in the order '.o'"),
        ("#.SG", "path: {kind: grid, symbols: 3}", "needs 'path' to be a grid of 2 symbols"),
        ("#.SG", "path: {kind: grid, symbols: 2}, way: {kind: grid, symbols: 2}", "judges one act, not 2"),
        ("#.SG", "path: {kind: label, labels: [a, b]}", "needs 'path' to be a grid of 2 symbols"),
    ],
)
def test_what_paths_can_be_judged(maze: str, acts: str, expected: str) -> None:
    text = f"senses: {{maze: {{kind: grid, symbols: 4, alphabet: '{maze}'}}}}\nacts: {{{acts}}}\n"
    text += "zones: {one: {kind: conv}}\nscenes: {score: shortest-path}\n"
    with pytest.raises(ChartError) as problem:
        chart_from_text(text, "mine.yaml")
    assert str(problem.value).startswith("mine.yaml:") and expected in str(problem.value)


def test_a_name_that_is_nearly_a_chart() -> None:
    with pytest.raises(ChartError, match="did you mean 'trm'"):
        load_chart("tmr")
