"""What comes of thinking as the will says, with halting and tries: accuracy, certainty and what it cost.

Shapes: B batch, N cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ltm.acts.number import NumberActSpec
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.brain.walk import last_step
from ltm.chart.schema import WillSpec
from ltm.scenes.store import SceneSet
from ltm.training.calibration import auroc, ece
from ltm.training.looks import BATCH, batches, cells_right
from ltm.training.segment import Scorer, whole_right


class Outcome:
    """What came of thinking about scenes under a will, one value a scene.

    Attributes:
        right: whole answers, bool.
        cells: share of cells right.
        confidence: in the kept answer.
        ticks: until the kept answer.
        tries: begun.
        operations: spent.
        numbers: for each act of kind `number`, what was answered and what should have been `[2, scenes]`.
    """

    def __init__(self, count: int, numbers: Sequence[str] = ()) -> None:
        self.right: npt.NDArray[np.bool_] = np.zeros(count, dtype=np.bool_)
        self.cells, self.confidence = np.zeros(count), np.zeros(count)
        self.ticks, self.tries, self.operations = np.zeros(count), np.zeros(count), np.zeros(count)
        self.numbers = {name: np.zeros((2, count)) for name in numbers}

    def summary(self, will: WillSpec) -> dict[str, Any]:
        """Returns shares and means, ready for JSON."""
        sure = self.confidence >= will.confidence
        errors = {name: number_errors(*answers) for name, answers in self.numbers.items()}
        return {
            "exact": float(self.right.mean()),
            "cells": float(self.cells.mean()),
            "sure": float(sure.mean()),
            "right_when_sure": float(self.right[sure].mean()) if sure.any() else None,
            "auroc": auroc(self.confidence, self.right),
            "ece": ece(self.confidence, self.right),
            "ticks": float(self.ticks.mean()),
            "tries": float(self.tries.mean()),
            "operations": float(self.operations.mean()),
            "budget": {"ticks": will.ticks, "tries": will.tries, "confidence": will.confidence},
            **({"numbers": errors} if errors else {}),
        }


def number_errors(answered: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]) -> dict[str, float | None]:
    """Returns the mean absolute error, that of always answering the median, and R².

    R² is the share of the variance that the answers explain; None where all that is wanted is the same. Where what is
    wanted is NaN, nothing was asked.
    """
    known = ~np.isnan(wanted)
    answered, wanted = answered[known], wanted[known]
    if not len(wanted):
        return {"mae": None, "mae_of_median": None, "r2": None}
    spread = float(np.square(wanted - wanted.mean()).sum())
    missed = float(np.square(wanted - answered).sum())
    return {
        "mae": float(np.abs(wanted - answered).mean()),
        "mae_of_median": float(np.abs(wanted - np.median(wanted)).mean()),
        "r2": 1 - missed / spread if spread > 0 else None,
    }


def think_all(
    brain: Brain, scenes: SceneSet, will: WillSpec, bf16: bool, scorer: Scorer | None, seed: int = 0
) -> Outcome:
    """Thinks about every scene as the will says, with halting and tries."""
    binned = {name: spec for name, spec in brain.chart.acts.items() if isinstance(spec, NumberActSpec)}
    outcome = Outcome(len(scenes), list(binned))
    for index, values in batches(scenes, BATCH):
        thoughts = think(brain, values, will, bf16=bf16, seed=seed)
        values = last_step(brain.chart, values)
        answers = {
            name: torch.stack([thought.symbols[name] for thought in thoughts]).long() for name in brain.chart.acts
        }
        outcome.right[index] = whole_right(answers, values, scorer).numpy()
        outcome.cells[index] = cells_right(answers, values)
        for name, spec in binned.items():
            # Scenes hold bins, not the numbers of the file: what should have been is known to the nearest bin.
            centres, wanted = np.array(spec.centres), values[name].flatten().numpy()
            asked = wanted != spec.layout.void  # a step may ask for other acts only
            known = np.where(asked, centres[np.where(asked, wanted, 0)], np.nan)
            outcome.numbers[name][:, index] = [thought.answer[name] for thought in thoughts], known
        outcome.confidence[index] = [thought.confidence for thought in thoughts]
        outcome.ticks[index] = [thought.ticks for thought in thoughts]
        outcome.tries[index] = [thought.tries for thought in thoughts]
        outcome.operations[index] = [thought.operations for thought in thoughts]
    return outcome
