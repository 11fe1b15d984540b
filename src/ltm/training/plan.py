"""Turns minutes into steps: measures a step on this machine in every way that may pay, and writes the choice down.

The measuring runs on a brain of its own, so that it leaves no mark on the training; what it chose is recorded and used
again on resuming, which makes a run repeatable.
"""

from __future__ import annotations

import functools
import hashlib
import math
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.mind import Mind, Reading
from ltm.chart.dump import dump
from ltm.chart.rhythm import cycle_length
from ltm.chart.schema import Chart, TrainingSpec
from ltm.runtime.atomic import write_file
from ltm.scenes.store import SceneSet
from ltm.training.look_once import SHARE, Looked, look_once
from ltm.training.machine import compiler
from ltm.training.optimiser import Optimiser
from ltm.training.segment import Scorer, Segment, run_segment
from ltm.training.slots import Slots
from ltm.training.step import learn

PLAN = "plan.json"

LEAST_STEPS = 400
"""However few the scenes, `training.passes` allow so many steps: fewer teach a brain nothing."""
WORTH_COMPILING_MINUTES = 4.0
"""Compiling takes 20 to 60 seconds; runs shorter than this stay eager unless the chart asks."""
MOST_COMPILED = 64
"""Every sense is compiled by itself; brains with more of them stay eager unless the chart asks."""
HELD_BACK = 0.94
"""Share of the minutes that steps may take; the rest is for validation and saving."""


class Plan(BaseModel):
    """How a run is carried out; recorded at its start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int
    precision: Literal["fp32", "bf16"]
    compiled: bool
    seconds_a_step: float
    seconds: float = 0.0
    """That steps may take, where minutes say how many there are."""
    rehearse_every: int = 2
    """Where earlier skills rehearse: one step in so many is theirs."""
    notes: tuple[str, ...] = ()
    """What was measured, and what this machine lacks."""


class _Recorded(BaseModel):
    """A plan and a digest of what it was made for: the chart and the scenes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_for: str
    plan: Plan


def record_plan(run: Path, made_for: str, plan: Plan) -> None:
    """Writes a run's plan beside its metrics."""
    run.mkdir(parents=True, exist_ok=True)
    text = _Recorded(made_for=made_for, plan=plan).model_dump_json(indent=2)
    write_file(run / PLAN, text.encode() + b"\n")


def recorded_plan(run: Path, made_for: str, say: Callable[[str], None]) -> Plan | None:
    """Returns the plan of an earlier start of the same run, so that it is repeated step for step; None without one."""
    try:
        found = _Recorded.model_validate_json((run / PLAN).read_bytes())
    except (OSError, ValueError):
        return None
    if found.made_for != made_for:
        return None
    say(f"{found.plan.steps:,} steps, as when this run was first started (remove {run / PLAN} to measure anew)")
    return found.plan


def compiled_segment(chart: Chart) -> Segment:
    """Returns `run_segment` compiled for brains of a chart; the first call in a process takes 20 to 60 seconds."""
    return _compiled_for(hashlib.sha256(dump(chart).encode()).hexdigest()[:16])


@functools.lru_cache(maxsize=64)
def _compiled_for(chart: str) -> Segment:
    def segment(brain: Brain, mind: Mind, values: dict[str, Tensor], bf16: bool) -> Reading:
        return run_segment(brain, mind, values, bf16)

    # The compiler remembers by a function's name which sizes have varied, and takes them for varying ever after. Brains
    # of other sizes in the same process would make code slower, or make it fail, that is for one brain only.
    segment.__code__ = segment.__code__.replace(co_name=f"segment_{chart}")
    torch._dynamo.config.cache_size_limit = max(torch._dynamo.config.cache_size_limit, 64)
    return torch.compile(segment)


def make_plan(chart: Chart, scenes: SceneSet, say: Callable[[str], None], endless: bool = False) -> Plan:
    """Measures and decides precision, compiling and the number of steps.

    Args:
        chart: whose `training` may fix any of the three.
        scenes: real ones to measure with.
        say: told what is going on, since compiling takes long.
        endless: whether training sees other scenes than these.
    """
    spec = chart.training
    notes, count = _out_of_step(chart), len(scenes)
    looked = Looked() if spec.steps is not None else look_once(chart, scenes, spec.minutes * 60 * SHARE, say)
    if looked.scenes:
        notes.append(looked.words())
        scenes = scenes.take(np.arange(looked.scenes))
    times: dict[str, float] = {}
    wanted: list[Literal["fp32", "bf16"]] = ["fp32", "bf16"] if spec.precision == "auto" else [spec.precision]
    say(f"measuring a step of this brain on this machine ({torch.get_num_threads()} threads)")
    for precision in wanted:
        fastest = min(times.values(), default=math.inf)
        times[precision] = seconds_a_step(chart, scenes, precision == "bf16", run_segment, 3, fastest=fastest)
        notes.append(f"a step takes {times[precision]:.3f} s in {precision}")
    precision = min(wanted, key=lambda name: times[name])
    if precision == "fp32" and spec.precision == "auto":
        notes.append("bf16 is no faster on this processor: training in fp32")
    if torch.get_num_threads() == 1:
        notes.append("one processor core: steps take about twice as long as on two")
    seconds = times[precision]
    compiled = False
    most = None if endless else _most_steps(spec, count)
    if spec.passes is not None and endless:
        notes.append("passes are over scenes that are all there: of a stream, training takes the minutes it is given")
    budget = spec.minutes if spec.steps is None else spec.steps * seconds / 60
    if spec.steps is None and most is not None:
        budget = min(budget, most * seconds / 60)
    if spec.compile == "auto" and len(chart.senses) > MOST_COMPILED:
        notes.append(f"{len(chart.senses):,} senses would take long to compile: steps stay eager")
    elif spec.compile == "on" or (spec.compile == "auto" and budget >= WORTH_COMPILING_MINUTES):
        if compiler() is None:
            notes.append("no C++ compiler found (g++ or clang++): steps stay eager, about 1.5 to 2 times slower")
        else:
            say("compiling the brain (20 to 60 seconds, once a run)")
            faster = _try_compiled(chart, scenes, precision == "bf16")
            if isinstance(faster, str):
                notes.append(f"compiling failed ({faster}): steps stay eager")
            else:
                notes.append(f"a compiled step takes {faster:.3f} s")
                compiled = faster < seconds
                seconds = min(seconds, faster)
    seconds += looked.waited(spec.batch / spec.segments, endless)
    left = spec.minutes * 60 * HELD_BACK - looked.seconds
    steps = spec.steps or max(1, round(left / seconds))
    if spec.steps is None and most is not None and most < steps:
        notes.append(f"{spec.passes:g} passes over {count:,} scenes are enough: {most * seconds:.0f} s of training")
        steps = most
    return Plan(
        steps=steps, precision=precision, compiled=compiled, seconds_a_step=seconds, seconds=left, notes=tuple(notes)
    )


def _out_of_step(chart: Chart) -> list[str]:
    """Notes where scenes enter at other ticks of the rhythm, while learning, than thinking begins with."""
    rhythm = cycle_length(chart)
    if chart.training.ticks % rhythm == 0:
        return []
    return [
        f"training.ticks: {chart.training.ticks} is no multiple of the rhythm's {rhythm} ticks: while learning, scenes "
        "enter at other ticks of it than thinking begins with"
    ]


def _most_steps(spec: TrainingSpec, count: int) -> int | None:
    """Returns the steps of as many passes over so many scenes as are enough; None where time alone ends training."""
    if spec.passes is None:
        return None
    return max(LEAST_STEPS, math.ceil(spec.passes * count * spec.segments / spec.batch))


def _try_compiled(chart: Chart, scenes: SceneSet, bf16: bool) -> float | str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return seconds_a_step(chart, scenes, bf16, compiled_segment(chart), 4)
    except Exception as problem:  # whatever the compiler does, training must go on without it
        said = str(problem).strip().partition("\n")[0]
        return f"{type(problem).__name__}: {said}" if said else type(problem).__name__


def seconds_a_step(
    chart: Chart,
    scenes: SceneSet,
    bf16: bool,
    segment: Segment,
    count: int,
    scorer: Scorer | None = None,
    fastest: float = math.inf,
) -> float:
    """Times `count` training steps of a chart on a brain of its own, after one to warm up; returns the fastest.

    Two steps in a row that take twice as long as the `fastest` of another way are the last: bf16 that isn't built in
    may take five times as long.
    """
    brain = Brain(chart)
    generator = torch.Generator().manual_seed(0)
    slots = Slots(brain, scenes, generator, torch.bfloat16 if bf16 else torch.float32)
    optimiser = Optimiser(brain, chart.training)
    times = []
    for number in range(count + 1):
        start = time.perf_counter()
        learn(brain, slots, optimiser, segment, bf16, number, 1000, scorer)
        times.append(time.perf_counter() - start)
        if number and min(times[-2:]) > 2 * fastest:
            break
    return min(times[1:])
