"""What prefix sites hear: nothing, or a learned vector that is the same in every scene.

TRM and HRM learn such a vector for every puzzle identifier, their `puzzle_emb` (Wang et al. 2025); a brain has one
task, and so one.

Shapes: B batch, P prefix sites, D field width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class Prefix(nn.Module):
    """The vectors that the first prefix sites hear.

    Args:
        sites: prefix sites `P`.
        vectors: how many of them, from the first, hear one.
        width: of the field.
    """

    def __init__(self, sites: int, vectors: int, width: int) -> None:
        super().__init__()
        self.sites = sites
        self.vectors = nn.Parameter(torch.empty(vectors, width))

    def initialise(self, generator: torch.Generator) -> None:
        """Starts at zero, as published: what the task is has to be learned."""
        del generator
        nn.init.zeros_(self.vectors)

    def forward(self, batch: int) -> Float[Tensor, "B P D"]:
        """Returns what they hear, times the root of the width as senses do."""
        heard_PD = F.pad(self.vectors * self.vectors.shape[1] ** 0.5, (0, 0, 0, self.sites - len(self.vectors)))
        return heard_PD.expand(batch, -1, -1)
