"""Coupling patterns: rules that make edges between the zones of a circuit.

The `fractal` rule is self-similar: zones form groups, the first zones of groups form groups, and so on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ltm.chart.circuit import CouplingSpec, Edge


def edges(spec: CouplingSpec, names: Sequence[str]) -> tuple[Edge, ...]:
    """Returns the direct couplings that a pattern makes of zones in the order of the chart."""
    count = len(names)
    pairs: list[tuple[int, int]] = []
    if spec.pattern == "edges":
        return spec.edges
    if spec.pattern == "all":
        pairs = [(source, to) for to in range(count) for source in range(count) if source != to]
    elif spec.pattern in ("ring", "small-world"):
        pairs = _ring(count, spec.neighbours)
        if spec.pattern == "small-world":
            pairs = _rewired(pairs, count, spec.rewire, spec.seed)
    elif spec.pattern == "fractal":
        pairs = _fractal(list(range(count)), spec.branch)
    return tuple(Edge(source=names[source], to=names[to], rank=spec.rank) for source, to in pairs)


def _ring(count: int, neighbours: int) -> list[tuple[int, int]]:
    pairs = {
        ((to + sign * distance) % count, to)
        for to in range(count)
        for distance in range(1, neighbours + 1)
        for sign in (-1, 1)
        if (to + sign * distance) % count != to
    }
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


def _rewired(pairs: list[tuple[int, int]], count: int, share: float, seed: int) -> list[tuple[int, int]]:
    """Moves the source of some edges (Watts and Strogatz 1998); seeded, so that a chart means one brain.

    So many are moved, rather than each by chance: of the few edges of a small circuit chance would often move none.
    """
    draw = random.Random(seed)
    kept = set(pairs)
    moved = max(1, round(share * len(pairs))) if share and pairs else 0
    for source, to in draw.sample(pairs, moved):
        free = [other for other in range(count) if other != to and (other, to) not in kept]
        if free:
            kept.remove((source, to))
            kept.add((draw.choice(free), to))
    return sorted(kept, key=lambda pair: (pair[1], pair[0]))


def _fractal(members: list[int], branch: int) -> list[tuple[int, int]]:
    if len(members) < 2:
        return []
    groups = [members[start : start + branch] for start in range(0, len(members), branch)]
    pairs = [(source, to) for group in groups for to in group for source in group if source != to]
    return pairs + _fractal([group[0] for group in groups], branch) if len(groups) > 1 else pairs
