"""Slots: the scenes being thought about while training, each carried on from segment to segment.

A slot gets a new scene when its own is solved (with the declared chance) or has had its share of segments.

Shapes: B batch, R rows, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.mind import Mind
from ltm.brain.restlessness import wander
from ltm.brain.spoken import Spoken, taught, teach_on
from ltm.scenes.augment import augment
from ltm.scenes.augment_image import jitter
from ltm.scenes.augment_number import scatter
from ltm.scenes.augment_text import drop
from ltm.scenes.store import SceneSet
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.number import NumberSpec
from ltm.senses.text import TextSpec
from ltm.senses.vector import VectorSpec


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
        self.mind.spoken = taught(brain.chart, self.values, generator)
        # Ages start spread out, so that every batch holds early and late segments.
        self.age_B = torch.randint(0, spec.segments, (spec.batch,), generator=generator)
        self.confidence_B = torch.zeros(spec.batch)

    def before(self) -> None:
        """Makes minds restless that have been in doubt for long, as thinking does; called before each segment."""
        spec = self.brain.chart.training
        restless_B = self.age_B * spec.ticks >= self.brain.chart.will.patience
        wander(self.mind, self.confidence_B, spec.noise, restless_B, self.generator)

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
        self.age_B += 1
        teach_on(self.brain.chart, self.mind.spoken)
        self.confidence_B = confidence_B.detach().clone()
        solved_B = right_B if spec.release_by == "answer" else halts_B
        solved_B = solved_B & (torch.rand(spec.batch, generator=self.generator) < spec.release)
        if spec.linger:
            lingers_B = torch.rand(spec.batch, generator=self.generator) < spec.linger
            least_B = torch.randint(2, max(2, spec.segments) + 1, (spec.batch,), generator=self.generator)
            solved_B &= ~lingers_B | (self.age_B >= least_B)
        index = ((self.age_B >= spec.segments) | solved_B).nonzero().flatten()
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
        for name, said in taught(self.brain.chart, fresh, self.generator).items():
            self.mind.spoken[name].put(index, said)
        self.mind.places = self.brain.places(self.values)
        self.age_B[index] = 0
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
            for name in (*chart.senses, *chart.acts)
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
            if isinstance(spec, ImageSpec) and "jitter" in chart.scenes.symmetries:
                changed[name] = jitter(values[name], self.generator)
            if isinstance(spec, TextSpec) and "drop" in chart.scenes.symmetries:
                changed[name] = drop(values[name], self.generator)
            if isinstance(spec, NumberSpec | VectorSpec) and "scatter" in chart.scenes.symmetries:
                changed[name] = scatter(values[name], self.generator)
        if changed:  # of such scenes no others are known
            return changed
        symbols = {name: spec.symbols for name, spec in specs.items() if isinstance(spec, GridSpec)}
        shapes = torch.from_numpy(self.scenes.shapes[next(iter(values))][index].astype(np.int64))
        first = chart.scenes.relabel_from
        return augment(values, chart.scenes.symmetries, self.generator, symbols, shapes, first)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns tensors and numbers from which the slots can be restored exactly."""
        tensors = {f"value.{name}": grid for name, grid in self.values.items()}
        tensors |= {f"lane.{name}": lane for name, lane in self.mind.lanes.tensors().items()}
        tensors |= {f"answer.{name}": answer for name, answer in self.mind.answers.items()}
        tensors |= {f"said.{name}": said.count for name, said in self.mind.spoken.items()}
        tensors |= {"age": self.age_B, "confidence": self.confidence_B, "order": self.order}
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
        for name, count_B in part("said.").items():
            self.mind.spoken[name] = Spoken(self.values[name].long(), count_B)
        self.age_B, self.order = tensors["age"].clone(), tensors["order"].clone()
        self.confidence_B = tensors["confidence"].clone()
        self.cursor, self.seen = int(numbers["cursor"]), int(numbers["seen"])
        self.generator.set_state(tensors["generator"].clone())
