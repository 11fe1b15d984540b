"""Looks a whole table over before anything learns from it: what it holds, what is wrong with it, what leaks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.alike import Alike, Keys, Lines, contradicting, repeated, shared
from ltm.scenes.check_rows import Rows
from ltm.scenes.kinds import Kinds, kinds_of
from ltm.scenes.split import group_keys
from ltm.scenes.store import SceneWriter
from ltm.scenes.tally import Column, Tally
from ltm.scenes.told import Told, nobody
from ltm.senses.label import Labels


@dataclass(frozen=True)
class Leaks:
    """What a table to test with shares with the one to learn from.

    Attributes:
        path: of the table to test with.
        rows: how many of its rows can be read.
        unreadable: how many can't.
        problems: what is wrong with the first of these.
        same: rows that are alike in every column.
        seen: rows whose scenes are seen alike, `same` among them; None where no column was named to be seen.
        symmetric: rows that are alike up to a symmetry, `seen` among them; None where none is known.
        lines: the first rows that leak, each with the line in the table to learn from.
    """

    path: str
    rows: int
    unreadable: int
    problems: tuple[str, ...]
    same: int
    seen: int | None
    symmetric: int | None
    lines: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """Rows that leak in any way."""
        return max(self.same, self.seen or 0, self.symmetric or 0)


@dataclass(frozen=True)
class Checked:
    """What a table holds.

    Attributes:
        path: of the table.
        rows: how many can be read.
        unreadable: how many can't.
        problems: what is wrong with the first thousand of these, with file and line.
        columns: by name.
        see: the columns that were named to be seen.
        do: the columns that were named to be answered.
        family: `sudoku`, `maze` or `grid`; which scenes count as the same.
        score: `shortest-path` where several answers may be right, otherwise `exact`.
        notes: what is known of such scenes, in sentences.
        duplicates: rows alike in every column that was looked at.
        contradictions: rows seen alike but answered differently; None unless both were named.
        leaks: what the other table shares; None where there is none.
    """

    path: str
    rows: int
    unreadable: int
    problems: tuple[str, ...]
    columns: dict[str, Column]
    see: tuple[str, ...]
    do: tuple[str, ...]
    family: str
    score: str
    notes: tuple[str, ...]
    duplicates: Alike
    contradictions: Alike | None
    leaks: Leaks | None

    @property
    def faults(self) -> int:
        """How many things are wrong that spoil what is learned or measured; repeated rows are only dropped."""
        contradicting = 0 if self.contradictions is None or self.score != "exact" else self.contradictions.rows
        leaking = 0 if self.leaks is None else self.leaks.count + self.leaks.unreadable
        return self.unreadable + contradicting + leaking


def check(
    path: str | os.PathLike[str],
    see: Sequence[str] = (),
    do: Sequence[str] = (),
    *,
    against: str | os.PathLike[str] | None = None,
    sample: int = 2000,
    told: Told = nobody,
) -> Checked:
    """Reads a whole table; keeps a few bytes a row, and those on disk where there are many.

    Args:
        path: of the table.
        see: columns that are seen, as `parse_declaration` reads them; all columns are looked at where none is named.
        do: columns that are answered, likewise.
        against: a table to test with, which should share no scene with this one.
        sample: the kinds of values are worked out from so many rows.
        told: told now and then how far it is.

    Raises:
        DataError: a table that can't be used at all.
    """
    path, kinds = Path(path), kinds_of(path, see, do, sample)
    tallies = {name: Tally(name, kind, kinds.specs.get(name)) for name, kind in kinds.kinds.items()}
    symmetric = against is not None and kinds.family in ("sudoku", "maze")
    writer = SceneWriter({name: kinds.specs[name].layout for name in (*kinds.see, *kinds.do)}) if symmetric else None
    train = Rows(path, kinds, tallies, writer)
    train.read(told)
    if not train.count:
        raise DataError(f"{path}: holds no rows that can be read; the first of {train.unreadable}: {train.problems[0]}")
    columns = {name: tally.summary() for name, tally in tallies.items()}
    lines, seen, whole = train.arrays()
    return Checked(
        str(path),
        train.count,
        train.unreadable,
        tuple(train.problems),
        columns,
        kinds.see,
        kinds.do,
        kinds.family,
        kinds.score,
        kinds.notes,
        repeated(whole, lines),
        contradicting(seen, whole, lines) if kinds.see and kinds.do else None,
        None if against is None else _leaks(Path(against), kinds, columns, (lines, seen, whole), writer, told),
    )


def _leaks(
    path: Path,
    kinds: Kinds,
    columns: Mapping[str, Column],
    train: tuple[Lines, Keys, Keys],
    writer: SceneWriter | None,
    told: Told,
) -> Leaks:
    tallies = {name: _strict(name, kinds, columns[name]) for name in kinds.kinds}
    test = Rows(path, kinds, tallies, writer)
    test.read(told)
    if not test.count:
        first = f"; the first of {test.unreadable}: {test.problems[0]}" if test.problems else ""
        raise DataError(f"{path}: holds no rows that can be read{first}")
    (train_lines, train_seen, train_whole), (lines, seen, whole) = train, test.arrays()
    same, shown = shared(train_whole, train_lines, whole, lines)
    alike = symmetric = None
    if kinds.see:
        alike, shown = shared(train_seen, train_lines, seen, lines)
    if writer is not None:
        # Both tables are in one set, so that grids of several sizes are padded alike.
        keys = group_keys(writer.finish(), kinds.family, told)
        symmetric, shown = shared(keys[: len(train_lines)], train_lines, keys[len(train_lines) :], lines)
    return Leaks(str(path), test.count, test.unreadable, tuple(test.problems), same, alike, symmetric, tuple(shown))


class _Strict(Tally):
    """Takes only the labels of the table to learn from: a brain can't answer with any other."""

    def _label(self, value: Any) -> str:
        assert self.spec is not None
        self.spec.encode(value)
        return super()._label(value)


def _strict(name: str, kinds: Kinds, column: Column) -> Tally:
    spec = kinds.specs.get(name)
    if isinstance(spec, Labels) and len(column.counts) > 1:
        return _Strict(name, kinds.kinds[name], Labels(kind="label", labels=tuple(column.counts)))
    return Tally(name, kinds.kinds[name], spec)
