"""Waves: who fires when, and that a zone which doesn't fire computes and costs nothing."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny import chart_of, chart_with, puzzles
from torch.utils.flop_counter import FlopCounterMode

from ltm.brain.brain import Brain
from ltm.brain.circuit import Recorder
from ltm.chart.rhythm import cycle, schedule
from ltm.chart.schema import Chart

DYNAMIC = ("sync", "top-k", "random")


def chart(zones: int = 4, **wave: Any) -> Chart:
    return chart_with({f"z{n}": {"kind": "mixer", "width": 8} for n in range(zones)}, wave=wave)


def fired(brain: Brain, ticks: int, batch: int = 6, seed: int = 0) -> torch.Tensor:
    mind, recorder = brain.begin(puzzles(batch), torch.Generator().manual_seed(seed)), Recorder()
    brain.circuit.run(mind.lanes, mind.input, mind.places, ticks, recorder)
    return torch.stack(recorder.fired)


def test_all_fires_every_zone_at_every_tick() -> None:
    assert fired(Brain(chart(policy="all")), 3).all()


def test_rhythm_takes_turns_in_the_order_of_the_chart() -> None:
    turns = fired(Brain(chart(policy="rhythm")), 8)[:, 0]
    assert torch.equal(turns, torch.eye(4, dtype=torch.bool).repeat(2, 1))


def test_periods_and_phases_are_kept() -> None:
    roles = {"fast": {"period": 4, "phases": [0, 1, 2]}, "slow": {"period": 4, "phases": [3]}}
    circuit = chart_of({"kind": "mixer", "roles": roles})
    assert cycle(circuit) == ((0,), (0,), (0,), (1,))
    assert schedule(circuit)[3] == ("only.slow",)


@pytest.mark.parametrize("policy", DYNAMIC)
@pytest.mark.parametrize("fire", [1, 3])
def test_dynamic_waves_fire_just_as_many_as_declared_for_each_scene(policy: str, fire: int) -> None:
    assert (fired(Brain(chart(policy=policy, fire=fire)), 5).sum(-1) == fire).all()


def test_random_depends_on_the_seed_alone() -> None:
    brain = Brain(chart(policy="random"))
    assert torch.equal(fired(brain, 8, seed=1), fired(brain, 8, seed=1))
    assert not torch.equal(fired(brain, 8, seed=1), fired(brain, 8, seed=2))


def test_chance_inside_a_zone_comes_from_the_same_seed() -> None:
    inner = {f"z{n}": {"kind": "mixer", "write": "replace"} for n in range(4)}
    outer = {"kind": "nested", "ticks": 3, "circuit": {"zones": inner, "wave": {"policy": "random"}}}
    brain = Brain(chart_of(outer))

    def field(seed: int | None) -> torch.Tensor:
        torch.manual_seed(torch.seed())  # whatever is drawn elsewhere
        mind = brain.begin(puzzles(3), None if seed is None else torch.Generator().manual_seed(seed))
        brain.circuit.run(mind.lanes, mind.input, mind.places, 4)
        return mind.lanes.field

    assert torch.equal(field(1), field(1))
    assert not torch.equal(field(1), field(2))
    assert torch.equal(field(None), field(None))


def test_sync_lets_every_zone_have_its_turn() -> None:
    assert fired(Brain(chart(policy="sync")), 24).any(0).all()


@pytest.mark.parametrize("zones", [4, 40])
def test_oscillators_pull_one_another_by_the_sine_of_what_lies_between(zones: int) -> None:
    wave = Brain(chart(zones, policy="sync", coupling=3.0)).circuit.wave
    assert wave is not None and wave.pull is not None and wave.frequency is not None
    pull = (wave.pull if wave.gather is None else wave.pull @ wave.gather).detach()
    phases, drive = torch.rand(2, zones) * 6, torch.randn(2, zones)
    apart = torch.sin(phases[:, None, :] - phases[:, :, None])  # of every other, seen from each
    moved = phases + wave.frequency + 3.0 / zones * (pull * apart).sum(-1) + torch.tanh(drive)
    torch.testing.assert_close(wave._turn(phases, drive), moved.detach() % (2 * torch.pi), atol=1e-4, rtol=1e-4)
    assert pull.shape == (zones, zones) and 0.05 < pull.std() < 0.2


def test_what_oscillators_take_grows_with_their_number_and_not_with_their_pairs() -> None:
    few, many = (Brain(chart(zones, policy="sync")).circuit.wave for zones in (40, 80))
    assert few is not None and many is not None and many.operations() == 2 * few.operations()


@pytest.mark.parametrize(("policy", "zones"), [("top-k", 4), ("sync", 4), ("sync", 40)])
def test_the_choice_itself_is_learned(policy: str, zones: int) -> None:
    brain = Brain(chart(zones, policy=policy, fire=2))
    reading = brain.think_on(brain.begin(puzzles()), 3)
    reading.logits["solution"].square().sum().backward()
    assert brain.circuit.wave is not None
    still = [n for n, w in brain.circuit.wave.named_parameters() if w.grad is None or not w.grad.any()]
    assert still == []


@pytest.mark.parametrize("policy", ["rhythm", *DYNAMIC])
def test_a_zone_that_does_not_fire_is_not_computed(policy: str) -> None:
    brain = Brain(chart(8, policy=policy))
    calls = dict.fromkeys(brain.chart.zones, 0)
    for name in calls:

        def count(*_: object, name: str = name) -> None:
            calls[name] += 1

        brain.circuit.zone(name).body.register_forward_pre_hook(count)
    on = fired(brain, 3, batch=1)[:, 0]
    assert [calls[f"z{n}"] for n in range(8)] == on.sum(0).tolist()
    assert sum(calls.values()) == 3


@pytest.mark.parametrize("policy", ["rhythm", *DYNAMIC])
def test_operations_do_not_grow_with_zones_that_are_silent(policy: str) -> None:
    counts = {}
    for zones in (4, 40):
        brain = Brain(chart(zones, policy=policy))
        mind = brain.begin(puzzles(2), torch.Generator().manual_seed(0))
        counter = FlopCounterMode(display=False)
        with torch.no_grad(), counter:
            brain.circuit.run(mind.lanes, mind.input, mind.places, 2)
        router = 0 if brain.circuit.wave is None else brain.circuit.wave.operations()
        counts[zones] = counter.get_total_flops() - 2 * 2 * router
        assert brain.circuit.operations(mind.places, 0) - router == brain.circuit.role_operations(mind.places)[0]
        assert counts[zones] == 2 * 2 * brain.circuit.role_operations(mind.places)[0]
    assert counts[4] == counts[40]


# `random` draws for the whole batch at once, so there a scene alone gets other draws.
@pytest.mark.parametrize("policy", ["sync", "top-k"])
def test_each_scene_of_a_batch_gets_the_zones_it_chose(policy: str) -> None:
    brain = Brain(chart(policy=policy, fire=2)).eval()
    together = brain.begin(puzzles(4))
    brain.circuit.run(together.lanes, together.input, together.places, 4)
    for number in range(4):
        alone = brain.begin({"puzzle": puzzles(4)["puzzle"][number : number + 1]})
        brain.circuit.run(alone.lanes, alone.input, alone.places, 4)
        torch.testing.assert_close(together.lanes.field[number], alone.lanes.field[0], atol=1e-5, rtol=1e-4)


def test_a_learning_router_soon_uses_every_zone() -> None:
    brain = Brain(chart(zones=8, policy="top-k", fire=2))
    assert not fired(brain, 1).any(1).all()
    assert fired(brain, 64).any((0, 1)).all()


def test_a_router_that_does_not_learn_keeps_its_favour() -> None:
    brain = Brain(chart(zones=8, policy="top-k", fire=2))
    with torch.no_grad():
        first, again = fired(brain, 8), fired(brain, 8)
    assert torch.equal(first, again)
    assert brain.circuit.wave is not None and not brain.circuit.wave.favour_R.any()


@pytest.mark.parametrize("policy", DYNAMIC)
def test_roles_that_are_all_chosen_give_what_all_give(policy: str) -> None:
    zones = {
        "first": {"kind": "mixer", "write": "replace"},
        "second": {"kind": "conv", "write": "replace"},
        "third": {"kind": "mixer"},
    }
    chosen = Brain(chart_with(zones, wave={"policy": policy, "fire": 3}))
    every = Brain(chart_with(zones, wave={"policy": "all"}))
    every.load_state_dict({n: w for n, w in chosen.state_dict().items() if not n.startswith("circuit.wave.")})
    minds = [brain.begin(puzzles()) for brain in (chosen, every)]
    for brain, mind in zip((chosen, every), minds, strict=True):
        brain.circuit.run(mind.lanes, mind.input, mind.places, 3)
    torch.testing.assert_close(minds[0].lanes.field, minds[1].lanes.field)


def test_a_field_that_was_replaced_is_what_the_chosen_zone_gave() -> None:
    zones = {f"z{n}": {"kind": "mixer", "write": "replace"} for n in range(3)}
    brain, recorder = Brain(chart_with(zones, wave={"policy": "random", "fire": 1})), Recorder()
    mind = brain.begin(puzzles(6))
    before = mind.lanes.field
    brain.circuit.run(mind.lanes, mind.input, mind.places, 1, recorder)
    for number, name in enumerate(zones):
        fired_B = recorder.fired[0][:, number]
        given, _ = brain.circuit.zone(name).fire("self", before, mind.input, None, None, mind.places)
        torch.testing.assert_close(mind.lanes.field[fired_B], given[fired_B])
