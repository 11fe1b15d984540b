"""A delta rule with a decay for every channel, as in RWKV-7: over many sites by matrix products, or one by one.

What the state says to a key is taken out at some rate before a new value goes in. In chunks this is a triangular system
(the WY form of Yang et al. 2024, with decays); both ways give the same. Everything is in fp32.

Shapes: B batch, H heads, S sites, K head width, T sites of a chunk.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Drive(NamedTuple):
    """What drives the state at every site, each `[B, H, S, K]`.

    Attributes:
        asked: what is asked of the state.
        keys: where values are put.
        values: what is put there.
        log_decay: of every channel of the keys, at most 0.
        removed: unit keys of what is taken out.
        rated: the same by the rates at which it is.
    """

    asked: Tensor
    keys: Tensor
    values: Tensor
    log_decay: Tensor
    removed: Tensor
    rated: Tensor


def delta_rule(
    drive: Drive, memory_BHKK: Float[Tensor, "B H K K"], chunk: int
) -> tuple[Float[Tensor, "B H S K"], Float[Tensor, "B H K K"]]:
    """Returns what each site hears, and the state after the last.

    At every site `S <- S diag(exp(log_decay)) - (S removed) rated^T + value key^T`, and `S asked` is heard.

    Args:
        drive: of every site.
        memory_BHKK: the state before the first site, values by keys.
        chunk: so many sites at once.
    """
    heard, sites = [], drive.asked.shape[2]
    for start in range(0, sites, chunk):
        part = Drive(*(x[:, :, start : start + chunk] for x in drive))
        now, memory_BHKK = (_one if part.asked.shape[2] == 1 else _chunk)(part, memory_BHKK)
        heard.append(now)
    return torch.cat(heard, dim=2), memory_BHKK


def _one(drive: Drive, memory: Tensor) -> tuple[Tensor, Tensor]:
    """The rule itself, for one site."""
    out_BHK1 = memory @ drive.removed.transpose(2, 3)
    memory = memory * drive.log_decay.exp() - out_BHK1 @ drive.rated + drive.values.transpose(2, 3) @ drive.keys
    return drive.asked @ memory.transpose(2, 3), memory


def _chunk(drive: Drive, memory: Tensor) -> tuple[Tensor, Tensor]:
    """The same for several sites.

    With `g` the decay since the chunk began, `S_t = (S_0 + sum_i v_i (k_i/g_i)^T - u_i (rated_i/g_i)^T) diag(g_t)`,
    where `u_t = S_{t-1} removed_t` is what is taken out: a triangular system. Decays within 64 sites stay far above
    what fp32 can hold, and every product `g_t/g_i` keeps its relative precision.
    """
    total = drive.log_decay.cumsum(2)
    asked = torch.cat((drive.removed * (total - drive.log_decay).exp(), drive.asked * total.exp()), dim=2)
    put = torch.cat((drive.keys, drive.rated), dim=2) * torch.cat((-total, -total), dim=2).exp()
    scores, from_start = asked @ put.transpose(2, 3), asked @ memory.transpose(2, 3)
    (taken_k, taken_b), (heard_k, heard_b) = (rows.chunk(2, 3) for rows in scores.chunk(2, 2))
    start_taken, start_heard = from_start.chunk(2, 2)
    solve = solve_by_products if torch.compiler.is_exporting() else _solve
    taken = solve(taken_b.tril(-1), start_taken + taken_k.tril(-1) @ drive.values)
    heard = start_heard + heard_k.tril() @ drive.values - heard_b.tril() @ taken
    put_k, put_b = put.chunk(2, 2)
    moved = drive.values.transpose(2, 3) @ put_k - taken.transpose(2, 3) @ put_b
    return heard, (memory + moved) * total[:, :, -1:].exp()


def _solve(below: Tensor, right: Tensor) -> Tensor:
    whole = torch.eye(below.shape[-1]) + below
    found: Tensor = torch.linalg.solve_triangular(whole, right, upper=False, unitriangular=True)
    return found


def solve_by_products(
    below_BHTT: Float[Tensor, "B H T T"], right_BHTK: Float[Tensor, "B H T K"]
) -> Float[Tensor, "B H T K"]:
    """Solves `(I + below) x = right` by matrix products alone, for runtimes that have no operator for it.

    The inverse grows by halves: where `A` and `B` are neighbouring blocks on the diagonal and `C` is what lies below
    `A`, that of all three has `-B^-1 C A^-1` there. All blocks of a size are done at once, so a chunk of 32 takes five
    steps. It keeps its precision whatever is below. The product (I - N)(I + N^2)(I + N^4)…, which has as few steps,
    does not: where all keys are alike and taken out whole, powers of N reach 10^8. Slower than the operator, so only
    graphs use it.

    Args:
        below_BHTT: zero on the diagonal and above.
        right_BHTK: the right-hand side.
    """
    size = below_BHTT.shape[-1]
    inverse = torch.eye(size, dtype=below_BHTT.dtype)
    # Of two sites, the highest bit in which their numbers differ says at which step their blocks meet.
    meet_TT = torch.tensor([[(row ^ column).bit_length() for column in range(size)] for row in range(size)])
    for step in range(1, (size - 1).bit_length() + 1):
        corners = below_BHTT * (meet_TT == step)
        inverse = inverse - (inverse @ corners @ inverse if step > 1 else corners)
    return inverse @ right_BHTK


def rule_operations(sites: int, heads: int, head: int, chunk: int) -> int:
    """Operations for one example: products of a chunk's sites with one another and with the state."""
    return sum(heads * _chunk_operations(min(chunk, sites - start), head) for start in range(0, sites, chunk))


def _chunk_operations(size: int, head: int) -> int:
    return 8 * head * head if size == 1 else 14 * size * size * head + 8 * size * head * head
