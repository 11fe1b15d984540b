"""What slots get their scenes from: a set, in an order that is drawn anew once all have been seen; or a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from ltm.scenes.store import SceneSet
from ltm.scenes.stream import Stream
from ltm.training.shuffle import Shuffle


class Feed(Protocol):
    """Scenes to learn from, one batch after another."""

    @property
    def ended(self) -> bool:
        """Whether no more scenes come; never where they come again and again."""
        ...

    def ready(self, count: int, stop: Callable[[], bool] = lambda: False) -> None:
        """Sees to it that so many scenes can be drawn without anything that could go wrong, unless told to stop.

        Raises:
            DataError: a scene that can't be read; nothing has been drawn.
        """
        ...

    def draw(self, count: int) -> SceneSet:
        """Returns the next scenes."""
        ...

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns tensors and numbers from which it can be restored exactly."""
        ...

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""
        ...

    def words(self) -> str:
        """Says what has been read, where that isn't plain from the scenes."""
        ...

    def close(self) -> None:
        """Stops reading; called once no more scenes are wanted."""
        ...


class Permuted:
    """The scenes of a set without replacement, until all have been seen.

    Args:
        scenes: what is drawn from.
        generator: draws the order.
    """

    ended = False

    def __init__(self, scenes: SceneSet, generator: torch.Generator) -> None:
        self.scenes, self.generator = scenes, generator
        self.order = torch.randperm(len(scenes), generator=generator)
        self.cursor = 0

    def ready(self, count: int, stop: Callable[[], bool] = lambda: False) -> None:
        """Does nothing: all scenes are at hand."""

    def draw(self, count: int) -> SceneSet:
        """Returns the next scenes of the order."""
        picked = []
        while count:
            if self.cursor == len(self.order):
                self.order, self.cursor = torch.randperm(len(self.scenes), generator=self.generator), 0
            some = self.order[self.cursor : self.cursor + count]
            self.cursor += len(some)
            count -= len(some)
            picked.append(some)
        return self.scenes.take(torch.cat(picked).numpy())

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns the order, and how far it has been followed."""
        return {"order": self.order}, {"cursor": self.cursor}

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.order, self.cursor = tensors["order"].clone(), int(numbers["cursor"])

    def words(self) -> str:
        """Says nothing."""
        return ""

    def close(self) -> None:
        """Does nothing: nothing is being read."""


def feed_of(scenes: SceneSet | Stream, generator: torch.Generator) -> Feed:
    """Returns what gives scenes of a set or a stream; the generator draws their order."""
    return Shuffle(scenes, generator) if isinstance(scenes, Stream) else Permuted(scenes, generator)
