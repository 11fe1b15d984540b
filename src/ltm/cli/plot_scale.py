"""A picture of sizes on a logarithmic scale: a brain, one of its areas, language models, this project's brains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ltm.chart.draw_shapes import FAINT, INK, SOFT
from ltm.cli.plots import blank_figure
from ltm.cli.show_scale import amount

ZONE = (1e6, 1e8)
"""Bytes that a zone may hold."""
_BRAIN, _MODEL, _OURS, _BAND = "#2f6db5", "#7a6ba8", "#c4661b", "#f3e3d3"


@dataclass(frozen=True)
class Size:
    """One row of the picture.

    Attributes:
        name: what it is.
        typical: bytes.
        low: the least bytes it may have.
        high: the most.
        middle: 5th and 95th percentile where they are known.
        kind: `brain`, `model` or `ours`, which decides the colour.
    """

    name: str
    typical: float
    low: float
    high: float
    kind: str
    middle: tuple[float, float] | None = None


def sizes_picture(sizes: Sequence[Size], path: Path) -> None:
    """Draws sizes from top to bottom; ranges as thin lines, where the middle 90 % of draws lies as thick ones.

    Args:
        sizes: the rows.
        path: where it goes; PNG or SVG by its name.

    Raises:
        LtmError: matplotlib is not installed.
    """
    figure = blank_figure(9.6, 1.6 + 0.34 * len(sizes))
    axes = figure.subplots()
    colours = {"brain": _BRAIN, "model": _MODEL, "ours": _OURS}
    axes.axvspan(*ZONE, color=_BAND, linewidth=0, zorder=0)
    axes.text(1e7, -0.85, "a zone: 1-100 MB", color=_OURS, fontsize=9, ha="center", va="center")
    for row, size in enumerate(sizes):
        colour = colours[size.kind]
        if size.low < size.high:
            axes.plot([size.low, size.high], [row, row], color=colour, linewidth=1.4, alpha=0.6, zorder=2)
        if size.middle is not None:
            axes.plot(size.middle, [row, row], color=colour, linewidth=7, alpha=0.35, solid_capstyle="butt", zorder=2)
        axes.plot(size.typical, row, marker="o", markersize=6, color=colour, zorder=3)
        axes.text(
            size.high * 1.6, row, amount(size.typical, "B"), color=SOFT, fontsize=8.5, va="center", parse_math=False
        )
    axes.set_xscale("log")
    left = min(1e5, *(size.low for size in sizes)) / 3
    axes.set_xlim(left, max(size.high for size in sizes) * 60)
    axes.set_ylim(len(sizes) - 0.4, -1.4)
    axes.set_yticks(range(len(sizes)), [size.name for size in sizes], parse_math=False)
    ticks = [10.0**power for power in range(3, 19, 3) if left < 10.0**power < axes.get_xlim()[1]]
    axes.set_xticks(ticks, [amount(tick, "B") for tick in ticks])
    axes.minorticks_off()
    axes.tick_params(colors=INK, labelsize=9, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.grid(axis="x", color="#edf0f4", linewidth=1)
    axes.set_axisbelow(True)
    title = "Bytes: thick, 90 % of draws; thin, the whole range (models: int8 to fp32)"
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK, pad=10)
    figure.tight_layout()
    from matplotlib import rc_context

    # With a fixed salt for its names and without a date, the same sizes give the same file.
    with rc_context({"svg.hashsalt": "ltm"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
