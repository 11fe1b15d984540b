"""What is measured of a trained brain, on scenes that no run learns from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ltm.brain.brain import Brain
from ltm.chart.schema import WillSpec
from ltm.errors import LtmError
from ltm.evidence.looking import SURE, TRIES, TRY_TICKS, UNHALTED_TICKS, WILL_SCENES
from ltm.evidence.run_file import Look, Spent
from ltm.runtime.energy import POWERCAP, EnergyMeter
from ltm.scenes.store import SceneSet
from ltm.training.looks import by_ticks, look_at
from ltm.training.outcome import think_all
from ltm.training.segment import Scorer


def looks(
    brain: Brain, scenes: SceneSet, segments: tuple[int, ...], bf16: bool, scorer: Scorer | None
) -> tuple[Look, ...]:
    """Returns how a brain stands after each of some numbers of segments."""
    return tuple(Look.model_validate(row) for row in by_ticks(brain, look_at(brain, scenes, segments, bf16, scorer)))


def wills(
    brain: Brain, scenes: SceneSet, bf16: bool, scorer: Scorer | None, powercap: Path = POWERCAP
) -> Iterator[Spent]:
    """Yields what thinking longer, halting and tries bring and cost.

    One try that never halts, of so many ticks; one that halts at lower confidences; tries that halt at the chart's.
    Energy is that of the whole processor meanwhile, whatever else it does; None where it shows no counters.
    """
    some = scenes.take(np.arange(min(WILL_SCENES, len(scenes))))
    for will in asked(brain.chart.will):
        yield _spent(brain, some, will, bf16, scorer, powercap)


def asked(will: WillSpec) -> list[WillSpec]:
    """Returns the wills that are compared, made from a chart's."""
    one = will.model_copy(update={"ticks": TRY_TICKS, "tries": 1})
    return [
        *(one.model_copy(update={"ticks": ticks, "confidence": 1.0}) for ticks in UNHALTED_TICKS),
        *(one.model_copy(update={"confidence": confidence}) for confidence in SURE),
        *(one.model_copy(update={"tries": tries}) for tries in TRIES),
    ]


def nothing_right(ticks: int) -> Look:
    """Returns what is said of a brain that there isn't, after so many ticks."""
    return Look(ticks=ticks, exact=0, cells=0, confidence=0, ece=None, auroc=None)


def nothing_spent(operations: int, will: WillSpec) -> Iterator[Spent]:
    """Yields the same under each will, as if it had thought to the end; a tick takes so many operations."""
    for each in asked(will):
        yield Spent(
            ticks=each.ticks,
            tries=each.tries,
            confidence=each.confidence,
            scenes=WILL_SCENES,
            exact=0,
            operations=float(operations * each.ticks * each.tries),
            seconds=0,
            cpu_seconds=0,
            joules=None,
        )


def _spent(brain: Brain, scenes: SceneSet, will: WillSpec, bf16: bool, scorer: Scorer | None, powercap: Path) -> Spent:
    try:
        meter = EnergyMeter(powercap)
    except LtmError:
        meter = None
    start, cpu = time.perf_counter(), time.process_time()
    found = think_all(brain, scenes, will, bf16, scorer).summary(will)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    joules = None if meter is None else meter.joules()
    return Spent(
        ticks=will.ticks,
        tries=will.tries,
        confidence=will.confidence,
        scenes=len(scenes),
        exact=found["exact"],
        operations=found["operations"],
        seconds=seconds / len(scenes),
        cpu_seconds=cpu_seconds / len(scenes),
        # Counters that don't move are not counters.
        joules=joules / len(scenes) if joules else None,
    )
