"""A segment's losses, and what counts as a right answer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from ltm.brain.brain import Brain, Reading
from ltm.senses.layout import VOID
from ltm.training.segment import (
    cross_entropy,
    halts,
    look_ahead,
    loss_of,
    right_answers,
    run_segment,
    stablemax_loss,
)


def reading(answers: list[list[int]], logits: torch.Tensor | None = None) -> Reading:
    answer = torch.tensor(answers)
    made = torch.zeros(*answer.shape, 5) if logits is None else logits
    return Reading({"solution": made}, {"solution": answer}, torch.zeros(len(answers)))


def grid(*rows: list[int]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.uint8)[:, None, :]


def test_a_whole_answer_is_right_only_when_every_cell_that_exists_is() -> None:
    wanted = {"solution": grid([1, 2, VOID], [1, 2, VOID], [1, 2, 3])}
    right = right_answers(reading([[1, 2, 4], [1, 3, 4], [1, 2, 3]]), wanted, None)
    assert right.tolist() == [True, False, True]


def test_another_answer_may_be_right_by_the_scorer() -> None:
    wanted = {"solution": grid([1, 2], [1, 2])}
    right = right_answers(reading([[1, 2], [2, 1]]), wanted, lambda values, answers: answers["solution"][:, 0] == 2)
    assert right.tolist() == [True, True]


def test_losses_count_cells_that_exist_and_no_others() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 5, generator=generator)
    target = torch.tensor([[1, 2, VOID], [0, 4, 3]], dtype=torch.uint8)
    cells = [(0, 0, 1), (0, 1, 2), (1, 0, 0), (1, 1, 4), (1, 2, 3)]
    plain = torch.stack([-logits[b, n].log_softmax(-1)[v] for b, n, v in cells]).mean()
    torch.testing.assert_close(cross_entropy(logits, target, 0.0), plain)

    def s(a: float) -> float:
        return a + 1 if a >= 0 else 1 / (1 - a)

    def stable(b: int, n: int, v: int) -> float:
        weights = [s(float(a)) for a in logits[b, n]]
        return -float(torch.tensor(weights[v] / sum(weights)).log())

    by_hand = sum(stable(*cell) for cell in cells) / len(cells)
    assert float(stablemax_loss(logits, target)) == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize("kind", ["evidence", "none"])
def test_reflection_is_trained_only_where_there_is_one(chart_of: Any, boards: Any, kind: str) -> None:
    chart = chart_of(reflection={"kind": kind, "weight": 0.5})
    brain, scenes = Brain(chart), boards(8)
    values = {name: torch.from_numpy(array.copy()) for name, array in scenes.values.items()}
    mind = brain.begin(values, torch.Generator().manual_seed(0), torch.float32)
    said = run_segment(brain, mind, values, False)
    right = torch.tensor([True, False] * 4)
    loss = loss_of(brain, said, values, right)
    assert float(loss.reflection) == pytest.approx(
        float(F.binary_cross_entropy_with_logits(said.right, right.float()).detach())
    )
    weight = 0.5 if kind == "evidence" else 0.0
    assert float(loss.total.detach()) == pytest.approx(float(loss.acts + weight * loss.reflection), rel=1e-6)


def test_ticks_without_gradient_change_what_is_learned_and_not_what_is_thought(chart_of: Any, boards: Any) -> None:
    scenes = boards(4)
    values = {name: torch.from_numpy(array.copy()) for name, array in scenes.values.items()}
    logits, brains = [], []
    for learned in (None, 1):
        brain = Brain(chart_of({"ticks": 4, "gradient_ticks": learned}))
        mind = brain.begin(values, torch.Generator().manual_seed(0), torch.float32)
        said = run_segment(brain, mind, values, False)
        torch.autograd.backward(loss_of(brain, said, values, right_answers(said, values, None)).total)
        logits.append(said.logits["solution"].detach())
        brains.append(brain)
    torch.testing.assert_close(logits[0], logits[1], rtol=0, atol=0)
    whole, last = (
        torch.cat([p.grad.flatten() for n, p in brain.named_parameters() if p.grad is not None and "core" in n])
        for brain in brains
    )
    assert whole.shape == last.shape and not torch.allclose(whole, last)


def test_looking_ahead_says_what_thinking_on_will_say_and_leaves_the_mind_where_it_is(
    chart_of: Any, boards: Any
) -> None:
    chart = chart_of(reflection={"kind": "head", "outputs": 2, "ahead": True})
    brain = Brain(chart)
    read = brain.reflection.read
    assert read is not None and read.bias is not None
    with torch.no_grad():  # both outputs start alike
        read.weight.normal_(generator=torch.Generator().manual_seed(1))
        read.bias[1] += 0.7
    values = {name: torch.from_numpy(array.copy()) for name, array in boards(8).values.items()}
    mind = brain.begin(values, torch.Generator().manual_seed(0), torch.float32)
    reading = run_segment(brain, mind, values, False)
    field, tick, answers = mind.lanes.field.clone(), mind.lanes.tick, mind.answers["solution"].clone()
    last = torch.arange(8) % 2 == 0
    ahead = look_ahead(brain, mind, values, False, last)
    assert torch.equal(mind.lanes.field, field) and mind.lanes.tick == tick
    assert torch.equal(mind.answers["solution"], answers) and not ahead.requires_grad
    later = run_segment(brain, mind, values, False)
    assert later.ahead is not None and reading.ahead is not None
    assert 0 < (later.ahead > later.right).sum() < 8
    wanted = torch.where(last, later.right, torch.maximum(later.right, later.ahead)).sigmoid()
    torch.testing.assert_close(ahead, wanted.detach())
    assert torch.equal(halts(brain, reading), reading.right > reading.ahead)
    plain = loss_of(brain, reading, values, last)
    assert float(loss_of(brain, reading, values, last, ahead).reflection) > float(plain.reflection)
