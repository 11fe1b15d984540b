"""What zones share that hear sites in order: each hears those before it and itself, and a state may carry on.

Shapes: B batch, S sites, P sites before them, W width, H heads, G groups of heads, K head width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ltm.zones.places import Places
from ltm.zones.spec import Window


@runtime_checkable
class Causal(Protocol):
    """A body that can go on from a state: site by site, or over many sites at once, with the same result."""

    def start(self, batch: int) -> Any:
        """Returns the state before the first site."""

    def advance(self, x_BSW: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Returns what it makes of some sites that come next `[B, S, W]`, and the state after the last of them."""


@dataclass(frozen=True)
class KeysValues:
    """Keys and values of the sites so far.

    Attributes:
        keys: `[B, G, S, K]`, turned by their positions.
        values: `[B, G, S, K]`.
    """

    keys: Tensor
    values: Tensor

    @property
    def sites(self) -> int:
        """How many sites they are of."""
        return self.keys.shape[2]

    def after(self, past: KeysValues | None) -> KeysValues:
        """Returns these behind earlier ones."""
        if past is None:
            return self
        return KeysValues(torch.cat((past.keys, self.keys), dim=2), torch.cat((past.values, self.values), dim=2))


def attend(query_BHSK: Float[Tensor, "B H S K"], kept: KeysValues) -> Float[Tensor, "B S W"]:
    """Returns what the last sites hear of all so far, themselves included; heads of a group share keys and values."""
    B, H, S, K = query_BHSK.shape
    shared = H // kept.keys.shape[1]
    keys, values = (part.repeat_interleave(shared, dim=1) for part in (kept.keys, kept.values))
    seen = None if S == 1 else torch.ones(S, kept.sites, dtype=torch.bool).tril(kept.sites - S)
    heard_BHSK = F.scaled_dot_product_attention(query_BHSK, keys, values, attn_mask=seen)
    return heard_BHSK.transpose(1, 2).reshape(B, S, H * K)


class Carried:
    """States of causal zones between one stretch of sites and the next: one for each firing, in order.

    A zone that fires at several ticks, or loops, hears at each of them what earlier sites held at the same tick. So
    going on site by site gives what all sites at once do.
    """

    def __init__(self) -> None:
        self._states: list[Any] = []
        self._place = 0

    def rewind(self) -> None:
        """Begins the next stretch of sites."""
        self._place = 0

    def advance(self, body: Causal, x_BSW: Tensor) -> Tensor:
        """Lets a body go on from what it carried at this firing."""
        fresh = self._place == len(self._states)
        out_BSW, state = body.advance(x_BSW, body.start(x_BSW.shape[0]) if fresh else self._states[self._place])
        self._states[self._place : self._place + 1] = [state]
        self._place += 1
        return out_BSW


def in_order(body: Causal, x_BSW: Float[Tensor, "B S W"], places: Places) -> Float[Tensor, "B S W"]:
    """Runs over the sites that exist, in order; those that don't keep what they hold and are heard by none."""
    if places.carried is not None:
        return places.carried.advance(body, x_BSW)
    state = body.start(x_BSW.shape[0])
    if places.mask_BS is None:
        return body.advance(x_BSW, state)[0]
    order_BS = torch.argsort((~places.mask_BS).to(torch.uint8), dim=1, stable=True)
    index_BSW = order_BS[..., None].expand_as(x_BSW)
    run_BSW = body.advance(x_BSW.gather(1, index_BSW), state)[0].to(x_BSW.dtype)
    out_BSW = torch.empty_like(x_BSW).scatter(1, index_BSW, run_BSW)
    return torch.where(places.mask_BS[..., None], out_BSW, x_BSW)


class InOrder(nn.Module):
    """A body that runs over all sites by going on from the state before the first; what it is made of goes on."""

    state_width = 0

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns what the zone makes of what it reads; its own state, where it has one, is the same."""
        assert isinstance(self, Causal)
        out_BSW = in_order(self, x_BSW, places)
        return out_BSW, out_BSW
