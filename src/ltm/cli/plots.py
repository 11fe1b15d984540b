"""Pictures as PNG files: accuracy against ticks, reliability, and the brain itself. Needs the extra `plots`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ltm.chart.draw_picture import picture
from ltm.chart.draw_shapes import FAINT, INK, PAPER, SOFT, Box, Text, Wire, head
from ltm.chart.schema import Chart
from ltm.errors import LtmError
from ltm.training.calibration import Bin

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RIGHT, _SURE = "#2f6db5", "#c4661b"
_DPI = 144


def blank_figure(wide: float, high: float) -> Figure:
    """Returns an empty figure of so many inches, drawn without any display.

    Raises:
        LtmError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise LtmError("pictures need matplotlib: pip install 'ltm[plots]'") from None
    figure = Figure(figsize=(wide, high), dpi=_DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def accuracy_by_ticks_png(rows: Sequence[Mapping[str, Any]], path: Path, bins: Iterable[Bin] | None = None) -> None:
    """Draws whole answers right and mean confidence against ticks of thinking, and a reliability diagram beside.

    Args:
        rows: one mapping a number of ticks: `ticks`, `exact`, `confidence` (may be missing or None), all shares in
            [0, 1], and `low` and `high` where an interval is known.
        path: where the PNG goes.
        bins: rows of the reliability diagram (`ltm.training.calibration.reliability`); no second panel when absent.

    Raises:
        LtmError: matplotlib is not installed.
    """
    figure = blank_figure(10.4 if bins is not None else 5.8, 4.4)
    panels = figure.subplots(1, 2, width_ratios=(1.35, 1)) if bins is not None else [figure.subplots()]
    _ticks_panel(panels[0], rows)
    if bins is not None:
        _reliability_panel(panels[1], [row for row in (Bin(*row) for row in bins) if row.answers])
    figure.tight_layout(w_pad=3)
    figure.savefig(path)


def _plain(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title, loc="left", fontsize=11.5, fontweight="bold", color=INK, pad=12)
    axes.set_xlabel(across, color=SOFT, fontsize=9.5)
    axes.set_ylabel(up, color=SOFT, fontsize=9.5)
    axes.tick_params(colors=SOFT, labelsize=9, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.grid(axis="y", color="#edf0f4", linewidth=1)
    axes.set_axisbelow(True)
    axes.set_ylim(-0.02, 1.04)
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")


def _ticks_panel(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    _plain(axes, "Thinking longer", "ticks", "share of scenes")
    ticks = [int(row["ticks"]) for row in rows]
    accuracy = [float(row["exact"]) for row in rows]
    known = [row for row in rows if row.get("low") is not None and row.get("high") is not None]
    if known:
        axes.fill_between(
            [row["ticks"] for row in known],
            [row["low"] for row in known],
            [row["high"] for row in known],
            color=_RIGHT,
            alpha=0.13,
            linewidth=0,
        )
    axes.plot(ticks, accuracy, color=_RIGHT, marker="o", markersize=5, linewidth=2, label="whole answer right")
    sure = [(int(row["ticks"]), float(row["confidence"])) for row in rows if row.get("confidence") is not None]
    if sure:
        x, y = zip(*sure, strict=True)
        axes.plot(
            x, y, color=_SURE, marker="s", markersize=4, linewidth=1.6, linestyle=(0, (4, 2)), label="mean confidence"
        )
    axes.set_xscale("log", base=2)
    # Every power of two that was measured gets its number, but never more than a dozen of them.
    chosen = ticks[:: max(1, math.ceil(len(ticks) / 12))]
    axes.set_xticks(chosen, [str(tick) for tick in chosen])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=9, labelcolor=INK, loc="lower right")


def _reliability_panel(axes: Axes, bins: Sequence[Bin]) -> None:
    _plain(axes, "Saying how sure", "confidence", "right")
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2, linestyle=(0, (3, 3)), zorder=1)
    most = max((row.answers for row in bins), default=1)
    for row in bins:
        assert row.confidence is not None and row.accuracy is not None
        axes.plot([row.confidence] * 2, [row.confidence, row.accuracy], color=_SURE, linewidth=1.2, alpha=0.6, zorder=2)
        axes.scatter(
            row.confidence,
            row.accuracy,
            s=24 + 240 * row.answers / most,
            color=_RIGHT,
            alpha=0.85,
            linewidth=0,
            zorder=3,
        )
    axes.set_xlim(-0.04, 1.06)
    axes.set_aspect("equal", adjustable="box")
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    total = sum(row.answers for row in bins)
    axes.text(0.02, 0.97, f"{total:,} answers; area shows how many", color=SOFT, fontsize=8.5, va="top")


def brain_png(chart: Chart, path: Path, sizes: Mapping[str, int] | None = None) -> None:
    """Draws the brain that a chart declares, as `ltm.chart.draw_svg.svg` does.

    Raises:
        LtmError: matplotlib is not installed.
    """
    drawn = picture(chart, sizes)
    # 96 pixels of the picture are an inch, 72 points are one too: sizes of text and lines shrink by that.
    figure = blank_figure(drawn.wide / 96, drawn.high / 96)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, drawn.wide)
    axes.set_ylim(drawn.high, 0)
    for order, shape in enumerate(drawn.shapes):
        if isinstance(shape, Box):
            _box(axes, shape, order)
        elif isinstance(shape, Text):
            axes.text(
                shape.x,
                shape.y,
                shape.words,
                fontsize=shape.size * 0.75,
                color=shape.ink,
                fontweight="bold" if shape.bold else "normal",
                ha={"start": "left", "middle": "center", "end": "right"}[shape.align],
                va="center_baseline",
                zorder=order,
                parse_math=False,
            )
        else:
            _wire(axes, shape, order)
    figure.savefig(path)


def _box(axes: Axes, box: Box, order: int) -> None:
    from matplotlib.patches import FancyBboxPatch

    style = f"round,pad=0,rounding_size={min(box.round, box.wide / 2, box.high / 2)}"
    axes.add_patch(
        FancyBboxPatch(
            (box.x, box.y),
            box.wide,
            box.high,
            boxstyle=style,
            facecolor=box.fill,
            edgecolor=box.line or "none",
            linewidth=box.thick * 0.75 if box.line else 0,
            zorder=order,
        )
    )


def _wire(axes: Axes, wire: Wire, order: int) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path as Outline

    points = [wire.start, *(wire.bends or ()), wire.end]
    codes = [Outline.MOVETO, *([Outline.CURVE4] * 3 if wire.bends else [Outline.LINETO])]
    axes.add_patch(
        PathPatch(
            Outline(points, codes),
            facecolor="none",
            edgecolor=wire.ink,
            linewidth=wire.thick * 0.75,
            linestyle=(0, (3, 2)) if wire.dashed else "solid",
            alpha=wire.opacity,
            zorder=order,
            capstyle="butt",
        )
    )
    if wire.dot:
        axes.plot(
            *wire.start,
            marker="o",
            markersize=(wire.thick + 1.3) * 1.5,
            color=wire.ink,
            zorder=order,
            alpha=wire.opacity,
            markeredgewidth=0,
        )
    if wire.arrow:
        axes.add_patch(
            Polygon(head(wire, 5 + 2 * wire.thick), facecolor=wire.ink, linewidth=0, alpha=wire.opacity, zorder=order)
        )
