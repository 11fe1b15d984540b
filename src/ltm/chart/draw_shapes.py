"""The shapes of which a picture consists, whatever draws them. Units are pixels; y grows downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INK = "#1d2530"
SOFT = "#5b6675"
FAINT = "#c9d0d9"
PAPER = "#ffffff"


@dataclass(frozen=True)
class Box:
    """A rounded rectangle with its top left corner at (x, y); no line when `line` is empty."""

    x: float
    y: float
    wide: float
    high: float
    round: float
    fill: str
    line: str = ""
    thick: float = 1.5


@dataclass(frozen=True)
class Text:
    """A line of text whose middle is at height y."""

    x: float
    y: float
    words: str
    size: float = 12.0
    ink: str = INK
    bold: bool = False
    align: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True)
class Wire:
    """A line, or a cubic curve when it has two bends, from `start` to `end`."""

    start: tuple[float, float]
    end: tuple[float, float]
    ink: str
    bends: tuple[tuple[float, float], tuple[float, float]] | None = None
    thick: float = 1.5
    dashed: bool = False
    dot: bool = False
    """A dot where it starts."""
    arrow: bool = True
    """A head where it ends."""
    opacity: float = 1.0


Shape = Box | Text | Wire


@dataclass(frozen=True)
class Picture:
    """Shapes in the order in which they are painted."""

    wide: float
    high: float
    title: str
    shapes: tuple[Shape, ...]


def head(wire: Wire, size: float) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Returns the corners of the arrow head at the end of a wire, tip first."""
    before = wire.bends[1] if wire.bends else wire.start
    across, down = wire.end[0] - before[0], wire.end[1] - before[1]
    length = (across * across + down * down) ** 0.5 or 1.0
    across, down = across / length * size, down / length * size
    base = wire.end[0] - across, wire.end[1] - down
    return (
        wire.end,
        (base[0] - down * 0.45, base[1] + across * 0.45),
        (base[0] + down * 0.45, base[1] - across * 0.45),
    )


def clip(words: str, wide: float, size: float, *, bold: bool = False) -> str:
    """Shortens text so that it fits into `wide` pixels at a font size, ending in an ellipsis where it was cut."""
    most = max(1, int(wide / (size * (0.63 if bold else 0.57))))
    return words if len(words) <= most else words[: most - 1] + "…"
