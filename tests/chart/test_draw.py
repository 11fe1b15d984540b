from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest

from ltm.chart.draw import escape, mermaid, ranges
from ltm.chart.draw_picture import MOST_ZONES, picture
from ltm.chart.draw_plan import lay_out
from ltm.chart.draw_rhythm import MOST_TICKS
from ltm.chart.draw_shapes import Box, Text, Wire, clip, head
from ltm.chart.draw_svg import svg
from ltm.chart.draw_wires import coupling_words, rhythm_words, wires
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.chart.shipped import shipped

GRID = {"kind": "grid", "rows": 9, "columns": 9, "symbols": 10}
NAMES = ("alpha", "beta", "gamma", "delta")


def chart_of(count, pattern="none", roles=None, **more):
    zone = {"kind": "mixer", "width": 64, "state": "none" if pattern == "none" else "own"}
    if roles:
        zone["roles"] = roles
    names = [NAMES[n] if n < 4 else f"zone-{n}" for n in range(count)]
    parts = {"senses": {"puzzle": GRID}, "acts": {"solution": GRID}, "coupling": {"pattern": pattern}} | more
    return Chart.model_validate({"name": "drawn", "zones": dict.fromkeys(names, zone)} | parts)


def test_wires_follow_what_roles_declare():
    chart = Chart.model_validate(
        {
            "senses": {"puzzle": GRID},
            "acts": {"solution": GRID},
            "zones": {
                "low": {
                    "kind": "attention",
                    "state": "own",
                    "roles": {"fast": {"reads": ["own", "input"], "writes": "own", "period": 3, "phases": [0, 1]}},
                },
                "high": {"kind": "mixer", "roles": {"slow": {"reads": ["field", "low"], "period": 3, "phases": [2]}}},
            },
        }
    )
    found = wires(chart)
    assert found.reads_field == {"high"}
    assert found.reads_input == {"low"}
    assert found.writes_field == {"high"}
    assert found.hears == (("low", "high"),)
    assert found.cycle == (("low.fast",), ("low.fast",), ("high.slow",))


def test_words_say_how_zones_fire_and_hear():
    ring = chart_of(4, "ring")
    assert rhythm_words(ring, wires(ring)) == "rhythm: a cycle of 4 ticks"
    assert coupling_words(ring, wires(ring)) == "ring: 8 direct couplings, rank 8, learned"
    routed = chart_of(3, wave={"policy": "top-k", "fire": 2})
    assert "2 of 3 roles fire at a tick" in rhythm_words(routed, wires(routed))
    assert wires(routed).cycle == ()
    assert coupling_words(routed, wires(routed)) == ""


def test_mermaid_has_every_part_once():
    text = mermaid(chart_of(4, "ring"), {"alpha": 1_430_000})
    assert text.startswith("flowchart LR\n")
    for place, name in enumerate(NAMES):
        assert text.count(f'zone{place}("<b>{name}</b>') == 1
        assert f"  field <--> zone{place}\n" in text
        assert f"  senses -.-> zone{place}\n" in text
    assert "1.43 MB" in text
    for line in ("  sense0 --> field", "  field --> act0", "  field --> reflection", "  reflection --> will"):
        assert f"{line}\n" in text
    mutual = re.findall(r"(zone\d) <==> (zone\d)", text)
    assert sorted(mutual) == [("zone0", "zone1"), ("zone0", "zone3"), ("zone1", "zone2"), ("zone2", "zone3")]
    assert text.count("classDef") == 1
    assert text.count("subgraph") == text.count("\n  end\n") == 3


def test_mermaid_one_way_couplings_and_rhythm():
    edges = {"pattern": "edges", "edges": [{"source": "beta", "to": "alpha"}]}
    roles = {"fast": {"period": 7, "phases": [0, 1, 2, 5]}, "slow": {"period": 7, "phases": [6], "writes": "own"}}
    text = mermaid(chart_of(2, coupling=edges, roles=roles))
    assert "  zone1 ==> zone0\n" in text
    assert "<==>" not in text
    assert "fast at ticks 0-2, 5 of 7<br/>slow at ticks 6 of 7" in text


def test_escape_leaves_nothing_that_ends_a_label():
    assert escape('a "b" <c> #1 `x`') == "a #quot;b#quot; #lt;c#gt; #35;1 #96;x#96;"
    assert ranges((3, 1, 2, 7)) == "1-3, 7"


@pytest.mark.parametrize("pattern", ["none", "ring", "all"])
@pytest.mark.parametrize("count", [1, 2, 4, 6, 7, 12, 16, 17, 33, 64])
def test_nothing_overlaps_and_everything_is_on_the_page(count, pattern):
    chart = chart_of(count, pattern)
    sizes = {name: 1000 * (n + 1) ** 2 for n, name in enumerate(chart.zones)}
    plan = lay_out(chart, wires(chart), list(chart.zones), sizes)
    for one, two in itertools.combinations(plan.nodes.values(), 2):
        apart_x = abs(one.x - two.x) >= (one.wide + two.wide) / 2
        apart_y = abs(one.y - two.y) >= (one.high + two.high) / 2
        assert apart_x or apart_y, (one, two)
    for node in plan.nodes.values():
        assert plan.left <= node.x - node.wide / 2
        assert node.x + node.wide / 2 <= plan.right
        assert node.inner[1] < plan.band if node.above else node.inner[1] > plan.band + 76
    drawn = picture(chart, sizes)
    for shape in drawn.shapes:
        if isinstance(shape, Box):
            assert shape.x >= 0 and shape.x + shape.wide <= drawn.wide
            assert shape.y >= 0 and shape.y + shape.high <= drawn.high
        elif isinstance(shape, Text):
            assert 0 < shape.x < drawn.wide and 0 < shape.y < drawn.high
        else:
            assert all(0 <= x <= drawn.wide and 0 <= y <= drawn.high for x, y in (shape.start, shape.end))


def test_every_direct_coupling_is_a_curve():
    chart = chart_of(8, "all")
    curves = [s for s in picture(chart).shapes if isinstance(s, Wire) and s.bends and s.arrow and s.thick == 1.4]
    assert len(curves) == 56


def test_heavier_zones_are_larger():
    chart = chart_of(3)
    found = wires(chart)
    plan = lay_out(chart, found, list(chart.zones), {"alpha": 100, "beta": 10_000, "gamma": 10_000})
    assert plan.nodes["alpha"].high < plan.nodes["beta"].high == plan.nodes["gamma"].high


@pytest.mark.parametrize("name", shipped())
def test_svg_of_every_shipped_chart_is_well_formed(name):
    chart = load_chart(name)
    root = ET.fromstring(svg(chart))
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert chart.name in words
    assert set(chart.senses) | set(chart.acts) | {"field", "reflection", "will"} <= set(words)
    if len(chart.zones) <= 16:
        assert set(chart.zones) <= set(words)
    assert mermaid(chart).count("\n") > 10


def test_svg_is_the_same_every_time():
    chart = chart_of(5, "small-world")
    assert svg(chart, {"alpha": 5}) == svg(chart, {"alpha": 5})


def test_svg_counts_what_it_does_not_draw():
    chart = chart_of(70)
    text = svg(chart)
    assert f"{MOST_ZONES} of 70 zones are drawn" in text
    assert f"{MOST_TICKS} of 70 ticks and 64 of 70 roles are drawn" in text
    many = chart_of(1, senses={f"sense-{n}": GRID for n in range(9)})
    assert "and 3 more senses" in svg(many)


def test_the_strip_shows_who_fires_when():
    roles = {"fast": {"period": 4, "phases": [0, 1, 2]}, "slow": {"period": 4, "phases": [3]}}
    shapes = picture(chart_of(1, roles=roles)).shapes
    cells = [s for s in shapes if isinstance(s, Box) and s.round == 3]
    strong = [cell for cell in cells if cell.fill == "#2f6db5"]
    faint = [cell for cell in cells if cell.fill == "#dbe9fb"]
    assert (len(cells), len(strong), len(faint)) == (2 * 16, 4, 12)
    assert len({cell.x for cell in strong}) == 4


def test_text_is_clipped_and_heads_point_along_the_wire():
    assert clip("short", 100, 10) == "short"
    assert clip("a" * 50, 57, 10) == "a" * 9 + "…"
    tip, left, right = head(Wire((0, 0), (10, 0), "#000000"), 4)
    assert tip == (10, 0)
    assert left[0] == right[0] == 6
    assert left[1] == -right[1]
