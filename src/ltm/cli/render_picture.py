"""Draws pictures in a terminal: coloured half blocks where it can, a ramp of characters elsewhere."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from ltm.cli.render import plain_of

RAMP = " .:-=+*#%@"
"""From dark to bright, for terminals with a dark background."""
_HALF = "▀"
_DOUBLED = 32
"""Pictures up to so many pixels wide get two characters a pixel on the ramp: one is about twice as tall as wide."""

Pixels = npt.NDArray[np.uint8]
_Number = TypeVar("_Number", np.uint8, np.float64)


def picture(pixels: Pixels, console: Console, wide: int) -> Text:
    """Draws a picture.

    Args:
        pixels: brightnesses `[rows, columns, channels]`, of one or three channels.
        console: says which colours and characters there are.
        wide: columns at most; a wider picture is shrunk.
    """
    coloured = console.color_system in ("256", "truecolor") and not plain_of(console)
    return _blocks(_shrunk(pixels, wide)) if coloured else _ramp(pixels, wide)


def _blocks(pixels: Pixels) -> Text:
    """Draws two rows of pixels on one line: the upper is the colour of a half block, the lower that behind it."""
    if len(pixels) % 2:
        pixels = np.concatenate((pixels, np.zeros_like(pixels[:1])))
    rgb = np.broadcast_to(pixels, (*pixels.shape[:2], 3)).tolist()
    text = Text(no_wrap=True)
    for row in range(0, len(rgb), 2):
        for upper, lower in zip(rgb[row], rgb[row + 1], strict=True):
            text.append(_HALF, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
        if row + 2 < len(rgb):
            text.append("\n")
    return text


def _ramp(pixels: Pixels, wide: int) -> Text:
    light = pixels.astype(np.float64).mean(axis=-1)
    each = 2 if light.shape[1] <= min(_DOUBLED, wide // 2) else 1
    if each == 1:
        # One line shows two rows, so that what is round stays round.
        light = _shrunk(light[..., None], wide)[..., 0]
        light = np.stack([light[row : row + 2].mean(axis=0) for row in range(0, len(light), 2)])
    low, high = float(light.min()), float(light.max())
    # The largest contrast there is; a picture of one brightness keeps it.
    level = (light - low) / (high - low) if high > low else light / 255
    marks = np.rint(level * (len(RAMP) - 1)).astype(int)
    return Text("\n".join("".join(RAMP[mark] * each for mark in row) for row in marks.tolist()), no_wrap=True)


def _shrunk(pixels: npt.NDArray[_Number], wide: int) -> npt.NDArray[_Number]:
    """Returns the mean of blocks of pixels, as large as it takes to be no wider than `wide`."""
    rows, columns = pixels.shape[:2]
    if columns <= wide:
        return pixels
    step = columns / wide
    across = np.floor(np.arange(wide) * step).astype(int)
    down = np.floor(np.arange(max(1, round(rows / step))) * step).astype(int)
    sums = np.add.reduceat(np.add.reduceat(pixels.astype(np.float64), down, axis=0), across, axis=1)
    tall, broad = (np.diff(np.append(edges, size)) for edges, size in ((down, rows), (across, columns)))
    mean: npt.NDArray[_Number] = (sums / (tall[:, None, None] * broad[None, :, None])).astype(pixels.dtype)
    return mean
