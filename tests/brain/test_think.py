"""Thinking: what ends a thought, which try is kept, what the trace says, and restlessness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tiny import WIDTH, brain_with, puzzles

from ltm.brain import think as thinking
from ltm.brain.brain import Brain, Reading
from ltm.brain.think import think
from ltm.brain.thought import Thought, TickRecord
from ltm.chart.schema import WillSpec
from ltm.errors import DataError
from ltm.scenes.scene import Scene

Confidences = Callable[[int, torch.Tensor], torch.Tensor]


def brain_of(noise: float = 0.0, **parts: Any) -> Brain:
    zones = {"first": {"kind": "mixer", "write": "replace"}, "second": {"kind": "conv"}}
    return brain_with(zones, field={"width": WIDTH, "noise": noise}, **parts)


@pytest.fixture
def feel(monkeypatch: pytest.MonkeyPatch) -> Callable[[Brain, Confidences], None]:
    """Makes a brain as sure as a function of the reading's number and of what the scene shows says."""

    def install(brain: Brain, confidence: Confidences) -> None:
        read, count = brain.read, [0]

        def reading(mind: Any) -> Reading:
            real = read(mind)
            count[0] += 1
            sure = confidence(count[0], mind.input.sum(dim=(1, 2)))
            return Reading(real.logits, real.answers, torch.logit(sure.clamp(1e-6, 1 - 1e-6)))

        monkeypatch.setattr(brain, "read", reading)

    return install


def always(value: float) -> Confidences:
    return lambda number, seen: torch.full_like(seen, value)


def test_halts_as_soon_as_it_is_sure(feel: Callable[..., None]) -> None:
    brain = brain_of()
    feel(brain, lambda number, seen: torch.full_like(seen, 0.2 if number < 3 else 0.95))
    for thought in think(brain, puzzles(), WillSpec(ticks=20, confidence=0.9)):
        assert (thought.ticks, thought.stopped_by, thought.sure, thought.tries) == (6, "confident", True, 1)
        assert thought.confidence == pytest.approx(0.95, abs=1e-5)


def test_ticks_end_a_thought_that_never_gets_sure(feel: Callable[..., None]) -> None:
    brain = brain_of()
    feel(brain, always(0.3))
    for thought in think(brain, puzzles(), WillSpec(ticks=7, confidence=0.9)):
        assert (thought.ticks, thought.stopped_by, thought.sure) == (7, "ticks", False)


def test_tries_end_it_and_the_surest_try_is_kept(feel: Callable[..., None]) -> None:
    brain = brain_of(noise=0.5)
    scale = {1: 0.1, 2: 0.7, 3: 0.4}
    feel(brain, lambda number, seen: torch.full_like(seen, scale.get(number, 0.2)))
    (thought,) = think(brain, puzzles(1), WillSpec(ticks=2, tries=4, confidence=0.9))
    assert (thought.tries, thought.stopped_by) == (4, "tries")
    assert thought.confidence == pytest.approx(0.7, abs=1e-5)


def test_operations_are_never_overspent(feel: Callable[..., None]) -> None:
    brain = brain_of()
    feel(brain, always(0.3))
    segment = think(brain, puzzles(1), WillSpec(ticks=2))[0].operations
    (thought,) = think(brain, puzzles(1), WillSpec(ticks=1000, tries=9, operations=int(3.5 * segment)))
    assert thought.operations == 3 * segment
    assert (thought.ticks, thought.stopped_by) == (6, "operations")


def test_a_try_that_ends_by_its_ticks_says_so(feel: Callable[..., None]) -> None:
    brain = brain_of()
    feel(brain, always(0.3))
    segment = think(brain, puzzles(1), WillSpec(ticks=2))[0].operations
    (thought,) = think(brain, puzzles(1), WillSpec(ticks=4, operations=int(2.5 * segment)))
    assert (thought.operations, thought.stopped_by) == (2 * segment, "ticks")


def test_tries_side_by_side_spend_what_they_are_given(feel: Callable[..., None]) -> None:
    brain = brain_of(noise=0.5)
    feel(brain, always(0.3))
    segment = think(brain, puzzles(1), WillSpec(ticks=2))[0].operations
    for segments, tries in ((18, 9), (17, 9), (9, 8)):  # the first try of two segments goes alone, the rest together
        (thought,) = think(brain, puzzles(1), WillSpec(ticks=4, tries=9, operations=segments * segment))
        assert thought.tries == tries
        assert segments - 7 <= thought.operations / segment <= segments
    assert think(brain, puzzles(1), WillSpec(ticks=4, tries=9, operations=18 * segment))[0].operations == 18 * segment


def test_a_dear_zone_that_comes_next_is_foreseen(feel: Callable[..., None]) -> None:
    cheap, dear = ({"period": 4, "phases": phases} for phases in ([0, 1], [2, 3]))
    zones = {
        "cheap": {"kind": "conv", "roles": {"one": cheap}},
        "dear": {"kind": "mixer", "layers": 8, "roles": {"one": dear}},
    }
    brain = brain_with(zones, field={"width": WIDTH})
    feel(brain, always(0.3))
    first, both = (think(brain, puzzles(1), WillSpec(ticks=ticks))[0].operations for ticks in (2, 4))
    assert both > 3 * first
    (thought,) = think(brain, puzzles(1), WillSpec(ticks=100, operations=2 * first))
    assert (thought.operations, thought.ticks, thought.stopped_by) == (first, 2, "operations")
    (thought,) = think(brain, puzzles(1), WillSpec(ticks=100, operations=both))
    assert thought.operations == both


def test_time_ends_it(feel: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    brain = brain_of()
    feel(brain, always(0.3))
    clock = iter(range(10_000))
    monkeypatch.setattr(thinking.time, "perf_counter", lambda: next(clock) * 0.01)
    (thought,) = think(brain, puzzles(1), WillSpec(ticks=10**6, tries=3, ms=55))
    assert thought.stopped_by == "milliseconds" and thought.ticks < 20


def test_a_scene_that_halts_leaves_the_others_as_they_would_be_alone(feel: Callable[..., None]) -> None:
    brain, values = brain_of(), puzzles(4)
    border = brain.begin(values).input.sum(dim=(1, 2)).median()
    feel(brain, lambda number, seen: torch.where(seen > border, 0.99, 0.1))
    will = WillSpec(ticks=8, confidence=0.9)
    together = think(brain, values, will)
    assert {thought.ticks for thought in together} == {2, 8}
    unsure = [number for number, thought in enumerate(together) if not thought.sure]
    feel(brain, always(0.1))
    for number in unsure:
        (alone,) = think(brain, {"puzzle": values["puzzle"][number : number + 1]}, will)
        assert alone.answer == together[number].answer
        assert alone.operations == together[number].operations


def strip(thought: Thought) -> dict[str, Any]:
    return {key: value for key, value in thought.to_json().items() if key != "seconds"}


def test_one_seed_one_thought_and_noise_makes_tries_differ() -> None:
    brain = brain_of(noise=1.0)
    will = WillSpec(ticks=4, tries=3, confidence=1)
    first, again, other = (think(brain, puzzles(2), will, seed=seed, trace=True) for seed in (5, 5, 6))
    assert [strip(t) for t in first] == [strip(t) for t in again]
    assert [strip(t) for t in first] != [strip(t) for t in other]
    by_try = {record.attempt: record.transition for record in first[0].trace if record.tick == 0}
    assert len(by_try) == 3 and by_try[0] != by_try[1]


@pytest.mark.parametrize("wave", [{"policy": "rhythm"}, {"policy": "all"}, {"policy": "top-k", "fire": 1}])
def test_the_trace_accounts_for_every_tick(wave: dict[str, Any]) -> None:
    brain = brain_of(wave=wave)
    (thought,) = think(brain, puzzles(1), WillSpec(ticks=5, confidence=1), trace=True)
    assert [record.tick for record in thought.trace] == list(range(5))
    assert sum(record.operations for record in thought.trace) == thought.operations
    fired = [set(record.fired) for record in thought.trace]
    if wave["policy"] == "rhythm":
        assert fired == [{"first.self"}, {"second.self"}] * 2 + [{"first.self"}]
    elif wave["policy"] == "all":
        assert fired == [{"first.self", "second.self"}] * 5
    for record in thought.trace:
        assert set(record.transition) == set(record.fired)
        assert all(size > 0 for size in record.transition.values())
        assert record.answer is not None and set(record.answer["solution"]) <= set("01234")
        assert record.confidence is not None and 0 <= record.confidence <= 1
    assert thought.trace[-1].answer == thought.answer or thought.confidence > thought.trace[-1].confidence


def test_tracing_changes_nothing() -> None:
    brain = brain_of(noise=0.3)
    will = WillSpec(ticks=6, tries=2, confidence=1)
    plain, traced = (think(brain, puzzles(2), will, trace=trace) for trace in (False, True))
    for one, other in zip(plain, traced, strict=True):
        assert (one.answer, one.confidence, one.ticks) == (other.answer, other.confidence, other.ticks)


def test_who_listens_hears_the_surest_try_at_every_tick_and_changes_nothing() -> None:
    brain = brain_of(noise=1.0)
    will = WillSpec(ticks=4, tries=3, confidence=1)
    heard: list[tuple[TickRecord, int]] = []
    listened = think(brain, puzzles(2), will, seed=5, listen=lambda record, beside: heard.append((record, beside)))
    traced = think(brain, puzzles(2), will, seed=5, trace=True)
    assert [t.answer for t in listened] == [t.answer for t in traced] and listened[0].trace == ()
    assert [beside for _, beside in heard] == [1] * 4 + [2] * 4
    later = [record for record in traced[0].trace if record.attempt > 0]
    for tick, (record, _) in enumerate(heard[4:]):
        assert record == max((one for one in later if one.tick == tick), key=lambda one: one.confidence or 0.0)


def test_listening_takes_no_time_from_the_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("ltm.brain.think.time.perf_counter", lambda: now[0])

    def listen(record: TickRecord, beside: int) -> None:
        now[0] += 100.0

    (thought,) = think(brain_of(), puzzles(1), WillSpec(ticks=6, confidence=1, ms=50), listen=listen)
    assert thought.stopped_by == "ticks" and thought.seconds == 0.0


def test_restlessness_changes_a_thought_only_after_patience(feel: Callable[..., None]) -> None:
    brain = brain_of()
    feel(brain, always(0.0))
    calm, restless = (
        think(brain, puzzles(1), WillSpec(ticks=40, confidence=1, noise=noise, patience=20), trace=True)[0]
        for noise in (0.0, 0.5)
    )
    # Every second tick: the other zone's moves all have the same size, whatever it reads.
    same = [a.transition == b.transition for a, b in zip(calm.trace[::2], restless.trace[::2], strict=True)]
    assert same == [True] * 10 + [False] * 10


def test_scenes_may_be_given_as_they_are() -> None:
    brain, values = brain_of(), puzzles(3)
    ((name, spec),) = brain.chart.senses.items()
    scenes = [Scene({name: spec.decode(grid.numpy())}) for grid in values[name]]
    for one, other in zip(think(brain, values), think(brain, scenes), strict=True):
        assert (one.answer, one.confidence) == (other.answer, other.confidence)
    with pytest.raises(DataError, match="nothing for sense"):
        think(brain, [Scene({})])
