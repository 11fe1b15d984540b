"""Scenes made chunk by chunk as the origin of a stream; any chunk can be made anew from its number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.origin import Found, Place, Shard
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.single import Single, singles
from ltm.scenes.sources import find_source
from ltm.scenes.told import Told, nobody

CHUNK = 1024
"""Scenes that are made at once."""
FEW = 32
"""The same where there is a fixed number of scenes, so that shards share them."""
_BARREN = 64
"""So many chunks one after another without a scene that fits, and a source is given up."""

Make = Callable[[int, int], Iterable[Single | DataError]]
"""From the number of a chunk and how many scenes are wanted to these, or to what is wrong with some."""


class MadeOrigin:
    """Scenes that a function makes; shard i of n has every n-th chunk, so that each worker makes only its own.

    Args:
        name: what messages call it.
        make: makes the scenes of a chunk, always the same ones.
        count: how many scenes there are; without end where absent.
        chunk: scenes of a chunk.
    """

    rewinds = True

    def __init__(self, name: str, make: Make, count: int | None = None, chunk: int = CHUNK) -> None:
        self.name, self._make, self._count, self._chunk = name, make, count, chunk

    def identity(self) -> str:
        """Returns the name: what is made depends on nothing that could change."""
        return self.name

    def scenes(self, place: Place | None, shard: Shard = (0, 1), told: Told = nobody) -> Iterator[Found]:
        """Yields what is made; a place is a chunk and how many of its scenes came before."""
        chunk, passed = place or (shard[0], 0)
        barren = 0
        while self._count is None or chunk * self._chunk < self._count:
            wanted = self._chunk if self._count is None else min(self._chunk, self._count - chunk * self._chunk)
            told(f"making scenes of {self.name}", 0.0 if self._count is None else chunk * self._chunk / self._count)
            barren += 1
            for number, scene in enumerate(self._make(chunk, wanted), 1):
                barren = barren if isinstance(scene, DataError) else 0
                if number > passed:
                    yield Found(scene, (chunk, number))
            if barren == _BARREN:
                raise DataError(f"{self.name}: none of the last {_BARREN * self._chunk:,} scenes fits the chart")
            chunk, passed = chunk + shard[1], 0


def built_in(chart: Chart) -> MadeOrigin:
    """Returns the built-in source of a chart as an origin: without end, unless the chart says how many scenes.

    A source that has a fixed number of scenes gives these, pass after pass; they are all in memory.
    """
    spec = chart.scenes
    source = find_source(spec.source)
    assert source is not None and spec.source is not None
    if source.test is not None and source.aside is None:
        return _fixed(chart, spec.source)

    def make(chunk: int, count: int) -> Iterator[Single | DataError]:
        problems: list[str] = []
        made = generate_scenes(chart, count, chunk_seed(spec.seed, chunk), left_out=problems)
        yield from map(DataError, problems)
        yield from singles(made)

    return MadeOrigin(f"source {spec.source!r}", make, spec.count)


def _fixed(chart: Chart, name: str) -> MadeOrigin:
    problems: list[str] = []
    whole = generate_scenes(chart, chart.scenes.made, chart.scenes.seed, left_out=problems)

    def make(chunk: int, count: int) -> Iterator[Single | DataError]:
        yield from map(DataError, problems if chunk == 0 else ())
        yield from singles(whole.take(np.arange(chunk * FEW, chunk * FEW + count)))

    return MadeOrigin(f"source {name!r}", make, len(whole), FEW)


def chunk_seed(seed: int, chunk: int) -> int:
    """Returns the seed of a chunk's scenes: chunks of one seed, and those of another, have nothing in common."""
    return int(np.random.SeedSequence([seed, chunk]).generate_state(1)[0]) >> 1
