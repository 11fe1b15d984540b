"""Couplings: which zone hears which, through what matrix, how strongly.

The field couples every zone to every other; edges, which a pattern makes or a chart lists, couple two zones directly.

Shapes: B batch, S sites, W width of the hearing zone, O own state of the heard one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ltm.chart.circuit import CouplingSpec
from ltm.chart.patterns import edges
from ltm.zones.layers import Linear, field_mean


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

    def heard(self, to: str, own: Mapping[str, Tensor], mask_BS: Tensor | None) -> Tensor | None:
        """Returns the weighted sum of what zone `to` hears `[B, S, W]`, or None when no edge ends there.

        Dynamic strengths go by the states at the sites that exist.
        """
        total: Tensor | None = None
        for number, edge in enumerate(self.edges):
            if edge.to == to:
                source = own[edge.source]
                part: Tensor = self.matrices[number](source)
                if self.strengths is not None:
                    part = part * self.strengths[number].to(part.dtype)
                elif self.strength == "dynamic":
                    ends = [source] + ([own[to]] if to in own else [])
                    held = torch.cat([field_mean(end, mask_BS) for end in ends], dim=-1)
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
