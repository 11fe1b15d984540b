"""A stream: scenes read one after another, again and again, never all held at once.

Some scenes of its beginning are set aside; they, and scenes that are the same up to a symmetry, are left out wherever
they come. Behind each scene a standing says where the stream has got to, and it goes on from there to the very scene.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError
from ltm.scenes.origin import Origin, Place, Shard
from ltm.scenes.single import Sides, Single, largest, packed
from ltm.scenes.split import group_keys
from ltm.scenes.store import SceneSet
from ltm.senses.layout import Layout

BLOCK = 256
"""So many scenes are compared at once with those that were set aside."""
PIPE_BLOCK = 16
"""So many of a pipe's, which may come slowly."""
_PATIENCE = 10**6
"""So many scenes one after another of which none may be learned from, and there is no point in reading on."""
_SHOWN = 10

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Standing:
    """Where a stream has got to.

    Attributes:
        passes: how often its origin has come to its end.
        place: in the origin; None at its beginning.
        given: scenes that were given to be learned from.
        aside: scenes left out, as they are the same as some that were set aside.
        skipped: scenes left out, as they can't be read.
    """

    passes: int = 0
    place: Place | None = None
    given: int = 0
    aside: int = 0
    skipped: int = 0

    def numbers(self) -> dict[str, Any]:
        """Returns all of it for a checkpoint."""
        return {**vars(self), "place": None if self.place is None else list(self.place)}

    @classmethod
    def of(cls, numbers: Mapping[str, Any]) -> Standing:
        """Takes back what `numbers` gave."""
        place = numbers["place"]
        return cls(**{**numbers, "place": None if place is None else tuple(place)})


@dataclass(frozen=True, eq=False)
class Stream:
    """Scenes to learn from, in the order in which they come.

    Attributes:
        origin: what it flows from.
        layouts: of each column.
        sample: some scenes of its beginning, to measure with.
        sides: to which scenes are padded at least: the largest of the beginning.
        aside: keys of scenes that were set aside, sorted.
        family: which scenes count as the same (see `ltm.scenes.split`).
        answers: how many columns, the last ones, are answers.
        buffer: how many scenes it is shuffled among.
        shard: which of how many parts of the scenes it gives.
        skip_bad: whether scenes that can't be read are counted rather than refused.
        ahead: how many scenes a thread may read before they are drawn; 0 reads them when they are, without a thread.
        unfit: says why a scene that can be read can't be learned from; empty where it can.
        problems: what was wrong with the first of those, added to while reading.
    """

    origin: Origin
    layouts: Mapping[str, Layout]
    sample: SceneSet
    sides: Sides
    aside: Keys
    family: str = "grid"
    answers: int = 1
    buffer: int = 4096
    shard: Shard = (0, 1)
    skip_bad: bool = False
    ahead: int = 0
    unfit: Callable[[Single], str] = lambda scene: ""
    problems: list[str] = field(default_factory=list)

    def read(self, standing: Standing) -> Iterator[tuple[Single, Standing]]:
        """Yields scenes, each with where the stream stands behind it; over and over where the origin rewinds.

        Raises:
            DataError: a scene that can't be read, unless such are skipped; or none that may be learned from.
        """
        while True:
            fresh = standing.place is None
            before = standing.given
            standing = yield from self._pass(standing)
            if not self.origin.rewinds:
                return
            if fresh and standing.given == before:
                raise DataError(f"{self.origin.name}: holds no scene that may be learned from, beside those set aside")
            standing = replace(standing, passes=standing.passes + 1, place=None)

    def _pass(self, standing: Standing) -> Generator[tuple[Single, Standing], None, Standing]:
        found = self.origin.scenes(standing.place, self.shard)
        barren = 0
        size = BLOCK if self.origin.rewinds else PIPE_BLOCK
        while block := list(itertools.islice(found, size)):
            before = standing.given
            kept = iter(self._kept([item.scene for item in block if not isinstance(item.scene, DataError)]))
            for item in block:
                standing = replace(standing, place=item.place)
                if isinstance(item.scene, DataError):
                    standing = self._skip(item.scene, standing)
                elif not next(kept):
                    standing = replace(standing, aside=standing.aside + 1)
                elif wrong := self.unfit(item.scene):
                    standing = self._skip(DataError(f"{item.where(self.origin.name)}: a scene has {wrong}"), standing)
                else:
                    standing = replace(standing, given=standing.given + 1)
                    yield item.scene, standing
            barren = 0 if standing.given > before else barren + len(block)
            if barren >= _PATIENCE:
                raise DataError(f"{self.origin.name}: none of the last {barren:,} scenes may be learned from")
        return standing

    def _kept(self, scenes: list[Single]) -> npt.NDArray[np.bool_]:
        if not scenes:
            return np.zeros(0, dtype=bool)
        sides = largest(scenes, {name: (0,) * layout.rank for name, layout in self.layouts.items()})
        return ~np.isin(group_keys(packed(scenes, self.layouts, sides), self.family, answers=self.answers), self.aside)

    def _skip(self, problem: DataError, standing: Standing) -> Standing:
        if not self.skip_bad:
            raise problem
        if len(self.problems) < _SHOWN:
            self.problems.append(str(problem))
        return replace(standing, skipped=standing.skipped + 1)


def sample_of(scenes: SceneSet | Stream) -> SceneSet:
    """Returns scenes to measure with: the whole set, or some of a stream's beginning."""
    return scenes.sample if isinstance(scenes, Stream) else scenes
