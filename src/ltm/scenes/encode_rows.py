"""From rows that a built-in source makes, as people would write them, to scenes in a chart's symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ltm.errors import DataError, nearest
from ltm.scenes.following import source_columns, source_of
from ltm.scenes.lines import Row
from ltm.scenes.read import cell, laid
from ltm.scenes.step_rows import ROLE, unrolled
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.senses.value import ValueSpec

Written = Callable[[Any, ValueSpec], Any]
"""From a row's value, and the declaration of what is to read it, to the form that it reads."""


def as_it_is(value: Any, spec: ValueSpec) -> Any:
    """Returns the value unchanged."""
    return value


def encode_rows(
    rows: Iterable[Row],
    columns: Mapping[str, ValueSpec],
    source: str,
    *,
    alike: Mapping[str, str],
    written: Written = as_it_is,
    left_out: list[str] | None = None,
) -> SceneSet:
    """Returns the rows as scenes, without repetitions.

    Args:
        rows: made by a source.
        columns: how to read each column.
        source: what messages call it.
        alike: columns whose values must have the shape of another column's.
        written: how values are brought into the form that a column reads.
        left_out: gets what is wrong with each row that doesn't fit the columns; without it, the first stops everything.

    Raises:
        DataError: a column that the source doesn't have, or a value that a column can't hold.
    """
    writer = SceneWriter({name: spec.layout for name, spec in columns.items()})
    for number, given in enumerate(rows, 1):
        row = unrolled(given)
        for name in source_columns(columns) if ROLE not in row else ():
            if name not in row:
                known = ", ".join(row)
                raise DataError(
                    f"source {source!r} has the columns {known}; the chart asks for {name!r}{nearest(name, row)}"
                )
        try:
            values = {name: cell(row, source_of(name, spec), "plain", Path()) for name, spec in columns.items()}
            scene = {name: spec.encode(written(values[name], spec)) for name, spec in columns.items()}
            writer.append(laid(scene, alike), number)
        except DataError as problem:
            if left_out is None:
                raise DataError(f"source {source!r}, scene {number:,}: {problem}") from None
            left_out.append(f"source {source!r}, scene {number:,}: {problem}")
    return writer.finish(distinct=True)
