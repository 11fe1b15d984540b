"""What a stream flows from: its scenes once from the beginning, or from any place that came with one of them.

A table is one (`origin_table`), and a source that makes scenes chunk by chunk (`origin_made`), and a pipe
(`origin_pipe`). A place is made of whole numbers that only the origin understands: it can stand in a checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ltm.errors import DataError
from ltm.scenes.single import Single
from ltm.scenes.told import Told, nobody

Place = tuple[int, ...]
Shard = tuple[int, int]
"""Which of how many: `(0, 4)` is the first of four."""


@dataclass(frozen=True)
class Found:
    """A scene of an origin, or what is wrong with one.

    Attributes:
        scene: encoded; or why it can't be read.
        place: from which reading goes on behind it.
        line: at which it begins; None where that isn't known.
    """

    scene: Single | DataError
    place: Place
    line: int | None = None

    def where(self, name: str) -> str:
        """Returns the name of the origin, and the line where it is known."""
        return name if self.line is None else f"{name}:{self.line}"


class Origin(Protocol):
    """Where scenes come from."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def rewinds(self) -> bool:
        """Whether it can be read from the beginning again."""
        ...

    def identity(self) -> str:
        """Returns what changes when the scenes do, as far as that can be told without reading all of them."""
        ...

    def scenes(self, place: Place | None, shard: Shard = (0, 1), told: Told = nobody) -> Iterator[Found]:
        """Yields the scenes of a shard behind a place, or all of its scenes.

        Raises:
            DataError: it can't be read at all.
        """
        ...
