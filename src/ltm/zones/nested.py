"""The `nested` zone: a whole circuit of zones as one zone; zones inside may be nested again, eight deep.

The inner circuit's field is the zone's own state where it keeps one, and otherwise what the zone reads; its input is
what the zone reads. It runs for `ticks` ticks a firing, by its own coupling and wave; own states of zones inside, and
phases, begin anew at every firing.

Shapes: B batch, S sites, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.zones.places import Places
from ltm.zones.spec import Window, ZoneBase

if TYPE_CHECKING:
    from ltm.chart.circuit import CircuitSpec


class NestedSpec(ZoneBase):
    """A circuit of zones as a zone."""

    kind: Literal["nested"]
    circuit: CircuitSpec
    ticks: Annotated[int, Field(ge=1, le=1024)] = 1
    """Inner ticks a firing; with a rhythm inside as many as its cycle has, or more."""


class NestedBody(nn.Module):
    """The weights of a `nested` zone: those of its circuit."""

    state_width = 0

    def __init__(self, spec: NestedSpec, width: int, sites: int | None) -> None:
        super().__init__()
        # A circuit holds zones, and a zone may hold a circuit: the cycle is the notation's, so one side imports late.
        from ltm.brain.circuit import Circuit

        self.spec = spec
        self.circuit = Circuit(spec.circuit, width, sites)

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Runs the inner circuit; returns its field, which is also the zone's own state."""
        lanes = self.circuit.start(x_BSW.shape[0], places, None, 0.0, x_BSW.dtype)
        lanes.field = x_BSW if own_BSO is None else own_BSO
        self.circuit.run(lanes, x_BSW, places, self.spec.ticks)
        return lanes.field, lanes.field

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example; of the dearest choices where the wave inside chooses."""
        return sum(self.circuit.operations(places, tick) for tick in range(self.spec.ticks))
