"""The tick: what reads what, who moves the field, roles with the same weights, lanes."""

from __future__ import annotations

import pytest
import torch
from tiny import WIDTH, brain_with, puzzles

from ltm.brain.lanes import Lanes
from ltm.zones.layers import rms_norm


def test_zones_that_fire_together_all_read_the_field_as_it_was() -> None:
    zones = {"a": {"kind": "mixer"}, "b": {"kind": "conv"}}
    brain = brain_with(zones, wave={"policy": "all"})
    mind = brain.begin(puzzles())
    start, field = mind.input, mind.lanes.field
    given = [brain.circuit.zone(name).fire("self", field, start, None, None, mind.places)[0] for name in zones]
    brain.circuit.run(mind.lanes, mind.input, mind.places, 1)
    torch.testing.assert_close(mind.lanes.field, rms_norm(field + given[0] + given[1]))


def test_replace_makes_the_field_what_the_zone_returns() -> None:
    brain = brain_with({"a": {"kind": "mixer", "write": "replace"}})
    mind = brain.begin(puzzles())
    given, _ = brain.circuit.zone("a").fire("self", mind.lanes.field, mind.input, None, None, mind.places)
    brain.circuit.run(mind.lanes, mind.input, mind.places, 1)
    assert torch.equal(mind.lanes.field, given)


def test_roles_share_weights_and_differ_by_a_vector() -> None:
    two = {"fast": {}, "slow": {}}
    brain = brain_with({"a": {"kind": "mixer", "roles": two}})
    single = brain_with({"a": {"kind": "mixer"}})
    sizes = [b.parameters_by_part()["zones/a"] for b in (brain, single)]
    assert sizes[0] == sizes[1] + WIDTH  # one more role is one more vector, no more weights
    mind, zone = brain.begin(puzzles()), brain.circuit.zone("a")
    fast, slow = (
        zone.fire(role, mind.lanes.field, mind.input, None, None, mind.places)[0] for role in ("fast", "slow")
    )
    assert not torch.allclose(fast, slow)
    with torch.no_grad():
        zone.roles["slow"].copy_(zone.roles["fast"])
    slow = zone.fire("slow", mind.lanes.field, mind.input, None, None, mind.places)[0]
    assert torch.equal(fast, slow)


@pytest.mark.parametrize("reads", ["field", "input", "own", "other"])
def test_a_role_reads_what_it_declares_and_nothing_else(reads: str) -> None:
    zones = {
        "a": {"kind": "mixer", "state": "own", "roles": {"self": {"reads": [reads]}}},
        "other": {"kind": "mixer", "state": "own"},
    }
    brain = brain_with(zones)
    mind = brain.begin(puzzles())

    def result(**shifts: float) -> torch.Tensor:
        own = {name: state + shifts.get(name, 0) for name, state in mind.lanes.own.items()}
        lanes = Lanes(mind.lanes.field + shifts.get("field", 0), own)
        return brain.circuit.fire(0, lanes, mind.input + shifts.get("input", 0), mind.places)[0]

    calm = result()
    named = {"field": "field", "input": "input", "own": "a", "other": "other"}
    ramp = torch.linspace(0, 1, WIDTH)
    for source, key in named.items():
        differs = not torch.equal(result(**{key: ramp}), calm)  # type: ignore[arg-type]
        assert differs == (source == reads), source


def test_loops_apply_the_zone_to_its_own_result() -> None:
    once, thrice = (brain_with({"a": {"kind": "mixer", "loops": loops}}) for loops in (1, 3))
    thrice.load_state_dict(once.state_dict())
    mind = once.begin(puzzles())
    read = mind.lanes.field + mind.input + once.circuit.zone("a").roles["self"]
    out = read
    for loop in range(3):
        out, _ = once.circuit.zone("a").body(read if loop == 0 else out + read, None, mind.places, None)
    given, _ = thrice.circuit.zone("a").fire("self", mind.lanes.field, mind.input, None, None, mind.places)
    torch.testing.assert_close(given, out)
    assert thrice.circuit.role_operations(mind.places)[0] == 3 * once.circuit.role_operations(mind.places)[0]


def test_a_nested_zone_is_its_circuit_run_for_its_ticks() -> None:
    inner = {"x": {"kind": "mixer"}, "y": {"kind": "conv"}}
    nested = brain_with({"n": {"kind": "nested", "ticks": 2, "circuit": {"zones": inner}}})
    mind = nested.begin(puzzles())
    zone = nested.circuit.zone("n")
    given, _ = zone.fire("self", mind.lanes.field, mind.input, None, None, mind.places)
    read = mind.lanes.field + mind.input + zone.roles["self"]
    lanes = Lanes(read)
    zone.body.circuit.run(lanes, read, mind.places, 2)  # type: ignore[union-attr]
    assert torch.equal(given, lanes.field)


def test_lanes_take_put_and_restore() -> None:
    lanes = Lanes(torch.randn(4, 3, 2), {"a": torch.randn(4, 3, 5)}, torch.randn(4, 2))
    index = torch.tensor([2, 0])
    some = lanes.take(index)
    assert torch.equal(some.field, lanes.field[index]) and torch.equal(some.own["a"], lanes.own["a"][index])
    other = Lanes(some.field + 1, {"a": some.own["a"] + 1}, some.phases + 1)  # type: ignore[operator]
    kept = lanes.field[1].clone()
    lanes.put(index, other)
    assert torch.equal(lanes.field[index], other.field) and torch.equal(lanes.field[1], kept)
    empty = Lanes(torch.zeros(0), {"a": torch.zeros(0)}, torch.zeros(0))
    empty.restore(lanes.tensors())
    assert all(torch.equal(a, b) for a, b in zip(empty.tensors().values(), lanes.tensors().values(), strict=True))


def test_detached_lanes_pass_no_gradient() -> None:
    source = torch.ones(1, 2, 2, requires_grad=True)
    lanes = Lanes(source * 2, {"a": source * 3}, source[..., 0] * 1).detach()
    assert not any(tensor.requires_grad for tensor in lanes.tensors().values())
