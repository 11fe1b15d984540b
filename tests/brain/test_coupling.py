"""Couplings: which edges a pattern makes, what a zone hears through them, and that they are counted."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny import brain_with, puzzles

from ltm.brain.brain import Brain
from ltm.brain.coupling import Coupling
from ltm.chart.circuit import CouplingSpec
from ltm.chart.patterns import edges
from ltm.zones.layers import initialise_all
from ltm.zones.places import Places

NAMES = [f"z{number}" for number in range(8)]


def pairs(**spec: Any) -> set[tuple[int, int]]:
    made = edges(CouplingSpec(**spec), NAMES)
    return {(NAMES.index(edge.source), NAMES.index(edge.to)) for edge in made}


def brain_of(count: int, **coupling: Any) -> Brain:
    zones = {name: {"kind": "mixer", "state": "own", "width": 12} for name in NAMES[:count]}
    return brain_with(zones, coupling=coupling)


def test_a_ring_couples_neighbours_both_ways() -> None:
    assert pairs(pattern="ring") == {(a, b) for a in range(8) for b in range(8) if (a - b) % 8 in (1, 7)}
    assert len(pairs(pattern="ring", neighbours=2)) == 8 * 4


def test_all_couples_every_pair_but_none_to_itself() -> None:
    assert pairs(pattern="all") == {(a, b) for a in range(8) for b in range(8) if a != b}


def test_small_world_moves_some_edges_of_a_ring_and_keeps_their_number() -> None:
    ring, world = pairs(pattern="ring", neighbours=2), pairs(pattern="small-world", neighbours=2, rewire=0.3, seed=1)
    assert len(world) == len(ring) and 0 < len(world - ring) < len(ring) / 2
    assert all(a != b for a, b in world)
    assert world == pairs(pattern="small-world", neighbours=2, rewire=0.3, seed=1)
    assert world != pairs(pattern="small-world", neighbours=2, rewire=0.3, seed=2)
    assert pairs(pattern="small-world", neighbours=2, rewire=0.0) == ring


@pytest.mark.parametrize("count", [4, 8, 16])
def test_patterns_are_different_brains_also_where_zones_are_few(count: int) -> None:
    names = [f"z{number}" for number in range(count)]
    made = [edges(CouplingSpec(pattern=pattern), names) for pattern in ("ring", "all", "small-world", "fractal")]
    assert len({frozenset((edge.source, edge.to) for edge in pattern) for pattern in made}) == 4


def test_where_every_neighbour_is_heard_already_nothing_can_be_moved() -> None:
    assert edges(CouplingSpec(pattern="small-world"), NAMES[:3]) == edges(CouplingSpec(pattern="ring"), NAMES[:3])
    assert edges(CouplingSpec(pattern="small-world"), NAMES[:1]) == ()


def test_fractal_repeats_one_pattern_at_every_scale() -> None:
    pair = {(0, 1), (1, 0)}
    assert pairs(pattern="fractal", branch=2) == {
        (scale * a + start, scale * b + start)
        for scale in (1, 2, 4)
        for start in range(0, 8, 2 * scale)
        for a, b in pair
    }
    assert len(pairs(pattern="fractal", branch=8)) == 56


def test_explicit_edges_are_taken_as_they_are() -> None:
    spec = {"pattern": "edges", "edges": [{"source": "z0", "to": "z3"}, {"source": "z3", "to": "z1", "rank": 2}]}
    assert pairs(**spec) == {(0, 3), (3, 1)}


@pytest.mark.parametrize("strength", ["fixed", "learned", "dynamic"])
@pytest.mark.parametrize("rank", [0, 2])
def test_what_is_heard_is_what_the_others_hold(strength: str, rank: int) -> None:
    spec = CouplingSpec(pattern="ring", strength=strength, rank=rank)
    widths = {name: 6 for name in NAMES[:3]}
    coupling = Coupling(spec, widths, widths)
    initialise_all(coupling, torch.Generator().manual_seed(0))
    own = {name: torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(n)) for n, name in enumerate(widths)}
    heard = coupling.heard("z1", own, None)
    assert heard is not None and heard.shape == (2, 5, 6)
    expected = torch.zeros(2, 5, 6)
    for number, edge in enumerate(coupling.edges):
        if edge.to == "z1":
            part = coupling.matrices[number](own[edge.source])
            if strength == "learned":
                part = part * coupling.strengths[number]
            elif strength == "dynamic":
                held = torch.cat((own[edge.source].mean(1), own["z1"].mean(1)), dim=-1)
                part = part * torch.sigmoid(coupling.gates[number](held))[:, None]
            expected = expected + part
    torch.testing.assert_close(heard, expected)
    changed = coupling.heard("z1", {**own, "z0": own["z0"] + 1}, None)
    assert changed is not None and not torch.allclose(changed, heard)


@pytest.mark.parametrize("strength", ["fixed", "learned", "dynamic"])
def test_low_rank_edges_are_smaller_and_counted_in_size_and_operations(strength: str) -> None:
    sizes = {}
    for rank in (0, 2):
        brain = brain_of(3, pattern="ring", rank=rank, strength=strength)
        extra = {"fixed": 0, "learned": 6, "dynamic": 6 * (12 + 12 + 1)}[strength]
        one = 12 * 12 if rank == 0 else 2 * (12 + 12)
        assert brain.parameters_by_part()["coupling"] == 6 * one + extra
        sizes[rank] = brain.circuit.coupling.operations("z0", 16)
        gate = 2 * 2 * (12 + 12) if strength == "dynamic" else 0
        assert sizes[rank] == 2 * 16 * 2 * one + gate
    places = Places(((4, 4),))
    alone = brain_of(3).circuit.role_operations(places)
    coupled = brain_of(3, pattern="ring", rank=2, strength=strength).circuit.role_operations(places)
    assert [c - a for a, c in zip(alone, coupled, strict=True)] == [sizes[2]] * 3


def test_overlapping_windows_of_the_field_share_the_channels_they_should() -> None:
    zones = {name: {"kind": "mixer", "width": 8} for name in NAMES[:4]}
    brain = brain_with(zones, coupling={"overlap": 0.5})
    seen = [set(brain.circuit.zone(name).channels.tolist()) for name in zones]
    assert seen == [{(4 * number + k) % 16 for k in range(8)} for number in range(4)]
    assert all(brain.circuit.zone(name).read is None for name in zones)
    mind = brain.begin(puzzles())
    _, state = brain.circuit.fire(0, mind.lanes, mind.input, mind.places)
    far = mind.lanes.field.clone()
    far[..., 8:] += 1  # outside the first zone's window
    mind.lanes.field = far
    _, again = brain.circuit.fire(0, mind.lanes, mind.input, mind.places)
    assert torch.equal(state, again)


def test_an_edge_carries_what_one_zone_knows_to_another() -> None:
    brain = brain_of(2, pattern="edges", edges=[{"source": "z0", "to": "z1"}])

    def state_after(shift: float) -> torch.Tensor:
        mind = brain.begin(puzzles())
        mind.lanes.own["z0"] = mind.lanes.own["z0"] + shift
        _, state = brain.circuit.fire(1, mind.lanes, mind.input, mind.places)
        assert state is not None
        return state

    assert not torch.allclose(state_after(0.0), state_after(1.0))
