"""What zones share that hear sites in order: each hears those before it and itself, and a state may carry on.

Shapes: B batch, S sites, W width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from ltm.zones.places import Places


class Causal(Protocol):
    """A body that can go on from a state: site by site, or over many sites at once, with the same result."""

    def start(self, batch: int) -> Any:
        """Returns the state before the first site."""

    def advance(self, x_BSW: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Returns what it makes of some sites that come next `[B, S, W]`, and the state after the last of them."""


def in_order(run: Callable[[Tensor], Tensor], x_BSW: Float[Tensor, "B S W"], places: Places) -> Float[Tensor, "B S W"]:
    """Runs over the sites that exist, in order; those that don't keep what they hold and are heard by none."""
    if places.mask_BS is None:
        return run(x_BSW)
    order_BS = torch.argsort((~places.mask_BS).to(torch.uint8), dim=1, stable=True)
    index_BSW = order_BS[..., None].expand_as(x_BSW)
    out_BSW = torch.empty_like(x_BSW).scatter(1, index_BSW, run(x_BSW.gather(1, index_BSW)).to(x_BSW.dtype))
    return torch.where(places.mask_BS[..., None], out_BSW, x_BSW)
