"""Whether symmetries that move cells can move all grids of a scene alike: they must have the same rows and columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ltm.acts.canvas import CanvasSpec
from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.augment import MOVES
from ltm.scenes.store import SceneSet
from ltm.senses.grid import GridSpec


def check_moves(chart: Chart, scenes: SceneSet, where: str) -> None:
    """Refuses scenes whose grids a declared symmetry can't move alike.

    Args:
        chart: declares symmetries.
        scenes: to learn from, before any of them was moved.
        where: they come from, for messages.

    Raises:
        DataError: names the first such scene by its line.
    """
    found = uneven(chart, scenes.shapes)
    if found is not None:
        number, words = found
        raise DataError(f"{where}:{int(scenes.lines[number])}: {words}")


def uneven(chart: Chart, sides: Mapping[str, npt.NDArray[np.uint32]]) -> tuple[int, str] | None:
    """Returns the first scene whose grids differ in size where that matters, and what is wrong with it.

    Args:
        chart: declares symmetries.
        sides: of each column's values `[scenes, axes]`.
    """
    if not chart.training.augment or not MOVES.keys() & set(chart.scenes.symmetries):
        return None
    if chart.steps is not None:  # steps are moved each by its own sides
        return None
    if any(isinstance(act, CanvasSpec) for act in chart.acts.values()):  # then each is moved by its own sides
        return None
    grids = [name for name, spec in {**chart.senses, **chart.acts}.items() if isinstance(spec, GridSpec)]
    for name in grids[1:]:
        differs = np.flatnonzero((sides[name] != sides[grids[0]]).any(1))
        if len(differs):
            number = int(differs[0])
            cells = [" by ".join(map(str, sides[which][number].tolist())) for which in (grids[0], name)]
            return number, (
                f"{cells[0]} cells in {grids[0]!r} and {cells[1]} in {name!r}, which no symmetry moves alike; "
                f"leave {', '.join(chart.scenes.symmetries)} out of scenes.symmetries"
            )
    return None
