"""Zones are told to come before the tick at which chance fires them, and chance is the same for all that."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from tiny import brain_with, puzzles

from ltm.brain.brain import Brain
from ltm.brain.circuit import Recorder
from ltm.brain.residence import Paging

ZONES = {name: {"kind": "mixer"} for name in "abcdef"}


class Noting:
    """A residence in which all zones are always there."""

    def __init__(self) -> None:
        self.paging = Paging()
        self.expected: list[list[str]] = []

    def expect(self, names: Sequence[str]) -> None:
        self.expected.append(list(names))

    def need(self, name: str) -> None:
        assert name in self.expected[-1]


def thought(brain: Brain, ticks: int) -> tuple[list[list[str]], torch.Tensor, torch.Tensor]:
    """Returns the zones that fired at each tick, the field after the last, and what chance would draw next."""
    mind, recorder = brain.begin(puzzles(2), torch.Generator().manual_seed(3)), Recorder()
    with torch.inference_mode():
        brain.circuit.run(mind.lanes, mind.input, mind.places, ticks, recorder)
    labels = [name for name, _ in brain.circuit.labels]
    fired = [[labels[number] for number in tick.any(0).nonzero().flatten().tolist()] for tick in recorder.fired]
    assert mind.lanes.generator is not None or brain.chart.wave.policy != "random"
    drawn = torch.zeros(4) if mind.lanes.generator is None else torch.rand(4, generator=mind.lanes.generator)
    return fired, mind.lanes.field, drawn


@pytest.mark.parametrize("policy", ["random", "top-k", "sync"])
def test_what_chance_fires_next_is_expected_and_nothing_else_changes(policy: str) -> None:
    brain = brain_with(ZONES, wave={"policy": policy, "fire": 2}).eval()
    fired, field, drawn = thought(brain, 12)
    brain.circuit.residence = noting = Noting()
    again, same, draws = thought(brain, 12)
    assert fired == again and torch.equal(field, same) and torch.equal(drawn, draws)
    assert len(noting.expected) == 12 and len({tuple(tick) for tick in fired}) > 1
    for tick, expected in enumerate(noting.expected):
        assert expected[: len(fired[tick])] == fired[tick]  # those of this tick come first
        if policy != "random":
            assert expected == fired[tick]  # the field decides, which is still moving
        elif tick < 11:
            assert expected == [*fired[tick], *fired[tick + 1]]
