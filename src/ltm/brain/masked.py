"""A tick of a dynamic wave in which every role computes for every example, and counts only where it was chosen.

It gives what `Circuit` gives by gathering the examples for which a role fires, at the cost of all roles firing. A graph
that is made for export needs it, since what is gathered would depend on the values.

Shapes: B batch, S sites, D field width, R roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ltm.brain.lanes import Lanes
from ltm.brain.total import ChosenTotal
from ltm.brain.wave import DynamicWave
from ltm.zones.places import Places

if TYPE_CHECKING:
    from ltm.brain.circuit import Circuit


def masked_tick(circuit: Circuit, wave: DynamicWave, lanes: Lanes, input_BSD: Tensor, places: Places) -> None:
    """Runs one tick, changing `lanes` (whose tensors are replaced, never written into)."""
    fired_BR, gate_BR = wave.choose(lanes, places.mask_BS)
    own = dict(lanes.own)
    total = ChosenTotal(circuit, lanes.field, fired_BR, gate_BR)
    for number, (name, role) in enumerate(circuit.labels):
        zone = circuit.zone(name)
        given, state = circuit.fire(number, lanes, input_BSD, places)
        fired_B11 = fired_BR[:, number, None, None]
        writes = zone.writes(zone.spec.roles[role])
        if writes != "field" and state is not None:
            own[name] = torch.where(fired_B11, state, own[name])
        if writes != "own":
            total.add(number, given, lanes.field, None)
    lanes.field, lanes.own = total.result(), own
