"""The micro-models chart as a picture: scores against size, and where every model stands between 1 and 100 MB.

Scores of different metrics don't compare, so each metric has a panel of its own, with the metric in its title.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from ltm.catalog.layers import zone_kind
from ltm.catalog.schema import MODALITIES, Catalog, Model
from ltm.chart.draw_shapes import FAINT, INK, SOFT
from ltm.cli.plots import blank_figure
from ltm.errors import LtmError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6
FEWEST_POINTS = 3
"""A metric that fewer models share says nothing about size."""
LEAST_SPREAD = 2
"""How many times the largest model of a panel is at least as large as the smallest."""
BAND = (1e6, 100e6)
"""Bytes in fp16 that a zone may have."""
_COLOURS = ("#2f6db5", "#c4661b", "#2c8a57", "#8b4fb0", "#b8324f", "#6b7f1e", "#1f8f9c", "#a06a3a", "#5b5fc7")
_OTHER = "#9aa3af"
_SMALL = 6.5

Point = tuple[str, str, float, float]
"""Name, family, bytes in fp16, score."""


def catalog_picture(catalog: Catalog, models: Mapping[str, Model], path: Path) -> None:
    """Draws models as .png or .svg, without any display.

    Args:
        catalog: what says which metric is better in which direction.
        models: those to draw; a model without known parameters can't be.
        path: where the picture goes; its ending says which kind.

    Raises:
        LtmError: matplotlib is not installed, or no model has known parameters.
    """
    if not any(model.parameters for model in models.values()):
        raise LtmError(f"--plot {path}: none of these {len(models)} models has known parameters; nothing to draw")
    panels = _panels(models)
    colours = _colours(models)
    rows = -(-len(panels) // 3)
    figure = blank_figure(13, 4.0 + 3.4 * rows)
    grid = figure.add_gridspec(rows + 1, 3, height_ratios=[*[3.0] * rows, 3.2], hspace=0.5, wspace=0.16)
    figure.subplots_adjust(left=0.075, right=0.985, top=1 - 0.6 / (4.0 + 3.4 * rows), bottom=1.1 / (4.0 + 3.4 * rows))
    for place, (metric, points) in enumerate(panels.items()):
        said = catalog.metrics[metric]
        lower = said.better == "lower"
        axes = figure.add_subplot(grid[place // 3, place % 3])
        _size_axis(axes, [point[2] for point in points], 2.2)
        axes.set_title(metric, loc="left", fontsize=10, fontweight="bold", color=INK, pad=26)
        about = f"{said.about}, {said.unit}" if said.unit else said.about
        about += "; lower is better, drawn upwards" if lower else ""
        words = "\n".join(wrap(about, 64)[:2])
        axes.text(0, 1.03, words, transform=axes.transAxes, fontsize=7.5, color=SOFT, parse_math=False)
        _scores(axes, points, colours, lower)
    axes = figure.add_subplot(grid[rows, :])
    _size_axis(axes, [*BAND, *(size for model in models.values() if (size := model.bytes()) is not None)], 1.6)
    _sizes(axes, models, colours)
    axes.set_title("Every model by size", loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.set_xlabel("bytes of all weights in fp16; shaded: 1 to 100 MB, what a zone may have", color=SOFT, fontsize=9)
    shown = {**colours, "others": _OTHER}
    handles = [axes.scatter([], [], color=colour, s=26, label=family) for family, colour in shown.items()]
    figure.legend(handles=handles, loc="lower center", ncols=len(shown), frameon=False, fontsize=8.5, labelcolor=INK)
    dated = {"Date": None} if path.suffix.lower() == ".svg" else None
    figure.savefig(path, metadata=dated)


def _panels(models: Mapping[str, Model]) -> dict[str, list[Point]]:
    """Returns the metrics that most models share, with their points."""
    points: dict[str, list[Point]] = {}
    for name, model in models.items():
        size = model.bytes()
        if size is not None:
            for metric, score in model.scores.items():
                points.setdefault(metric, []).append((name, model.family, size, score.value))
    telling = {metric: of for metric, of in points.items() if len(of) >= FEWEST_POINTS and _spread(of) >= LEAST_SPREAD}
    chosen = sorted(telling, key=lambda metric: -len(telling[metric]))[:MOST_PANELS]
    return {metric: telling[metric] for metric in chosen}


def _spread(points: Sequence[Point]) -> float:
    sizes = [point[2] for point in points]
    return max(sizes) / min(sizes)


def _colours(models: Mapping[str, Model]) -> dict[str, str]:
    sized = Counter(model.family for model in models.values() if model.parameters is not None)
    return dict(zip((family for family, _ in sized.most_common(len(_COLOURS))), _COLOURS, strict=False))


def _size_axis(axes: Axes, sizes: Sequence[float], room: float) -> None:
    """Makes a log axis of bytes with the band shaded; `room` is the factor that is left free on either side."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    axes.set_xlim(min(sizes) / room, max(sizes) * room)
    axes.axvspan(*BAND, color="#e8f1e6", linewidth=0, zorder=0)
    narrow = max(sizes) * room**2 < 300 * min(sizes)
    axes.xaxis.set_major_locator(LogLocator(10, subs=(1.0, 3.0) if narrow else (1.0,), numticks=12))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _short(size)))
    axes.tick_params(colors=SOFT, labelsize=8.5, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.set_axisbelow(True)


def _short(size: float) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= 0.999 * scale:
            return f"{size / scale:g} {unit}"
    return f"{size:g} B"


def _scores(axes: Axes, points: Sequence[Point], colours: Mapping[str, str], lower: bool) -> None:
    axes.grid(axis="y", color="#edf0f4", linewidth=1)
    for _, family, size, score in points:
        axes.scatter(size, score, s=30, color=colours.get(family, _OTHER), linewidth=0, alpha=0.9, zorder=3)
    axes.margins(y=0.14)
    if lower:
        axes.invert_yaxis()
    # The best of their size are named first; a name that would cover a name or a point is left out.
    axes.figure.canvas.draw()
    near = 3 * axes.figure.dpi / 72
    dots = [axes.transData.transform((size, score)) for _, _, size, score in points]
    taken = [(x - near, y - near, x + near, y + near) for x, y in dots]
    for point in sorted(points, key=lambda point: not _leads(point, points, lower)):
        _name(axes, point, taken)


def _name(axes: Axes, point: Point, taken: list[tuple[float, float, float, float]]) -> None:
    """Writes a model's name beside its point, to the right or the left, where it covers nothing."""
    name, _, size, score = point
    dots = axes.figure.dpi / 72
    x, y = axes.transData.transform((size, score))
    left, _, right, _ = axes.get_window_extent().extents
    wide, high = 0.56 * _SMALL * len(name) * dots, 1.1 * _SMALL * dots
    for away, start in ((4.0, x + 4 * dots), (-4.0, x - 4 * dots - wide)):
        box = (start, y - high / 2, start + wide, y + high / 2)
        free = all(box[2] < o[0] or o[2] < box[0] or box[3] < o[1] or o[3] < box[1] for o in taken)
        if free and box[0] >= left and box[2] <= right:
            taken.append(box)
            axes.annotate(
                name,
                (size, score),
                (away, 0),
                textcoords="offset points",
                fontsize=_SMALL,
                color=SOFT,
                ha="left" if away > 0 else "right",
                va="center",
                parse_math=False,
            )
            return


def _leads(point: Point, points: Sequence[Point], lower: bool) -> bool:
    """Whether nothing that is as small is better."""
    sign = -1 if lower else 1
    return all(other[2] > point[2] or sign * other[3] <= sign * point[3] for other in points)


def _sizes(axes: Axes, models: Mapping[str, Model], colours: Mapping[str, str]) -> None:
    kinds = [kind for kind in MODALITIES if any(model.modality == kind for model in models.values())]
    for row, kind in enumerate(reversed(kinds)):
        of = [(size, model) for model in models.values() if model.modality == kind and (size := model.bytes())]
        for place, (size, model) in enumerate(sorted(of, key=lambda found: found[0])):
            # Neighbours of nearly one size are told apart by five heights.
            high = row + 0.13 * (place % 5 - 2)
            colour = colours.get(model.family, _OTHER)
            own = zone_kind(model) is not None
            axes.scatter(
                size, high, s=34 if own else 22, color=colour, edgecolor=INK if own else "none", linewidth=0.9, zorder=3
            )
    axes.set_yticks(range(len(kinds)), list(reversed(kinds)))
    axes.set_ylim(-0.6, len(kinds) - 0.4)
    if any(zone_kind(model) for model in models.values()):
        axes.text(0.995, 1.02, "ringed: runs here", transform=axes.transAxes, ha="right", fontsize=8.5, color=SOFT)
