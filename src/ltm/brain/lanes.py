"""The tensors a thought lives in: the field, each zone's own state, and the phases of the wave.

Shapes: B batch, S sites, D field width, O own state, R roles.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(eq=False)
class Lanes:
    """What is carried from tick to tick.

    Attributes:
        field: the shared field `[B, S, D]`.
        own: each zone's own state `[B, S, O]`, by name, for zones that keep one.
        phases: the wave's oscillators `[B, R]` in radians; None unless the policy is `sync`.
        generator: draws the choices of the policy `random`; None elsewhere.
        tick: ticks since the start, which the rhythm goes by.
    """

    field: Tensor
    own: dict[str, Tensor] = dataclasses.field(default_factory=dict)
    phases: Tensor | None = None
    generator: torch.Generator | None = None
    tick: int = 0

    def take(self, index: Tensor, names: Collection[str] | None = None) -> Lanes:
        """Returns the lanes of some examples.

        Args:
            index: their numbers.
            names: zones whose own states are wanted; all where absent.
        """
        own = {name: state[index] for name, state in self.own.items() if names is None or name in names}
        phases = None if self.phases is None else self.phases[index]
        return dataclasses.replace(self, field=self.field[index], own=own, phases=phases)

    def put(self, index: Tensor, other: Lanes) -> None:
        """Overwrites the lanes of some examples in place."""
        self.field[index] = other.field.to(self.field.dtype)
        for name, state in self.own.items():
            state[index] = other.own[name].to(state.dtype)
        if self.phases is not None and other.phases is not None:
            self.phases[index] = other.phases

    def detach(self) -> Lanes:
        """Returns the lanes cut off from the gradient."""
        own = {name: state.detach() for name, state in self.own.items()}
        phases = None if self.phases is None else self.phases.detach()
        return dataclasses.replace(self, field=self.field.detach(), own=own, phases=phases)

    def tensors(self) -> dict[str, Tensor]:
        """Returns every tensor by name, for a checkpoint."""
        named = {"field": self.field} | {f"own.{name}": state for name, state in self.own.items()}
        return named if self.phases is None else named | {"phases": self.phases}

    def restore(self, named: dict[str, Tensor]) -> None:
        """Takes back what `tensors` gave."""
        self.field = named["field"]
        self.own = {name: named[f"own.{name}"] for name in self.own}
        if self.phases is not None:
            self.phases = named["phases"]
