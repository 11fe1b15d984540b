"""From a chart to the scenes it trains on: made or read, encoded as its senses and acts ask, and split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.columns import alike_of, columns_of
from ltm.scenes.encode_rows import encode_rows
from ltm.scenes.maze_score import score as score_paths
from ltm.scenes.moved_alike import check_moves
from ltm.scenes.read import load
from ltm.scenes.sources import find_source, source_names
from ltm.scenes.split import LEAST, MOST, group_keys, split
from ltm.scenes.steps import cut
from ltm.scenes.store import SceneSet
from ltm.scenes.told import Told, nobody
from ltm.senses.grid import GridSpec
from ltm.senses.layout import VOID
from ltm.senses.value import ValueSpec

FEWEST = 32
"""Scenes that are needed to learn anything."""
SHOWN = 10
"""Of the scenes that don't fit a chart, so many are described."""
Part = Literal["learn", "aside", "test"]
Scorer = Callable[[Mapping[str, Tensor], Mapping[str, Tensor]], Tensor]


@dataclass(frozen=True)
class Prepared:
    """Scenes ready for training.

    Attributes:
        train: to learn from.
        validation: set aside.
        skipped: rows that could not be read, where that was allowed.
        duplicates: rows dropped because an equal one came before.
        problems: the first of the rows that could not be read.
    """

    train: SceneSet
    validation: SceneSet
    skipped: int = 0
    duplicates: int = 0
    problems: tuple[str, ...] = ()

    def words(self) -> str:
        """Says how many scenes there are."""
        dropped = f"; {self.duplicates:,} duplicate rows dropped" if self.duplicates else ""
        return f"{len(self.train):,} scenes to learn from, {len(self.validation):,} set aside{dropped}"


def read_scenes(chart: Chart, source: str | Path, *, skip_bad: bool = False, told: Told = nobody) -> Prepared:
    """Reads a file as scenes of a chart; all of them land in `train`, none in `validation`."""
    report = load(Path(source), columns_of(chart), alike=alike_of(chart), skip_bad=skip_bad, told=told)
    empty = report.scenes.take(np.arange(0))
    return Prepared(report.scenes, empty, report.skipped, report.duplicates, tuple(report.problems))


def generate_scenes(
    chart: Chart,
    count: int,
    seed: int,
    name: str | None = None,
    *,
    part: Part = "learn",
    left_out: list[str] | None = None,
) -> SceneSet:
    """Makes scenes from a built-in source in the chart's symbols.

    Args:
        chart: what reads them; its options are used where its scenes come from that source.
        count: how many; fewer where a source has no more.
        seed: of the scenes.
        name: of the source; the chart's when absent.
        part: which scenes are wanted, where a source keeps some for testing, or sets some aside while learning.
        left_out: gets what is wrong with scenes that don't fit the chart, such as an answer that it can't say; without
            it, the first such scene is an error.

    Raises:
        DataError: scenes of other columns or kinds than the chart's, or more than can be made.
    """
    named = name or chart.scenes.source
    source = find_source(named)
    assert named is not None and source is not None
    make = {"learn": None, "aside": source.aside, "test": source.test}[part] or source.make
    made = make(chart.scenes.options_of(named), count, seed)
    if not isinstance(made, SceneSet):
        columns, alike = columns_of(chart), alike_of(chart)
        return encode_rows(made, columns, named, alike=alike, written=source.written, left_out=left_out)
    values = {}
    for column, spec in columns_of(chart).items():
        if column not in made.values:
            known = ", ".join(made.values)
            raise DataError(f"source {named!r} has the columns {known}; the chart asks for {column!r}")
        values[column] = _translate(made.values[column], source.columns[column], spec, column)
        _check_sides(made.shapes[column], spec, column)
    return SceneSet(values, made.shapes, np.arange(1, len(made) + 1))


def _check_sides(shapes: np.ndarray, wanted: ValueSpec, column: str) -> None:
    """Raises a `DataError` where a source's grids are larger or smaller than a chart's may be."""
    if not isinstance(wanted, GridSpec) or not len(shapes):
        return
    for axis, (words, fixed) in enumerate((("rows", wanted.rows), ("columns", wanted.columns))):
        low, high = int(shapes[:, axis].min()), int(shapes[:, axis].max())
        most = fixed or wanted.largest or high
        if high > most or (fixed is not None and low < fixed):
            may = f"{fixed}" if fixed is not None else f"{most} at most"
            raise DataError(f"{column}: the source makes grids of {low} to {high} {words}, the chart's have {may}")


def _translate(grid: np.ndarray, made: ValueSpec, wanted: ValueSpec, column: str) -> np.ndarray:
    if made.kind != wanted.kind:
        raise DataError(f"{column}: the source makes values of kind {made.kind!r}, the chart asks for {wanted.kind!r}")
    if not isinstance(made, GridSpec) or not isinstance(wanted, GridSpec) or made.letters == wanted.letters:
        return grid
    missing = sorted(set(made.letters) - set(wanted.letters))
    if missing:
        raise DataError(f"{column}: the chart's alphabet {wanted.letters!r} lacks {missing[0]!r}")
    table = np.full(256, VOID, dtype=np.uint8)
    table[: len(made.letters)] = [wanted.letters.index(letter) for letter in made.letters]
    result: np.ndarray = table[grid]
    return result


def prepare(chart: Chart, folder: Path, *, skip_bad: bool = False, told: Told = nobody) -> Prepared:
    """Reads or makes a chart's scenes and sets some aside.

    Args:
        chart: its `scenes` say where from.
        folder: what a relative file name is relative to.
        skip_bad: whether unreadable rows are counted instead of refused.
        told: told now and then how far reading and comparing are.

    Raises:
        DataError: no source, an unreadable file, or too few scenes.
    """
    spec = chart.scenes
    if spec.source is None:
        raise DataError(f"the chart names no scenes; set scenes.source to a file, or to {', '.join(source_names())}")
    built_in = find_source(spec.source) is not None
    if built_in:
        bad: list[str] = []
        made = generate_scenes(chart, spec.made, spec.seed, left_out=bad if skip_bad else None)
        read = Prepared(made, made.take(np.arange(0)), len(bad), problems=tuple(bad[:SHOWN]))
    else:
        read = read_scenes(chart, source_file(spec.source, folder), skip_bad=skip_bad, told=told)
    if len(read.train) < FEWEST:
        where = spec.source if built_in else source_file(spec.source, folder)
        raise DataError(f"{where}: scenes to learn from: {len(read.train)}; at least {FEWEST} are needed")
    check_moves(chart, read.train, spec.source if built_in else str(source_file(spec.source, folder)))
    apart = kept_apart(chart, len(read.train))
    if apart is not None:
        return Prepared(read.train, apart, read.skipped, read.duplicates, read.problems)
    family = family_of(chart)
    train, validation = split(
        read.train, validation=spec.validation, seed=spec.seed, family=family, told=told, answers=len(chart.acts)
    )
    return Prepared(train, questions_of(chart, validation), read.skipped, read.duplicates, read.problems)


def kept_apart(chart: Chart, count: int) -> SceneSet | None:
    """Returns what a source itself sets aside, for `count` scenes to learn from; None where any of those may be."""
    source = find_source(chart.scenes.source)
    if source is None or source.aside is None:
        return None
    many = min(MOST, max(LEAST, round(chart.scenes.validation * count)))
    return generate_scenes(chart, many, chart.scenes.seed, part="aside", left_out=[])


def questions_of(chart: Chart, scenes: SceneSet) -> SceneSet:
    """Returns scenes that end with a step that is answered, drawn at random; those of one step as they are.

    Raises:
        DataError: no step of any scene is answered.
    """
    if chart.steps is None:
        return scenes
    shown = [chart.steps.roles.index(role) for role in chart.steps.shows]
    asked = cut(scenes, list(chart.acts), shown, chart.scenes.seed)
    if len(scenes) and not len(asked):
        acts = ", ".join(chart.acts)
        raise DataError(f"no step of {len(scenes):,} scenes says what was done ({acts}): nothing to judge answers by")
    return asked


def unseen(chart: Chart, scenes: SceneSet, name: str, told: Told = nobody) -> SceneSet:
    """Returns those scenes of a built-in source that a brain of this chart was not trained on, up to symmetry.

    Its training scenes are made once more; a brain that was trained on a file has seen none of the source's, and what a
    source keeps for testing no brain has. A stream may have been without end: of such a brain none are left out.
    """
    source = find_source(name)
    assert source is not None
    if chart.scenes.source != name or source.test is not None or chart.scenes.stream:
        return scenes
    trained = generate_scenes(chart, chart.scenes.made, chart.scenes.seed, left_out=[])
    family = source.family
    answers = len(chart.acts)
    return scenes.take(
        ~np.isin(group_keys(scenes, family, answers=answers), group_keys(trained, family, told, answers))
    )


def source_file(source: str, folder: Path) -> Path:
    """Returns the file that a chart in `folder` names, seen from here; the folder itself need not exist yet."""
    file = (folder / source).resolve()
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file


def family_of(chart: Chart) -> str:
    """Returns which symmetries make two scenes the same, for splitting without leaks."""
    if "bands" in chart.scenes.symmetries:
        return "sudoku"
    return "maze" if chart.scenes.score == "shortest-path" else "grid"


def scorer_of(chart: Chart) -> Scorer | None:
    """Returns what counts as right beside the very answer in the data; None when nothing does."""
    if chart.scenes.score != "shortest-path":
        return None
    seen, done = next(iter(chart.senses)), next(iter(chart.acts))

    def score(values: Mapping[str, Tensor], answers: Mapping[str, Tensor]) -> Tensor:
        mazes = values[seen]
        there = mazes != VOID
        shapes = torch.stack((there.any(2).sum(1), there.any(1).sum(1)), dim=1)
        paths = answers[done].reshape(mazes.shape).to(torch.uint8)
        right = score_paths(mazes.numpy(), paths.numpy(), shapes.numpy().astype(np.uint16))
        return torch.from_numpy(right)

    return score
