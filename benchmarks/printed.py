"""Lines of print, drawn by Pillow in the font that comes with it: for benchmarks and tests of what reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ltm.errors import DataError


def printed(text: str, size: int = 32, canvas: tuple[int, int] | None = None) -> Any:
    """Returns brightnesses `[rows, columns]` of a text in black on white.

    Args:
        text: of letters that the font has.
        size: of the letters, in pixels.
        canvas: rows and columns, the text at the left in the middle; half as high again as the letters, and as long as
            the text with a margin, when absent.

    Raises:
        DataError: Pillow is missing.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise DataError("drawing text needs Pillow: pip install 'ltm[images]'") from None
    font = ImageFont.load_default(size)
    left, top, right, bottom = (round(side) for side in font.getbbox(text))
    rows, columns = canvas or (size * 3 // 2, right - left + size // 2)
    image = Image.new("L", (columns, rows), "white")
    ImageDraw.Draw(image).text((size // 4 - left, (rows - bottom - top) // 2), text, fill="black", font=font)
    return np.asarray(image)
