"""The chart as a self-contained SVG picture, without any drawing library."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from ltm.chart.draw_picture import picture
from ltm.chart.draw_shapes import PAPER, Box, Shape, Text, Wire, head
from ltm.chart.schema import Chart

_FONT = "'Inter','Segoe UI','Helvetica Neue','DejaVu Sans',Arial,sans-serif"


def svg(chart: Chart, sizes: Mapping[str, int] | None = None) -> str:
    """Draws the brain that a chart declares.

    Args:
        chart: what to draw.
        sizes: bytes of each zone's weights, where known; zones are drawn larger the more they weigh.

    Returns:
        A whole SVG document.
    """
    drawn = picture(chart, sizes)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawn.wide:g}" height="{drawn.high:g}" '
        f'viewBox="0 0 {drawn.wide:g} {drawn.high:g}" font-family={quoteattr(_FONT)} role="img">',
        f"<title>{escape(drawn.title)}</title>",
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *map(_element, drawn.shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _element(shape: Shape) -> str:
    if isinstance(shape, Box):
        line = f' stroke="{shape.line}" stroke-width="{shape.thick:g}"' if shape.line else ""
        return (
            f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.wide:.1f}" height="{shape.high:.1f}" '
            f'rx="{shape.round:g}" fill="{shape.fill}"{line}/>'
        )
    if isinstance(shape, Text):
        bold = ' font-weight="600"' if shape.bold else ""
        # A third of the size below the middle is the baseline in every common typeface.
        return (
            f'<text x="{shape.x:.1f}" y="{shape.y + shape.size * 0.35:.1f}" font-size="{shape.size:g}" '
            f'fill="{shape.ink}" text-anchor="{shape.align}"{bold}>{escape(shape.words)}</text>'
        )
    return _wire(shape)


def _wire(wire: Wire) -> str:
    (x, y), (u, v) = wire.start, wire.end
    bends = "".join(f"{a:.1f},{b:.1f} " for a, b in wire.bends or ())
    dashes = ' stroke-dasharray="4 3"' if wire.dashed else ""
    parts = [
        f'<path d="M{x:.1f},{y:.1f} {"C" if wire.bends else "L"}{bends}{u:.1f},{v:.1f}" fill="none" '
        f'stroke="{wire.ink}" stroke-width="{wire.thick:g}"{dashes}/>'
    ]
    if wire.dot:
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{wire.thick + 1.3:g}" fill="{wire.ink}"/>')
    if wire.arrow:
        corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in head(wire, 5 + 2 * wire.thick))
        parts.append(f'<polygon points="{corners}" fill="{wire.ink}"/>')
    return f'<g opacity="{wire.opacity:g}">{"".join(parts)}</g>'
