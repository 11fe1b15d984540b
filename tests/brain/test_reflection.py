"""Reflection: a confidence between 0 and 1 that follows how sure the acts are, and can be calibrated."""

from __future__ import annotations

import pytest
import torch

from ltm.brain.reflection import Reflection, log_probability
from ltm.chart.schema import ReflectionSpec
from ltm.zones.layers import initialise_all


def reflection(kind: str, **spec: object) -> Reflection:
    made = Reflection(ReflectionSpec.model_validate({"kind": kind, **spec}), 8)
    initialise_all(made, torch.Generator().manual_seed(0))
    if made.read is not None:  # it starts at zero; a trained one does not stay there
        made.read.weight.data.fill_(0.01)
    made.start_bias()
    return made


def logit_of(made: Reflection, sharpness: float, changed: float = 0.0, field: float = 0.0) -> torch.Tensor:
    logits = torch.zeros(2, 6, 3)
    logits[..., 0] = sharpness
    said = made(
        torch.full((2, 6, 8), field),
        {"act": logits},
        {"act": logits.argmax(-1)},
        {"act": None},
        torch.full((2,), changed),
        None,
    )
    assert said.shape == (2, made.spec.outputs)
    return said[:, 0]


@pytest.mark.parametrize("kind", ["evidence", "none"])
def test_sure_acts_make_a_sure_brain(kind: str) -> None:
    made = reflection(kind)
    confidences = [made.confidence(logit_of(made, sharpness))[0].item() for sharpness in (0.0, 2.0, 5.0, 12.0)]
    assert confidences == sorted(confidences) and len(set(confidences)) == 4
    assert all(0 <= value <= 1 for value in confidences)


def test_the_head_reads_the_field_alone_and_starts_in_doubt() -> None:
    made = reflection("head")
    assert torch.equal(logit_of(made, 0.0), logit_of(made, 12.0))
    assert not torch.equal(logit_of(made, 0.0, field=0.0), logit_of(made, 0.0, field=1.0))
    assert made.confidence(logit_of(made, 0.0)).max() < 0.06


def test_reading_the_first_site_ignores_the_rest() -> None:
    made = reflection("head", read="first")
    field = torch.zeros(1, 6, 8)
    args = ({"act": torch.zeros(1, 6, 3)}, {"act": torch.zeros(1, 6).long()}, {"act": None}, torch.zeros(1), None)
    base = made(field, *args)
    field[:, 1:] = 5.0
    assert torch.equal(made(field, *args), base)
    field[:, 0] = 5.0
    assert not torch.equal(made(field, *args), base)


def test_calibration_keeps_the_order_of_doubts() -> None:
    made = reflection("evidence")
    raw = torch.linspace(-6, 6, 50)
    plain = made.confidence(raw)
    made.scale.fill_(0.5)
    made.shift.fill_(-1.0)
    calibrated = made.confidence(raw)
    assert (calibrated.diff() > 0).all() and not torch.allclose(plain, calibrated)
    torch.testing.assert_close(calibrated, torch.sigmoid(raw * 0.5 - 1))


def test_log_probability_is_over_cells_that_exist() -> None:
    logits = torch.zeros(1, 2, 4)
    logits[0, 0, 1] = 30.0  # certain
    there = torch.tensor([[True, False]])
    mean, least = log_probability({"act": logits}, {"act": logits.argmax(-1)}, {"act": there})
    assert mean.item() == pytest.approx(0.0, abs=1e-6) and least.item() == pytest.approx(0.0, abs=1e-6)
    mean, least = log_probability({"act": logits}, {"act": logits.argmax(-1)}, {"act": None})
    assert least.item() == pytest.approx(-1.386294, abs=1e-4) and mean.item() == pytest.approx(-0.693147, abs=1e-4)


def test_confidence_does_not_push_on_the_acts() -> None:
    made = reflection("evidence")
    logits = torch.randn(2, 6, 3, requires_grad=True)
    made(
        torch.zeros(2, 6, 8), {"act": logits}, {"act": logits.argmax(-1)}, {"act": None}, torch.zeros(2), None
    ).sum().backward()
    assert logits.grad is None or not logits.grad.any()


def test_it_is_the_chosen_symbol_whose_chance_counts() -> None:
    logits = torch.tensor([[0.40, 0.15, 0.45]]).log()[None]  # of three bins the median is chosen
    mean, least = log_probability({"act": logits}, {"act": torch.tensor([[1]])}, {"act": None})
    assert mean.exp().item() == pytest.approx(0.15) and least.exp().item() == pytest.approx(0.15)
