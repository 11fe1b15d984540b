"""A thought as HTML, for notebooks: the answer, the confidence over the ticks, which roles fired, what it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ltm.brain.thought import Thought, TickRecord

WIDE, HIGH, LANE = 420, 90, 12
_CELL = "padding:0 .45em;text-align:center;border:1px solid #8884"
_MOST_LANES = 24


def thought_html(thought: Thought) -> str:
    """Returns a self-contained fragment: tables for grids, and a picture of the last try where there is a trace."""
    parts = ["<div style='font-family:sans-serif'>"]
    for name, value in thought.answer.items():
        parts += [f"<p style='margin:.4em 0'><b>{escape(name)}</b></p>", _value(value)]
    parts.append(f"<p style='margin:.6em 0'>{100 * thought.confidence:.4g} % sure<br/>{escape(thought.words())}</p>")
    if thought.trace:
        parts.append(_picture([record for record in thought.trace if record.attempt == thought.trace[-1].attempt]))
    return "".join([*parts, "</div>"])


def _value(value: Any) -> str:
    rows = _rows(value)
    if rows is None:
        return f"<code>{escape(str(value))}</code>"
    lines = ("".join(f"<td style='{_CELL}'>{escape(str(cell))}</td>" for cell in row) for row in rows)
    return "<table style='border-collapse:collapse'>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _rows(value: Any) -> Sequence[Sequence[Any]] | None:
    """Returns the rows of a grid: of nested lists, of text with slashes, or of text whose length is a square."""
    if isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        return value
    if isinstance(value, str) and "/" in value:
        return value.split("/")
    side = math.isqrt(len(value)) if isinstance(value, str) else 0
    if side < 2 or side**2 != len(value):
        return None
    return [value[start : start + side] for start in range(0, side**2, side)]


def _picture(records: Sequence[TickRecord]) -> str:
    """Draws the last try: the confidence as a line, beneath it a lane a role with a mark at each tick it fired."""
    lanes = sorted({role for record in records for role in record.fired})[:_MOST_LANES]
    step = WIDE / max(1, len(records))
    known = [(number, record.confidence) for number, record in enumerate(records) if record.confidence is not None]
    line = " ".join(f"{(number + 0.5) * step:.1f},{HIGH - 4 - (HIGH - 8) * sure:.1f}" for number, sure in known)
    shapes = [
        f"<rect width='{WIDE}' height='{HIGH}' fill='none' stroke='#8888'/>",
        f"<polyline points='{line}' fill='none' stroke='#c4661b' stroke-width='2'/>",
        f"<text x='{WIDE + 6}' y='14' font-size='11' fill='currentColor'>confidence</text>",
    ]
    for place, role in enumerate(lanes):
        top = HIGH + 6 + LANE * place
        marks = (number for number, record in enumerate(records) if role in record.fired)
        mark = f"y='{top}' width='{max(0.6, step - 0.5):.1f}' height='{LANE - 4}' fill='#2f6db5'"
        shapes += [f"<rect x='{number * step:.1f}' {mark}/>" for number in marks]
        name = f"<text x='{WIDE + 6}' y='{top + LANE - 4}' font-size='11' fill='currentColor'>{escape(role)}</text>"
        shapes.append(name)
    high = HIGH + 10 + LANE * len(lanes)
    return f"<svg width='{WIDE + 160}' height='{high}' xmlns='http://www.w3.org/2000/svg'>{''.join(shapes)}</svg>"
