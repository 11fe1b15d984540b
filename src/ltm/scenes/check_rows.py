"""Reads the rows of a table that is looked over, one after another, and keeps a key of each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError
from ltm.scenes.alike import Keys, Lines
from ltm.scenes.check_steps import StepReader
from ltm.scenes.columns import lying_over
from ltm.scenes.kinds import Kinds
from ltm.scenes.lines import Row, attempts
from ltm.scenes.read import check_alike
from ltm.scenes.spool import SPOOL_BYTES, Spool
from ltm.scenes.step_rows import ROLE
from ltm.scenes.store import SceneWriter
from ltm.scenes.tally import Tally, key_of
from ltm.scenes.told import Told
from ltm.scenes.wanted import is_ragged, with_columns
from ltm.senses.grid import GridSpec

KEPT = 1000
"""Rows that can't be read are named up to so many; people are shown fewer."""


class Rows:
    """Reads the rows of a table; keeps a key of each and counts what is wrong.

    Args:
        path: of the table.
        kinds: of its columns.
        tallies: read and count the values.
        writer: takes the scenes where they will be compared up to symmetry.
    """

    def __init__(self, path: Path, kinds: Kinds, tallies: Mapping[str, Tally], writer: SceneWriter | None) -> None:
        self.path, self.kinds, self.tallies, self.writer = path, kinds, tallies, writer
        self.count = self.unreadable = 0
        self.problems: list[str] = []
        self._lines, self._seen, self._whole = (Spool(SPOOL_BYTES) for _ in range(3))
        first = kinds.see[0] if kinds.see else ""
        specs = kinds.specs
        over = lying_over({name: specs[name] for name in kinds.do if name in specs}, first)
        self._alike = {name: under for name, under in over.items() if isinstance(specs.get(under), GridSpec)}

    def read(self, told: Told) -> None:
        """Reads the file from beginning to end."""
        wanted = list(self.tallies) if self.kinds.named else []
        for line, row in with_columns(self.path, attempts(self.path, told), wanted, ragged=is_ragged(self.path)):
            try:
                if isinstance(row, DataError):
                    raise row
                self._take(line, row)
            except DataError as problem:
                self.unreadable += 1
                if len(self.problems) < KEPT:
                    self.problems.append(str(problem))

    def _take(self, line: int, row: Row) -> None:
        values: dict[str, npt.NDArray[Any] | str | None] = {}
        problem, steps = None, None
        if bool(self.kinds.roles) != (ROLE in row):
            wanted = "a scene of several steps, under the key 'steps'" if self.kinds.roles else "a scene of one step"
            raise DataError(f"{self.path}:{line}: expected {wanted}, like the first rows")
        if ROLE in row:
            try:
                steps = StepReader(row, self.path.parent, self.kinds.roles)
            except DataError as mistake:
                raise DataError(f"{self.path}:{line}: {mistake}") from None
        for name, tally in self.tallies.items():
            try:
                if steps is None:
                    values[name] = tally.read(row, self.path.parent)
                else:
                    values[name] = steps.read(tally, asked=name in self.kinds.do)
                if values[name] is None and self.kinds.named and not self.kinds.may_miss(name):
                    raise DataError("the cell is empty" if name in row else "is missing")
            except DataError as mistake:
                problem = problem or f"{name}: {mistake}"
        try:
            if problem:
                raise DataError(problem)
            arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
            if steps is None:
                check_alike({name: array.shape for name, array in arrays.items()}, self._alike)
            else:
                steps.check_alike(self._alike)
            if self.writer is not None:
                self.writer.append(arrays, line)
        except DataError as mistake:
            raise DataError(f"{self.path}:{line}: {mistake}") from None
        keys = {name: key_of(value) for name, value in values.items()}
        told = "" if steps is None else steps.shown
        self._seen.write(key_of("".join(keys[name].hex() for name in self.kinds.see) + told))
        self._whole.write(key_of("".join(key.hex() for key in keys.values()) + str(row.get(ROLE, ""))))
        self._lines.write(np.int64(line).tobytes())
        self.count += 1

    def arrays(self) -> tuple[Lines, Keys, Keys]:
        """Returns the line of each row that could be read, a key of what is seen in it, and a key of the whole row."""
        shape = (self.count,)
        keys = self._seen.array(np.uint64, shape), self._whole.array(np.uint64, shape)
        return self._lines.array(np.int64, shape), *keys
