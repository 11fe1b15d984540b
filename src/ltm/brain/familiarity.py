"""Familiarity: whether a scene looks like those that a brain learned from, before it thinks about it.

What the senses write is summed up by its mean and spread over the sites. Of these, the training's scenes make a cloud:
its main directions and what is left are kept (probabilistic principal components, Tipping and Bishop 1999), and the
distances at which scenes that were set aside lie from it. A scene's familiarity is the share of those that lie farther
out: about even between 0 and 1 for scenes like them, near 0 for others.

Of senses that read symbols, two more numbers are looked at, without which a text of hashed words would take anything
that is written for a text: how rare the symbols are among known ones, and how various (their entropy within the scene).

Shapes: B batch, A scenes set aside, S sites, D field width, F features, M directions, Q quantiles, R symbols that are
counted, of all senses one after the other; G those of one sense.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from ltm.errors import FolderError
from ltm.senses.raw import RawSense
from ltm.senses.sequence import SequenceSpec
from ltm.zones.layers import rms_norm
from ltm.zones.raw import Raw

if TYPE_CHECKING:
    from ltm.brain.brain import Brain

DIRECTIONS = 12
QUANTILES = 129
"""Distances of known scenes that are kept, from the nearest to the farthest."""
BUCKETS = 4096
"""Symbols of larger vocabularies are counted together where their numbers leave the same remainder."""
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
        rarity_R: how rare each symbol is, `-log` of its share; empty where that was never counted.
    """

    mean_F: Tensor
    scale_F: Tensor
    basis_MF: Tensor
    variance_M: Tensor
    rest: Tensor
    distance_Q: Tensor
    rarity_R: Tensor

    @classmethod
    def of(
        cls, features_BF: Float[Tensor, "B F"], aside_AF: Float[Tensor, "A F"], rarity_R: Float[Tensor, " R"]
    ) -> Familiarity:
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
            rarity_R,
        )
        distances = torch.quantile(found.distance(aside_AF), torch.linspace(0, 1, QUANTILES))
        return cls(**{**found.tensors(), "distance_Q": distances})

    @property
    def consistent(self) -> bool:
        """Whether the sizes of its tensors fit one another."""
        features, directions = self.mean_F.numel(), self.variance_M.numel()
        sizes = {"mean_F": (features,), "scale_F": (features,), "basis_MF": (directions, features)}
        sizes |= {"variance_M": (directions,), "rest": (), "distance_Q": (QUANTILES,)}
        sizes |= {"rarity_R": (self.rarity_R.numel(),)}
        return all(getattr(self, name).shape == size for name, size in sizes.items())

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


def rarity_of(brain: Brain, batches: Iterable[Mapping[str, Tensor]]) -> Float[Tensor, " R"]:
    """Counts the symbols of known scenes: of each symbol, how rare it is (Krichevsky and Trofimov 1981)."""
    counts = {name: torch.zeros(_counted(brain, name)) for name in _symbolic(brain)}
    for values in batches:
        for name, seen in _first(brain, values).items():
            if name in counts:
                counts[name] += _counts(brain, name, seen).sum(0)
    rarities = [-((count_G + 0.5) / (count_G + 0.5).sum()).log() for count_G in counts.values()]
    return torch.cat(rarities) if rarities else torch.zeros(0)


def features_of(brain: Brain, values: Mapping[str, Tensor], rarity_R: Float[Tensor, " R"]) -> Float[Tensor, "B F"]:
    """Returns what is looked at of scenes `[B, F]`, of the first step where they have several.

    It is mean and spread over the sites of what each sense shows, and how many sites there are; where rarities are
    known, of symbols also how rare and how various they are.
    """
    first = _first(brain, values)
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
        if len(rarity_R):
            names = _symbolic(brain)
            counted = [_counted(brain, name) for name in names]
            if sum(counted) != len(rarity_R):
                raise FolderError(f"brain {brain.chart.name!r}: what is familiar to it was counted by other senses")
            rarities = torch.split(rarity_R, counted)
            for name, rarity_G in zip(names, rarities, strict=True):
                counts_BG = _counts(brain, name, first[name])
                shares_BG = counts_BG / counts_BG.sum(1, keepdim=True).clamp_min(1)
                parts += [(shares_BG @ rarity_G)[:, None], torch.special.entr(shares_BG).sum(1, keepdim=True)]
    return torch.cat(parts, dim=1).clone()


def _first(brain: Brain, values: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    return values if brain.steps is None else {name: values[name][:, 0] for name in brain.chart.senses}


def _symbolic(brain: Brain) -> list[str]:
    return [name for name, spec in brain.chart.senses.items() if spec.layout.symbolic]


def _counted(brain: Brain, name: str) -> int:
    return 2**8 if brain.chart.senses[name].layout.dtype == "uint8" else BUCKETS


def _counts(brain: Brain, name: str, seen: Tensor) -> Float[Tensor, "B G"]:
    """Returns how often each symbol occurs in each scene."""
    spec = brain.chart.senses[name]
    # Beside each symbol of a tree stand the places of its parent and among its siblings.
    symbols = seen[..., 0] if isinstance(spec, SequenceSpec) and spec.branches else seen
    symbols_BN = symbols.flatten(1).long()
    there_BN = symbols_BN != spec.layout.void
    counted = _counted(brain, name)
    counts_BG = torch.zeros(len(symbols_BN), counted)
    return counts_BG.scatter_add_(1, symbols_BN.masked_fill(~there_BN, 0) % counted, there_BN.float())
