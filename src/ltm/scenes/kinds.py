"""What kind of values each column of a table holds, also of columns that no sense reads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ltm.errors import DataError
from ltm.scenes.declare import Declared
from ltm.scenes.infer import declarations, infer, sample_rows, spec_of
from ltm.scenes.look import look
from ltm.senses.value import ValueSpec


@dataclass(frozen=True)
class Kinds:
    """The columns of a table.

    Attributes:
        kinds: the kind of each column; besides those of senses `number`, `name` (words that don't recur), `empty`
            and `other`.
        specs: how to read the columns that a sense reads.
        see: the columns that were named to be seen.
        do: the columns that were named to be answered.
        family: `sudoku`, `maze` or `grid`; known only where columns were named.
        score: `exact` or `shortest-path`, likewise.
        notes: what is known of such scenes, in sentences.
    """

    kinds: dict[str, str]
    specs: dict[str, ValueSpec]
    see: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    family: str = "grid"
    score: str = "exact"
    notes: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Whether columns were named, so that others don't count."""
        return bool(self.see or self.do)


def is_missing(value: Any) -> bool:
    """Returns whether a cell holds nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def kinds_of(
    path: str | os.PathLike[str], see: Sequence[str] = (), do: Sequence[str] = (), sample: int = 2000
) -> Kinds:
    """Looks at the first rows of a table.

    Args:
        path: of the table.
        see: columns that are seen, as `parse_declaration` reads them; all columns where none is named.
        do: columns that are answered, likewise.
        sample: how many rows to look at.

    Raises:
        DataError: a table without rows, or a column that was named and can't be used.
    """
    path = Path(path)
    if see and do:
        found = infer(path, see, do, sample, skip_bad=True)
        specs = {name: spec_of(arguments) for name, arguments in found.columns.items()}
        kinds = {name: spec.kind for name, spec in specs.items()}
        return Kinds(kinds, specs, found.see, found.do, found.family, found.score, (found.notes[-1],))
    said = declarations(see, do)
    rows = [row for _, row in sample_rows(path, list(said) or None, sample, skip_bad=True)]
    names = list(said) or list(dict.fromkeys(name for row in rows for name in row))
    kinds, specs = {}, {}
    for name in names:
        values = [row[name] for row in rows if name in row and not is_missing(row[name])]
        try:
            if not values:
                raise DataError("every cell that was looked at is empty")
            specs[name] = spec_of(look(values, said.get(name, Declared()), path.parent))
            kinds[name] = specs[name].kind
        except DataError as problem:
            if said.get(name, Declared()).kind is not None:
                raise DataError(f"{path}: {name}: {problem}") from None
            kinds[name] = _plain_kind(values)
    seen = tuple(said)[: len(see)]
    return Kinds(kinds, specs, seen, tuple(said)[len(see) :])


def _plain_kind(values: Sequence[Any]) -> str:
    """Returns what values are that no sense reads."""
    if values and all(as_number(value) is not None for value in values):
        return "number"
    if not values:
        return "empty"
    return "name" if all(isinstance(value, str) for value in values) else "other"


def as_number(value: Any) -> float | None:
    """Returns the number that a cell holds, also one written as text; None if it holds something else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | np.number):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
