"""The part of a chart that a `nested` zone holds too: zones, their coupling, and their wave."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ltm.chart.base import Name, Part
from ltm.zones.nested import NestedSpec
from ltm.zones.table import ZoneSpec


class Edge(Part):
    """One direct coupling: zone `to` reads the own state of zone `source`."""

    source: Name
    to: Name
    rank: Annotated[int, Field(ge=0, le=4096)] = 0
    """Rank of the matrix between the two; 0 is a full matrix."""


class CouplingSpec(Part):
    """Which zone hears which beside the field. Zones that are heard keep an own state."""

    pattern: Literal["none", "ring", "all", "small-world", "fractal", "edges"] = "none"
    edges: tuple[Edge, ...] = ()
    """Only with `pattern: edges`."""
    rank: Annotated[int, Field(ge=0, le=4096)] = 8
    """Rank of the matrices of generated edges; 0 is a full matrix."""
    strength: Literal["fixed", "learned", "dynamic"] = "learned"
    """`fixed`: 1; `learned`: one number an edge; `dynamic`: a gate computed from what both ends hold."""
    neighbours: Annotated[int, Field(ge=1, le=64)] = 1
    """`ring` and `small-world`: how many zones on each side are heard."""
    rewire: Annotated[float, Field(ge=0, le=1)] = 0.1
    """`small-world`: share of ring edges that are moved to a random zone (Watts and Strogatz 1998); one at least,
    unless it is 0."""
    branch: Annotated[int, Field(ge=2, le=64)] = 2
    """`fractal`: zones a group; groups couple through their first zone, groups of groups likewise."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    overlap: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Where set, each zone sees a window of its own width on the field's channels; neighbouring windows share this
    fraction. Where not, each zone reads and writes the whole field through matrices."""


class WaveSpec(Part):
    """Which zones fire at a tick."""

    policy: Literal["all", "rhythm", "sync", "top-k", "random"] = "rhythm"
    """`all`: every role at every tick; `rhythm`: by period and phases; `sync`: oscillators that the field pushes;
    `top-k`: a learned router; `random`: the control at equal rate. The last three decide per example."""
    fire: Annotated[int, Field(ge=1, le=4096)] = 1
    """`sync`, `top-k` and `random`: how many roles fire at a tick."""
    coupling: Annotated[float, Field(ge=0, le=100)] = 1.0
    """`sync`: strength of the Kuramoto coupling between zones; more than 32 roles pull through 16 common phases."""


class CircuitSpec(Part):
    """Zones with their coupling and wave: the inside of a brain, and of a `nested` zone."""

    zones: Annotated[dict[Name, ZoneSpec], Field(min_length=1, max_length=4096)]
    coupling: CouplingSpec = CouplingSpec()
    wave: WaveSpec = WaveSpec()


NestedSpec.model_rebuild(_types_namespace={"CircuitSpec": CircuitSpec})
CircuitSpec.model_rebuild()
