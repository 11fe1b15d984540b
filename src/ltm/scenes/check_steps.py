"""Looks a scene of several steps over, as `ltm scenes check` does: every value of every step, and whether they fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ltm.chart.propose_steps import SHOWING
from ltm.errors import DataError
from ltm.scenes.lines import Row
from ltm.scenes.read import check_alike
from ltm.scenes.step_rows import ROLE
from ltm.scenes.steps import Roles
from ltm.scenes.tally import Tally, key_of


class StepReader:
    """Reads one scene, column by column.

    Attributes:
        shown: what is shown at its steps, as one text that tells scenes apart; the roles first.

    Args:
        row: the scene, with a list of values a column.
        folder: that names of files are relative to.
        roles: that a chart proposed for this table would know.

    Raises:
        DataError: a role that the chart wouldn't know.
    """

    def __init__(self, row: Row, folder: Path, roles: tuple[str, ...]) -> None:
        Roles(roles).encode(row[ROLE])
        self._row, self._folder = row, folder
        self._sides: list[dict[str, tuple[int, ...]]] = [{} for _ in row[ROLE]]
        self.shown = str(row[ROLE])

    def read(self, tally: Tally, *, asked: bool) -> str:
        """Reads and counts a column's values; returns one text that tells them apart.

        Args:
            tally: of the column.
            asked: whether it is answered; then what is shown of it belongs to what is seen, and may not contradict.

        Raises:
            DataError: names the step.
        """
        roles = self._row[ROLE]
        keys = [""] * len(roles)
        for number, value in enumerate(self._row.get(tally.name, ())):
            if value is None:
                continue
            try:
                read = tally.read({tally.name: value}, self._folder)
            except DataError as problem:
                raise DataError(f"step {number + 1}: {problem}") from None
            keys[number] = "" if read is None else key_of(read).hex()
            if isinstance(read, np.ndarray):
                self._sides[number][tally.name] = read.shape
        if asked:
            shown = [key if role in SHOWING else "" for key, role in zip(keys, roles, strict=True)]
            self.shown += f"|{tally.name}:{'|'.join(shown)}"
        return "|".join(keys)

    def check_alike(self, alike: Mapping[str, str]) -> None:
        """Compares the sizes of grids that lie over one another at a step.

        Args:
            alike: columns whose values must have the shape of another column's.

        Raises:
            DataError: names the first step at which they differ.
        """
        for number, sides in enumerate(self._sides, 1):
            there = {name: other for name, other in alike.items() if name in sides}
            try:
                check_alike({**dict.fromkeys(there.values(), (0, 0)), **sides}, there)
            except DataError as problem:
                raise DataError(f"step {number}: {problem}") from None
