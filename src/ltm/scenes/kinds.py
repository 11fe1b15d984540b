"""What kind of values each column of a table holds, also of columns that no sense reads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.declare import Declared
from ltm.scenes.describe import spec_of
from ltm.scenes.infer import infer
from ltm.scenes.look import look
from ltm.scenes.look_label import is_empty
from ltm.scenes.look_steps import step_words, steps_of
from ltm.scenes.named import declarations
from ltm.scenes.read import may_miss
from ltm.scenes.sample import sample_rows
from ltm.scenes.step_rows import ROLE, spread
from ltm.senses.missing import number_of
from ltm.senses.value import ValueSpec


@dataclass(frozen=True)
class Kinds:
    """The columns of a table.

    Attributes:
        kinds: the kind of each column; besides those of senses and acts `name` (words that don't recur), `empty` and
            `other`; and `number`, also where all are the same, so that no sense reads them.
        specs: how to read the columns that a sense reads.
        see: the columns that were named to be seen.
        do: the columns that were named to be answered.
        family: `sudoku`, `maze` or `grid`; known only where columns were named.
        score: `exact` or `shortest-path`, likewise.
        notes: what is known of such scenes, in sentences.
        roles: of the steps of scenes; none where scenes have one step.
        more: how many columns weren't looked at.
    """

    kinds: dict[str, str]
    specs: dict[str, ValueSpec]
    see: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    family: str = "grid"
    score: str = "exact"
    notes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    more: int = 0

    @property
    def named(self) -> bool:
        """Whether columns were named, so that others don't count."""
        return bool(self.see or self.do)

    def may_miss(self, name: str) -> bool:
        """Returns whether a brain takes an empty cell of a column for a missing value."""
        spec = self.specs.get(name)
        return name not in self.do and spec is not None and may_miss(spec)


def kinds_of(
    path: str | os.PathLike[str],
    see: Sequence[str] = (),
    do: Sequence[str] = (),
    sample: int = 2000,
    most: int | None = None,
) -> Kinds:
    """Looks at the first rows of a table.

    Args:
        path: of the table.
        see: columns that are seen, as `parse_declaration` reads them; all columns where none is named.
        do: columns that are answered, likewise.
        sample: how many rows to look at.
        most: look at so many columns only, the first ones, where none are named.

    Raises:
        DataError: a table without rows, or a column that was named and can't be used.
    """
    path = Path(path)
    if see and do:
        found = infer(path, see, do, sample, skip_bad=True)
        specs = {name: spec_of(arguments, name in found.do) for name, arguments in found.columns.items()}
        kinds = {name: spec.kind for name, spec in specs.items()}
        roles = () if found.steps is None else tuple(found.steps["roles"])
        return Kinds(kinds, specs, found.see, found.do, found.family, found.score, (found.notes[-1],), roles)
    said, _ = declarations(path, see, do, skip_bad=True)
    rows = [row for _, row in sample_rows(path, list(said) or None, sample, skip_bad=True)]
    names = list(said) or list(dict.fromkeys(name for row in rows for name in row if name != ROLE))
    steps = steps_of(rows, names)
    more = 0 if most is None or said else max(0, len(names) - most)
    names = names[: len(names) - more]
    kinds, specs = {}, {}
    for name in names:
        declared = said.get(name, Declared())
        values = spread(row.get(name) for row in rows if name in row or ROLE not in row)
        there = [value for value in values if not is_empty(value)]
        try:
            if not there:
                raise DataError("every cell that was looked at is empty")
            arguments = look(there, declared, path.parent)
            if arguments["kind"] == "label" and not declared.done and len(there) < len(values):
                arguments["missing"] = True
            specs[name] = spec_of(arguments, declared.done)
            kinds[name] = specs[name].kind
        except DataError as problem:
            if declared.kind is not None:
                raise DataError(f"{path}: {name}: {problem}") from None
            kinds[name] = _plain_kind(there)
    done = tuple(name for name, declared in said.items() if declared.done)
    notes = () if steps is None else (step_words(steps),)
    roles = () if steps is None else tuple(steps.declared["roles"])
    seen = tuple(name for name in said if name not in done)
    return Kinds(kinds, specs, seen, done, notes=notes, roles=roles, more=more)


def _plain_kind(values: Sequence[Any]) -> str:
    """Returns what values are that no sense reads."""
    if not values:
        return "empty"
    try:
        for value in values:
            number_of(value)
    except DataError:
        return "name" if all(isinstance(value, str) for value in values) else "other"
    return "number"
