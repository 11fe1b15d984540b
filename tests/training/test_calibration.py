from __future__ import annotations

import numpy as np
import pytest

from ltm.training.calibration import (
    Above,
    auroc,
    ece,
    fit_platt,
    reliability,
    right_above,
    risk_at_coverage,
    sigmoid,
    wilson,
)


def test_reliability_bins_by_hand():
    rows = reliability([0.05, 0.15, 0.12, 0.95, 1.0, 0.5], [0, 1, 0, 1, 1, 0], bins=10)
    assert [row.answers for row in rows] == [1, 2, 0, 0, 0, 1, 0, 0, 0, 2]
    assert rows[1].confidence == pytest.approx(0.135)
    assert rows[1].accuracy == 0.5
    assert rows[9].confidence == pytest.approx(0.975)
    assert rows[9].accuracy == 1.0
    assert (rows[5].low, rows[5].high) == (0.5, 0.6)
    assert rows[2].confidence is None
    assert rows[2].accuracy is None


def test_ece_by_hand():
    # Two bins: 0.2 and 0.3 (one of two right), 0.9 and 0.7 (both right).
    assert ece([0.2, 0.3, 0.9, 0.7], [0, 1, 1, 1], bins=2) == pytest.approx((2 * 0.25 + 2 * 0.2) / 4)
    assert ece([1.0, 0.0], [True, False]) == 0.0
    assert ece([1.0, 0.0], [False, True]) == 1.0
    assert ece([], []) == 0.0


def test_ece_of_honest_confidence_is_small():
    generator = np.random.default_rng(0)
    confidence = generator.random(50_000)
    right = generator.random(50_000) < confidence
    assert ece(confidence, right) < 0.01
    assert ece(confidence**3, right) > 0.1


def test_auroc_by_hand_and_against_all_pairs():
    assert auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == 0.75
    assert auroc([0.5, 0.5, 0.5], [0, 1, 1]) == 0.5
    assert auroc([0.5, 0.6], [1, 1]) is None
    assert auroc([0.5, 0.6], [0, 0]) is None
    generator = np.random.default_rng(1)
    confidence = generator.integers(0, 10, 200) / 10
    right = generator.random(200) < 0.3
    pairs = confidence[right][:, None] - confidence[~right][None, :]
    assert auroc(confidence, right) == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
    assert auroc(-confidence, right) == pytest.approx(1 - auroc(confidence, right))


def test_risk_by_hand():
    confidence = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05]
    right = [1, 1, 1, 1, 0, 1, 1, 0, 0, 0]
    assert risk_at_coverage(confidence, right) == pytest.approx([1 / 5, 2 / 8, 3 / 9, 4 / 10, 4 / 10])
    assert risk_at_coverage(confidence, right, (0.4, 0.001)) == [0.0, 0.0]
    with pytest.raises(ValueError, match="without answers"):
        risk_at_coverage([], [])


def test_risk_among_equals_does_not_depend_on_order():
    right = np.array([1, 1, 0, 0], dtype=bool)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 1, 3]):
        assert risk_at_coverage([0.5] * 4, right[order], (0.25, 0.5, 1.0)) == pytest.approx([0.5, 0.5, 0.5])


def test_right_above():
    assert right_above([0.2, 0.5, 0.9, 0.95], [0, 0, 1, 0], 0.5) == Above(0.5, 3, 1, 0.75, 1 / 3)
    assert right_above([0.2], [1], 0.5) == Above(0.5, 0, 0, 0.0, None)


def test_wilson_by_hand():
    # 8 of 10: (0.8 + z²/20 ± z sqrt(0.016 + z²/400)) / (1 + z²/10) with z = 1.96.
    assert wilson(8, 10) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(0, 20)
    assert low == 0.0
    assert high == pytest.approx(3.841459 / 23.841459, abs=1e-6)
    assert wilson(20, 20)[1] == 1.0
    assert wilson(20, 20)[0] == pytest.approx(1 - high)
    with pytest.raises(ValueError, match="0 to 3"):
        wilson(4, 3)


def test_columns_must_match():
    with pytest.raises(ValueError, match="one length"):
        ece([0.5], [True, False])
    with pytest.raises(ValueError, match="NaN"):
        auroc([float("nan"), 0.1], [True, False])


def test_sigmoid_does_not_overflow():
    assert sigmoid([-1e6, 0.0, 1e6]).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(("scale", "bias"), [(1.0, 0.0), (0.4, -1.0), (3.0, 2.0)])
def test_platt_finds_the_truth(scale, bias):
    generator = np.random.default_rng(2)
    logit = generator.normal(0, 2, 40_000)
    right = generator.random(40_000) < sigmoid(scale * logit + bias)
    found = fit_platt(logit, right)
    assert found == pytest.approx((scale, bias), rel=0.05, abs=0.05)
    assert ece(sigmoid(found[0] * logit + found[1]), right) < 0.01


def test_platt_is_at_the_minimum():
    generator = np.random.default_rng(3)
    logit = generator.normal(1, 3, 300)
    right = generator.random(300) < sigmoid(0.5 * logit - 1)
    scale, bias = fit_platt(logit, right)
    good = right.sum()
    target = np.where(right, (good + 1) / (good + 2), 1 / (300 - good + 2))

    def loss(a, b):
        raw = a * logit + b
        return np.sum(np.logaddexp(0, raw) - target * raw)

    best = loss(scale, bias)
    assert all(loss(scale + a, bias + b) > best for a, b in [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)])


def test_platt_with_one_class_keeps_the_order_and_stays_short_of_certain():
    logit = np.linspace(2, 6, 30)
    for truth in (True, False):
        scale, bias = fit_platt(logit, np.full(30, truth))
        chance = sigmoid(scale * logit + bias)
        assert scale == 1.0
        assert np.all((chance > 0) & (chance < 1))
        assert np.mean(chance) == pytest.approx(31 / 32 if truth else 1 / 32, abs=1e-6)
    assert fit_platt([], []) == (1.0, 0.0)


@pytest.mark.parametrize("looks", [1, 4, 24])
def test_platt_takes_looks_at_one_scene_for_one_answer(looks):
    logit = np.tile(np.linspace(2, 6, 8), looks)
    scale, bias = fit_platt(logit, np.full(8 * looks, True), looks)
    assert np.mean(sigmoid(scale * logit + bias)) == pytest.approx(9 / 10, abs=1e-6)  # as of eight answers, all right
    mixed = np.tile([False, True, True, True, True, True, True, True], looks)
    found, once = fit_platt(logit, mixed, looks), fit_platt(logit[:8], mixed[:8])
    assert sigmoid(found[0] * 6 + found[1]) == pytest.approx(sigmoid(once[0] * 6 + once[1]), abs=0.02)


def test_platt_where_confidence_is_upside_down_is_honest_and_keeps_its_sign():
    logit = np.linspace(-4, 4, 200)
    scale, bias = fit_platt(logit, logit < -2)
    assert scale > 0
    assert sigmoid(scale * logit + bias) == pytest.approx(np.full(200, 0.25), abs=0.01)


@pytest.mark.parametrize(
    "logit", [np.array([-900.0, -800, 700, 900]), np.array([5.0, 5, 5, 5]), np.array([-1e-9, 0, 0, 1e-9])]
)
def test_platt_survives_extremes(logit):
    scale, bias = fit_platt(logit, [False, False, True, True])
    assert np.isfinite([scale, bias]).all()
    assert 0 < scale <= 1e3
    chance = sigmoid(scale * logit + bias)
    assert np.all(np.diff(chance) >= 0)
    assert np.mean(chance) == pytest.approx(0.5, abs=0.05)
