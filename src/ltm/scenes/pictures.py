"""What the built-in sources of pictures share: a fixed number of them, some of which are kept for testing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ltm.acts.label import LabelActSpec
from ltm.scenes.lines import Row
from ltm.senses.image import ImageSpec
from ltm.senses.value import ValueSpec


def picture_columns(side: int, patch: int, labels: tuple[str, ...]) -> dict[str, ValueSpec]:
    """Returns the declarations of square grey pictures and what they show."""
    return {
        "image": ImageSpec.model_validate({"kind": "image", "rows": side, "columns": side, "patch": patch}),
        "label": LabelActSpec(kind="label", labels=labels),
    }


def drawn_rows(images: npt.NDArray[np.uint8], names: npt.NDArray[np.str_], count: int, seed: int) -> Iterator[Row]:
    """Yields at most `count` of the pictures `[n, rows, columns]` with what they show, in an order the seed draws."""
    for number in np.random.default_rng(seed).permutation(len(images))[:count].tolist():
        yield {"image": images[number], "label": str(names[number])}
