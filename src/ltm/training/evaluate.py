"""How good a brain is on scenes, in one report: as its will says, by thinking time, calibration, speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ltm.brain.brain import Brain
from ltm.brain.talk import speaks
from ltm.brain.think import think
from ltm.chart.schema import WillSpec
from ltm.scenes.store import SceneSet
from ltm.training.calibration import reliability, right_above, risk_at_coverage, wilson
from ltm.training.foresight import foresight
from ltm.training.language import language
from ltm.training.looks import BATCH, by_ticks, look_at
from ltm.training.outcome import think_all
from ltm.training.segment import Scorer

LOOKS = (1, 2, 4, 8, 16)
"""Segments after which an evaluation looks, unless told."""
TIMING_SECONDS = 2.0
"""Once timing has taken so long, it ends: a brain that is never sure thinks to the end of its will each time."""


def evaluate(
    brain: Brain,
    scenes: SceneSet,
    *,
    segments: Sequence[int] | None = None,
    will: WillSpec | None = None,
    bf16: bool = False,
    scorer: Scorer | None = None,
    speed: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Evaluates a brain.

    Args:
        brain: whose reflection is already calibrated.
        scenes: with the right answers.
        segments: thinking times at which to look without halting, in training segments; when absent 1, 2, 4, 8 and
            16, as far as the will's ticks go.
        will: goal and budget; the chart's when absent.
        bf16: precision of matrix products.
        scorer: what else counts as right.
        speed: whether to time single thoughts and batches.
        say: told what is going on.

    Returns:
        A report ready for JSON; of a brain that tells what comes next only how well it does. Keys are explained in the
        evaluation chapter of the documentation.
    """
    if speaks(brain.chart):
        say(f"telling what comes next in {len(scenes):,} texts")
        return {"scenes": len(scenes), "language": language(brain, scenes, bf16)}
    will = will or brain.chart.will
    say(f"thinking about {len(scenes):,} scenes as the will says")
    outcome = think_all(brain, scenes, will, bf16, scorer)
    right, confidence = outcome.right, outcome.confidence
    report: dict[str, Any] = {
        "scenes": len(scenes),
        **outcome.summary(will),
        "exact_interval": list(wilson(int(right.sum()), len(right))),
        "right_above_0.9": right_above(confidence, right, 0.9),
        "risk_at_coverage": risk_at_coverage(confidence, right),
        "reliability": reliability(confidence, right),
    }
    longest = max(1, will.ticks // brain.chart.training.ticks)
    segments = segments or [count for count in LOOKS if count <= longest]
    say(f"thinking again without halting, for up to {max(segments)} segments")
    report["by_ticks"] = by_ticks(brain, look_at(brain, scenes, segments, bf16, scorer))
    ahead = foresight(brain, scenes, bf16)
    if ahead is not None:
        report["foresight"] = ahead
    if speed:
        say("timing thoughts")
        report["speed"] = speeds(brain, scenes, will, bf16)
    return report


def speeds(brain: Brain, scenes: SceneSet, will: WillSpec, bf16: bool) -> dict[str, Any]:
    """Times thoughts one by one, and in batches of 128 or of all scenes; returns p50 and p99 in milliseconds a thought.

    The first thought of a size is left out, as it warms up, unless it takes so long that this doesn't matter.
    """
    result: dict[str, Any] = {}
    for size, times in ((1, 20), (min(BATCH, len(scenes)), 3)):
        spent, each = 0.0, list[float]()
        for number in range(times + 1):
            index = (np.arange(size) + number * size) % len(scenes)
            # Smaller ones are padded, as when a file of scenes of all sizes is thought about.
            some = scenes.take(index).crop()
            values = {name: torch.from_numpy(np.array(array)) for name, array in some.values.items()}
            start = time.perf_counter()
            think(brain, values, will, bf16=bf16)
            seconds = time.perf_counter() - start
            each.append(seconds / len(next(iter(values.values()))))
            spent += seconds
            if spent > TIMING_SECONDS:
                break
        p50, p99 = np.percentile(np.array(each[1:] or each) * 1000, [50, 99])
        result[f"batch_{size}"] = {"p50_ms": float(p50), "p99_ms": float(p99)}
    return result
