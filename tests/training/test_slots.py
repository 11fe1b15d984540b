"""Scenes under way: who leaves its slot and when, what a newcomer brings, and that all of it can be restored."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from ltm.brain.brain import Brain
from ltm.training.slots import Slots

BATCH = 64


def slots(chart_of: Any, boards: Any, scenes: int = 200, **training: Any) -> Slots:
    chart = chart_of({"batch": BATCH, "segments": 4, **training})
    return Slots(Brain(chart), boards(scenes), torch.Generator().manual_seed(0), torch.float32)


def none() -> torch.Tensor:
    return torch.zeros(BATCH, dtype=torch.bool)


def leavers(made: Slots, right: torch.Tensor, confidence: torch.Tensor | None = None) -> torch.Tensor:
    """Which slots get a new scene; ages are set so that nobody leaves for its age."""
    sure = torch.zeros(BATCH) if confidence is None else confidence
    made.after(right, sure, sure > 0.5)
    return made.age_B == 0


def test_nobody_stays_longer_than_the_segments(chart_of: Any, boards: Any) -> None:
    made = slots(chart_of, boards)
    made.age_B[:] = torch.arange(BATCH) % 4
    before = made.age_B.clone()
    assert torch.equal(leavers(made, none()), before == 3)


@pytest.mark.parametrize(("release", "share"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_the_solved_leave_with_the_declared_chance(chart_of: Any, boards: Any, release: float, share: float) -> None:
    made = slots(chart_of, boards, release=release)
    made.age_B[:] = 0
    right = torch.arange(BATCH) < 48
    left = leavers(made, right)
    assert not left[48:].any()
    assert left[:48].float().mean().item() == pytest.approx(share, abs=0.2)


def test_reflection_may_say_who_is_solved(chart_of: Any, boards: Any) -> None:
    made = slots(chart_of, boards, release=1.0, release_by="reflection")
    made.age_B[:] = 0
    right, sure = torch.arange(BATCH) < 32, torch.arange(BATCH) % 2 == 0
    assert torch.equal(leavers(made, right, sure.float()), sure)


def test_lingering_keeps_some_for_two_segments_at_least(chart_of: Any, boards: Any) -> None:
    made = slots(chart_of, boards, release=1.0, linger=1.0)
    made.age_B[:] = 0
    everyone = ~none()
    assert not leavers(made, everyone).any()
    left = leavers(made, everyone)
    assert 0 < left.sum() < BATCH  # the number of segments is drawn from 2, 3 and 4


def test_a_newcomer_starts_afresh_and_the_others_are_left_alone(chart_of: Any, boards: Any) -> None:
    made = slots(chart_of, boards)
    made.brain.think_on(made.mind, 4)
    made.age_B[:] = 0
    made.age_B[5] = 3
    field, puzzle = made.mind.lanes.field.clone(), made.values["puzzle"].clone()
    made.after(none(), torch.full((BATCH,), 0.3), none())
    others = torch.arange(BATCH) != 5
    assert torch.equal(made.mind.lanes.field[others], field[others])
    assert torch.equal(made.values["puzzle"][others], puzzle[others])
    assert not torch.equal(made.mind.lanes.field[5], field[5])
    assert (made.mind.answers["solution"][5] == -1).all()
    assert (made.mind.answers["solution"][others] >= 0).all()
    assert made.confidence_B[5] == 1 and (made.confidence_B[others] == torch.tensor(0.3)).all()


def test_every_scene_is_seen_before_one_comes_twice(chart_of: Any, boards: Any) -> None:
    made = slots(chart_of, boards, scenes=200, augment=False, segments=1)
    seen = [made.values["puzzle"].clone()]
    while made.seen < 200:
        made.after(none(), torch.zeros(BATCH), none())
        seen.append(made.values["puzzle"].clone())
    first = torch.cat(seen)[:200].flatten(1)
    assert len({bytes(row) for row in first.numpy()}) == len({bytes(p.tobytes()) for p in boards(200).values["puzzle"]})


def test_restored_slots_go_on_alike(chart_of: Any, boards: Any) -> None:
    made, other = slots(chart_of, boards), slots(chart_of, boards, scenes=200)
    for _ in range(3):
        made.brain.think_on(made.mind, 2)
        sure = torch.rand(BATCH, generator=torch.Generator().manual_seed(1))
        made.after(torch.arange(BATCH) % 3 == 0, sure, sure > 0.5)
    tensors, numbers = made.state()
    other.restore({name: tensor.clone() for name, tensor in tensors.items()}, numbers)
    for part in (made, other):
        part.after(torch.arange(BATCH) % 2 == 0, torch.zeros(BATCH), none())
    one, two = made.state(), other.state()
    assert one[1] == two[1] and all(torch.equal(tensor, two[0][name]) for name, tensor in one[0].items())
