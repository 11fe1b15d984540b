"""Slots: the scenes being thought about while training, each carried on from segment to segment.

A slot gets a new scene when its own is solved (with the declared chance) or has had its share of segments.

Shapes: B batch, R rows, C columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.mind import Mind
from ltm.brain.restlessness import wander
from ltm.brain.spoken import Spoken, taught, teach_on
from ltm.brain.walk import lengths, window
from ltm.scenes.columns import columns_of
from ltm.scenes.store import SceneSet
from ltm.scenes.stream import Stream
from ltm.senses.layout import void_of
from ltm.training.feed import feed_of
from ltm.training.symmetric import symmetric
from ltm.zones.places import Places


class Slots:
    """A batch of scenes under way.

    Args:
        brain: gives starting states.
        scenes: what is drawn from: a set, without replacement until all have been seen, or a stream.
        generator: draws order, symmetries, noise and release.
        dtype: of the carried state.
        saved: what `state` gave, to go on from instead of drawing scenes.
    """

    def __init__(
        self,
        brain: Brain,
        scenes: SceneSet | Stream,
        generator: torch.Generator,
        dtype: torch.dtype,
        saved: tuple[Mapping[str, Tensor], Mapping[str, Any]] | None = None,
    ) -> None:
        self.brain, self.generator, self.dtype = brain, generator, dtype
        spec = brain.chart.training
        self.feed = feed_of(scenes, generator)
        self.seen = 0
        self.position_B = torch.zeros(spec.batch, dtype=torch.long)
        """The next step of each scene; stays 0 where scenes have but one."""
        self.values = self._draw(spec.batch) if saved is None else _part(saved[0], "value.")
        self.mind: Mind = brain.begin(self.values, generator, dtype)
        self.mind.spoken = taught(brain.chart, self.values, generator)
        # Ages start spread out, so that every batch holds early and late segments.
        self.age_B = torch.randint(0, spec.segments, (spec.batch,), generator=generator)
        self.confidence_B = torch.ones(spec.batch)
        """In the present answers; where there are none yet, nothing is in doubt."""
        if saved is not None:
            self.restore(*saved)

    def ready(self, stop: Callable[[], bool]) -> None:
        """Sees to it that the next segment can be followed by others, unless told to stop.

        Raises:
            DataError: a scene of a stream that can't be read.
        """
        self.feed.ready(self.brain.chart.training.batch, stop)

    def before(self) -> None:
        """Makes minds restless that have been in doubt for long, as thinking does; called before each segment."""
        spec = self.brain.chart.training
        restless_B = (self.age_B > 0) & (self.age_B * spec.ticks >= self.brain.chart.will.patience)
        wander(self.mind, self.confidence_B, spec.noise, restless_B, self.generator)

    def sight(self) -> dict[str, Tensor]:
        """Returns what the next segment thinks about: the values, of scenes of several steps a window `[B, W, …]`."""
        steps = self.brain.chart.steps
        return self.values if steps is None else window(self.brain.chart, self.values, self.position_B, steps.window)

    def repeated(self) -> Tensor:
        """Returns which steps of the window lie past a scene's last one, which goes on instead `[B, W]`."""
        assert self.brain.chart.steps is not None
        wanted_BW = self.position_B[:, None] + torch.arange(self.brain.chart.steps.window)
        return wanted_BW >= lengths(self.values)[:, None]

    @property
    def last_B(self) -> Tensor:
        """Which slots are in the last segment of their scene."""
        return self.age_B + 1 >= self.brain.chart.training.segments

    def after(self, right_B: Tensor, confidence_B: Tensor, halts_B: Tensor) -> None:
        """Ages the slots and refills those that are done.

        Args:
            right_B: which answers are right.
            confidence_B: how sure reflection is of each.
            halts_B: which scenes reflection would stop thinking about.
        """
        spec = self.brain.chart.training
        self.mind.lanes = self.mind.lanes.detach()
        lanes = self.mind.lanes
        if self.brain.circuit.wave is None:
            lanes.tick %= len(self.brain.circuit.cycle)
        ended_B = self._walk_on()
        self.age_B += ended_B
        teach_on(self.brain.chart, self.mind.spoken)
        self.confidence_B = confidence_B.detach().clone()
        solved_B = right_B if spec.release_by == "answer" else halts_B
        solved_B = solved_B & (torch.rand(spec.batch, generator=self.generator) < spec.release)
        if spec.linger:
            lingers_B = torch.rand(spec.batch, generator=self.generator) < spec.linger
            least_B = torch.randint(2, max(2, spec.segments) + 1, (spec.batch,), generator=self.generator)
            solved_B &= ~lingers_B | (self.age_B >= least_B)
        index = (ended_B & ((self.age_B >= spec.segments) | solved_B)).nonzero().flatten()
        if not len(index):
            return
        fresh = self._draw(len(index))
        if any(grid.shape[1:] != self.values[name].shape[1:] for name, grid in fresh.items()):
            self._widen(fresh, index)
            return
        for name, grid in fresh.items():
            self.values[name][index] = grid
        started = self.brain.begin(fresh, self.generator, self.dtype)
        # The carried tensors may be outputs of a compiled graph that is about to be reused: write into copies.
        lanes.field = lanes.field.clone()
        lanes.own = {name: state.clone() for name, state in lanes.own.items()}
        lanes.phases = None if lanes.phases is None else lanes.phases.clone()
        lanes.put(index, started.lanes)
        for answer in self.mind.answers.values():
            # A fresh scene has no earlier answer: all of it counts as changed.
            answer[index] = -1
        for name, said in taught(self.brain.chart, fresh, self.generator).items():
            self.mind.spoken[name].put(index, said)
        self.age_B[index] = 0
        self.position_B[index] = 0
        self.mind.places = self._places()
        self.confidence_B[index] = 1

    def _places(self) -> Places:
        places = self.brain.layout.places(self.values, self.position_B)
        places.draws = self.generator
        return places

    def _walk_on(self) -> Tensor:
        """Moves on by a window of steps; returns which scenes have had their last step `[B]`."""
        steps = self.brain.chart.steps
        if steps is None:
            return torch.ones_like(self.age_B, dtype=torch.bool)
        length_B = lengths(self.values)
        self.position_B += steps.window
        ended_B = self.position_B >= length_B
        self.position_B = torch.minimum(self.position_B, length_B - 1)
        return ended_B

    def _widen(self, fresh: Mapping[str, Tensor], index: Tensor) -> None:
        """Makes room for scenes larger than any before. Sites change their places, so all thoughts begin anew."""
        for name, grid in fresh.items():
            old = self.values[name]
            wide = torch.full((len(old), *grid.shape[1:]), void_of(grid.dtype), dtype=grid.dtype)
            wide[tuple(slice(side) for side in old.shape)] = old
            wide[index] = grid
            self.values[name] = wide
        self.mind = self.brain.begin(self.values, self.generator, self.dtype)
        self.mind.spoken = taught(self.brain.chart, self.values, self.generator)
        self.age_B[index] = 0
        self.position_B = torch.zeros_like(self.position_B)
        self.confidence_B = torch.ones_like(self.confidence_B)

    def _draw(self, count: int) -> dict[str, Tensor]:
        scenes = self.feed.draw(count)
        self.seen += count
        chart = self.brain.chart
        values = {name: torch.from_numpy(np.asarray(scenes.values[name])) for name in columns_of(chart)}
        if chart.training.augment and (chart.scenes.symmetries or chart.scenes.interchange):
            values |= symmetric(chart, values, scenes.shapes, self.generator)
        return values

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns tensors and numbers from which the slots can be restored exactly."""
        tensors = {f"value.{name}": grid for name, grid in self.values.items()}
        tensors |= {f"lane.{name}": lane for name, lane in self.mind.lanes.tensors().items()}
        tensors |= {f"answer.{name}": answer for name, answer in self.mind.answers.items()}
        tensors |= {f"said.{name}": said.count for name, said in self.mind.spoken.items()}
        tensors |= {"age": self.age_B, "confidence": self.confidence_B, "position": self.position_B}
        tensors["generator"] = self.generator.get_state()
        fed, numbers = self.feed.state()
        return tensors | fed, {**numbers, "seen": self.seen, "tick": self.mind.lanes.tick}

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.values = _part(tensors, "value.")
        self.position_B = tensors["position"].clone()
        self.mind.places = self._places()
        self.mind.lanes.restore(_part(tensors, "lane."))
        self.mind.lanes.tick = int(numbers["tick"])
        self.mind.answers = _part(tensors, "answer.")
        for name, count_B in _part(tensors, "said.").items():
            self.mind.spoken[name] = Spoken(self.values[name].long(), count_B)
        self.age_B, self.confidence_B = tensors["age"].clone(), tensors["confidence"].clone()
        self.feed.restore(tensors, numbers)
        self.seen = int(numbers["seen"])
        self.generator.set_state(tensors["generator"].clone())


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix) :]: tensor.clone() for name, tensor in tensors.items() if name.startswith(prefix)}
