"""How large a chart's brain is, and how much a tick computes, without allocating it."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from ltm.brain.brain import Brain
from ltm.chart.every_zone import Loc, every_zone
from ltm.chart.schema import Chart
from ltm.chart.sites import own_grids
from ltm.senses.raw import RawSpec
from ltm.senses.table import SenseSpec
from ltm.zones.nested import NestedBody
from ltm.zones.places import Places
from ltm.zones.zone import Zone

BYTES_A_WEIGHT = 4


@dataclass(frozen=True)
class Sizes:
    """Counts of one chart.

    Attributes:
        parts: parameters of each zone (`zones/<name>`), and of coupling, wave, senses, acts and reflection.
        places: where the sites are that the operations are for.
        operations: operations of each role's firing (`zone.role`) for one scene, multiply-adds times two.
        segment: operations of one training segment's forward pass for one scene, reading included.
        zones: parameters of every zone, by where it is declared: those inside of others too, and what foresees.
        once: operations of each zone's pretrained models for one scene, which are spent once, however long it thinks.
    """

    parts: dict[str, int]
    places: Places
    operations: dict[str, int]
    segment: int
    once: dict[str, int] = field(default_factory=dict)
    zones: dict[Loc, int] = field(default_factory=dict)

    @property
    def sites(self) -> int:
        """Sites of the field the operations are for."""
        return self.places.sites

    @property
    def parameters(self) -> int:
        """All parameters."""
        return sum(self.parts.values())

    @property
    def bytes(self) -> int:
        """Bytes of all weights in fp32."""
        return BYTES_A_WEIGHT * self.parameters

    @classmethod
    def of(cls, chart: Chart, grid: tuple[int, int] = (9, 9)) -> Sizes:
        """Counts a chart that fits together; `grid` stands in for senses that take any shape."""
        with torch.device("meta"):
            brain = Brain(chart)
        seen = (spec.fixed_sites or spec.sites(grid) for spec in chart.senses.values())
        grids = (*seen, *own_grids(chart).values())
        places = Places(grids, chart.field.prefix, names=tuple(chart.senses))
        circuit = brain.circuit
        names = [".".join(label) for label in circuit.labels]
        operations = dict(zip(names, circuit.role_operations(places), strict=True))
        ticks = sum(circuit.operations(places, tick) for tick in range(chart.training.ticks))
        segment = ticks + brain.reading_operations(places)
        once = {
            name: sum(part.below.operations(_units(chart.senses[part.spec.sense], grid)) for part in zone.models)
            for name, zone in ((name, circuit.zone(name)) for name in circuit.looking)
        }
        modules = {here: _zone_at(brain, here) for here, _ in every_zone(chart)}
        zones = {here: zone.borrowed + sum(w.numel() for w in zone.parameters()) for here, zone in modules.items()}
        return cls(brain.parameters_by_part(), places, operations, segment, once, zones)


def _zone_at(brain: Brain, here: Loc) -> Zone:
    """Returns the zone that is declared at a place such as `zones, outer, circuit, zones, inner`."""
    if here[0] == "steps":
        assert brain.steps is not None and brain.steps.transition is not None
        return brain.steps.transition
    first, *inner = map(str, here[1::3])
    zone = brain.circuit.zone(first)
    for name in inner:
        assert isinstance(zone.body, NestedBody)
        zone = zone.body.circuit.zone(name)
    return zone


def _units(sense: SenseSpec, grid: tuple[int, int]) -> int:
    """Returns a sound's samples or a picture's columns; of texts as many tokens as a grid of any size stands in for."""
    assert isinstance(sense, RawSpec)  # checked by the chart
    return grid[0] if sense.fixed_sites is None else sense.units
