"""What a picture of a chart shows: who reads and writes what, who hears whom, and which role fires when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ltm.chart.base import format_bytes
from ltm.chart.patterns import edges
from ltm.chart.rhythm import schedule
from ltm.chart.schema import Chart
from ltm.zones.nested import NestedSpec
from ltm.zones.spec import RoleSpec, ZoneBase
from ltm.zones.table import KINDS

FIXED = ("all", "rhythm")
"""Wave policies whose schedule the chart alone decides."""

PALETTE = (
    ("#dbe9fb", "#2f6db5"),
    ("#fde6d2", "#c4661b"),
    ("#dcf1df", "#2f8f4e"),
    ("#efe2f7", "#8048a8"),
    ("#fbdfe4", "#bb3a55"),
    ("#d8f0f0", "#1d8285"),
    ("#f7efcf", "#94780f"),
    ("#e6e4df", "#6b6459"),
)
"""Fill and line of each kind of zone, in the order of the table of kinds."""


@dataclass(frozen=True)
class Wires:
    """The connections of a chart.

    Attributes:
        reads_field: zones with a role that reads the field.
        reads_input: zones with a role that reads what the senses wrote.
        writes_field: zones with a role that writes the field.
        hears: (source, to) pairs of zones, each once: couplings, and roles that read another zone's state.
        cycle: the roles that fire at each tick of one cycle, as `zone.role`; empty where examples decide.
        roles: every role, as `zone.role`.
    """

    reads_field: frozenset[str]
    reads_input: frozenset[str]
    writes_field: frozenset[str]
    hears: tuple[tuple[str, str], ...]
    cycle: tuple[tuple[str, ...], ...]
    roles: tuple[str, ...]


def wires(chart: Chart) -> Wires:
    """Collects the connections of a chart."""
    names = list(chart.zones)
    roles = [(zone, role, spec) for zone, part in chart.zones.items() for role, spec in part.roles.items()]
    hears = {(edge.source, edge.to): None for edge in edges(chart.coupling, names)}
    hears |= {(word, zone): None for zone, _, spec in roles for word in _reads(spec) if word in chart.zones}
    return Wires(
        reads_field=frozenset(zone for zone, _, spec in roles if "field" in _reads(spec)),
        reads_input=frozenset(zone for zone, _, spec in roles if "input" in _reads(spec)),
        writes_field=frozenset(zone for zone, _, spec in roles if spec.writes != "own"),
        hears=tuple(hears),
        cycle=tuple(schedule(chart)) if chart.wave.policy in FIXED else (),
        roles=tuple(f"{zone}.{role}" for zone, role, _ in roles),
    )


def _reads(role: RoleSpec) -> tuple[str, ...]:
    return ("field", "input") if role.reads is None else role.reads


def kind(spec: ZoneBase) -> str:
    """Returns the kind of a zone, which every spec in the table of kinds declares."""
    return str(spec.kind)


def colour(kind: str) -> tuple[str, str]:
    """Returns the fill and the line colour of a kind of zone."""
    return PALETTE[list(KINDS).index(kind) % len(PALETTE)]


def rhythm_words(chart: Chart, found: Wires) -> str:
    """Says in one line when zones fire."""
    policy, count = chart.wave.policy, len(found.roles)
    if policy == "all":
        return f"all: every one of {count} role{'s' if count != 1 else ''} fires at every tick"
    if policy == "rhythm":
        return f"rhythm: a cycle of {len(found.cycle)} tick{'s' if len(found.cycle) != 1 else ''}"
    how = {"sync": "by oscillators", "top-k": "by a learned router", "random": "at random"}[policy]
    return f"{policy}: {min(chart.wave.fire, count)} of {count} roles fire at a tick, chosen for each example {how}"


def coupling_words(chart: Chart, found: Wires) -> str:
    """Says in a few words how zones hear each other beside the field; empty when they don't."""
    if not found.hears:
        return ""
    spec, count = chart.coupling, len(found.hears)
    words = f"{count} direct coupling{'s' if count != 1 else ''}"
    if spec.pattern == "none":
        return words
    rank = "" if spec.pattern == "edges" else ", full rank" if spec.rank == 0 else f", rank {spec.rank}"
    return f"{spec.pattern}: {words}{rank}, {spec.strength}"


def will_words(chart: Chart) -> list[str]:
    """Says what ends a thought, one short phrase each."""
    will = chart.will
    words = [f"stops at {will.confidence:.4g}" if will.confidence < 1 else "never stops early"]
    words.append(f"at most {will.ticks} ticks" + (f" × {will.tries} tries" if will.tries > 1 else ""))
    if will.ms is not None:
        words.append(f"{will.ms:g} ms")
    if will.operations is not None:
        words.append(f"{will.operations:.3g} operations")
    return words


def zone_words(chart: Chart, name: str, sizes: Mapping[str, int] | None) -> list[str]:
    """Describes a zone in short lines: kind and width; then bytes, loops, own state and inner zones, if any."""
    spec = chart.zones[name]
    second = [format_bytes(sizes[name])] if sizes and name in sizes else []
    if spec.loops > 1:
        second.append(f"{spec.loops} loops")
    if spec.state == "own":
        second.append("own state")
    if isinstance(spec, NestedSpec):
        second.append(f"{len(spec.circuit.zones)} zones inside")
    first = f"{kind(spec)}, width {spec.width or chart.field.width}"
    return [first, ", ".join(second)] if second else [first]
