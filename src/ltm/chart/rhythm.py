"""The fixed schedules of waves: which roles fire at which tick under `all` and `rhythm`."""

from __future__ import annotations

import math

from ltm.chart.circuit import CircuitSpec

Label = tuple[str, str]
"""A zone and one of its roles."""
LONGEST_CYCLE = 4096


def labels(circuit: CircuitSpec) -> tuple[Label, ...]:
    """Returns every role of every zone, in the order of the chart."""
    return tuple((zone, role) for zone, spec in circuit.zones.items() for role in spec.roles)


def cycle_length(circuit: CircuitSpec) -> int:
    """Returns after how many ticks a fixed schedule begins anew; 1 where the wave is dynamic."""
    if circuit.wave.policy != "rhythm":
        return 1
    periods = [circuit.zones[zone].roles[role].period for zone, role in labels(circuit)]
    return math.lcm(*(period or periods.count(None) for period in periods))


def cycle(circuit: CircuitSpec) -> tuple[tuple[int, ...], ...]:
    """Returns, for each tick of one cycle of a fixed schedule, the numbers of the roles that fire.

    Under `rhythm`, roles without a period fire one after another in the order of the chart.

    Raises:
        ValueError: the periods' common cycle is longer than 4,096 ticks.
    """
    roles = labels(circuit)
    if circuit.wave.policy == "all":
        return (tuple(range(len(roles))),)
    specs = [circuit.zones[zone].roles[role] for zone, role in roles]
    unset = [number for number, spec in enumerate(specs) if spec.period is None]
    rhythm: list[tuple[int, frozenset[int]]] = []
    for number, spec in enumerate(specs):
        if spec.period is None:
            rhythm.append((len(unset), frozenset({unset.index(number)})))
        else:
            rhythm.append((spec.period, frozenset(spec.phases or (0,))))
    length = cycle_length(circuit)
    if length > LONGEST_CYCLE:
        raise ValueError(f"the periods' common cycle is {length} ticks; at most {LONGEST_CYCLE} are allowed")
    return tuple(
        tuple(number for number, (period, phases) in enumerate(rhythm) if tick % period in phases)
        for tick in range(length)
    )


def schedule(circuit: CircuitSpec) -> list[tuple[str, ...]]:
    """Returns `zone.role` labels for each tick of one cycle; one tick with all roles where the wave is dynamic."""
    roles = [f"{zone}.{role}" for zone, role in labels(circuit)]
    if circuit.wave.policy in ("all", "rhythm"):
        return [tuple(roles[number] for number in fired) for fired in cycle(circuit)]
    return [tuple(roles)]
