"""Scenes that a built-in source has made, as rows of a table: what people would write down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ltm.acts.canvas import CanvasSpec
from ltm.scenes.lines import Row
from ltm.scenes.store import SceneSet
from ltm.senses.grid import GridSpec
from ltm.senses.value import ValueSpec


def rows_made(made: SceneSet | Iterable[Row], columns: Mapping[str, ValueSpec]) -> Iterator[Row]:
    """Yields rows: those that a source has made, or its scenes in the letters that it has declared.

    Args:
        made: by a source.
        columns: as the source declares them; of grids and canvases only, where scenes are made.
    """
    if not isinstance(made, SceneSet):
        yield from made
        return
    for number in range(len(made)):
        row: dict[str, Any] = {}
        for name, spec in columns.items():
            corner = tuple(slice(int(side)) for side in made.shapes[name][number])
            value = made.values[name][number][corner]
            row[name] = spec.decode(value) if isinstance(spec, GridSpec | CanvasSpec) else value
        yield row
