"""Restlessness: noise in proportion to doubt, for those whose patience has run out."""

from __future__ import annotations

import torch
from tiny import brain_with, puzzles

from ltm.brain.restlessness import wander


def moved(noise: float, confidence: list[float], restless: torch.Tensor | bool) -> torch.Tensor:
    """Returns by how much (root mean square) each of some minds was moved."""
    mind = brain_with({"only": {"kind": "mixer"}}).begin(puzzles(len(confidence)))
    before = mind.lanes.field.clone()
    wander(mind, torch.tensor(confidence), noise, restless, torch.Generator().manual_seed(0))
    return (mind.lanes.field - before).square().mean(dim=(1, 2)).sqrt()


def test_it_is_in_proportion_to_doubt() -> None:
    torch.testing.assert_close(moved(0.4, [0.0, 0.5, 1.0], True), torch.tensor([0.4, 0.2, 0.0]), rtol=0.15, atol=1e-6)


def test_it_leaves_the_patient_alone() -> None:
    assert not moved(0.4, [0.0], False).any()
    assert moved(0.4, [0.0, 0.0], torch.tensor([True, False])).gt(0).tolist() == [True, False]


def test_it_can_be_off_and_nobody_may_be_left() -> None:
    assert not moved(0.0, [0.0], True).any()
    assert not len(moved(0.4, [], True))
