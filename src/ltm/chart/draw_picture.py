"""Where everything goes in the picture of a brain: field in the middle, zones around it, rhythm below."""

from __future__ import annotations

from collections.abc import Mapping

from ltm.chart.base import format_bytes
from ltm.chart.draw_plan import (
    BAND,
    END_STEP,
    MARGIN,
    MOST_ENDS,
    SIDE_GAP,
    SIDE_WIDE,
    Node,
    Plan,
    lay_out,
    lift_of,
    reflects,
)
from ltm.chart.draw_rhythm import strip
from ltm.chart.draw_shapes import FAINT, INK, SOFT, Box, Picture, Shape, Text, Wire, clip
from ltm.chart.draw_wires import Wires, colour, coupling_words, kind, will_words, wires, zone_words
from ltm.chart.schema import Chart

MOST_ZONES = 64
"""More zones than this are counted, not drawn."""
_STRIP, _END_HIGH = 15.0, 48.0
_SENSE, _ACT, _FIELD, _EDGE = "#7a8aa0", "#3f7d5c", "#eef2f7", "#8a5a9e"


def picture(chart: Chart, sizes: Mapping[str, int] | None = None) -> Picture:
    """Arranges the picture of a chart; `sizes` are bytes of each zone's weights, where known."""
    found = wires(chart)
    shown = list(chart.zones)[:MOST_ZONES]
    plan = lay_out(chart, found, shown, sizes or {})
    wide = plan.right + SIDE_GAP + SIDE_WIDE + MARGIN
    shapes: list[Shape] = [*_head(chart, found, sizes, wide)]
    shapes += _couplings(found, plan)
    shapes += _field(chart, found, plan)
    for name in shown:
        shapes += _links(chart, found, plan, name)
        shapes += _zone(chart, plan.nodes[name], sizes)
    shapes += _senses(chart, plan) + _acts(chart, plan)
    y = plan.bottom + 34
    if len(chart.zones) > len(shown):
        shapes.append(Text(wide / 2, y, f"{len(shown)} of {len(chart.zones)} zones are drawn", 12, SOFT))
        y += 26
    shapes += _legend(found, plan, y, wide)
    drawn, bottom = strip(chart, found, MARGIN, y + 34, wide - 2 * MARGIN)
    return Picture(wide, bottom + 28, f"The brain {chart.name}", (*shapes, *drawn))


def _head(chart: Chart, found: Wires, sizes: Mapping[str, int] | None, wide: float) -> list[Shape]:
    count = len(chart.zones)
    words = [f"{count} zone{'s' if count != 1 else ''}"]
    if sizes:
        words.append(format_bytes(sum(sizes.values())))
    words += [f"field {chart.field.width} wide", f"wave {chart.wave.policy}"]
    if found.hears:
        words.append(coupling_words(chart, found))
    room = wide - 2 * MARGIN
    return [
        Text(MARGIN, 40, clip(chart.name, room, 22, bold=True), 22, INK, True, "start"),
        Text(MARGIN, 66, clip("   ·   ".join(words), room, 12.5), 12.5, SOFT, False, "start"),
    ]


def _field(chart: Chart, found: Wires, plan: Plan) -> list[Shape]:
    length, middle = plan.right - plan.left, (plan.left + plan.right) / 2
    shapes: list[Shape] = [Box(plan.left, plan.band, length, BAND, 16, _FIELD, "#9aa7b8")]
    words = f"width {chart.field.width}"
    if chart.coupling.overlap is not None:
        words += f", windows share {chart.coupling.overlap:.0%}"
    if chart.field.noise:
        words += f", starts with noise {chart.field.noise:g}"
    shapes += [
        Text(middle, plan.band + BAND / 2 - 9, "field", 17, INK, True),
        Text(middle, plan.band + BAND / 2 + 10, clip(words, length - 40, 12), 12, SOFT),
    ]
    if found.reads_input:
        sides = [plan.band] + ([plan.band + BAND] if plan.below else [])
        for y in sides:
            shapes.append(Wire((plan.left + 16, y), (plan.right - 16, y), _SENSE, thick=4, arrow=False))
    return shapes


def _links(chart: Chart, found: Wires, plan: Plan, name: str) -> list[Shape]:
    """A zone's lines: dashed from the input rail, plain from the field, coloured into the field."""
    node = plan.nodes[name]
    sign = 1.0 if node.above else -1.0
    rail = plan.band if node.above else plan.band + BAND
    wanted = []
    if name in found.reads_input:
        wanted.append(Wire((0, rail), (0, node.inner[1]), _SENSE, dashed=True, dot=True))
    if name in found.reads_field:
        wanted.append(Wire((0, rail + sign * _STRIP), (0, node.inner[1]), SOFT, dot=True))
    if name in found.writes_field:
        wanted.append(Wire((0, node.inner[1]), (0, rail - sign * 4), colour(kind(chart.zones[name]))[1], thick=2))
    step = min(16.0, node.wide / 3.2)
    shapes: list[Shape] = []
    for number, wire in enumerate(wanted):
        x = node.x + (number - (len(wanted) - 1) / 2) * step
        thick = wire.thick if node.wide > 40 else 1.0
        shapes.append(Wire((x, wire.start[1]), (x, wire.end[1]), wire.ink, None, thick, wire.dashed, wire.dot))
    return shapes


def _zone(chart: Chart, node: Node, sizes: Mapping[str, int] | None) -> list[Shape]:
    spec = chart.zones[node.name]
    fill, line = colour(kind(spec))
    box = Box(node.x - node.wide / 2, node.y - node.high / 2, node.wide, node.high, 0, fill, line)
    if node.wide < 40:
        short = clip(node.name, 42, 7.5) if len(node.name) > 5 else node.name
        return [_rounded(box, node.wide / 2), Text(node.x, node.y, short, 7.5, INK)]
    words = zone_words(chart, node.name, sizes)
    if len(spec.roles) > 1:
        words.append(f"plays {', '.join(spec.roles)}")
    room = node.wide - 12
    shapes: list[Shape] = [_rounded(box, 12)]
    top = node.y - 8 * len(words)
    shapes.append(Text(node.x, top, clip(node.name, room, 14, bold=True), 14, INK, True))
    for number, line_words in enumerate(words):
        shapes.append(Text(node.x, top + 18 + 15 * number, clip(line_words, room, 10.5), 10.5, SOFT))
    return shapes


def _rounded(box: Box, by: float) -> Box:
    return Box(box.x, box.y, box.wide, box.high, by, box.fill, box.line, box.thick)


def _couplings(found: Wires, plan: Plan) -> list[Shape]:
    """Direct couplings: arcs over a row, and curves behind the field between the rows."""
    pairs = [(plan.nodes[a], plan.nodes[b]) for a, b in found.hears if a in plan.nodes and b in plan.nodes]
    opacity = 0.75 if len(pairs) <= 24 else max(0.18, 12 / len(pairs) ** 0.8)
    shapes: list[Shape] = []
    for source, to in pairs:
        if source is to:
            continue
        aside = 0.16 * min(source.wide, to.wide) * (1 if to.x > source.x else -1)
        if source.above == to.above:
            start, end = (source.outer[0] + aside, source.outer[1]), (to.outer[0] - aside, to.outer[1])
            lift = lift_of(abs(end[0] - start[0])) * (-1 if source.above else 1)
            lean = 0.22 * (end[0] - start[0])
            bends = ((start[0] + lean, start[1] + lift), (end[0] - lean, end[1] + lift))
        else:
            # Beside the lines to the field, and the two directions on different sides.
            slant = 0.32 if to.above else -0.32
            start = source.inner[0] + slant * source.wide, source.inner[1]
            end = to.inner[0] + slant * to.wide, to.inner[1]
            way = (end[1] - start[1]) * 0.5
            bends = ((start[0], start[1] + way), (end[0], end[1] - way))
        shapes.append(Wire(start, end, _EDGE, bends, 1.4, opacity=opacity))
    return shapes


def _end(x: float, y: float, name: str, words: str, line: str, fill: str) -> list[Shape]:
    return [
        Box(x, y - _END_HIGH / 2, SIDE_WIDE, _END_HIGH, 8, fill, line),
        Text(x + SIDE_WIDE / 2, y - 9, clip(name, SIDE_WIDE - 12, 13, bold=True), 13, INK, True),
        Text(x + SIDE_WIDE / 2, y + 10, clip(words, SIDE_WIDE - 10, 10), 10, SOFT),
    ]


def _rest(count: int, x: float, y: float, what: str) -> list[Shape]:
    return [Text(x + SIDE_WIDE / 2, y - 12, f"and {count} more {what}", 11, SOFT)] if count > 0 else []


def _senses(chart: Chart, plan: Plan) -> list[Shape]:
    shown = list(chart.senses.items())[:MOST_ENDS]
    centre, x = plan.band + BAND / 2, MARGIN
    shapes: list[Shape] = [Text(x, centre - len(shown) * END_STEP / 2 - 10, "SENSES", 10, SOFT, True, "start")]
    for number, (name, spec) in enumerate(shown):
        y = centre + (number - (len(shown) - 1) / 2) * END_STEP
        shapes += _end(x, y, name, f"{spec.kind} {spec.words()}", _SENSE, "#f4f6f9")
        aim = centre + (number - (len(shown) - 1) / 2) * min(12.0, 44.0 / len(shown))
        shapes.append(_across((x + SIDE_WIDE, y), (plan.left, aim), _SENSE))
    return shapes + _rest(len(chart.senses) - len(shown), x, centre + (len(shown) + 1) * END_STEP / 2, "senses")


def _acts(chart: Chart, plan: Plan) -> list[Shape]:
    shown = list(chart.acts.items())[:MOST_ENDS]
    centre, x = plan.band + BAND / 2, plan.right + SIDE_GAP
    rows = [(name, f"{spec.kind} {spec.words()}", _ACT, "#eff7f2") for name, spec in shown]
    words = chart.reflection.kind if reflects(chart) else "log-probability, untrained"
    rows.append(("reflection", words, "#b07d12", "#fdf6e3"))
    top = centre - (len(rows) - 1) / 2 * END_STEP
    shapes: list[Shape] = [Text(x, top - END_STEP / 2 - 10, "ACTS", 10, SOFT, True, "start")]
    for number, (name, about, line, fill) in enumerate(rows):
        y = top + number * END_STEP
        shapes += _end(x, y, name, about, line, fill)
        aim = centre + (number - (len(rows) - 1) / 2) * min(12.0, 44.0 / len(rows))
        shapes.append(_across((plan.right, aim), (x, y), line))
    y = top + len(rows) * END_STEP + 4
    shapes.append(Wire((x + SIDE_WIDE / 2, y - END_STEP + 20), (x + SIDE_WIDE / 2, y - 26), "#b07d12"))
    shapes += [
        Text(x + SIDE_WIDE / 2, y - 16 + 16 * number, words, 11 if number else 12, INK if number == 0 else SOFT)
        for number, words in enumerate(["will", *will_words(chart)])
    ]
    return shapes + _rest(len(chart.acts) - len(shown), x, top - END_STEP / 2 - 12, "acts")


def _across(start: tuple[float, float], end: tuple[float, float], ink: str) -> Wire:
    half = (end[0] - start[0]) / 2
    return Wire(start, end, ink, ((start[0] + half, start[1]), (end[0] - half, end[1])), 1.8)


def _legend(found: Wires, plan: Plan, y: float, wide: float) -> list[Shape]:
    entries: list[tuple[str, str, bool, bool]] = []
    if found.reads_input:
        entries.append(("reads what the senses wrote", _SENSE, True, True))
    if found.reads_field:
        entries.append(("reads the field", SOFT, False, True))
    if found.writes_field:
        entries.append(("writes the field", INK, False, False))
    if found.hears:
        entries.append(("hears directly", _EDGE, False, False))
    widths = [44 + 6.4 * len(words) + 26 for words, *_ in entries]
    x = (wide - sum(widths)) / 2
    shapes: list[Shape] = []
    for (words, ink, dashed, dot), length in zip(entries, widths, strict=True):
        shapes.append(Wire((x, y), (x + 34, y), ink, None, 1.6, dashed, dot))
        shapes.append(Text(x + 42, y, words, 11, SOFT, False, "start"))
        x += length
    shapes.append(Wire((MARGIN, y + 20), (wide - MARGIN, y + 20), FAINT, None, 1, arrow=False))
    return shapes
