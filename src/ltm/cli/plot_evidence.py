"""Pictures of the evidence report as SVG text: accuracy over sizes and loops, by arms, by scenes, by ticks."""

from __future__ import annotations

import io
import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ltm.chart.draw_shapes import FAINT, INK, SOFT
from ltm.cli.plots import blank_figure
from ltm.evidence.drawings import Bars, Drawing, Lines, Surface

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.tri import Triangulation

_COLOURS = ("#2f6db5", "#c4661b", "#2c8a57")
_COUNTED = 1e5
"""Below it, every place on an axis is a count that gets its number."""
_LIGHT = 0.55
"""Shares above it are written in ink, those below in white."""


def evidence_svg(drawing: Drawing) -> str:
    """Draws one picture without any display.

    Returns:
        An `<svg>` element; the same drawing gives the same text.

    Raises:
        LtmError: matplotlib is not installed.
    """
    if isinstance(drawing, Surface):
        return _svg(_surface(drawing))
    return _svg(_bars(drawing) if isinstance(drawing, Bars) else _lines(drawing))


def _svg(figure: Figure) -> str:
    from matplotlib import rc_context

    stream = io.StringIO()
    # With a fixed salt for its names and without a date, the same figures give the same text.
    with rc_context({"svg.hashsalt": "ltm"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _plain(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=10, parse_math=False)
    axes.tick_params(colors=SOFT, labelsize=9, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.set_axisbelow(True)


def _surface(drawing: Surface) -> Figure:
    """Accuracy as colour over parameters and loops, both logarithmic; dashed lines join what costs as much."""
    figure = blank_figure(8.4, 4.6)
    axes = figure.subplots()
    _plain(axes, f"{drawing.title}, %")
    x = [math.log10(spot.parameters) for spot in drawing.spots]
    y = [math.log2(spot.loops) for spot in drawing.spots]
    exact = [spot.exact for spot in drawing.spots]
    axes.set_xlim(min(x) - 0.3, max(x) + 0.3)
    axes.set_ylim(min(y) - 0.7, max(y) + 0.7)
    levels = [step / 20 for step in range(21)]
    mesh = _mesh(x, y) if drawing.filled else None
    if mesh is not None:
        axes.tricontourf(mesh, exact, levels=levels, cmap="viridis", alpha=0.45, zorder=0)
    _equal_operations(axes, drawing)
    rings = [_COLOURS[1] if spot.starved else "#ffffff" for spot in drawing.spots]
    widths = [2.5 if spot.starved else 1.0 for spot in drawing.spots]
    shown = axes.scatter(
        x, y, c=exact, s=620, vmin=0, vmax=1, cmap="viridis", edgecolors=rings, linewidths=widths, zorder=3
    )
    for across, up, share in zip(x, y, exact, strict=True):
        ink = INK if share > _LIGHT else "#ffffff"
        axes.text(across, up, f"{100 * share:.0f}", ha="center", va="center", color=ink, fontsize=9, zorder=4)
    ringed = "; ringed: hardly trained" if any(spot.starved for spot in drawing.spots) else ""
    axes.set_xlabel(f"parameters (dashed: equal operations a thought{ringed})", color=SOFT, fontsize=9.5)
    axes.set_ylabel("loops", color=SOFT, fontsize=9.5)
    sizes = sorted({spot.parameters for spot in drawing.spots})
    loops = sorted({spot.loops for spot in drawing.spots})
    axes.set_xticks([math.log10(size) for size in sizes], [_amount(size) for size in sizes])
    axes.set_yticks([math.log2(count) for count in loops], [f"{count:g}" for count in loops])
    bar = figure.colorbar(shown, ax=axes, format=lambda share, _: f"{share:.0%}")
    bar.outline.set_linewidth(0)
    figure.tight_layout()
    return figure


def _mesh(x: Sequence[float], y: Sequence[float]) -> Triangulation | None:
    """Returns triangles between places; None where there are fewer than three, or all lie on one line."""
    from matplotlib.tri import Triangulation

    try:
        return Triangulation(x, y)
    except (ValueError, RuntimeError):
        return None


def _equal_operations(axes: Axes, drawing: Surface) -> None:
    """Draws lines along which parameters times loops, and so about the operations, stay the same."""
    # Every site applies each parameter once a loop; what is left over is the mixing across sites.
    each = math.log10(statistics.median(spot.operations / (spot.parameters * spot.loops) for spot in drawing.spots))
    costs = [math.log10(spot.operations) for spot in drawing.spots]
    (left, right), bottom = axes.get_xlim(), axes.get_ylim()[0]
    for power in range(math.floor(min(costs)), math.ceil(max(costs)) + 1):
        ends = [(power - each - across) / math.log10(2) for across in (left, right)]
        axes.plot([left, right], ends, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1, scaley=False)
        edge = power - each - bottom * math.log10(2)
        if left < edge < right:
            words = f"{_amount(10.0**power)} "
            axes.text(edge, bottom, words, color=SOFT, fontsize=8, ha="right", va="bottom", zorder=2)


def _amount(operations: float) -> str:
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
        if operations >= size:
            return f"{operations / size:.3g} {letter}"
    return f"{operations:g}"


def _bars(drawing: Bars) -> Figure:
    figure = blank_figure(8.4, 1.1 + 0.36 * len(drawing.rows))
    axes = figure.subplots()
    _plain(axes, drawing.title)
    for place, (_, values) in enumerate(drawing.rows):
        axes.plot([min(values), max(values)], [place, place], color=_COLOURS[0], linewidth=6, alpha=0.25, zorder=2)
        axes.scatter(values, [place] * len(values), color=_COLOURS[0], s=16, alpha=0.6, linewidth=0, zorder=3)
        axes.plot(statistics.median(values), place, marker="|", markersize=13, color=INK, zorder=4)
    axes.set_yticks(range(len(drawing.rows)), [label for label, _ in drawing.rows], parse_math=False)
    axes.set_ylim(len(drawing.rows) - 0.4, -0.6)
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.grid(axis="x", color="#edf0f4", linewidth=1)
    figure.tight_layout()
    return figure


def _lines(drawing: Lines) -> Figure:
    figure = blank_figure(7.2, 3.9)
    axes = figure.subplots()
    _plain(axes, drawing.title)
    for colour, line in zip(_COLOURS, drawing.lines, strict=False):
        x = [place for place, _ in line.points]
        low, high = _ends([values for _, values in line.points])
        axes.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0)
        middle = [statistics.median(values) for _, values in line.points]
        axes.plot(x, middle, color=colour, marker="o", markersize=5, linewidth=2, label=line.label)
    axes.set_xscale("log")
    places = sorted({place for line in drawing.lines for place, _ in line.points})
    if max(places) < _COUNTED and all(float(place).is_integer() for place in places):
        # Counts are told one by one; of what lies anywhere, such as joules, the axis chooses what to tell.
        axes.set_xticks(places, [f"{place:,.0f}" for place in places])
        axes.minorticks_off()
    axes.set_ylim(-0.02, 1.04)
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.grid(axis="y", color="#edf0f4", linewidth=1)
    axes.set_xlabel(drawing.across, color=SOFT, fontsize=9.5)
    axes.legend(frameon=False, fontsize=9, labelcolor=INK, loc="best")
    figure.tight_layout()
    return figure


def _ends(values: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    return [min(of) for of in values], [max(of) for of in values]
