"""Works out which labels a column holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared
from ltm.senses.label import LONGEST, MOST_LABELS, label_text
from ltm.senses.missing import is_missing, number_of

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
LONGEST_LABEL = 60
"""A longer text is not taken for a label unless it is declared as one."""
TIMES_EACH = 4
"""What comes so often on average is taken for a label."""
FEW = 10
"""More different numbers than this are taken for numbers rather than labels, unless they count something off."""
PLAIN = (str, int, float, np.number, np.bool_)


def is_empty(value: Any) -> bool:
    """Returns whether a cell holds no label: None, NaN or blank text; `na` and `?` are labels if they come often."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, PLAIN) and bool(value != value))


def come_again(values: Sequence[Any]) -> bool:
    """Returns whether values are short, and on average each comes several times."""
    if not all(isinstance(value, PLAIN) and len(str(value)) <= LONGEST_LABEL for value in values):
        return False
    return len({label_text(value) for value in values}) * TIMES_EACH <= len(values)


def recur(values: Sequence[Any], done: bool = False) -> bool:
    """Returns whether values look like labels: they are short and come again.

    Many different numbers don't, however often they come again: ages are numbers. Where they are to be answered, and
    are the whole numbers from 0 or 1 on without a gap, they are taken for the numbers of classes.
    """
    if not come_again(values):
        return False
    different = {label_text(value) for value in values}
    numbers = {text for text in different if _is_number(text)}
    if len(numbers) <= FEW or len(numbers) < MOSTLY * len({text for text in different if not is_missing(text)}):
        return True
    first = min(numbers, key=float)
    return done and first in ("0", "1") and numbers == {str(int(first) + place) for place in range(len(numbers))}


def _is_number(text: str) -> bool:
    try:
        return number_of(text) is not None
    except DataError:
        return False


def look_at_labels(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of a `LabelSpec`; in what is seen, empty cells are missing labels.

    Raises:
        DataError: the values aren't labels, are all the same, or are too many, or don't recur where nothing was said.
    """
    there = [value for value in values if not is_empty(value)]
    if said.kind is None and not recur(there, said.done):
        raise DataError("few of the values come again, or they are many numbers, so they can't be labels")
    odd = [value for value in there if not isinstance(value, PLAIN)]
    if len(odd) > (1 - MOSTLY) * len(there):
        raise DataError(f"expected labels, got {type(odd[0]).__name__}")
    return labelled(values, said.done)


def labelled(values: Iterable[Any], done: bool = False) -> dict[str, Any]:
    """Returns the arguments of a `LabelSpec` with all the labels among `values`, in order."""
    labels, empty = set[str](), False
    for value in values:
        if is_empty(value):
            empty = True
        elif isinstance(value, PLAIN):
            labels.add(label_text(value))
    if len(labels) < 2:
        what = "every value is the same: there is nothing to tell apart" if labels else "every cell is empty"
        raise DataError(what)
    if len(labels) > MOST_LABELS:
        raise DataError(f"{len(labels):,} different values are too many for labels (at most {MOST_LABELS:,})")
    if len(longest := max(labels, key=len)) > LONGEST:
        raise DataError(f"{longest[:40] + '…'!r} is too long for a label (at most {LONGEST} letters)")
    numbers = all(_NUMBER.fullmatch(text) for text in labels)
    ordered = sorted(labels, key=(lambda text: (float(text), text)) if numbers else None)
    return {"kind": "label", "labels": ordered, **({"missing": True} if empty and not done else {})}
