"""What a brain weighs and what its thinking costs: counted from its chart, and measured while it thinks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.rhythm import schedule
from ltm.chart.schema import Chart
from ltm.chart.size import BYTES_A_WEIGHT, Sizes
from ltm.errors import DataError, LtmError
from ltm.runtime.energy import POWERCAP, EnergyMeter
from ltm.scenes.store import SceneSet
from ltm.training.looks import batches

LONGEST = 20.0
"""Seconds after which no further thought is begun."""


@dataclass(frozen=True)
class Weight:
    """What can be counted without thinking.

    Attributes:
        parameters: all weights.
        bytes: of all of them: in fp32, or as they are stored in a folder.
        active_parameters: weights used at a tick: zones that fire, coupling and wave; the mean over a cycle, or the
            most there can be where the wave is dynamic.
        tick_operations: operations of a tick for one scene, likewise.
        sites: sites of the field that the operations are for.
        at_most: whether the wave is dynamic.
        borrowed: weights of pretrained models among all of them, which no folder holds.
        active_borrowed: the same among those used at a tick.
    """

    parameters: int
    bytes: int
    active_parameters: float
    tick_operations: float
    sites: int
    at_most: bool
    borrowed: int = 0
    active_borrowed: float = 0.0

    @property
    def active_bytes(self) -> float:
        """Bytes of the weights used at a tick; of pretrained models four each, of others as they are stored."""
        stored = self.bytes / max(1, self.parameters - self.borrowed)
        own = self.active_parameters - self.active_borrowed
        return own * stored + BYTES_A_WEIGHT * self.active_borrowed


@dataclass(frozen=True)
class Thinking:
    """What thoughts cost, thought one at a time.

    Attributes:
        thoughts: how many there were.
        operations: of a thought, the mean.
        ticks: until the kept answer, the mean.
        seconds: of a thought, the mean.
        cpu_seconds: the same summed over cores.
        joules: of a thought, the mean; None where the processor doesn't say.
        why_not: why there are no joules.
    """

    thoughts: int
    operations: float
    ticks: float
    seconds: float
    cpu_seconds: float
    joules: float | None
    why_not: str = ""


def weigh(chart: Chart) -> Weight:
    """Counts a brain's weights, and those and the operations of a tick, without building it."""
    sizes = Sizes.of(chart)
    with torch.device("meta"):
        circuit = Brain(chart).circuit
    shared = sizes.parts["coupling"] + sizes.parts["wave"]

    def zones(names: Iterable[str]) -> int:
        return sum(sizes.parts[f"zones/{name}"] for name in names)

    def frozen(names: Iterable[str]) -> int:
        return sum(circuit.zone(name).borrowed for name in names)

    dynamic = circuit.wave is not None
    if dynamic:
        largest = sorted(chart.zones, key=lambda name: sizes.parts[f"zones/{name}"], reverse=True)
        fired = [set(largest[: chart.wave.fire])]
    else:
        fired = [{role.split(".")[0] for role in tick} for tick in schedule(chart)]
    active, borrowed = (sum(map(count, fired)) / len(fired) for count in (zones, frozen))
    ticks = 1 if dynamic else len(circuit.cycle)
    operations = sum(circuit.operations(sizes.places, tick) for tick in range(ticks)) / ticks
    return Weight(
        sizes.parameters,
        sizes.bytes,
        active + shared,
        operations,
        sizes.sites,
        dynamic,
        frozen(chart.zones),
        borrowed,
    )


def time_thoughts(brain: Brain, scenes: SceneSet, seed: int = 0, powercap: Path = POWERCAP) -> Thinking:
    """Thinks about scenes one at a time, as the brain's will says, and measures what it takes.

    The first thought is thought twice and counted once, since the first pays for what later ones find ready. Energy is
    that of the whole processor meanwhile, whatever else it does.
    """
    singles = [values for _, values in batches(scenes, 1)]
    if not singles:
        raise DataError("there are no scenes that this brain can think about: name some with --scenes")
    think(brain, singles[0], seed=seed)
    try:
        meter, why_not = EnergyMeter(powercap), ""
    except LtmError as problem:
        meter, why_not = None, str(problem)
    made = []
    start, cpu = time.perf_counter(), time.process_time()
    for values in singles:
        made += think(brain, values, seed=seed)
        if time.perf_counter() - start > LONGEST:
            break
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    joules = None
    if meter is not None:
        joules = meter.joules() / len(made)
        if joules <= 0:
            joules, why_not = None, "the energy counters did not move"
    count = len(made)
    return Thinking(
        count,
        sum(thought.operations for thought in made) / count,
        sum(thought.ticks for thought in made) / count,
        seconds / count,
        cpu_seconds / count,
        joules,
        why_not,
    )
