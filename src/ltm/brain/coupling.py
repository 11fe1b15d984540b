"""Couplings: which zone hears which, through what matrix, how strongly.

The field couples every zone to every other; edges couple two zones directly. A pattern is a rule that makes edges; the
`fractal` rule is self-similar: zones form groups, the first zones of groups form groups, and so on.

Shapes: B batch, S sites, W width of the hearing zone, O own state of the heard one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ltm.chart.circuit import CouplingSpec, Edge
from ltm.zones.layers import Linear


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
    """Moves the source of some edges (Watts and Strogatz 1998); seeded, so that a chart means one brain."""
    draw = random.Random(seed)
    kept = set(pairs)
    for source, to in pairs:
        free = [other for other in range(count) if other != to and (other, to) not in kept]
        if free and draw.random() < share:
            kept.remove((source, to))
            kept.add((draw.choice(free), to))
    return sorted(kept, key=lambda pair: (pair[1], pair[0]))


def _fractal(members: list[int], branch: int) -> list[tuple[int, int]]:
    if len(members) < 2:
        return []
    groups = [members[start : start + branch] for start in range(0, len(members), branch)]
    pairs = [(source, to) for group in groups for to in group for source in group if source != to]
    return pairs + _fractal([group[0] for group in groups], branch) if len(groups) > 1 else pairs


class Coupling(nn.Module):
    """The weights of all direct edges of a circuit.

    Args:
        spec: the declaration.
        own: width of each zone's own state, by name.
        widths: width of each zone, by name.
    """

    def __init__(self, spec: CouplingSpec, own: Mapping[str, int], widths: Mapping[str, int]) -> None:
        super().__init__()
        self.strength = spec.strength
        self.edges = edges(spec, list(widths))
        self.matrices = nn.ModuleList()
        gates = []
        for edge in self.edges:
            source, to = own[edge.source], widths[edge.to]
            rank = edge.rank
            full = rank == 0 or rank * (source + to) >= source * to
            layers = [Linear(source, to)] if full else [Linear(source, rank), Linear(rank, to)]
            self.matrices.append(nn.Sequential(*layers))
            if spec.strength == "dynamic":
                gates.append(Linear(source + own.get(edge.to, 0), 1, bias=True))
        self.gates = nn.ModuleList(gates)
        learned = spec.strength == "learned" and self.edges
        self.strengths = nn.Parameter(torch.empty(len(self.edges))) if learned else None

    def initialise(self, generator: torch.Generator) -> None:
        """Learned strengths start so that the edges into a zone together carry unit variance."""
        if self.strengths is not None:
            into = [sum(other.to == edge.to for other in self.edges) for edge in self.edges]
            with torch.no_grad():
                self.strengths.copy_(torch.tensor([1 / math.sqrt(count) for count in into]))

    def heard(self, to: str, own: Mapping[str, Tensor]) -> Tensor | None:
        """Returns the weighted sum of what zone `to` hears `[B, S, W]`, or None when no edge ends there."""
        total: Tensor | None = None
        for number, edge in enumerate(self.edges):
            if edge.to == to:
                source = own[edge.source]
                part: Tensor = self.matrices[number](source)
                if self.strengths is not None:
                    part = part * self.strengths[number].to(part.dtype)
                elif self.strength == "dynamic":
                    ends = [source] + ([own[to]] if to in own else [])
                    held = torch.cat([end.mean(dim=1) for end in ends], dim=-1)
                    part = part * torch.sigmoid(self.gates[number](held))[:, None].to(part.dtype)
                total = part if total is None else total + part
        return total

    def operations(self, to: str, sites: int) -> int:
        """Operations that one firing of zone `to` spends on hearing, for one example."""
        total = 0
        for number, edge in enumerate(self.edges):
            if edge.to == to:
                matrix = self.matrices[number]
                assert isinstance(matrix, nn.Sequential)
                total += sites * sum(layer.operations for layer in matrix if isinstance(layer, Linear))
                if self.strength == "dynamic":
                    gate = self.gates[number]
                    assert isinstance(gate, Linear)
                    total += gate.operations
        return total
