"""The schedule, who is trained by what, and averaged weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from ltm.brain.brain import Brain
from ltm.training.optimiser import Optimiser


def made(chart_of: Any, **training: Any) -> Optimiser:
    chart = chart_of(training)
    return Optimiser(Brain(chart), chart.training)


def test_the_rate_warms_up_and_decays_to_the_floor(chart_of: Any) -> None:
    optimiser = made(chart_of, rate=0.01, warmup=10, floor=0.02)
    rates = [optimiser.rate(step, 100) for step in range(101)]
    assert rates[0] == pytest.approx(0.001, rel=1e-3)
    assert max(rates) == max(rates[9:12]) and rates[100] == pytest.approx(0.01 * 0.02)
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_a_floor_of_one_keeps_the_rate(chart_of: Any) -> None:
    optimiser = made(chart_of, rate=0.01, warmup=0, floor=1.0)
    assert {optimiser.rate(step, 100) for step in range(100)} == {0.01}


def test_a_short_run_warms_up_in_a_quarter_of_it(chart_of: Any) -> None:
    assert made(chart_of, rate=0.01, warmup=1000, floor=1.0).rate(9, 40) == 0.01


def test_muon_gets_the_matrices_inside_zones_and_adamw_the_rest(chart_of: Any) -> None:
    optimiser = made(chart_of)
    kinds = [type(part).__name__ for part in optimiser.parts]
    assert kinds == ["Muon", "AdamW"]
    inside = {id(w) for group in optimiser.parts[0].param_groups for w in group["params"]}
    named = dict(zip(optimiser.names, optimiser.weights, strict=True))
    for name, weight in named.items():
        assert (id(weight) in inside) == (name.startswith("circuit.zones.") and weight.ndim == 2), name
    alone = made(chart_of, optimiser="adamw")
    assert [type(part).__name__ for part in alone.parts] == ["AdamW"]


def test_averaged_weights_follow_at_their_pace(chart_of: Any) -> None:
    optimiser = made(chart_of, ema=0.5)
    expected = [average.clone() for average in optimiser.average]
    for step in range(40):
        for weight in optimiser.weights:
            weight.grad = torch.ones_like(weight)
        optimiser.step(step, 100)
        keep = min(0.5, (step + 1) / (step + 10))
        expected = [keep * e + (1 - keep) * w.detach() for e, w in zip(expected, optimiser.weights, strict=True)]
    for average, wanted in zip(optimiser.average, expected, strict=True):
        torch.testing.assert_close(average, wanted, rtol=1e-5, atol=1e-6)


def test_swapping_twice_changes_nothing(chart_of: Any) -> None:
    optimiser = made(chart_of)
    optimiser.average[0].add_(1.0)
    before = [weight.detach().clone() for weight in optimiser.weights]
    average = optimiser.average[0].clone()
    optimiser.swap()
    assert torch.equal(optimiser.weights[0], average)
    optimiser.swap()
    assert all(torch.equal(weight, old) for weight, old in zip(optimiser.weights, before, strict=True))


def test_clipping_bounds_the_gradient(chart_of: Any) -> None:
    optimiser = made(chart_of, clip=0.5, optimiser="adamw")
    seen = []
    optimiser.parts[0].register_step_pre_hook(
        lambda part, *rest: seen.append(torch.cat([w.grad.flatten() for w in optimiser.weights]).norm().item())
    )
    for weight in optimiser.weights:
        weight.grad = torch.ones_like(weight)
    optimiser.step(0, 10)
    assert seen[0] == pytest.approx(0.5, rel=1e-3)
