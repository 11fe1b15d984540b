"""Thinking with all ticks laid out one after another: a module without choices, from which a file can be made.

It gives what `think` gives for a scene that is thought about by itself, with one try, without halting: the noise that a
seed draws for such a scene is a constant of the graph, so a batch may have any size and its scenes don't touch. As in
`think`, every look at the answer competes and the one that reflection trusts most is kept.

Shapes: B batch, S sites, D field width, N cells, V symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from ltm.acts.canvas import CanvasSpec
from ltm.acts.grid import GridActSpec
from ltm.brain.brain import Brain
from ltm.brain.lanes import Lanes
from ltm.brain.mind import Mind, Reading
from ltm.brain.restlessness import stir
from ltm.brain.spoken import nothing_said
from ltm.chart.schema import WillSpec
from ltm.zones.places import Places

SEE, ANSWER, LOGITS = "see.", "answer.", "logits."
"""What names of inputs and outputs begin with; a chart's own names hold no dot."""
CONFIDENCE, TICKS = "confidence", "ticks"

Sizes = Mapping[str, tuple[int, ...]]
"""The shape of one encoded value, for each sense."""


Key = TypeVar("Key")


class _Constants(nn.Module, Generic[Key]):
    """Tensors by any name, kept with the graph."""

    def __init__(self, tensors: Mapping[Key, Tensor]) -> None:
        super().__init__()
        self.names = tuple(tensors)
        for number, tensor in enumerate(tensors.values()):
            self.register_buffer(f"at_{number}", tensor)

    def named(self) -> dict[Key, Tensor]:
        return {name: self.get_buffer(f"at_{number}") for number, name in enumerate(self.names)}


class ThoughtGraph(nn.Module):
    """A whole thought as a module: from encoded values to answers and confidence.

    Args:
        brain: who thinks.
        will: of it count the ticks, the noise and the patience.
        sizes: of what is seen; smaller values are padded to it by whoever runs the graph.
        seed: of the noise.
    """

    def __init__(self, brain: Brain, will: WillSpec, sizes: Sizes, seed: int) -> None:
        super().__init__()
        self.brain, self.ticks, self.noise = brain.eval(), will.ticks, will.noise
        self.sizes = {name: tuple(sizes[name]) for name in brain.chart.senses}
        mind, stirs = _drawn(brain, will, blank(brain, self.sizes, 1), seed)
        self.grids, self.cells = mind.places.grids, {name: start.shape[1] for name, start in mind.answers.items()}
        self.start, self.own = _Constants(mind.lanes.tensors()), tuple(mind.lanes.own)
        self.stirs, self.windows = _Constants(stirs), _Constants(mind.places._pools)

    def forward(self, seen: dict[str, Tensor]) -> dict[str, Tensor]:
        """Thinks.

        Args:
            seen: `see.<sense>`, each `[B, *sides]` as the sense encodes values.

        Returns:
            For each act `answer.<act>` int64 `[B, N]` (a grid `[B, rows, columns]`) and `logits.<act>` `[B, N, V]`;
            `confidence` `[B]`; `ticks` int64 `[B]`, after which that answer stood.
        """
        values = {name: seen[SEE + name] for name in self.sizes}
        mind = self._begin(values)
        kept: dict[str, Tensor] = {}
        for spent, reading, confidence_B in self._looks(mind):
            now = _outputs(reading, confidence_B, spent)
            # Of equals the later one, which has thought longer.
            better_B = confidence_B >= kept[CONFIDENCE] if kept else None
            kept = now if better_B is None else {name: _where(better_B, now[name], kept[name]) for name in now}
        return {name: self._shaped(name, value) for name, value in kept.items()}

    def _begin(self, values: Mapping[str, Tensor]) -> Mind:
        brain, batch = self.brain, next(iter(values.values())).shape[0]
        places = self._places(values, batch)

        start = {name: one.expand(batch, *one.shape[1:]) for name, one in self.start.named().items()}
        lanes = Lanes(start["field"], {name: start[f"own.{name}"] for name in self.own}, start.get("phases"))
        answers = {name: torch.full((batch, cells), -1) for name, cells in self.cells.items()}
        return Mind(lanes, brain.sense(values, places), places, answers, nothing_said(brain.chart, batch))

    def _places(self, values: Mapping[str, Tensor], batch: int) -> Places:
        """Returns where the sites are; where values have one size, all of them exist."""
        senses, specs = self.brain.sense_of, self.brain.chart.senses
        places = Places(self.grids, self.brain.chart.field.prefix, _pools=self.windows.named())
        trees = [senses(name).parents(values[name]) for name in specs]
        if any(tree is not None for tree in trees):
            places.plant(trees, batch)
        there = [None if specs[name].fixed_sites else senses(name).exists(values[name]) for name in specs]
        places.mask_BS = places.mask(there, batch)
        return places

    def _looks(self, mind: Mind) -> Iterator[tuple[int, Reading, Tensor]]:
        segment, spent, stirs = self.brain.chart.training.ticks, 0, self.stirs.named()
        while spent < self.ticks:
            ticks = min(segment, self.ticks - spent)
            reading, spent = self.brain.think_on(mind, ticks), spent + ticks
            confidence_B = self.brain.reflection.confidence(reading.right)
            yield spent, reading, confidence_B
            if spent in stirs:
                stir(mind, confidence_B, self.noise, stirs[spent])

    def _shaped(self, name: str, value: Tensor) -> Tensor:
        spec = self.brain.chart.acts.get(name.removeprefix(ANSWER)) if name.startswith(ANSWER) else None
        if isinstance(spec, CanvasSpec):
            return value.reshape(-1, *spec.own_grid)
        if not isinstance(spec, GridActSpec):
            return value
        under = spec.place(next(iter(self.sizes)))
        assert under is not None  # a grid always lies over a sense
        return value.reshape(-1, *self.sizes[under])


def blank(brain: Brain, sizes: Sizes, batch: int) -> dict[str, Tensor]:
    """Returns values of a size that hold the first symbol, or the number 0, everywhere."""
    layouts = {name: spec.layout for name, spec in brain.chart.senses.items()}
    return {name: torch.zeros(batch, *sizes[name], dtype=getattr(torch, layouts[name].dtype)) for name in layouts}


def _drawn(brain: Brain, will: WillSpec, values: dict[str, Tensor], seed: int) -> tuple[Mind, dict[int, Tensor]]:
    """Draws, in the order in which `think` does, how a thought starts and what stirs it after so many ticks."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        mind = brain.begin(values, generator)
        for number in range(len(brain.circuit.labels)):
            # Fired once, so that the window matrices that are needed are there.
            brain.circuit.fire(number, mind.lanes, mind.input, mind.places)
    segment = brain.chart.training.ticks
    ends = [spent for spent in range(segment, will.ticks, segment) if spent >= will.patience] if will.noise else []
    stirs = {spent: torch.randn(mind.lanes.field.shape, generator=generator) for spent in ends}
    return mind, stirs


def _outputs(reading: Reading, confidence_B: Tensor, spent: int) -> dict[str, Tensor]:
    answers = {ANSWER + name: answer for name, answer in reading.answers.items()}
    logits = {LOGITS + name: logits for name, logits in reading.logits.items()}
    after_B = torch.full_like(confidence_B, spent, dtype=torch.long)
    return {**answers, **logits, CONFIDENCE: confidence_B, TICKS: after_B}


def _where(better_B: Tensor, now: Tensor, before: Tensor) -> Tensor:
    return torch.where(better_B.reshape(-1, *[1] * (now.dim() - 1)), now, before)
