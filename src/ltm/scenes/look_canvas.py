"""Finds what answered grids lie over: a grid that is seen and always has their size, or a canvas of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ltm.acts.canvas import MOST_SIDE
from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY
from ltm.scenes.describe import spec_of
from ltm.scenes.lines import Row
from ltm.scenes.read import cell
from ltm.scenes.step_rows import StepList
from ltm.senses.grid import GridSpec

Columns = Mapping[str, Mapping[str, Any]]
Shape = tuple[int, ...]


def laid_over(rows: Sequence[Row], columns: Columns, do: Sequence[str], path: Path) -> dict[str, dict[str, Any]]:
    """Returns columns in which each grid that is answered lies over one that is seen, or is a canvas.

    Args:
        rows: that were looked at.
        columns: the declaration of each column.
        do: the columns that are answered.
        path: of the file.

    Raises:
        DataError: answers that are larger than a canvas may be, or than was declared.
    """
    found = {name: dict(arguments) for name, arguments in columns.items()}
    seen = [name for name, arguments in columns.items() if name not in do and arguments["kind"] == "grid"]
    first = next(name for name in columns if name not in do)
    for name in do:
        if columns[name]["kind"] != "grid":
            continue
        shapes = list(_shapes(rows, columns, (name, *seen), path.parent))
        under = [
            other
            for place, other in enumerate(seen, 1)
            if sum(row[0] == row[place] for row in shapes) >= MOSTLY * len(shapes)
        ]
        if not under:
            try:
                found[name] = _canvas(columns[name], [row[0] for row in shapes if row[0] is not None])
            except DataError as problem:
                raise DataError(f"{path}: {name}: {problem}") from None
        elif under[0] != first:
            found[name]["at"] = under[0]
    return found


def _canvas(grid: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
    """Returns a canvas of the declared size, or with room for the largest of some grids."""
    largest = grid.get("largest")
    rows, columns = (
        grid.get(side) or largest or max((shape[axis] for shape in shapes), default=1)
        for axis, side in enumerate(("rows", "columns"))
    )
    if max(rows, columns) > MOST_SIDE:
        raise DataError(
            f"grids of up to {rows}×{columns} that have the size of no grid that is seen; "
            f"such answers may have {MOST_SIDE} cells a side at most"
        )
    kept = {key: grid[key] for key in ("alphabet", "form") if key in grid}
    return {"kind": "canvas", "rows": rows, "columns": columns, "colours": grid["symbols"], **kept}


def _shapes(
    rows: Sequence[Row], columns: Columns, names: Sequence[str], folder: Path
) -> Iterator[tuple[Shape | None, ...]]:
    """Yields the shapes of some columns' grids for each row, or step, that answers the first of them."""
    specs = {name: spec_of(columns[name], column=name) for name in names}
    for row in rows:
        given = [row.get(name) for name in names]
        steps = zip(*given, strict=True) if all(isinstance(one, StepList) for one in given) else [tuple(given)]
        for values in steps:
            found = tuple(
                None if value is None else _shape({name: value}, name, specs[name], folder)
                for name, value in zip(names, values, strict=True)
            )
            if found[0] is not None:
                yield found


def _shape(row: Row, name: str, spec: Any, folder: Path) -> Shape | None:
    """Returns the shape of a cell's grid; None where it is none, which is told elsewhere."""
    assert isinstance(spec, GridSpec)
    try:
        return np.shape(spec.encode(cell(row, name, spec.written, folder)))
    except DataError:
        return None
