"""How well confidence agrees with being right: calibration error, ranking, risk, and Platt scaling.

Everything takes `confidence` float `[N]` in [0, 1] and `right` bool `[N]`, one entry an answer, and works in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_Z95 = 1.959963984540054
_NEWTON_STEPS = 100
_RIDGE = 1e-3
_SCALE_RANGE = (1e-3, 1e3)


class Bin(NamedTuple):
    """One row of a reliability diagram: answers whose confidence lies in `[low, high)`; the last bin includes 1.

    Attributes:
        low: lower edge.
        high: upper edge.
        answers: how many fell in the bin.
        confidence: their mean confidence; None in an empty bin.
        accuracy: the share of them that is right; None in an empty bin.
    """

    low: float
    high: float
    answers: int
    confidence: float | None
    accuracy: float | None


class Above(NamedTuple):
    """What is left when only answers at least so confident are given: how many, and how many of them are right."""

    threshold: float
    answers: int
    right: int
    coverage: float
    accuracy: float | None


def _pair(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[Floats, Bools]:
    """Checks and converts the two columns that everything here takes.

    Raises:
        ValueError: not two columns of one length, or a value that is not finite.
    """
    values, truth = np.asarray(confidence, dtype=np.float64), np.asarray(right).astype(bool)
    if values.ndim != 1 or values.shape != truth.shape:
        raise ValueError(f"expected two columns of one length, got shapes {values.shape} and {truth.shape}")
    if not np.isfinite(values).all():
        raise ValueError("confidence holds NaN or infinity")
    return values, truth


def reliability(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = 10) -> list[Bin]:
    """Sorts answers into bins of equal width by confidence: the rows of a reliability diagram.

    Niculescu-Mizil and Caruana, "Predicting Good Probabilities With Supervised Learning", ICML 2005.
    """
    values, truth = _pair(confidence, right)
    index = np.clip((values * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    confident = np.bincount(index, weights=values, minlength=bins)
    correct = np.bincount(index, weights=truth.astype(np.float64), minlength=bins)
    rows = []
    for place in range(bins):
        size = int(count[place])
        mean, share = (float(confident[place] / size), float(correct[place] / size)) if size else (None, None)
        rows.append(Bin(place / bins, (place + 1) / bins, size, mean, share))
    return rows


def ece(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = 15) -> float:
    """Expected calibration error: mean distance between confidence and accuracy over bins of equal width.

    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015; 15 bins
    as in Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. 0 when there is no answer.
    """
    rows = reliability(confidence, right, bins)
    total = sum(row.answers for row in rows)
    apart = sum(
        row.answers * abs(row.confidence - row.accuracy)
        for row in rows
        if row.confidence is not None and row.accuracy is not None
    )
    return apart / total if total else 0.0


def auroc(confidence: npt.ArrayLike, right: npt.ArrayLike) -> float | None:
    """Chance that a right answer is more confident than a wrong one, ties counting half; None with one class only.

    The rank-sum form of Hanley and McNeil, "The Meaning and Use of the Area under a ROC Curve", Radiology 1982.
    """
    values, truth = _pair(confidence, right)
    good = int(truth.sum())
    bad = len(truth) - good
    if good == 0 or bad == 0:
        return None
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    # Equal values share the mean of the ranks (from 1) that they occupy.
    rank = (last - (count - 1) / 2)[inverse]
    return float((rank[truth].sum() - good * (good + 1) / 2) / (good * bad))


def risk_at_coverage(
    confidence: npt.ArrayLike, right: npt.ArrayLike, coverages: Sequence[float] = (0.5, 0.8, 0.9, 0.95, 1.0)
) -> list[float]:
    """Share of wrong answers among the most confident `coverage` of all, one number a coverage.

    Where the cut falls among equal confidences, they count as their mean, so the order of the answers doesn't matter.
    Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017.

    Raises:
        ValueError: there are no answers.
    """
    values, truth = _pair(confidence, right)
    if not len(values):
        raise ValueError("there is no risk without answers")
    _, inverse, count = np.unique(-values, return_inverse=True, return_counts=True)
    wrong = np.bincount(inverse, weights=(~truth).astype(np.float64)) / count
    running = np.concatenate(([0.0], np.cumsum(wrong[np.sort(inverse)])))
    # The small slack keeps 0.8 of 10 at 8 answers, whatever the product rounds to.
    kept = [min(len(values), max(1, int(np.ceil(coverage * len(values) - 1e-9)))) for coverage in coverages]
    return [float(running[size] / size) for size in kept]


def right_above(confidence: npt.ArrayLike, right: npt.ArrayLike, threshold: float) -> Above:
    """Counts the answers with `confidence >= threshold` and the right ones among them; accuracy None when none is."""
    values, truth = _pair(confidence, right)
    chosen = values >= threshold
    count, good = int(chosen.sum()), int((chosen & truth).sum())
    return Above(threshold, count, good, count / len(values) if len(values) else 0.0, good / count if count else None)


def wilson(successes: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): honest near 0 and 1 and for few answers; (0, 1) for none.

    Raises:
        ValueError: `successes` does not lie in 0 to `count`.
    """
    if not 0 <= successes <= count:
        raise ValueError(f"expected 0 to {count} successes, got {successes}")
    if count == 0:
        return 0.0, 1.0
    share, square = successes / count, _Z95**2
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = _Z95 / (1 + square / count) * np.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def sigmoid(logit: npt.ArrayLike) -> Floats:
    """The logistic function in float64, without overflow."""
    values = np.asarray(logit, dtype=np.float64)
    small = np.exp(-np.abs(values))
    result: Floats = np.where(values >= 0, 1.0, small) / (1.0 + small)
    return result


def fit_platt(logit: npt.ArrayLike, right: npt.ArrayLike, looks: int = 1) -> tuple[float, float]:
    """Finds (scale, bias) for which `sigmoid(scale * logit + bias)` is calibrated on these answers; scale > 0.

    Where each scene was looked at several times, its answers count as one when it comes to how much evidence there is:
    eight scenes that are right at each of 24 looks say no more than eight right answers.

    Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with its smoothed targets (a prior of one more
    answer in each class) and the damped Newton method of Lin, Lin and Weng, 2007. A weak pull of the scale towards 1
    decides what the answers leave open. With one class only, the scale stays 1 and the bias moves the level. Where
    confidence ranks answers the wrong way round, the scale falls to its floor of 0.001: all answers then get about the
    same, honest confidence. (1, 0) without answers.
    """
    values, truth = _pair(logit, right)
    if not len(values):
        return 1.0, 0.0
    good = float(truth.sum()) / looks
    bad = len(truth) / looks - good
    target = np.where(truth, (good + 1) / (good + 2), 1 / (bad + 2))
    level = float(np.mean(target))
    level = float(np.log(level / (1 - level)))
    if good == 0 or bad == 0:
        return 1.0, _newton(values, target, (1.0, level - float(np.mean(values))), free_scale=False)[1]
    scale, bias = _newton(values, target, (0.0, level), free_scale=True)
    low, high = _SCALE_RANGE
    if low <= scale <= high:
        return scale, bias
    scale = min(max(scale, low), high)
    return scale, _newton(values, target, (scale, level - scale * float(np.mean(values))), free_scale=False)[1]


def _newton(values: Floats, target: Floats, start: tuple[float, float], *, free_scale: bool) -> tuple[float, float]:
    """Minimises the cross-entropy in (scale, bias), or in the bias alone; halves a step until the loss falls."""
    design = np.stack((values, np.ones_like(values)), axis=1)
    pull = np.array([_RIDGE, 0.0])
    free = np.flatnonzero([free_scale, True])

    def loss(point: Floats) -> float:
        raw = design @ point
        return float(np.sum(np.logaddexp(0.0, raw) - target * raw) + pull @ (point - 1.0) ** 2 / 2)

    point = np.array(start)
    best = loss(point)
    for _ in range(_NEWTON_STEPS):
        chance = sigmoid(design @ point)
        gradient = design.T @ (chance - target) + pull * (point - 1.0)
        # The last term keeps the matrix invertible where every chance has saturated.
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + np.diag(pull + 1e-12)
        step = np.zeros(2)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        while np.abs(step).max() > 1e-12 and loss(point - step) >= best:
            step /= 2
        if np.abs(step).max() <= 1e-12:
            break
        point = point - step
        best = loss(point)
    return float(point[0]), float(point[1])
