"""What benchmarks of scenes given as pictures share: what came of each scene, and the figures over all of them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ltm.brain.perceive import Coupled
from ltm.training.calibration import auroc

SURE = 0.9
SVC_EYE = "SVC as eye"


@dataclass(frozen=True, eq=False)
class Classified(Coupled):
    """A mind behind a classifier of scikit-learn instead of a brain that sees.

    Attributes:
        model: has learned the labels of flat pictures, and tells their probabilities.
    """

    model: Any = None

    def read(self, pictures: Any) -> np.ndarray:
        """Returns the log-probability of each symbol for each picture `[C, V]`."""
        page = self.page
        log_CV = np.full((len(pictures), len(page.symbols)), -np.inf)
        there = [cell for cell, picture in enumerate(pictures) if picture is not None]
        for cell in set(range(len(pictures))) - set(there):
            log_CV[cell, page.blank] = 0.0
        flat = np.stack([np.asarray(pictures[cell], dtype=np.float32).reshape(-1) / 255 for cell in there])
        columns = [page.symbols.index(str(label)) for label in self.model.classes_ if str(label) in page.symbols]
        known = [number for number, label in enumerate(self.model.classes_) if str(label) in page.symbols]
        shares = self.model.predict_proba(flat)[:, known].clip(1e-9)
        log_CV[np.ix_(there, columns)] = np.log(shares / shares.sum(1, keepdims=True))
        return log_CV


def classifier(images: np.ndarray, labels: np.ndarray) -> Any:
    """Returns a support vector classifier that has learned pictures, its probabilities calibrated by three folds."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC

    model = CalibratedClassifierCV(SVC(C=5.0), ensemble=False, cv=3)
    return model.fit(images.reshape(len(images), -1).astype(np.float32) / 255, labels)


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
