"""Brains of scenes of several steps: what is carried on, shown, felt, foreseen, and lived through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stepped import RULES, WORLD, brain_of, rule_scene, scene_set
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.episode import Episode
from ltm.brain.think import think
from ltm.brain.walk import begin, lengths, think_segment, walk, window
from ltm.errors import DataError
from ltm.runtime.brains import load_brain, save_brain
from ltm.scenes.scene import Scene, Step, encode
from ltm.scenes.step_rows import ROLE
from ltm.scenes.store import SceneSet
from ltm.training.adapt import adapt
from ltm.training.foresight import foresight
from ltm.training.loop import Trainer
from ltm.training.outcome import number_errors
from ltm.training.segment import blurred_cross_entropy
from ltm.training.walk import answered


def test_a_window_repeats_the_last_step_and_tells_what_was_done_before() -> None:
    brain = brain_of(WORLD)
    steps = [Step({"view": [[n, 0]], "goal": "same"}, "me", {"move": "ab"[n % 2]}) for n in range(3)]
    values = encode(brain.chart, [Scene(steps=steps)])
    found = window(brain.chart, values, torch.tensor([1]), 3)
    assert lengths(values).tolist() == [3]
    assert found["view"][0, :, 0, 0].tolist() == [1, 2, 2]
    assert found["@did.move"][0, :, 0].tolist() == [0, 1, 1]
    assert window(brain.chart, values, torch.tensor([0]), 1)["@did.move"].item() == 255


def test_what_an_example_shows_is_seen_and_what_a_question_asks_is_not() -> None:
    brain = brain_of(RULES)
    first, second = (encode(brain.chart, [rule_scene(shown)]) for shown in (1, 2))
    asked = encode(brain.chart, [rule_scene(1, known=False)])

    def read(values: dict[str, Tensor]) -> Tensor:
        mind, _, _ = begin(brain, values, None, torch.float32)
        return brain.think_on(mind, 2).logits["answer"]

    with torch.inference_mode():
        assert not torch.equal(read(first), read(second))
        assert torch.equal(read(first), read(asked))
    steps = window(brain.chart, first, torch.tensor([0]), 2)
    assert answered(brain, steps).tolist() == [[False, True]]


def test_what_was_done_is_felt_at_the_next_step() -> None:
    brain = brain_of(WORLD)

    def read(before: str) -> Tensor:
        steps = [
            Step({"view": [[1, 2]], "goal": "same"}, "me", {"move": before}),
            Step({"view": [[1, 2]], "goal": "same"}),
        ]
        mind, _, _ = begin(brain, encode(brain.chart, [Scene(steps=steps)]), None, torch.float32)
        return brain.think_on(mind, 2).logits["move"]

    with torch.inference_mode():
        assert not torch.equal(read("a"), read("b"))


def test_walking_in_windows_is_walking_at_once() -> None:
    brain = brain_of(WORLD)
    steps = [Step({"view": [[n % 3, 1]], "goal": "other"}, "me", {"move": "ab"[n // 2 % 2]}) for n in range(4)]
    values = encode(brain.chart, [Scene(steps=steps)])
    with torch.inference_mode():
        whole = brain.begin(values)
        at_once = walk(brain, whole, window(brain.chart, values, torch.tensor([0]), 4), think_segment).readings
        parts = brain.begin(values)
        in_parts = [
            reading
            for first in (0, 2)
            for reading in walk(
                brain, parts, window(brain.chart, values, torch.tensor([first]), 2), think_segment
            ).readings
        ]
    for one, other in zip(at_once, in_parts, strict=True):
        assert torch.equal(one.logits["move"], other.logits["move"])


def test_what_the_trace_says_of_moves_is_what_is_scored() -> None:
    brain = brain_of(RULES)
    scenes = [rule_scene(shown) for shown in range(4)]
    found = foresight(brain, scene_set(brain, scenes))
    told = [thought.steps for thought in think(brain, scenes, steps=True)]
    assert [[step.role for step in steps] for steps in told] == [["example", "question"]] * 4
    moved, missed = (np.array([getattr(steps[1], name) for steps in told]) for name in ("moved", "missed"))
    assert found is not None and found["missed"] == pytest.approx(np.square(missed).sum() / np.square(moved).sum())
    # The same by hand: the field after each segment, and what was foreseen before the question was seen.
    with torch.inference_mode():
        values = encode(brain.chart, scenes)
        mind, steps = brain.begin(values), window(brain.chart, values, torch.zeros(4, dtype=torch.long), 2)
        first, second = ({name: value[:, number] for name, value in steps.items()} for number in (0, 1))
        think_segment(brain, mind, first)
        before = mind.lanes.field
        assert brain.steps is not None
        foreseen = brain.steps.foresee(before, second, mind.places)
        think_segment(brain, mind, second)
        made = mind.lanes.field - before
    assert np.allclose(moved, made.square().mean((1, 2)).sqrt())
    assert np.allclose(missed, (foreseen - made).square().mean((1, 2)).sqrt())
    of_mean = (made - made.mean(0)).square().sum() / made.square().sum()
    assert found["moves"] == 4 and found["mean_missed"] == pytest.approx(float(of_mean), abs=1e-6)
    # Less than a segment at the question makes no move that anything was trained to foresee.
    (short,) = think(brain, scenes[:1], brain.chart.will.model_copy(update={"ticks": 1}), steps=True)
    assert short.steps[1].moved is None and short.steps[1].answer == short.answer


def test_training_learns_what_an_example_shows_and_foresees(tmp_path: Path) -> None:
    brain = brain_of(RULES)
    scenes = scene_set(brain, [rule_scene(shown) for shown in (0, 1, 2, 3)] * 16)
    trainer = Trainer(brain.chart, scenes, scenes)
    assert trainer.fit(lambda progress: None)
    learned = trainer.finished_brain()
    thoughts = think(learned, [rule_scene(shown, known=False) for shown in range(4)], trace=True)
    assert [thought.answer["answer"] for thought in thoughts] == [[[shown] * 3] for shown in range(4)]
    assert len(thoughts[0].steps) == 2 and thoughts[0].steps[1].moved is not None
    assert thoughts[0].steps[0].role == "example" and thoughts[0].to_json()["steps"][0]["moved"] is None
    found = foresight(learned, scenes)
    assert found is not None and found["moves"] == len(scenes)
    before = foresight(brain, scenes)
    assert before is not None and found["missed"] < before["missed"]
    save_brain(learned, tmp_path / "brain")
    again, _ = load_brain(tmp_path / "brain")
    assert think(again, [rule_scene(3, known=False)])[0].answer == thoughts[3].answer


def test_a_stopped_run_of_steps_goes_on_bit_for_bit(tmp_path: Path) -> None:
    brain = brain_of(WORLD.replace("steps: 60", "steps: 16").replace("batch: 32", "batch: 8"))
    generator = torch.Generator().manual_seed(1)
    made = []
    for _ in range(40):
        length = int(torch.randint(1, 8, (), generator=generator))
        steps = [
            Step(
                {"view": [torch.randint(0, 3, (2,), generator=generator).tolist()], "goal": "same"}, "me", {"move": "a"}
            )
            for _ in range(length)
        ]
        made.append(encode(brain.chart, [Scene(steps=steps)]))
    longest = max(one[ROLE].shape[1] for one in made)
    values = {name: torch.cat([padded(one[name], longest) for one in made]).numpy() for name in made[0]}
    scenes = SceneSet.of(values)
    whole = Trainer(brain.chart, scenes, scenes, tmp_path / "whole")
    whole.fit(lambda progress: None)
    part = Trainer(brain.chart, scenes, scenes, tmp_path / "part")
    part.fit(lambda progress: None, stop=lambda: part.step >= 7)
    rest = Trainer(brain.chart, scenes, scenes, tmp_path / "part")
    assert rest.step == 7
    rest.fit(lambda progress: None)
    for name, weight in whole.brain.state_dict().items():
        assert torch.equal(weight, rest.brain.state_dict()[name]), name


def padded(value: Tensor, length: int) -> Tensor:
    whole = torch.full((1, length, *value.shape[2:]), 255, dtype=value.dtype)
    whole[:, : value.shape[1]] = value
    return whole


@pytest.fixture(scope="module")
def goals() -> Brain:
    """A brain that does `a` for a 1 on the left if the goal is `same`, and the opposite if it is `other`."""
    brain = brain_of(WORLD)
    scenes = []
    for goal in ("same", "other"):
        for first in (1, 2):
            right = "a" if (first == 1) == (goal == "same") else "b"
            scenes += [Scene({"goal": goal}, steps=[Step({"view": [[first, 0]]}, "me", {"move": right})])] * 12
    made = scene_set(brain, scenes)
    trainer = Trainer(brain.chart, made, made)
    trainer.fit(lambda progress: None)
    return trainer.finished_brain()


def test_another_goal_gives_another_answer(goals: Brain) -> None:
    brain = goals
    scene = Scene({"goal": "same"}, steps=[Step({"view": [[1, 0]]}, "me")])
    will = brain.chart.will.model_copy(update={"goal": "other"})
    assert think(brain, [scene])[0].answer == {"move": "a"}
    assert think(brain, [scene], will)[0].answer == {"move": "b"}
    with pytest.raises(DataError, match="goal: 'nothing' is not among"):
        think(brain, [scene], brain.chart.will.model_copy(update={"goal": "nothing"}))
    with pytest.raises(DataError, match="hears no goal"):
        think(brain_of(RULES), [rule_scene(1)], brain.chart.will.model_copy(update={"goal": "other"}))


def test_an_episode_is_lived_like_a_scene_that_is_thought_about(goals: Brain) -> None:
    brain = goals
    looks: list[dict[str, Any]] = [{"view": [[n % 3, n % 2]], "goal": "other"} for n in range(4)]
    episode = Episode(brain)
    deeds = [episode.step([look])[0] for look in looks]
    steps = [Step(look, "me", {"move": deed.answer["move"]}) for look, deed in zip(looks, deeds, strict=True)]
    thought = think(brain, [Scene(steps=steps)])[0]
    assert thought.answer == deeds[-1].answer
    assert abs(thought.confidence - deeds[-1].confidence) < 1e-5
    with pytest.raises(DataError, match="keep their number and shape"):
        episode.step(looks[:2])
    with pytest.raises(DataError, match="shown: 1 worlds, but 2 are seen"):
        Episode(brain_of(RULES)).step([{"board": [[1]]}] * 2, "example", [{"answer": [[1]]}])
    with pytest.raises(DataError, match="one step"):
        Episode(brain_of(RULES.split("steps:")[0] + "zones: {core: {kind: mixer, windows: [rows]}}"))


def test_a_goal_that_nobody_names_is_no_mistake() -> None:
    brain = brain_of(WORLD.replace("move: {kind: action,", "move: {kind: action, at: goal,"))
    (thought,) = think(brain, [Scene(steps=[Step({"view": [[0, 1]]}, "me", {"move": "a"})])])
    assert thought.answer["move"] in ("a", "b") and 0 <= thought.confidence <= 1


def test_an_episode_keeps_to_its_ticks_and_milliseconds(goals: Brain, monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[int] = []
    think_on = Brain.think_on

    def counted(self: Brain, mind: Any, ticks: int, *rest: Any) -> Any:
        spent.append(ticks)
        return think_on(self, mind, ticks, *rest)

    monkeypatch.setattr(Brain, "think_on", counted)
    looks = [{"view": [[0, 1]], "goal": "other"}]
    usual = goals.chart.training.ticks
    for asked, ticks in (
        ({"ticks": usual + 1, "confidence": 1.0}, [usual, 1]),
        ({"ticks": 100 * usual, "confidence": 1.0, "ms": 1e-6}, [usual]),
    ):
        spent.clear()
        Episode(goals, goals.chart.will.model_copy(update=asked)).step(looks)
        assert spent == ticks


def test_adapting_leaves_the_brain_alone_and_learns() -> None:
    brain = brain_of(RULES)
    scenes = scene_set(brain, [rule_scene(2)] * 4)
    before = {name: weight.clone() for name, weight in brain.state_dict().items()}
    learner, taken = adapt(brain, scenes, seconds=30, steps=40, rate=0.01)
    assert taken == 40
    assert all(torch.equal(weight, before[name]) for name, weight in brain.state_dict().items())
    assert think(learner, [rule_scene(2, known=False)])[0].answer == {"answer": [[2, 2, 2]]}


def test_a_sense_that_first_sees_later_is_seen_by_an_episode_as_by_thinking(goals: Brain) -> None:
    looks: list[dict[str, Any]] = [{"goal": "other"}, {"goal": "other", "view": [[1, 2]]}]
    other: list[dict[str, Any]] = [{"goal": "other"}, {"goal": "other", "view": [[2, 0]]}]
    said = []
    for seen in (looks, other):
        episode = Episode(goals)
        episode.step([{**seen[0], "view": [[0, 0]]}])
        deed = episode.step([seen[1]])[0]
        said.append(deed.confidence)
    assert said[0] != said[1]


def test_an_episode_is_shown_examples() -> None:
    brain = brain_of(RULES)
    said = []
    for shown in (1, 2):
        episode = Episode(brain)
        episode.step([{"board": [[0, 1, 2]]}], "example", [{"answer": [[shown] * 3]}])
        said.append(episode.step([{"board": [[3, 2, 1]]}], "question")[0].confidence)
    assert said[0] != said[1]
    with pytest.raises(DataError, match="'example' shows what was done"):
        Episode(brain).step([{"board": [[0, 1, 2]]}], "example")


def test_earlier_steps_are_told_in_their_own_size() -> None:
    anywhere = RULES.replace(", positions: learned", "").replace(", rows: 1, columns: 3", "")
    brain = brain_of(anywhere)
    wide = Step({"board": [[0, 1, 2, 3]]}, "example", {"answer": [[0, 1, 2, 3]]})
    (thought,) = think(brain, [Scene(steps=[wide, Step({"board": [[1]]}, "question")])], steps=True)
    assert len(thought.steps[0].answer["answer"][0]) == 4 and len(thought.answer["answer"][0]) == 1
    with pytest.raises(DataError, match="step 2: nothing is seen of 'board'"):
        think(brain, [Scene(steps=[wide, Step({}, "question")])])


def test_numbers_that_are_not_asked_count_for_nothing() -> None:
    logits = torch.zeros(2, 1, 6, requires_grad=True)
    blurred_cross_entropy(logits, torch.tensor([[255], [2]], dtype=torch.uint8), 0.0, 1.0).backward()
    assert logits.grad is not None and bool((logits.grad[0] == 0).all()) and bool((logits.grad[1] != 0).any())
    assert number_errors(np.array([1.0, 5.0]), np.array([2.0, np.nan]))["mae"] == 1.0
