"""What zones give to the field at one tick: added up, or put in its place.

Shapes: B batch, S sites, D field width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ltm.zones.layers import rms_norm

if TYPE_CHECKING:
    from ltm.brain.circuit import Circuit


class Total:
    """Gathers what zones give to the field at one tick."""

    def __init__(self, circuit: Circuit, field_BSD: Tensor) -> None:
        self.circuit = circuit
        self.field = field_BSD
        self.added: Tensor | None = None
        self.replaced: list[Tensor] = []

    def add(self, name: str, given: Tensor) -> None:
        zone = self.circuit.zone(name)
        if zone.spec.write == "replace" and zone.channels is None:
            self.replaced.append(given)
        else:
            move = self.move(name, given)
            self.added = move if self.added is None else self.added + move

    def move(self, name: str, given: Tensor) -> Tensor:
        """Returns by how much a zone moves the whole field."""
        zone = self.circuit.zone(name)
        if zone.channels is not None:
            old = self.field[..., zone.channels] if zone.spec.write == "replace" else 0.0
            wide = torch.zeros_like(self.field)
            return wide.index_add(-1, zone.channels, (given - old).to(wide.dtype))
        return given - self.field if zone.spec.write == "replace" else given

    def result(self) -> Tensor:
        """Returns the field after the tick."""
        field_BSD = self.field
        if self.replaced:
            field_BSD = self.replaced[0] if len(self.replaced) == 1 else torch.stack(self.replaced).mean(0)
        if self.added is None:
            return field_BSD
        return rms_norm(field_BSD + self.added) if self.circuit.norm else field_BSD + self.added
