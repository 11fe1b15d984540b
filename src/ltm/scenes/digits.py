"""The built-in source `digits`: 1,797 handwritten digits of 8×8 pixels, which come with scikit-learn.

Every sixth is kept for `ltm eval`; brains learn from the others.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ltm.chart.base import Part
from ltm.scenes.extras import library
from ltm.scenes.lines import Row
from ltm.scenes.pictures import drawn_rows, picture_columns

COLUMNS = picture_columns(8, 1, tuple("0123456789"))
TEST_EVERY = 6
_BRIGHTEST = 16


def learn(options: Part, count: int, seed: int) -> Iterator[Row]:
    """Yields at most `count` of the digits to learn from, drawn by the seed."""
    return _rows(False, count, seed)


def judge(options: Part, count: int, seed: int) -> Iterator[Row]:
    """Yields at most `count` of the digits that are kept for testing, drawn by the seed."""
    return _rows(True, count, seed)


def _rows(test: bool, count: int, seed: int) -> Iterator[Row]:
    images, labels = _load()
    chosen = (np.arange(len(images)) % TEST_EVERY == TEST_EVERY - 1) == test
    return drawn_rows(images[chosen], labels[chosen].astype(str), count, seed)


def _load() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    data = library("sklearn.datasets", "the source digits").load_digits()
    images = np.round(data.images * (255 / _BRIGHTEST)).astype(np.uint8)
    return images, data.target.astype(np.int64)
