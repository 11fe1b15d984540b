"""What acts share that read a symbol off each of their sites.

Shapes: B batch, S sites, N cells, D field width, V symbols.
"""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor, nn

from ltm.zones.layers import Linear


class ReadsEachSite(nn.Module):
    """An act with a matrix from the field to symbols, without bias; who inherits declares it where it belongs."""

    read: Linear

    def forward(
        self, field_BSD: Float[Tensor, "B S D"], mask_BS: Bool[Tensor, "B S"] | None = None
    ) -> Float[Tensor, "B N V"]:
        """Returns logits for every cell and symbol, in fp32."""
        logits: Tensor = self.read(field_BSD).float()
        return logits

    def operations(self, sites: int) -> int:
        """Operations for one example."""
        return sites * self.read.operations
