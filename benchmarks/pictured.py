"""What benchmarks of scenes given as pictures share: what came of each scene, and the figures over all of them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ltm.training.calibration import auroc

SURE = 0.9


@dataclass(frozen=True)
class Pictured:
    """What came of one scene.

    Attributes:
        right: whether it was answered right.
        read_right: whether every picture was read right at once.
        confidence: of the answer.
        readings: how many readings were thought about.
        seconds: that all took.
    """

    right: bool
    read_right: bool
    confidence: float
    readings: int
    seconds: float


def figures(scenes: Sequence[Pictured]) -> dict[str, Any]:
    """Returns shares, how well confidence tells right from wrong, and what a scene takes."""
    right = np.array([scene.right for scene in scenes])
    confidence = np.array([scene.confidence for scene in scenes])
    sure = confidence >= SURE
    return {
        "scenes": len(scenes),
        "read_right": float(np.mean([scene.read_right for scene in scenes])),
        "right": float(right.mean()),
        "sure": float(sure.mean()),
        "right_when_sure": float(right[sure].mean()) if sure.any() else None,
        "auroc": auroc(confidence, right),
        "readings": float(np.mean([scene.readings for scene in scenes])),
        "seconds": float(statistics.median(scene.seconds for scene in scenes)),
    }
