"""Opens the stream that a chart asks for, and sets some scenes of its beginning aside."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ltm.chart.scenes import PIPE
from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.columns import columns_of
from ltm.scenes.moved_alike import uneven
from ltm.scenes.origin import Found, Origin
from ltm.scenes.origin_made import built_in
from ltm.scenes.origin_pipe import PipeOrigin
from ltm.scenes.origin_table import TableOrigin
from ltm.scenes.prepare import FEWEST, SHOWN, Prepared, family_of, kept_apart, prepare, questions_of, source_file
from ltm.scenes.single import Single, largest, packed
from ltm.scenes.sources import find_source, source_names
from ltm.scenes.split import group_keys, split
from ltm.scenes.store import SceneSet
from ltm.scenes.stream import Stream
from ltm.scenes.told import Told, nobody

AHEAD = 256
"""Scenes of a pipe that are read before they are drawn."""
SAMPLE = 2000
"""Scenes of the beginning that are kept to measure with, at most."""


@dataclass(frozen=True)
class Streamed:
    """A stream ready for training.

    Attributes:
        train: to learn from.
        validation: set aside.
        begun: scenes of the beginning among which those were chosen.
        skipped: rows of the beginning that could not be read, where that was allowed.
        problems: the first of those.
    """

    train: Stream
    validation: SceneSet
    begun: int
    skipped: int = 0
    problems: tuple[str, ...] = ()

    def words(self) -> str:
        """Says what is streamed, and what is set aside."""
        part, parts = self.train.shard
        shard = f", part {part} of {parts}" if parts > 1 else ""
        of = f"of the first {self.begun:,} scenes" if len(self.train.aside) else "scenes of their own"
        return (
            f"streaming {self.train.origin.name}{shard}, shuffled among {self.train.buffer:,}; "
            f"{len(self.validation):,} {of} set aside"
        )


def scenes_of(chart: Chart, folder: Path, *, skip_bad: bool = False, told: Told = nobody) -> Prepared | Streamed:
    """Reads or makes a chart's scenes, or opens the stream of them, and sets some aside.

    Args:
        chart: its `scenes` say where from.
        folder: what a relative file name is relative to.
        skip_bad: whether unreadable rows are counted instead of refused.
        told: told now and then how far reading and comparing are.

    Raises:
        DataError: no source, an unreadable file, too few scenes, or scenes that can't be streamed.
    """
    if not chart.scenes.stream:
        return prepare(chart, folder, skip_bad=skip_bad, told=told)
    return open_stream(chart, origin_of(chart, folder), skip_bad=skip_bad, told=told)


def origin_of(chart: Chart, folder: Path) -> Origin:
    """Returns what a chart's stream flows from.

    Raises:
        DataError: no source, or one that can't be streamed.
    """
    source = chart.scenes.source
    if source is None:
        raise DataError(
            f"the chart names no scenes; set scenes.source to a file, to - for standard input, "
            f"or to {', '.join(source_names())}"
        )
    if source == PIPE:
        return PipeOrigin(chart)
    return built_in(chart) if find_source(source) is not None else TableOrigin(chart, source_file(source, folder))


def open_stream(chart: Chart, origin: Origin, *, skip_bad: bool = False, told: Told = nobody) -> Streamed:
    """Reads the beginning of a stream, of as many scenes as its buffer holds, and sets a share of them aside.

    Whatever part of the scenes is learned from, all parts set the same ones aside. A source that sets scenes aside
    itself, as windows of a text overlap, loses none of the stream's.

    Args:
        chart: its `scenes` say how many to set aside, to hold, and which part to give.
        origin: what is read.
        skip_bad: whether scenes that can't be read are counted instead of refused.
        told: told now and then how far reading is.

    Raises:
        DataError: a scene that can't be read, or too few scenes.
    """
    spec = chart.scenes
    layouts = {name: column.layout for name, column in columns_of(chart).items()}
    problems: list[str] = []
    beginning: list[Found] = []
    scenes = []
    for found in origin.scenes(None):
        if isinstance(found.scene, DataError):
            if not skip_bad:
                raise found.scene
            problems.append(str(found.scene))
            continue
        if wrong := _unmoved(chart, found.scene):
            problem = f"{found.where(origin.name)}: a scene has {wrong}"
            if not skip_bad:
                raise DataError(problem)
            problems.append(problem)
            continue
        beginning.append(found)
        scenes.append(found.scene)
        told(f"reading the beginning of {origin.name}", len(scenes) / spec.buffer)
        if len(scenes) == spec.buffer:
            break
    if len(scenes) < FEWEST:
        first = f"; the first of {len(problems):,} bad ones: {problems[0]}" if problems else ""
        raise DataError(f"{origin.name}: scenes to learn from: {len(scenes)}; at least {FEWEST} are needed{first}")
    sides = largest(scenes, {name: (0,) * layout.rank for name, layout in layouts.items()})
    family, answers = family_of(chart), len(chart.acts)
    train, apart = packed(scenes, layouts, sides), kept_apart(chart, len(scenes))
    if apart is None:
        train, apart = split(
            train, validation=spec.validation, seed=spec.seed, family=family, told=told, answers=len(chart.acts)
        )
        aside = np.unique(group_keys(apart, family, answers=len(chart.acts)))
    else:
        aside = np.empty(0, dtype=np.uint64)
    stream = Stream(
        origin=origin,
        layouts=layouts,
        sample=train.take(np.arange(min(SAMPLE, len(train)))),
        sides=sides,
        aside=aside,
        family=family,
        answers=answers,
        unfit=lambda scene: _unmoved(chart, scene),
        buffer=spec.buffer,
        shard=spec.shard,
        skip_bad=skip_bad,
        ahead=0 if origin.rewinds else AHEAD,
    )
    if isinstance(origin, PipeOrigin):
        origin.give_back(beginning)
    return Streamed(stream, questions_of(chart, apart), len(scenes), len(problems), tuple(islice(problems, SHOWN)))


def _unmoved(chart: Chart, scene: Single) -> str:
    """Returns why the chart's symmetries can't move a scene; empty where they can."""
    found = uneven(chart, {name: np.array([value.shape], dtype=np.uint32) for name, value in scene.items()})
    return "" if found is None else found[1]
