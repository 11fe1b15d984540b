"""Shuffles a stream within a buffer: each scene that is drawn makes room for the next one of the stream.

Memory is that of the buffer, whatever flows through it. A scene stays in it for as many draws as it has places on
average, so scenes that were written one after another are learned from far apart.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ltm.errors import DataError
from ltm.scenes.single import Single, largest, packed
from ltm.scenes.store import SceneSet
from ltm.scenes.stream import Standing, Stream
from ltm.training.ahead import Ahead


class Shuffle:
    """The scenes of a stream, drawn evenly from a buffer.

    Args:
        stream: what is read; its buffer is filled at the first draw.
        generator: draws places of the buffer.
    """

    def __init__(self, stream: Stream, generator: torch.Generator) -> None:
        self.stream, self.generator = stream, generator
        self.standing = Standing()
        """Where the stream stood behind the newest scene that entered the buffer."""
        self.waited = 0.0
        """Seconds spent waiting for scenes since the buffer was full."""
        self.ended = False
        self._sides = dict(stream.sides)
        self._buffer: list[Single] = []
        self._next: deque[tuple[Single, Standing]] = deque()
        self._source: Iterator[tuple[Single, Standing]] | None = None
        self._filled = self._dry = False

    def ready(self, count: int, stop: Callable[[], bool] = lambda: False) -> None:
        """Reads so many scenes that may enter the buffer when others are drawn; notices the end of a pipe."""
        began = time.perf_counter()
        while len(self._next) < count and not self._dry and not stop():
            source = self._opened()
            if not isinstance(source, Ahead) or source.arrived():
                self._read()
        self.waited += time.perf_counter() - began
        self.ended = self._dry and len(self._buffer) + len(self._next) < count

    def draw(self, count: int) -> SceneSet:
        """Returns scenes from places drawn evenly; once a pipe has ended, the buffer empties."""
        self._fill()
        drawn: list[Single] = []
        while len(drawn) < count:
            place = int(torch.randint(len(self._buffer), (), generator=self.generator))
            drawn.append({name: value.copy() for name, value in self._buffer[place].items()})
            if not self._next and not self._dry:
                self._read()
            if self._next:
                scene, self.standing = self._next.popleft()
                _replace(self._buffer[place], scene)
            elif len(self._buffer) > 1:
                # Of the last scenes of all, some may have to be drawn again to make up a batch.
                self._buffer[place] = self._buffer[-1]
                del self._buffer[-1]
        self._sides = largest(drawn, self._sides)
        return packed(drawn, self.stream.layouts, self._sides)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns what the buffer holds, each column's values one after another, and where the stream stands."""
        tensors = {}
        for name, layout in self.stream.layouts.items():
            values = [scene[name].reshape(-1).astype(layout.dtype) for scene in self._buffer]
            shapes = [scene[name].shape for scene in self._buffer]
            flat = np.concatenate(values) if values else np.zeros(0, dtype=layout.dtype)
            tensors[f"buffer.{name}"] = torch.from_numpy(flat)
            tensors[f"shapes.{name}"] = torch.tensor(shapes, dtype=torch.int64).reshape(-1, layout.rank)
        sides = {name: list(sides) for name, sides in self._sides.items()}
        return tensors, {"stream": self.standing.numbers(), "sides": sides, "filled": self._filled}

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Takes back what `state` gave, and goes on reading there; of a pipe only what is piped in from now on."""
        self.close()
        self._sides = {name: tuple(sides) for name, sides in numbers["sides"].items()}
        if not self.stream.origin.rewinds:
            return
        self.standing, self._filled = Standing.of(numbers["stream"]), bool(numbers["filled"])
        self._dry = self.ended = False
        count = len(next(tensors[f"shapes.{name}"] for name in self.stream.layouts))
        self._buffer = [{} for _ in range(count)]
        for name in self.stream.layouts:
            flat, start = tensors[f"buffer.{name}"].numpy(), 0
            for scene, shape in zip(self._buffer, tensors[f"shapes.{name}"].tolist(), strict=True):
                size = int(np.prod(shape))
                scene[name] = flat[start : start + size].reshape(shape).copy()
                start += size

    def words(self) -> str:
        """Says how much has been read."""
        stands = self.standing
        parts = [f"{stands.given:,} scenes streamed"]
        parts += [f"{stands.passes:,} passes"] if stands.passes else []
        parts += [f"{stands.aside:,} like those set aside left out"] if stands.aside else []
        parts += [f"{stands.skipped:,} bad rows skipped"] if stands.skipped else []
        return ", ".join(parts)

    def close(self) -> None:
        """Stops reading."""
        if isinstance(self._source, Ahead):
            self._source.close()
        self._source = None
        self._next.clear()

    def _fill(self) -> None:
        """Fills the buffer, with the scenes of one pass at most: more would be the same ones again."""
        while not self._filled:
            if not self._next and not self._dry:
                self._read()
            full = len(self._buffer) >= self.stream.buffer
            if full or not self._next or (self._buffer and self._next[0][1].passes > self.standing.passes):
                self._filled = True
            else:
                scene, self.standing = self._next.popleft()
                self._buffer.append({name: np.array(value) for name, value in scene.items()})
        if not self._buffer:
            raise DataError(f"{self.stream.origin.name}: no scenes to learn from")

    def _opened(self) -> Iterator[tuple[Single, Standing]]:
        if self._source is None:
            scenes = self.stream.read(self.standing)
            self._source = Ahead(scenes, self.stream.ahead) if self.stream.ahead else scenes
        return self._source

    def _read(self) -> None:
        found = next(self._opened(), None)
        if found is None:
            self._dry = True
        else:
            self._next.append(found)


def _replace(old: Single, new: Single) -> None:
    """Puts a scene in another's place, in the same memory where it can.

    Were it a new allocation each time, scenes that stay for long would lie scattered among others that are gone, and
    the process would grow by the gaps between them.
    """
    for name, value in new.items():
        if old[name].shape == value.shape and old[name].dtype == value.dtype:
            old[name][...] = value
        else:
            old[name] = np.array(value)
