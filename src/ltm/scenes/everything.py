"""What stands for all of a table: every other column for `*`, and one pass over all rows where the first won't do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ltm.chart.schema import MOST_SENSES
from ltm.errors import DataError
from ltm.scenes.lines import attempts
from ltm.scenes.look_label import PLAIN, is_empty
from ltm.scenes.sample import nothing_read
from ltm.scenes.step_rows import ROLE, spread
from ltm.scenes.wanted import SAMPLED, is_ragged
from ltm.senses.label import MOST_LABELS
from ltm.senses.missing import is_missing
from ltm.senses.vector import MOST_NUMBERS

ALL = "*"
"""In the place of a column that is seen: all columns that are named nowhere else."""
_KEPT = 20_000
"""So many numbers of a column say where its bins lie."""


def others(path: Path, named: Sequence[str], *, skip_bad: bool) -> list[str]:
    """Returns the columns of a table that aren't named, in the order in which they come.

    Raises:
        DataError: there are none, or more than a brain can see.
    """
    there = _columns(path, skip_bad=skip_bad)
    found = [name for name in there if name not in {*named, ROLE}]
    if not found:
        raise DataError(f"{path}: '{ALL}' stands for no column: all of {', '.join(there)} are named already")
    if len(found) + len(named) > MOST_SENSES:
        raise DataError(
            f"{path}: '{ALL}' stands for {len(found):,} columns, but a brain has at most {MOST_SENSES:,} senses; name "
            f"those that matter, or write the numbers as one column of lists (up to {MOST_NUMBERS:,} numbers each)"
        )
    return found


def _columns(path: Path, *, skip_bad: bool) -> list[str]:
    """Returns the columns of the first row; of JSON Lines those of many, as not every row need have them all."""
    found: dict[str, None] = {}
    good, first_bad = 0, None
    for _, row in attempts(path):
        if isinstance(row, DataError):
            if not skip_bad:
                raise row
            first_bad = first_bad or row
            continue
        found.update(dict.fromkeys(row))
        good += 1
        if good == (SAMPLED if is_ragged(path) else 1):
            break
    if not good:
        raise nothing_read(path, first_bad)
    return list(found)


def whole_columns(path: Path, labels: Sequence[str], numbers: Sequence[str], seed: int = 0) -> dict[str, list[Any]]:
    """Returns the different values of some columns, and an even sample of others, from one pass over the whole file.

    In a file that is sorted, the first rows don't show all labels, nor where all numbers lie.
    """
    different = {name: set[Any]() for name in labels}
    kept: dict[str, list[Any]] = {name: [] for name in numbers}
    passed = dict.fromkeys(numbers, 0)
    chance = random.Random(seed)
    for _, row in attempts(path):
        if isinstance(row, DataError):
            continue
        for name, values in different.items():
            for value in spread([row.get(name)]):
                if len(values) <= MOST_LABELS and (isinstance(value, PLAIN) or is_empty(value)):
                    values.add(None if is_empty(value) else value)
        for name, some in kept.items():
            for value in spread([row.get(name)]):
                if is_missing(value):
                    continue
                passed[name] += 1
                place = len(some) if len(some) < _KEPT else chance.randrange(passed[name])
                if place < _KEPT:
                    some[place : place + 1] = [value]
    return {**{name: list(values) for name, values in different.items()}, **kept}
