"""RWKV-7's recurrence: whole chunks by matrix products are one site after another, forwards and backwards."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ltm.zones.delta_rule import Drive, delta_rule, solve_by_products
from ltm.zones.rwkv7 import LEAST_LOG_DECAY

BATCH, HEADS, SITES, WIDTH = 2, 2, 23, 4


def drive_of(raw: list[Tensor]) -> Drive:
    """Returns what drives the rule, in the ranges that a layer gives: decays below one, keys of length one."""
    asked, keys, values, decay, removed, rate = raw
    removed = F.normalize(removed, dim=-1)
    log_decay = LEAST_LOG_DECAY * torch.sigmoid(decay)
    return Drive(asked, F.normalize(keys, dim=-1), values, log_decay, removed, removed * torch.sigmoid(rate))


def drawn() -> tuple[list[Tensor], Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (BATCH, HEADS, SITES, WIDTH)
    raw = [torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for _ in Drive._fields]
    memory = torch.randn(BATCH, HEADS, WIDTH, WIDTH, generator=generator, dtype=torch.float64, requires_grad=True)
    return raw, memory


@pytest.mark.parametrize("chunk", [2, 8, 23, 64])
def test_chunks_give_the_values_and_gradients_of_single_sites(chunk: int) -> None:
    found = []
    for size in (1, chunk):
        raw, memory = drawn()
        heard, after = delta_rule(drive_of(raw), memory, size)
        weights = torch.randn(heard.shape, generator=torch.Generator().manual_seed(1), dtype=heard.dtype)
        ((heard * weights).sum() + after.square().sum()).backward()
        found.append([heard.detach(), after.detach(), memory.grad, *(part.grad for part in raw)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_gradients_are_those_of_small_differences() -> None:
    raw, memory = drawn()
    some = [part[:1, :1, :5].detach().requires_grad_() for part in raw]
    start = memory[:1, :1].detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda kept, *parts: delta_rule(drive_of(list(parts)), kept, 3), (start, *some))


@pytest.mark.parametrize("size", [1, 2, 5, 23, 32, 64])
@pytest.mark.parametrize("alike", [False, True])
def test_products_alone_solve_as_well_as_the_operator(size: int, alike: bool) -> None:
    generator = torch.Generator().manual_seed(2)
    drawn = torch.rand(2, 3, size, size, generator=generator)
    below = ((0.99 + 0.01 * drawn) if alike else drawn - 0.5).tril(-1).requires_grad_()
    right = torch.randn(2, 3, size, 4, generator=generator)
    known = torch.linalg.solve_triangular(
        torch.eye(size).double() + below.detach().double(), right.double(), upper=False, unitriangular=True
    )
    found = solve_by_products(below, right)
    assert (found - known).abs().max() < 3e-6 * known.abs().max()
    if size == 5:
        some = [part[:1, :1].detach().double().requires_grad_() for part in (below, right)]
        assert torch.autograd.gradcheck(lambda b, r: solve_by_products(b.tril(-1), r), some)


def test_graphs_hold_products_and_say_the_same() -> None:
    class Rule(torch.nn.Module):
        def forward(self, memory: Tensor, *parts: Tensor) -> tuple[Tensor, Tensor]:
            return delta_rule(Drive(*parts), memory, 8)

    raw, memory = drawn()
    given = (memory.detach().float(), *(part.detach().float() for part in drive_of(raw)))
    program = torch.export.export(Rule(), given)
    assert not [node for node in program.graph.nodes if "triangular" in str(node.target)]
    for said, known in zip(program.module()(*given), Rule()(*given), strict=True):
        torch.testing.assert_close(said, known, atol=1e-5, rtol=1e-5)
