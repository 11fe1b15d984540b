"""Works out which labels a column holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared
from ltm.senses.label import MOST_LABELS, label_text

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
LONGEST_LABEL = 60
"""A longer text is not taken for a label unless it is declared as one."""
TIMES_EACH = 4
"""What comes so often on average is taken for a label."""
PLAIN = (str, int, float, np.number)


def recur(values: Sequence[Any]) -> bool:
    """Returns whether values look like labels: short, and on average each comes several times."""
    if not all(isinstance(value, PLAIN) and len(str(value)) <= LONGEST_LABEL for value in values):
        return False
    return len({label_text(value) for value in values}) * TIMES_EACH <= len(values)


def look_at_labels(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of a `LabelSpec`.

    Raises:
        DataError: the values aren't labels, are all the same, or are too many, or don't recur where nothing was said.
    """
    if said.kind is None and not recur(values):
        raise DataError("few of the values come again, so they can't be labels")
    odd = [value for value in values if not isinstance(value, PLAIN)]
    if len(odd) > (1 - MOSTLY) * len(values):
        raise DataError(f"expected labels, got {type(odd[0]).__name__}")
    return labelled(label_text(value) for value in values if isinstance(value, PLAIN))


def labelled(texts: Iterable[str]) -> dict[str, Any]:
    """Returns the arguments of a `LabelSpec` with all the labels among `texts`, in order."""
    labels = set(texts) - {""}
    if len(labels) < 2:
        raise DataError("every value is the same: there is nothing to tell apart")
    if len(labels) > MOST_LABELS:
        raise DataError(f"{len(labels):,} different values are too many for labels (at most {MOST_LABELS:,})")
    numbers = all(_NUMBER.fullmatch(text) for text in labels)
    return {"kind": "label", "labels": sorted(labels, key=(lambda text: (float(text), text)) if numbers else None)}
