"""Whether what a chart says of scenes fits its senses and acts: what changes in them, and what counts as right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ltm.acts.canvas import CanvasSpec
from ltm.chart.interchange import group_misfits
from ltm.chart.locate import Problem
from ltm.chart.schema import Chart
from ltm.scenes.augment import MOVES
from ltm.scenes.augment_canvas import Flat, symbols_in
from ltm.scenes.maze import MAZE_ALPHABET, PATH_ALPHABET
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.number import NumberSpec
from ltm.senses.text import TextSpec
from ltm.senses.vector import VectorSpec

_CHANGES: dict[str, tuple[tuple[type, ...], str]] = {
    "jitter": ((ImageSpec,), "'image'"),
    "drop": ((TextSpec,), "'text'"),
    "scatter": ((NumberSpec, VectorSpec), "'number' or 'vector'"),
}
"""What training changes in values of some kinds, beside the symmetries of grids."""


def scene_misfits(chart: Chart) -> Iterator[Problem]:
    """Yields what doesn't fit."""
    specs = [
        *((("senses", name), sense) for name, sense in chart.senses.items()),
        *((("acts", name), act) for name, act in chart.acts.items()),
    ]
    grids = [name for name in chart.scenes.symmetries if name not in _CHANGES]
    others = [name for (_, name), spec in specs if not isinstance(spec, GridSpec | CanvasSpec)]
    for name, (kinds, words) in _CHANGES.items():
        if name in chart.scenes.symmetries and not any(isinstance(spec, kinds) for spec in chart.senses.values()):
            yield ("scenes", "symmetries"), f"{name} is for senses of kind {words}; there is none"
    if grids and others:
        yield ("scenes", "symmetries"), f"{grids[0]} is for grids; {others[0]!r} is of another kind"
    elif grids:
        flat: list[tuple[tuple[str, str], Flat]] = [
            (loc, spec) for loc, spec in specs if isinstance(spec, GridSpec | CanvasSpec)
        ]
        yield from _grid_symmetries(chart, flat)
    if chart.scenes.score == "shortest-path":
        yield from _shortest_path(chart)
    yield from group_misfits(chart.scenes.interchange, {**chart.senses, **chart.acts})
    for key, words in (
        ("sizes", "the smallest side exceeds the largest"),
        ("givens", "the fewest givens exceed the most"),
        ("search_steps", "the fewest search steps exceed the most"),
    ):
        pair = getattr(chart.scenes, key)
        if pair is not None and pair[0] > pair[1]:
            yield ("scenes", key), words


def _grid_symmetries(chart: Chart, specs: Sequence[tuple[tuple[str, str], Flat]]) -> Iterator[Problem]:
    if "relabel" in chart.scenes.symmetries and len({symbols_in(spec) for _, spec in specs}) > 1:
        yield ("scenes", "symmetries"), "relabel needs the same number of symbols in every sense and act"
    least = min(symbols_in(spec) for _, spec in specs)
    if "relabel" in chart.scenes.symmetries and chart.scenes.relabel_from >= least - 1:
        yield ("scenes", "relabel_from"), f"leaves fewer than two of {least} symbols to relabel"
    canvases = [loc for loc, spec in specs if isinstance(spec, CanvasSpec)]
    if canvases:  # each grid is moved by its own rows and columns
        if "bands" in chart.scenes.symmetries:
            yield ("scenes", "symmetries"), f"bands moves the cells of all grids alike; {canvases[0][1]!r} is a canvas"
        return
    first = specs[0][1]
    moves = [name for name in chart.scenes.symmetries if name in MOVES]
    for loc, spec in specs if moves else ():
        sides = [(spec.rows, first.rows), (spec.columns, first.columns)]
        if chart.steps is None and any(own is not None and own != other for own, other in sides):
            of_both = [f"{grid.rows or 'any'} by {grid.columns or 'any'}" for grid in (spec, first)]
            words = f"{moves[0]} moves the cells of all grids alike; {loc[1]!r} has {of_both[0]} cells"
            yield ("scenes", "symmetries"), f"{words}, {specs[0][0][1]!r} {of_both[1]}"
        elif "bands" in moves:
            tall, wide = (first.rows, first.columns) if spec.rows is None else (spec.rows, spec.columns)
            if tall is None or math.isqrt(tall) ** 2 != tall or tall != wide:
                words = f"bands needs squares of 4, 9, 16, … rows; {loc[1]!r} has {tall} by {wide}"
                yield ("scenes", "symmetries"), words


def _shortest_path(chart: Chart) -> Iterator[Problem]:
    """Paths are looked at as symbols, whatever their characters: walls, open cells, start and goal, in that order."""
    here = ("scenes", "score")
    if len(chart.acts) > 1:
        yield here, f"shortest-path judges one act, not {len(chart.acts)}"
        return
    (act, path), (sense, maze) = next(iter(chart.acts.items())), next(iter(chart.senses.items()))
    for kind, name, spec, symbols, usual in (
        ("senses", sense, maze, 4, MAZE_ALPHABET),
        ("acts", act, path, 2, PATH_ALPHABET),
    ):
        if not isinstance(spec, GridSpec) or spec.symbols != symbols:
            yield here, f"shortest-path needs {name!r} to be a grid of {symbols} symbols, {usual!r} in that order"
        elif spec.alphabet is not None and spec.alphabet != usual and set(spec.alphabet) == set(usual):
            yield (kind, name, "alphabet"), f"shortest-path takes the characters in the order {usual!r}"
    if isinstance(path, GridSpec) and path.place(sense) != sense:
        yield ("acts", act, "at"), f"shortest-path needs the path to lie over the first sense, {sense!r}"
