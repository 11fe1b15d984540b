"""How good a brain is on scenes: accuracy against thinking time, calibration, halting, tries, speed.

Shapes: B batch, N cells.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.restlessness import wander
from ltm.brain.think import think
from ltm.chart.schema import WillSpec
from ltm.scenes.store import SceneSet
from ltm.senses.grid import VOID
from ltm.training.calibration import auroc, ece, fit_platt, reliability, right_above, risk_at_coverage, wilson
from ltm.training.segment import Scorer, right_answers

QUICK_SCENES = 256
QUICK_SEGMENTS = 6
BATCH = 128


def quick_accuracy(brain: Brain, scenes: SceneSet, bf16: bool, scorer: Scorer | None) -> float:
    """Returns the share of up to 256 scenes, spread over the set, answered right after some segments without halting.

    Six segments, or as many as the will's ticks allow: a brain that won't loop is not judged by looping.
    """
    segments = max(1, min(QUICK_SEGMENTS, brain.chart.will.ticks // brain.chart.training.ticks))
    # Files are often sorted by difficulty: the first scenes alone would tell little.
    index = np.linspace(0, len(scenes) - 1, min(QUICK_SCENES, len(scenes))).astype(np.int64)
    looks = look_at(brain, scenes.take(index), (segments,), bf16, scorer)
    return float(looks.right[-1].mean())


class Looks:
    """What a brain said of every scene after several thinking times, without halting.

    Attributes:
        segments: after how many segments.
        right: bool `[len(segments), scenes]`, whole answers.
        cells: share of cells right `[len(segments), scenes]`.
        logit: reflection's uncalibrated logit, likewise.
        confidence: calibrated, likewise.
    """

    def __init__(self, segments: Sequence[int], count: int) -> None:
        self.segments = tuple(segments)
        shape = (len(self.segments), count)
        self.right: npt.NDArray[np.bool_] = np.zeros(shape, dtype=np.bool_)
        self.cells: npt.NDArray[np.float64] = np.zeros(shape)
        self.logit: npt.NDArray[np.float64] = np.zeros(shape)
        self.confidence: npt.NDArray[np.float64] = np.zeros(shape)


def batches(scenes: SceneSet, size: int) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, Tensor]]]:
    """Yields scene numbers and values, each batch of one shape, so that nothing is computed on padding."""
    shapes, groups = np.unique(scenes.shapes, axis=0, return_inverse=True)
    for number in range(len(shapes)):
        rows, columns = (int(side) for side in shapes[number])
        members = np.flatnonzero(groups.reshape(-1) == number)
        for first in range(0, len(members), size):
            index = members[first : first + size]
            yield (
                index,
                {
                    name: torch.from_numpy(np.asarray(array[index])[:, :rows, :columns].copy())
                    for name, array in scenes.values.items()
                },
            )


def look_at(
    brain: Brain, scenes: SceneSet, segments: Sequence[int], bf16: bool, scorer: Scorer | None, seed: int = 0
) -> Looks:
    """Thinks about every scene for the longest of `segments`, and records how it stood after each of them."""
    looks, will = Looks(segments, len(scenes)), brain.chart.will
    generator = torch.Generator().manual_seed(seed)
    dtype = torch.bfloat16 if bf16 else torch.float32
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for index, values in batches(scenes, BATCH):
            seen = {name: values[name] for name in brain.chart.senses}
            mind = brain.begin(seen, generator, dtype)
            for segment in range(1, max(segments) + 1):
                reading = brain.think_on(mind, brain.chart.training.ticks)
                confidence_B = brain.reflection.confidence(reading.right)
                restless = segment * brain.chart.training.ticks >= will.patience
                wander(mind, confidence_B, will.noise, restless, generator)
                if segment not in looks.segments:
                    continue
                row = looks.segments.index(segment)
                looks.right[row, index] = right_answers(reading, values, scorer).numpy()
                looks.cells[row, index] = _cells_right(reading.answers, values)
                looks.logit[row, index] = reading.right.float().numpy()
                looks.confidence[row, index] = confidence_B.numpy()
    return looks


def _cells_right(answers: dict[str, Tensor], values: dict[str, Tensor]) -> npt.NDArray[np.float64]:
    same, there = [], []
    for name, answer_BN in answers.items():
        target_BN = values[name].flatten(1)
        exists = target_BN != VOID
        there.append(exists.sum(1))
        same.append(((answer_BN == target_BN) & exists).sum(1))
    share = torch.stack(same).sum(0).double() / torch.stack(there).sum(0)
    result: npt.NDArray[np.float64] = share.numpy()
    return result


def calibrate(brain: Brain, scenes: SceneSet, bf16: bool, scorer: Scorer | None) -> None:
    """Fits reflection's scale and shift on scenes that were not trained on (Platt 1999).

    Looks after every number of segments up to twice the training's count as evidence, since the will asks at each.
    """
    segments = range(1, 2 * brain.chart.training.segments + 1)
    looks = look_at(brain, scenes, segments, bf16, scorer, seed=1)
    scale, shift = fit_platt(looks.logit.reshape(-1), looks.right.reshape(-1))
    brain.reflection.scale.fill_(scale)
    brain.reflection.shift.fill_(shift)


def evaluate(
    brain: Brain,
    scenes: SceneSet,
    *,
    segments: Sequence[int] = (1, 2, 4, 8, 16),
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
        segments: thinking times at which to look, in training segments.
        will: for the part with halting and tries; the chart's when absent.
        bf16: precision of matrix products.
        scorer: what else counts as right.
        speed: whether to time single thoughts and batches.
        say: told what is going on.

    Returns:
        A report ready for JSON; keys are explained in the evaluation chapter of the documentation.
    """
    will = will or brain.chart.will
    say(f"thinking about {len(scenes):,} scenes for up to {max(segments)} segments")
    looks = look_at(brain, scenes, segments, bf16, scorer)
    ticks = brain.chart.training.ticks
    curve = [
        {
            "ticks": ticks * segment,
            "exact": float(looks.right[row].mean()),
            "cells": float(looks.cells[row].mean()),
            "confidence": float(looks.confidence[row].mean()),
        }
        for row, segment in enumerate(looks.segments)
    ]
    right, confidence = looks.right[-1], looks.confidence[-1]
    low, high = wilson(int(right.sum()), len(right))
    report: dict[str, Any] = {
        "scenes": len(scenes),
        "exact": float(right.mean()),
        "exact_interval": [low, high],
        "cells": float(looks.cells[-1].mean()),
        "by_ticks": curve,
        "ece": ece(confidence, right),
        "auroc": auroc(confidence, right),
        "right_above_0.9": right_above(confidence, right, 0.9),
        "risk_at_coverage": risk_at_coverage(confidence, right),
        "reliability": reliability(confidence, right),
    }
    say("thinking again with halting, as the will says")
    report["will"] = willed(brain, scenes, will, bf16, scorer)
    if speed:
        say("timing thoughts")
        report["speed"] = speeds(brain, scenes, will, bf16)
    return report


def willed(
    brain: Brain, scenes: SceneSet, will: WillSpec, bf16: bool, scorer: Scorer | None, seed: int = 0
) -> dict[str, Any]:
    """Thinks as the will says, with halting and tries; returns accuracy, mean ticks, tries and operations."""
    right: npt.NDArray[np.bool_] = np.zeros(len(scenes), dtype=np.bool_)
    confidence = np.zeros(len(scenes))
    ticks, tries, operations = np.zeros(len(scenes)), np.zeros(len(scenes)), np.zeros(len(scenes))
    for index, values in batches(scenes, BATCH):
        thoughts = think(brain, values, will, bf16=bf16, seed=seed)
        answers = {
            name: torch.from_numpy(np.stack([spec.encode(thought.answer[name]) for thought in thoughts]))
            for name, spec in brain.chart.acts.items()
        }
        same = torch.ones(len(index), dtype=torch.bool)
        for name, answer in answers.items():
            same &= (answer == values[name]).flatten(1).all(1)
        if scorer is not None:
            same |= scorer(values, {name: answer.flatten(1).long() for name, answer in answers.items()})
        right[index] = same.numpy()
        confidence[index] = [thought.confidence for thought in thoughts]
        ticks[index] = [thought.ticks for thought in thoughts]
        tries[index] = [thought.tries for thought in thoughts]
        operations[index] = [thought.operations for thought in thoughts]
    sure = confidence >= will.confidence
    return {
        "exact": float(right.mean()),
        "sure": float(sure.mean()),
        "right_when_sure": float(right[sure].mean()) if sure.any() else None,
        "auroc": auroc(confidence, right),
        "ece": ece(confidence, right),
        "ticks": float(ticks.mean()),
        "tries": float(tries.mean()),
        "operations": float(operations.mean()),
        "budget": {"ticks": will.ticks, "tries": will.tries, "confidence": will.confidence},
    }


def speeds(brain: Brain, scenes: SceneSet, will: WillSpec, bf16: bool, repeats: int = 20) -> dict[str, Any]:
    """Times thoughts one by one and in batches of 128; returns p50 and p99 in milliseconds a thought."""
    result: dict[str, Any] = {}
    for size, times in ((1, repeats), (BATCH, 3)):
        seconds = []
        for number in range(times + 1):
            index = (np.arange(size) + number * size) % len(scenes)
            _, values = next(batches(scenes.take(index), size))
            start = time.perf_counter()
            think(brain, values, will, bf16=bf16)
            count = int(next(iter(values.values())).shape[0])
            seconds.append((time.perf_counter() - start) / count)
        p50, p99 = np.percentile(np.array(seconds[1:]) * 1000, [50, 99])
        result[f"batch_{size}"] = {"p50_ms": float(p50), "p99_ms": float(p99)}
    return result
