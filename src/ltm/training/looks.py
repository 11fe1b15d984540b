"""What a brain says after fixed times of thinking, without halting: validation, calibration, thinking longer.

Shapes: B batch, N cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.acts.next import NextActSpec
from ltm.brain.brain import Brain
from ltm.brain.restlessness import wander
from ltm.brain.spoken import segments_to_say
from ltm.brain.walk import begin
from ltm.chart.schema import Chart
from ltm.scenes.store import SceneSet
from ltm.senses.layout import void_of
from ltm.training.calibration import auroc, ece, fit_platt
from ltm.training.segment import Scorer, right_answers

QUICK_SCENES = 256
QUICK_SEGMENTS = 6
BATCH = 128
LOGITS = 2**26
"""Logits of what comes next at once at most."""


def quick_accuracy(brain: Brain, scenes: SceneSet, bf16: bool, scorer: Scorer | None) -> float:
    """Returns the share of up to 256 scenes, spread over the set, that is answered right after some segments."""
    # Files are often sorted by difficulty: the first scenes alone would tell little.
    index = np.linspace(0, len(scenes) - 1, min(QUICK_SCENES, len(scenes))).astype(np.int64)
    looks = look_at(brain, scenes.take(index), (quick_segments(brain.chart),), bf16, scorer)
    return float(looks.right[-1].mean())


def quick_segments(chart: Chart) -> int:
    """Returns after how many segments a brain is judged quickly.

    Six, more where an answer takes longer to say, or as many as the will's ticks allow: a brain that won't loop is not
    judged by looping.
    """
    wanted = max(QUICK_SEGMENTS, segments_to_say(chart))
    return max(1, min(wanted, chart.will.ticks // chart.training.ticks))


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
    sides = np.concatenate([scenes.shapes[name] for name in scenes.values], axis=1)
    unique, groups = np.unique(sides, axis=0, return_inverse=True)
    for number in range(len(unique)):
        members = np.flatnonzero(groups.reshape(-1) == number)
        for first in range(0, len(members), size):
            index = members[first : first + size]
            chunk = scenes.take(index).crop()
            yield index, {name: torch.from_numpy(np.array(array)) for name, array in chunk.values.items()}


def at_once(brain: Brain, scenes: SceneSet, most: int) -> int:
    """Returns how many scenes are thought about side by side: fewer where each place has a logit for many symbols."""
    acts = [(name, act.symbols) for name, act in brain.chart.acts.items() if isinstance(act, NextActSpec)]
    logits = [max(1, int(scenes.shapes[name].max(initial=1))) * symbols for name, symbols in acts if len(scenes)]
    return max(1, min(most, LOGITS // max([1, *logits])))


def look_at(
    brain: Brain, scenes: SceneSet, segments: Sequence[int], bf16: bool, scorer: Scorer | None, seed: int = 0
) -> Looks:
    """Thinks about every scene for the longest of `segments`, and records how it stood after each of them."""
    looks, will = Looks(segments, len(scenes)), brain.chart.will
    generator = torch.Generator().manual_seed(seed)
    dtype = torch.bfloat16 if bf16 else torch.float32
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for index, values in batches(scenes, at_once(brain, scenes, BATCH)):
            mind, values, _ = begin(brain, values, generator, dtype)
            for segment in range(1, max(segments) + 1):
                reading = brain.think_on(mind, brain.chart.training.ticks)
                confidence_B = brain.reflection.confidence(reading.right)
                restless = segment * brain.chart.training.ticks >= will.patience
                wander(mind, confidence_B, will.noise, restless, generator)
                if segment not in looks.segments:
                    continue
                row = looks.segments.index(segment)
                looks.right[row, index] = right_answers(reading, values, scorer).numpy()
                looks.cells[row, index] = cells_right(reading.answers, values)
                looks.logit[row, index] = reading.right.float().numpy()
                looks.confidence[row, index] = confidence_B.numpy()
    return looks


def cells_right(answers: dict[str, Tensor], values: dict[str, Tensor]) -> npt.NDArray[np.float64]:
    """Returns the share of each scene's cells that are right `[B]`."""
    same, there = [], []
    for name, answer_BN in answers.items():
        target_BN = values[name].flatten(1)
        exists = target_BN != void_of(target_BN.dtype)
        there.append(exists.sum(1))
        same.append(((answer_BN == target_BN) & exists).sum(1))
    share = torch.stack(same).sum(0).double() / torch.stack(there).sum(0)
    result: npt.NDArray[np.float64] = share.numpy()
    return result


def by_ticks(brain: Brain, looks: Looks) -> list[dict[str, Any]]:
    """Returns, for each thinking time without halting, how many are right and how far the confidence can be trusted."""
    return [
        {
            "ticks": brain.chart.training.ticks * segment,
            "exact": float(looks.right[row].mean()),
            "cells": float(looks.cells[row].mean()),
            "confidence": float(looks.confidence[row].mean()),
            "ece": ece(looks.confidence[row], looks.right[row]),
            "auroc": auroc(looks.confidence[row], looks.right[row]),
        }
        for row, segment in enumerate(looks.segments)
    ]


def calibrate(brain: Brain, scenes: SceneSet, bf16: bool, scorer: Scorer | None) -> None:
    """Fits reflection's scale and shift on scenes that were not trained on (Platt 1999).

    Looks after every number of segments up to twice the training's count as evidence, since the will asks at each, but
    no further than the will goes: a brain that thinks once may well be lost beyond.
    """
    longest = max(1, brain.chart.will.ticks // brain.chart.training.ticks)
    segments = range(1, min(longest, 2 * brain.chart.training.segments) + 1)
    looks = look_at(brain, scenes, segments, bf16, scorer, seed=1)
    scale, shift = fit_platt(looks.logit.reshape(-1), looks.right.reshape(-1), len(segments))
    brain.reflection.scale.fill_(scale)
    brain.reflection.shift.fill_(shift)
