"""Weights are drawn with the standard deviation that is stated."""

from __future__ import annotations

import pytest
import torch

from ltm.zones.layers import truncated_normal_


@pytest.mark.parametrize("std", [1.0, 0.05])
def test_a_truncated_normal_has_the_stated_deviation_and_no_tails(std: float) -> None:
    drawn = torch.empty(400_000)
    truncated_normal_(drawn, std, torch.Generator().manual_seed(0))
    assert float(drawn.std()) == pytest.approx(std, rel=0.005)
    assert float(drawn.abs().max()) <= 2 * std / 0.8796 + 1e-6
