"""The `archetype` zone: recalls learned prototypes by similarity, a modern Hopfield network (Ramsauer et al. 2020).

Every site asks; the answer is the softmax-weighted mean of stored values, so a recall ends in one archetype when the
question is close to it and in a blend otherwise. More `loops` sharpen the recall.

Shapes: B batch, S sites, W width, H heads, K head width, A archetypes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.layers import Linear, rms_norm, truncated_normal_
from ltm.zones.places import Places
from ltm.zones.spec import Window, ZoneBase


class ArchetypeSpec(ZoneBase):
    """Associative recall of learned prototypes."""

    kind: Literal["archetype"]
    archetypes: Annotated[int, Field(ge=1, le=65536)] = 64
    """Prototypes a head."""
    heads: Annotated[int, Field(ge=1, le=256)] = 4
    """Must divide the width."""
    sharpness: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Inverse temperature beside 1/sqrt(head width); the learned part starts at 1."""


class ArchetypeBody(nn.Module):
    """The weights of an `archetype` zone."""

    state_width = 0

    def __init__(self, spec: ArchetypeSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec = spec
        self.head_width = width // spec.heads
        self.ask = Linear(width, width)
        self.keys_HAK = nn.Parameter(torch.empty(spec.heads, spec.archetypes, self.head_width))
        self.values_HAK = nn.Parameter(torch.empty(spec.heads, spec.archetypes, self.head_width))
        self.log_sharpness_H = nn.Parameter(torch.empty(spec.heads))
        self.out = Linear(width, width)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws unit-variance archetypes."""
        truncated_normal_(self.keys_HAK, 1.0, generator)
        truncated_normal_(self.values_HAK, 1.0, generator)
        nn.init.constant_(self.log_sharpness_H, math.log(self.spec.sharpness))

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns the normalised sum of what it read and what it recalled."""
        recalled: Tensor = self.out(self.recall(self.ask(x_BSW)))
        x_BSW = rms_norm(x_BSW + recalled)
        return x_BSW, x_BSW

    def recall(self, question_BSW: Float[Tensor, "B S W"]) -> Float[Tensor, "B S W"]:
        """Returns the blend of archetypes that each question calls up."""
        weights_BSHA = self.likeness(question_BSW)
        recalled_BSHK = torch.einsum("bsha,hak->bshk", weights_BSHA, self.values_HAK.to(weights_BSHA.dtype))
        return recalled_BSHK.flatten(2)

    def likeness(self, question_BSW: Float[Tensor, "B S W"]) -> Float[Tensor, "B S H A"]:
        """Returns how strongly each archetype is recalled; sums to one over the archetypes of a head."""
        question_BSHK = question_BSW.reshape(*question_BSW.shape[:-1], self.spec.heads, self.head_width)
        scores = torch.einsum("bshk,hak->bsha", question_BSHK, self.keys_HAK.to(question_BSHK.dtype))
        scale = (self.log_sharpness_H.exp() / math.sqrt(self.head_width))[:, None]
        return F.softmax(scores.float() * scale, dim=-1).to(question_BSW.dtype)

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example."""
        recall = 4 * self.keys_HAK.numel()
        return places.sites * (self.ask.operations + self.out.operations + recall)
