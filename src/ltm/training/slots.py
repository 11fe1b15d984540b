"""Slots: the scenes being thought about while training, each carried on from segment to segment.

A slot gets a new scene when its own is solved (with the declared chance) or has had its share of segments.

Shapes: B batch, R rows, C columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.brain.brain import Brain, Mind
from ltm.brain.restlessness import wander
from ltm.brain.walk import lengths, window
from ltm.scenes.augment import augment
from ltm.scenes.augment_image import jitter
from ltm.scenes.augment_number import scatter
from ltm.scenes.augment_steps import augment_steps
from ltm.scenes.augment_text import drop
from ltm.scenes.step_rows import ROLE
from ltm.scenes.store import SceneSet
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.number import NumberSpec
from ltm.senses.text import TextSpec
from ltm.senses.vector import VectorSpec

Change = Callable[[Tensor, torch.Generator], Tensor]
CHANGES: dict[str, tuple[tuple[type, ...], Change]] = {
    "jitter": ((ImageSpec,), jitter),
    "drop": ((TextSpec,), drop),
    "scatter": ((NumberSpec, VectorSpec), scatter),
}
"""What training changes in values of some kinds, beside the symmetries of grids."""


class Slots:
    """A batch of scenes under way.

    Args:
        brain: gives starting states.
        scenes: what is drawn from, without replacement until all have been seen.
        generator: draws order, symmetries, noise and release.
        dtype: of the carried state.
    """

    def __init__(self, brain: Brain, scenes: SceneSet, generator: torch.Generator, dtype: torch.dtype) -> None:
        self.brain, self.scenes, self.generator, self.dtype = brain, scenes, generator, dtype
        spec = brain.chart.training
        self.order = torch.randperm(len(scenes), generator=generator)
        self.cursor = 0
        self.seen = 0
        self.values = self._draw(spec.batch)
        self.mind: Mind = brain.begin(self.values, generator, dtype)
        self.position_B = torch.zeros(spec.batch, dtype=torch.long)
        """The next step of each scene; stays 0 where scenes have but one."""
        # Ages start spread out, so that every batch holds early and late segments.
        self.age_B = torch.randint(0, spec.segments, (spec.batch,), generator=generator)
        self.confidence_B = torch.zeros(spec.batch)

    def before(self) -> None:
        """Makes minds restless that have been in doubt for long, as thinking does; called before each segment."""
        spec = self.brain.chart.training
        restless_B = self.age_B * spec.ticks >= self.brain.chart.will.patience
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
        ended_B = torch.ones_like(self.age_B, dtype=torch.bool)
        if self.brain.chart.steps is not None:
            self.position_B += self.brain.chart.steps.window
            length_B = lengths(self.values)
            ended_B = self.position_B >= length_B
            self.position_B = torch.minimum(self.position_B, length_B - 1)
        self.age_B += ended_B
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
        self.mind.places = self.brain.places(self.values)
        self.age_B[index] = 0
        self.position_B[index] = 0
        self.confidence_B[index] = 0

    def _draw(self, count: int) -> dict[str, Tensor]:
        picked = []
        while count:
            if self.cursor == len(self.order):
                self.order, self.cursor = torch.randperm(len(self.scenes), generator=self.generator), 0
            some = self.order[self.cursor : self.cursor + count]
            self.cursor += len(some)
            count -= len(some)
            picked.append(some)
        index = torch.cat(picked)
        self.seen += len(index)
        chart = self.brain.chart
        values = {
            name: torch.from_numpy(np.asarray(self.scenes.values[name][index.numpy()]))
            for name in (*chart.senses, *chart.acts, *(() if chart.steps is None else (ROLE,)))
        }
        if chart.training.augment and chart.scenes.symmetries:
            values |= self._symmetric(values, index.numpy())
        return values

    def _symmetric(self, values: dict[str, Tensor], index: npt.NDArray[np.int64]) -> dict[str, Tensor]:
        """Returns columns after the symmetries that the chart declares: of all grids together, of each picture."""
        chart = self.brain.chart
        specs = {**chart.senses, **chart.acts}
        changed = {}
        for name, spec in chart.senses.items():
            for symmetry, (kinds, change) in CHANGES.items():
                if symmetry in chart.scenes.symmetries and isinstance(spec, kinds):
                    changed[name] = self._each(change, values[name])
        if changed:  # of such scenes no others are known
            return changed
        symbols = {name: spec.symbols for name, spec in specs.items() if isinstance(spec, GridSpec)}
        symmetries, first = chart.scenes.symmetries, chart.scenes.relabel_from
        if chart.steps is not None:
            return augment_steps({name: values[name] for name in symbols}, symmetries, self.generator, symbols, first)
        shapes = torch.from_numpy(self.scenes.shapes[next(iter(values))][index].astype(np.int64))
        return augment(values, symmetries, self.generator, symbols, shapes, first)

    def _each(self, change: Change, value: Tensor) -> Tensor:
        """Changes values one by one, also those of every step."""
        if self.brain.chart.steps is None:
            return change(value, self.generator)
        return change(value.flatten(0, 1), self.generator).view(value.shape)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns tensors and numbers from which the slots can be restored exactly."""
        tensors = {f"value.{name}": grid for name, grid in self.values.items()}
        tensors |= {f"lane.{name}": lane for name, lane in self.mind.lanes.tensors().items()}
        tensors |= {f"answer.{name}": answer for name, answer in self.mind.answers.items()}
        tensors |= {"age": self.age_B, "confidence": self.confidence_B, "order": self.order}
        tensors |= {} if self.brain.chart.steps is None else {"position": self.position_B}
        tensors["generator"] = self.generator.get_state()
        return tensors, {"cursor": self.cursor, "seen": self.seen, "tick": self.mind.lanes.tick}

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""

        def part(prefix: str) -> dict[str, Tensor]:
            return {name[len(prefix) :]: t.clone() for name, t in tensors.items() if name.startswith(prefix)}

        self.values = part("value.")
        self.mind.places = self.brain.places(self.values)
        self.mind.lanes.restore(part("lane."))
        self.mind.lanes.tick = int(numbers["tick"])
        self.mind.answers = part("answer.")
        self.age_B, self.order = tensors["age"].clone(), tensors["order"].clone()
        self.confidence_B = tensors["confidence"].clone()
        if "position" in tensors:
            self.position_B = tensors["position"].clone()
        self.cursor, self.seen = int(numbers["cursor"]), int(numbers["seen"])
        self.generator.set_state(tensors["generator"].clone())
