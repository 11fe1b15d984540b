"""What a schema can't say: whether the parts of a chart fit one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ltm.acts.number import NumberActSpec
from ltm.chart.circuit import CircuitSpec
from ltm.chart.every_zone import every_zone
from ltm.chart.locate import Problem
from ltm.chart.misfit_kinds import crowded, has_windows, kind_misfits
from ltm.chart.misfit_next import next_misfits
from ltm.chart.misfit_raw import raw_misfits
from ltm.chart.misfit_steps import step_misfits
from ltm.chart.patterns import edges
from ltm.chart.rhythm import LONGEST_CYCLE, cycle_length, labels
from ltm.chart.schema import Chart
from ltm.chart.sites import fixed_sites
from ltm.errors import nearest
from ltm.senses.grid import GridSpec
from ltm.senses.sequence import SequenceSpec
from ltm.zones.attention import AttentionSpec
from ltm.zones.nested import NestedSpec
from ltm.zones.spec import BRANCHES, Window, ZoneBase

MAX_NESTING = 8
BASIC_READS = ("field", "input", "own")


def misfits(chart: Chart) -> list[Problem]:
    """Returns what makes the parts of a chart impossible to put together, budgets aside."""
    sites, width = fixed_sites(chart), chart.field.width
    found = [*_acts(chart), *step_misfits(chart), *next_misfits(chart), *_trees(chart)]
    found += raw_misfits(chart)
    if chart.steps is not None and chart.steps.transition is not None:
        zone = chart.steps.transition.zone
        alone = CircuitSpec.model_construct(zones={"transition": zone})
        found += _zone(alone, "transition", zone, width, sites, ("steps", "transition", "zone"))
    return [*found, *_circuit(chart, width, sites, (), 0)]


def _acts(chart: Chart) -> Iterator[Problem]:
    both = sorted(set(chart.senses) & set(chart.acts))
    for name in both:
        yield ("acts", name), "is the name of a sense as well; an answer can't be what is seen"
    for name, act in chart.acts.items():
        blurred = isinstance(act, NumberActSpec) and act.blur > 0  # whose loss is softmax's in any case
        smoothing = getattr(act, "smoothing", 0.0)
        if chart.training.loss == "stablemax" and smoothing and not blurred:
            # It is of softmax's cross-entropy, and would be ignored.
            yield ("acts", name, "smoothing"), "training.loss is stablemax, which knows none: 0, or another loss"
        at = act.place(next(iter(chart.senses)))
        if at is None:
            continue
        if at not in chart.senses:
            yield ("acts", name, "at"), f"no sense called {at!r}{nearest(at, chart.senses)}"
            continue
        sense = chart.senses[at]
        if not isinstance(act, GridSpec):
            continue
        if not isinstance(sense, GridSpec):
            yield ("acts", name, "at"), f"a grid lies over a sense of kind 'grid'; {at!r} is of kind {sense.kind!r}"
            continue
        for side in ("rows", "columns"):
            if getattr(act, side) is not None and getattr(act, side) != getattr(sense, side):
                yield ("acts", name, side), f"must be those of sense {at!r}, {getattr(sense, side)}"


def _trees(chart: Chart) -> Iterator[Problem]:
    """Windows along a tree need a sense that has one."""
    if any(isinstance(sense, SequenceSpec) and sense.branches for sense in chart.senses.values()):
        return
    for here, zone in every_zone(chart):
        families = [(here, getattr(zone, "windows", ()))]
        families += [((*here, "roles", role), spec.windows or ()) for role, spec in zone.roles.items()]
        for where, windows in families:
            for window in sorted(set(windows) & set(BRANCHES)):
                yield (*where, "windows"), f"{window!r} needs a sense of kind 'sequence' with brackets"


def _circuit(
    circuit: CircuitSpec, width: int, sites: int | None, loc: tuple[str | int, ...], depth: int
) -> Iterator[Problem]:
    if depth > MAX_NESTING:
        yield loc, f"circuits are nested deeper than {MAX_NESTING}"
        return
    for name, zone in circuit.zones.items():
        here = (*loc, "zones", name)
        yield from _zone(circuit, name, zone, width, sites, here)
        if isinstance(zone, NestedSpec):
            yield from _circuit(zone.circuit, zone.width or width, sites, (*here, "circuit"), depth + 1)
    yield from _coupling(circuit, width, (*loc, "coupling"))
    roles = sum(len(zone.roles) for zone in circuit.zones.values())
    if circuit.wave.policy in ("sync", "top-k", "random") and circuit.wave.fire > roles:
        yield (*loc, "wave", "fire"), f"{circuit.wave.fire} roles can't fire: there are {roles}"
    if cycle_length(circuit) > LONGEST_CYCLE:
        name, role = max(labels(circuit), key=lambda label: circuit.zones[label[0]].roles[label[1]].period or 0)
        here = (*loc, "zones", name, "roles", role, "period")
        yield here, f"the periods' common cycle is longer than {LONGEST_CYCLE:,} ticks"


def _zone(
    circuit: CircuitSpec, name: str, zone: ZoneBase, width: int, sites: int | None, loc: tuple[str | int, ...]
) -> Iterator[Problem]:
    own_width = zone.width or width
    yield from kind_misfits(zone, own_width, sites, loc)
    if zone.write == "replace" and own_width != width and circuit.coupling.overlap is None:
        yield (*loc, "write"), f"replace needs the field's width, {width}; the zone's is {own_width}"
    for role_name, role in zone.roles.items():
        here = (*loc, "roles", role_name)
        if role.phases and role.period is None:
            yield (*here, "phases"), "need a period"
        elif role.period is not None and any(phase >= role.period for phase in role.phases):
            yield (*here, "phases"), f"must be below the period, {role.period}"
        if role.windows is not None:
            yield from _role_windows(zone, role.windows, own_width, (*here, "windows"))
        if role.writes in ("own", "both") and zone.state == "none":
            yield (*here, "writes"), f"{role.writes!r} needs `state: own`"
        for other in role.reads or ():
            yield from _read(circuit, name, other, own_width, width, (*here, "reads"))


def _role_windows(
    zone: ZoneBase, windows: Sequence[Window], width: int, loc: tuple[str | int, ...]
) -> Iterator[Problem]:
    if not has_windows(zone):
        yield loc, f"zones of kind {zone.kind!r} so declared mix without windows"
    elif not windows and not isinstance(zone, AttentionSpec):
        yield loc, "none: leave it out for the zone's own"
    else:
        yield from crowded(zone, windows, width, loc)


def _read(
    circuit: CircuitSpec, name: str, other: str, own_width: int, width: int, loc: tuple[str | int, ...]
) -> Iterator[Problem]:
    if other == "own":
        if circuit.zones[name].state == "none":
            yield loc, "'own' needs `state: own`"
    elif other not in BASIC_READS:
        if other not in circuit.zones or other == name:
            choices = [*BASIC_READS, *(zone for zone in circuit.zones if zone != name)]
            yield loc, f"expected one of {', '.join(choices)}; got {other!r}{nearest(other, choices)}"
        elif circuit.zones[other].state == "none":
            yield loc, f"zone {other!r} keeps no state to read: give it `state: own`"
        elif (circuit.zones[other].width or width) != own_width:
            yield loc, f"zone {other!r} has another width; couple the two by an edge, which has a matrix"


def _coupling(circuit: CircuitSpec, width: int, loc: tuple[str | int, ...]) -> Iterator[Problem]:
    spec = circuit.coupling
    if spec.edges and spec.pattern != "edges":
        yield (*loc, "edges"), "are only used with `pattern: edges`"
    if spec.pattern == "edges" and not spec.edges:
        yield (*loc, "pattern"), "edges needs a list of edges"
    if spec.overlap is not None:
        yield from _overlapping(circuit, width, loc[:-1])
    unknown = False
    for number, edge in enumerate(spec.edges):
        for end, name in (("source", edge.source), ("to", edge.to)):
            if name not in circuit.zones:
                unknown = True
                yield (*loc, "edges", number, end), f"no zone called {name!r}{nearest(name, circuit.zones)}"
        if edge.source == edge.to:
            yield (*loc, "edges", number), "a zone hears itself through its own state, not through an edge"
    if not unknown:
        mute = {e.source for e in edges(spec, list(circuit.zones)) if circuit.zones[e.source].state == "none"}
        for name in sorted(mute):
            yield (*loc[:-1], "zones", name), "is heard by other zones but keeps no state: give it `state: own`"


def _overlapping(circuit: CircuitSpec, width: int, loc: tuple[str | int, ...]) -> Iterator[Problem]:
    """Zones that lie in windows of the field are no wider than it, and nothing stands between them and it."""
    for name, zone in circuit.zones.items():
        here = (*loc, "zones", name)
        if (zone.width or width) > width:
            yield (*here, "width"), f"a window is at most as wide as the field, {width}"
        if zone.frozen:
            needs = "what ties a frozen zone to the field is learned, and with coupling.overlap nothing does"
            yield (*here, "frozen"), needs
