"""Familiarity: whether a scene looks like those that a brain learned from, before it thinks about it.

What the senses write is summed up by its mean and spread over the sites. Of these, the training's scenes make a cloud:
its main directions and what is left are kept (probabilistic principal components, Tipping and Bishop 1999), and the
distances at which scenes that were set aside lie from it. A scene's familiarity is the share of those that lie farther
out: about even between 0 and 1 for scenes like them, near 0 for others.

Shapes: B batch, A scenes set aside, S sites, D field width, F features, M directions, Q quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from ltm.senses.raw import RawSense
from ltm.zones.layers import rms_norm
from ltm.zones.raw import Raw

if TYPE_CHECKING:
    from ltm.brain.brain import Brain

DIRECTIONS = 12
QUANTILES = 129
"""Distances of known scenes that are kept, from the nearest to the farthest."""
_LEAST = 1e-4
"""Least variance along a direction, of features whose variance is about one."""


@dataclass(frozen=True, eq=False)
class Familiarity:
    """The cloud of known scenes.

    Attributes:
        mean_F: its middle.
        scale_F: spread of each feature, by which it is divided first.
        basis_MF: its main directions.
        variance_M: along them.
        rest: mean variance along all others.
        distance_Q: of known scenes, ascending.
    """

    mean_F: Tensor
    scale_F: Tensor
    basis_MF: Tensor
    variance_M: Tensor
    rest: Tensor
    distance_Q: Tensor

    @classmethod
    def of(cls, features_BF: Float[Tensor, "B F"], aside_AF: Float[Tensor, "A F"]) -> Familiarity:
        """Sums up the features of known scenes, and of others like them that set the scale of distances."""
        mean_F = features_BF.mean(0)
        scale_F = features_BF.std(0, correction=0).clamp_min(1e-3)
        centred_BF = (features_BF - mean_F) / scale_F
        count, width = centred_BF.shape
        directions = min(DIRECTIONS, count - 1, width)
        _, sizes, basis_FF = torch.linalg.svd(centred_BF, full_matrices=False)
        variance = sizes.square() / count
        rest = variance[directions:].sum() / max(1, width - directions)
        found = cls(
            mean_F,
            scale_F,
            basis_FF[:directions].contiguous(),
            variance[:directions].clamp_min(_LEAST),
            rest.clamp_min(_LEAST),
            torch.zeros(QUANTILES),
        )
        distances = torch.quantile(found.distance(aside_AF), torch.linspace(0, 1, QUANTILES))
        return cls(**{**found.tensors(), "distance_Q": distances})

    def distance(self, features_BF: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """Returns how far scenes lie from the middle of the cloud, in its own spread."""
        centred_BF = (features_BF - self.mean_F) / self.scale_F
        along_BM = centred_BF @ self.basis_MF.T
        left_B = (centred_BF - along_BM @ self.basis_MF).square().sum(1)
        return (along_BM.square() / self.variance_M).sum(1) + left_B / self.rest

    def __call__(self, features_BF: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """Returns the share of known scenes that lie farther out; never quite 0, so that two may be compared."""
        distance_B = self.distance(features_BF)
        nearer_B = torch.searchsorted(self.distance_Q, distance_B).float()
        share_B = 1 - nearer_B / len(self.distance_Q)
        # Beyond the farthest known scene, the farther the less familiar.
        beyond_B = (self.distance_Q[-1] / distance_B.clamp_min(1e-6)).clamp(max=1) / len(self.distance_Q)
        return torch.maximum(share_B, beyond_B)

    def tensors(self) -> dict[str, Tensor]:
        """Returns everything by name, to be saved."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def _seen(brain: Brain, name: str, values: Tensor) -> Float[Tensor, "B S W"]:
    """Returns what a sense writes; of one of kind `raw`, which writes next to nothing, what pretrained models tell."""
    sense = brain.sense_of(name)
    written: Tensor = sense(values)
    if not isinstance(sense, RawSense):
        return written
    raw = Raw.of(values, 0, written.shape[1])
    residence, told = brain.circuit.residence, []
    for zone in brain.circuit.looking:
        parts = [part for part in brain.circuit.zone(zone).models if part.spec.sense == name]
        if residence is not None and parts:
            residence.need(zone)  # one after the other: there may be no room for two
        told += [part.take(rms_norm(part.made(raw, written.shape[1]))) for part in parts]
    return torch.cat(told, dim=-1) if told else written


def features_of(brain: Brain, values: Mapping[str, Tensor]) -> Float[Tensor, "B F"]:
    """Returns mean and spread over the sites of what each sense shows, and how many sites there are `[B, F]`.

    Of scenes of several steps, the first is what is looked at.
    """
    first = values if brain.steps is None else {name: values[name][:, 0] for name in brain.chart.senses}
    parts = []
    with torch.inference_mode():
        for name in brain.chart.senses:
            sense = brain.sense_of(name)
            written_BSD = _seen(brain, name, first[name]).float()
            there_BS = sense.exists(first[name])
            weight_BS1 = (
                torch.ones(written_BSD.shape[:2])[..., None] if there_BS is None else there_BS[..., None].float()
            )
            count_B1 = weight_BS1.sum(1).clamp_min(1)  # a step may show nothing to a sense
            mean_BD = (written_BSD * weight_BS1).sum(1) / count_B1
            spread_BD = ((written_BSD - mean_BD[:, None]).square() * weight_BS1).sum(1) / count_B1
            parts += [mean_BD, spread_BD.sqrt(), count_B1.log()]
    return torch.cat(parts, dim=1).clone()
