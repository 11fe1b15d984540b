"""What zones give to the field at one tick: added up, or put in its place.

What zones put in its place is averaged, what others add comes on top, and a field that something was added to is
normalised. This holds for every wave; where the wave chooses for every example, for those roles that fire for it.

Shapes: B batch, S sites, D field width, R roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ltm.zones.layers import rms_norm
from ltm.zones.zone import Zone

if TYPE_CHECKING:
    from ltm.brain.circuit import Circuit


def replaces(zone: Zone) -> bool:
    """Returns whether what a zone gives takes the place of the whole field, not of a window of it."""
    return zone.spec.write == "replace" and zone.channels is None


def move(zone: Zone, given: Tensor, field_BSD: Tensor) -> Tensor:
    """Returns by how much a zone alone moves the whole field."""
    if zone.channels is not None:
        old = field_BSD[..., zone.channels] if zone.spec.write == "replace" else 0.0
        wide = torch.zeros_like(field_BSD)
        return wide.index_add(-1, zone.channels, (given - old).to(wide.dtype))
    return given - field_BSD if zone.spec.write == "replace" else given


class Total:
    """Gathers what zones give to the field at one tick of a fixed schedule."""

    def __init__(self, circuit: Circuit, field_BSD: Tensor) -> None:
        self.circuit = circuit
        self.field = field_BSD
        self.added: Tensor | None = None
        self.replaced: list[Tensor] = []

    def add(self, name: str, given: Tensor) -> None:
        """Takes what a zone gives."""
        zone = self.circuit.zone(name)
        if replaces(zone):
            self.replaced.append(given)
        else:
            moved = move(zone, given, self.field)
            self.added = moved if self.added is None else self.added + moved

    def result(self) -> Tensor:
        """Returns the field after the tick."""
        field_BSD = self.field
        if self.replaced:
            field_BSD = self.replaced[0] if len(self.replaced) == 1 else torch.stack(self.replaced).mean(0)
        if self.added is None:
            return field_BSD
        return rms_norm(field_BSD + self.added) if self.circuit.norm else field_BSD + self.added


class ChosenTotal:
    """Gathers what roles give to the field at one tick for which a wave has chosen them, example by example.

    Args:
        circuit: whose roles fire.
        field_BSD: as it was at the tick's start.
        fired_BR: which roles fire.
        gate_BR: factors equal to one, through which the choice gets its gradient.
    """

    def __init__(
        self,
        circuit: Circuit,
        field_BSD: Tensor,
        fired_BR: Bool[Tensor, "B R"],
        gate_BR: Float[Tensor, "B R"],
    ) -> None:
        self.circuit, self.fired_BR, self.moved = circuit, fired_BR, field_BSD
        self.weight_BR = gate_BR
        self.added_B: Tensor | None = None
        """Which examples something is added for; None where every role adds."""
        replacing, adding, only_adding = circuit.giving
        if not only_adding:
            replacing_R, adding_R = torch.tensor(replacing), torch.tensor(adding)
            replacers_B1 = (fired_BR & replacing_R).sum(1, keepdim=True).clamp_min(1)
            self.weight_BR = torch.where(replacing_R, gate_BR / replacers_B1, gate_BR)
            self.added_B = (fired_BR & adding_R).any(1)

    def add(self, number: int, given: Tensor, field_BSD: Tensor, index: Tensor | None) -> None:
        """Takes what a role gives.

        Args:
            number: of the role.
            given: by it, for the examples of `index`.
            field_BSD: of those, as it was at the tick's start.
            index: for which examples it fires; None where it was computed for all of them and counts where it fires.
        """
        name, _ = self.circuit.labels[number]
        weight_BR = self.weight_BR if index is None else self.weight_BR[index]
        moved = move(self.circuit.zone(name), given, field_BSD)
        moved = (weight_BR[:, number, None, None].to(moved.dtype) * moved).to(self.moved.dtype)
        if index is None:
            # Chosen rather than multiplied by zero: what an idle role makes of the field may be anything.
            self.moved = self.moved + torch.where(self.fired_BR[:, number, None, None], moved, 0.0)
        else:
            self.moved = self.moved.index_add(0, index, moved)

    def result(self) -> Tensor:
        """Returns the field after the tick."""
        if not self.circuit.norm:
            return self.moved
        if self.added_B is None:
            return rms_norm(self.moved)
        return torch.where(self.added_B[:, None, None], rms_norm(self.moved), self.moved)
