"""The tick: zones of a circuit read the field, fire when the wave says so, and move it.

Zones that fire at the same tick all read the field as it was at the tick's start. A zone that doesn't fire computes
nothing: with a dynamic wave the examples for which it fires are gathered, run, and scattered back.

Shapes: B batch, S sites, D field width, R roles.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn

from ltm.brain.coupling import Coupling
from ltm.brain.lanes import Lanes
from ltm.brain.masked import masked_tick
from ltm.brain.residence import Residence
from ltm.brain.total import ChosenTotal, Total, move, replaces
from ltm.brain.wave import DynamicWave, roles_in
from ltm.chart.circuit import CircuitSpec
from ltm.chart.rhythm import cycle, labels
from ltm.zones.layers import truncated_normal_
from ltm.zones.places import Places
from ltm.zones.zone import Zone


@dataclass
class Recorder:
    """Collects what happens at each tick: which roles fired `[B, R]`, and by how much each moved what it writes."""

    fired: list[Tensor] = field(default_factory=list)
    moved: list[Tensor] = field(default_factory=list)


class Circuit(nn.Module):
    """Zones with their coupling and wave.

    Args:
        spec: the declaration.
        width: channels of the field.
        sites: number of sites where the chart fixes it, otherwise None.
        norm: whether the field is normalised after zones have added to it.
        absent: whether zones are made without weights, which a residence calls in.
    """

    def __init__(
        self, spec: CircuitSpec, width: int, sites: int | None, norm: bool = True, absent: bool = False
    ) -> None:
        super().__init__()
        self.residence: Residence | None = None
        self.spec = spec
        self.norm = norm
        self.zones = nn.ModuleDict()
        first = 0
        for name, zone_spec in spec.zones.items():
            window = None if spec.coupling.overlap is None else first
            with torch.device("meta") if absent else nullcontext():
                zone = Zone(zone_spec, width, sites, window)
            self.zones[name] = zone
            first = (first + max(1, round(zone.width * (1 - (spec.coupling.overlap or 0))))) % width
        own = {name: self.zone(name).own_width for name in spec.zones}
        self.looking = tuple(name for name in spec.zones if self.zone(name).models)
        """Zones that look through pretrained models."""
        self.coupling = Coupling(spec.coupling, own, {name: self.zone(name).width for name in spec.zones})
        # A role may name zones that it reads directly: coupling without a matrix where widths agree.
        self.labels = labels(spec)
        self._hears = tuple(self._heard_by(name, role) for name, role in self.labels)
        dynamic = spec.wave.policy not in ("all", "rhythm")
        self.cycle = () if dynamic else cycle(spec)
        self.wave = DynamicWave(spec.wave, len(self.labels), width) if dynamic else None
        self.field_start: Tensor
        self.register_buffer("field_start", torch.empty(width))

    def _heard_by(self, name: str, role: str) -> frozenset[str]:
        """Returns the zones whose own states a role reads, its own among them."""
        edges = {edge.source for edge in self.coupling.edges if edge.to == name}
        zone = self.zone(name)
        return frozenset({name, *edges, *zone.reads(zone.spec.roles[role])} & set(self.spec.zones))

    @functools.cached_property
    def giving(self) -> tuple[list[bool], list[bool], bool]:
        """Which roles put something in the field's place, which add to it, and whether all do the latter.

        Looked up once: a tick mustn't take longer for zones that don't fire.
        """
        zones = [(self.zone(name), role) for name, role in self.labels]
        gives = [zone.writes(zone.spec.roles[role]) != "own" for zone, role in zones]
        replacing = [gave and replaces(zone) for gave, (zone, _) in zip(gives, zones, strict=True)]
        adding = [gave and not instead for gave, instead in zip(gives, replacing, strict=True)]
        return replacing, adding, all(adding)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the fixed starting value of the field (unit variance, not learned)."""
        truncated_normal_(self.field_start, 1.0, generator)

    def zone(self, name: str) -> Zone:
        """Returns a zone by name."""
        return cast(Zone, self.zones[name])

    def start(
        self,
        batch: int,
        places: Places,
        generator: torch.Generator | None,
        noise: float,
        dtype: torch.dtype = torch.float32,
    ) -> Lanes:
        """Returns the lanes before the first tick: fixed starting values plus noise of that standard deviation."""

        def spread(start: Tensor) -> Tensor:
            value = start.detach().expand(batch, places.sites, -1)
            if noise and generator is not None:
                return (value + noise * torch.randn(value.shape, generator=generator)).to(dtype)
            return value.to(dtype, copy=True).contiguous()

        own = {
            name: spread(zone.start_O)
            for name, zone in ((name, self.zone(name)) for name in self.spec.zones)
            if zone.start_O is not None
        }
        phases = None if self.wave is None else self.wave.start(batch)
        draws = places.draws if self.spec.wave.policy == "random" else None
        return Lanes(spread(self.field_start), own, phases, draws)

    def run(
        self, lanes: Lanes, input_BSD: Tensor, places: Places, ticks: int, recorder: Recorder | None = None
    ) -> Lanes:
        """Runs ticks, changing `lanes` (whose tensors are replaced, never written into)."""
        for _ in range(ticks):
            if self.wave is None:
                self._fixed_tick(lanes, input_BSD, places, recorder)
            elif torch.compiler.is_exporting():
                masked_tick(self, self.wave, lanes, input_BSD, places)
            else:
                self._chosen_tick(self.wave, lanes, input_BSD, places, recorder)
            lanes.tick += 1
        return lanes

    def fire(self, number: int, lanes: Lanes, input_BSD: Tensor, places: Places) -> tuple[Tensor, Tensor | None]:
        """Fires a role by its number: returns what it gives to the field, and its zone's next own state."""
        name, role = self.labels[number]
        if self.residence is not None:
            self.residence.need(name)
        zone = self.zone(name)
        heard = self.coupling.heard(name, lanes.own, places.mask_BS)
        for other in zone.reads(zone.spec.roles[role]):
            if other in self.zones and other != name:
                part = lanes.own[other][..., : zone.width]
                heard = part if heard is None else heard + part
        return zone.fire(role, lanes.field, input_BSD, lanes.own.get(name), heard, places)

    def _expect(self, numbers: Iterable[int]) -> None:
        if self.residence is not None:
            # As often as each will fire: who fires at two ticks is still expected after the first.
            self.residence.expect([self.labels[number][0] for number in numbers])

    def _fixed_tick(self, lanes: Lanes, input_BSD: Tensor, places: Places, recorder: Recorder | None) -> None:
        field_BSD, own = lanes.field, dict(lanes.own)
        total = Total(self, field_BSD)
        moved: dict[int, Tensor] = {}
        if self.residence is not None:
            soon = [self.cycle[(lanes.tick + ahead) % len(self.cycle)] for ahead in (0, 1)]
            self._expect(number for roles in soon for number in roles)
        for number in self.cycle[lanes.tick % len(self.cycle)]:
            name, role = self.labels[number]
            given, state = self.fire(number, lanes, input_BSD, places)
            writes = self.zone(name).writes(self.zone(name).spec.roles[role])
            if recorder is not None:
                moved[number] = self._move(name, writes, given, state, lanes)
            if writes != "field" and state is not None:
                own[name] = state
            if writes != "own":
                total.add(name, given)
        lanes.field, lanes.own = total.result(), own
        if recorder is not None:
            batch = field_BSD.shape[0]
            fired_BR = torch.zeros(batch, len(self.labels), dtype=torch.bool)
            moved_BR = torch.zeros(batch, len(self.labels))
            for number, size in moved.items():
                fired_BR[:, number] = True
                moved_BR[:, number] = size
            recorder.fired.append(fired_BR)
            recorder.moved.append(moved_BR)

    def _chosen_tick(
        self, wave: DynamicWave, lanes: Lanes, input_BSD: Tensor, places: Places, recorder: Recorder | None
    ) -> None:
        fired_BR, gate_BR = wave.choose(lanes, places.mask_BS)
        field_BSD, own = lanes.field, dict(lanes.own)
        total = ChosenTotal(self, field_BSD, fired_BR, gate_BR)
        moved_BR = torch.zeros(fired_BR.shape)
        firing = roles_in(fired_BR)
        if self.residence is not None:
            following = wave.foreseen(lanes)
            self._expect(firing if following is None else [*firing, *roles_in(following)])
        for number in firing:
            name, role = self.labels[number]
            zone = self.zone(name)
            index = fired_BR[:, number].nonzero().flatten()
            # Nothing is copied where the role fires for everyone, nor ever what it doesn't hear.
            everyone = len(index) == len(field_BSD)
            some = lanes if everyone else lanes.take(index, self._hears[number])
            seen_BSD = input_BSD if everyone else input_BSD[index]
            where = places if everyone or places.alike else places.some(index)
            given, state = self.fire(number, some, seen_BSD, where)
            writes = zone.writes(zone.spec.roles[role])
            if recorder is not None:
                moved_BR[index, number] = self._move(name, writes, given, state, some)
            if writes != "field" and state is not None:
                own[name] = own[name].index_copy(0, index, state.to(own[name].dtype))
            if writes != "own":
                total.add(number, given, some.field, index)
        lanes.field, lanes.own = total.result(), own
        if recorder is not None:
            recorder.fired.append(fired_BR)
            recorder.moved.append(moved_BR.detach())

    def fired(self, recorder: Recorder | None, ticks: int, tick: int, batch: int) -> Tensor:
        """Returns which roles fired in the last ticks `[B, R]`; a dynamic wave's are in the recorder."""
        if self.wave is not None:
            assert recorder is not None
            return torch.stack(recorder.fired[-ticks:]).any(0)
        fired_BR = torch.zeros(batch, len(self.labels), dtype=torch.bool)
        for past in range(tick - ticks, tick):
            fired_BR[:, list(self.cycle[past % len(self.cycle)])] = True
        return fired_BR

    def _move(self, name: str, writes: str, given: Tensor, state: Tensor | None, lanes: Lanes) -> Tensor:
        """Returns the root mean square `[B]` of a transition."""
        if writes == "own":
            assert state is not None
            change = state - lanes.own[name]
        else:
            change = move(self.zone(name), given, lanes.field)
        return change.detach().float().square().mean(dim=(1, 2)).sqrt()

    def operations(self, places: Places, tick: int) -> int:
        """Operations of a tick of a fixed schedule for one example; of the dearest choice where the wave is dynamic."""
        costs = self.role_operations(places)
        if self.wave is None:
            return sum(costs[number] for number in self.cycle[tick % len(self.cycle)])
        return self.wave.operations() + sum(sorted(costs, reverse=True)[: self.wave.spec.fire])

    def role_operations(self, places: Places) -> list[int]:
        """Returns the operations of one firing of each role for one example, hearing included."""
        return [
            self.zone(name).operations(role, places) + self.coupling.operations(name, places.sites)
            for name, role in self.labels
        ]
