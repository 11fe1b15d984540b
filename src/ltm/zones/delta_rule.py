"""A delta rule with a decay for every channel, as in RWKV-7: over many sites by matrix products, or one by one.

What the state says to a key is taken out at some rate before a new value goes in. In chunks this is a triangular system
(the WY form of Yang et al. 2024, with decays); both ways give the same. Everything is in fp32.

Shapes: B batch, H heads, S sites, K head width.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def delta_rule(
    r: Float[Tensor, "B H S K"],
    k: Float[Tensor, "B H S K"],
    v: Float[Tensor, "B H S K"],
    log_decay: Float[Tensor, "B H S K"],
    removed: Float[Tensor, "B H S K"],
    rated: Float[Tensor, "B H S K"],
    memory_BHKK: Float[Tensor, "B H K K"],
    chunk: int,
) -> tuple[Float[Tensor, "B H S K"], Float[Tensor, "B H K K"]]:
    """Returns what each site hears, and the state after the last.

    At every site `S <- S diag(exp(log_decay)) - (S removed) rated^T + v k^T`, and `S r` is heard.

    Args:
        r: what is asked of the state.
        k: where values are put.
        v: the values.
        log_decay: of every channel, at most 0.
        removed: unit keys of what is taken out.
        rated: the same by the rates at which it is.
        memory_BHKK: the state before the first site, values by keys.
        chunk: so many sites at once.
    """
    heard = []
    for start in range(0, r.shape[2], chunk):
        part = [x[:, :, start : start + chunk] for x in (r, k, v, log_decay, removed, rated)]
        now, memory_BHKK = (_one if part[0].shape[2] == 1 else _chunk)(*part, memory_BHKK)
        heard.append(now)
    return torch.cat(heard, dim=2), memory_BHKK


def _one(
    r: Tensor, k: Tensor, v: Tensor, log_decay: Tensor, removed: Tensor, rated: Tensor, memory: Tensor
) -> tuple[Tensor, Tensor]:
    """The rule itself, for one site."""
    out_BHK1 = memory @ removed.transpose(2, 3)
    memory = memory * log_decay.exp() - out_BHK1 @ rated + v.transpose(2, 3) @ k
    return r @ memory.transpose(2, 3), memory


def _chunk(
    r: Tensor, k: Tensor, v: Tensor, log_decay: Tensor, removed: Tensor, rated: Tensor, memory: Tensor
) -> tuple[Tensor, Tensor]:
    """The same for several sites.

    With `g` the decay since the chunk began, `S_t = (S_0 + sum_i v_i (k_i/g_i)^T - u_i (rated_i/g_i)^T) diag(g_t)`,
    where `u_t = S_{t-1} removed_t` is what is taken out: a triangular system. Decays within 64 sites stay far above
    what fp32 can hold, and every product `g_t/g_i` keeps its relative precision.
    """
    total = log_decay.cumsum(2)
    asked = torch.cat((removed * (total - log_decay).exp(), r * total.exp()), dim=2)
    put = torch.cat((k, rated), dim=2) * torch.cat((-total, -total), dim=2).exp()
    size = r.shape[2]
    scores = asked @ put.transpose(2, 3)
    from_start = asked @ memory.transpose(2, 3)
    past = torch.ones(size, size).tril(-1)
    (taken_k, taken_b), (heard_k, heard_b) = (rows.split(size, 3) for rows in scores.split(size, 2))
    start_taken, start_heard = from_start.split(size, 2)
    taken = torch.linalg.solve_triangular(
        torch.eye(size) + taken_b * past, start_taken + (taken_k * past) @ v, upper=False, unitriangular=True
    )
    heard = start_heard + heard_k.tril() @ v - heard_b.tril() @ taken
    put_k, put_b = put.split(size, 2)
    memory = (memory + v.transpose(2, 3) @ put_k - taken.transpose(2, 3) @ put_b) * total[:, :, -1:].exp()
    return heard, memory


def rule_operations(sites: int, heads: int, head: int, chunk: int) -> int:
    """Operations for one example: products of a chunk's sites with one another and with the state."""
    return sum(heads * _chunk_operations(min(chunk, sites - start), head) for start in range(0, sites, chunk))


def _chunk_operations(size: int, head: int) -> int:
    return 8 * head * head if size == 1 else 14 * size * size * head + 8 * size * head * head
