"""Scenes of several steps: what steps cost, which sites they show, and what is foreseen of those."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from stepped import RULES, WORLD, brain_of, rule_scene, scene_set

from ltm.brain.think import think
from ltm.brain.walk import begin, think_segment, walk, window
from ltm.scenes.scene import Scene, Step, encode
from ltm.scenes.store import SceneSet
from ltm.training.foresight import foresight
from ltm.training.loop import Trainer


def test_foresight_is_of_sites_that_exist() -> None:
    anywhere = RULES.replace(", positions: learned", "").replace(", rows: 1, columns: 3", "")
    brain = brain_of(anywhere)
    values = encode(brain.chart, [rule_scene(1)])
    padded = {name: value for name, value in values.items()}
    for name in ("board", "answer"):
        padded[name] = torch.full((1, 2, 4, 6), 255, dtype=torch.uint8)
        padded[name][:, :, :1, :3] = values[name]
    found = []
    with torch.inference_mode():
        for given in (values, padded):
            mind = brain.begin(given)
            steps = window(brain.chart, given, torch.zeros(1, dtype=torch.long), 2)
            (move,) = walk(brain, mind, steps, think_segment).moves
            found.append((*move.missed(), move.numbers_B))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_steps_without_answers_teach_nothing_without_reflection() -> None:
    brain = brain_of(WORLD.replace("will:", "reflection: {kind: none}\nwill:"))
    known = Scene(steps=[Step({"view": [[n, 0]], "goal": "same"}, "me", {"move": "a"}) for n in range(3)])
    values = encode(brain.chart, [known] * 8)
    for name in brain.chart.acts:
        values[name] = torch.full_like(values[name], 255)
    scenes = SceneSet.of({name: value.numpy() for name, value in values.items()})
    trainer = Trainer(brain.chart, scenes, scenes)
    trainer.train_step()
    assert trainer.step == 1


def test_a_step_that_shows_none_of_its_board_still_has_a_doubt() -> None:
    hinted = RULES.replace("senses: {", "senses: {hint: {kind: label, labels: [x, y]}, ")
    hinted = hinted.replace("answer: {", "answer: {at: board, ")
    brain = brain_of(hinted)
    steps = [
        Step({"board": [[0, 1, 2]], "hint": "x"}, "example", {"answer": [[1] * 3]}),
        Step({"hint": "y"}, "question"),
    ]
    scene = Scene(steps=[*steps, rule_scene(2).steps[1]])
    (thought,) = think(brain, [scene], steps=True)
    assert [0 < step.confidence < 1 for step in thought.steps] == [True] * 3
    scenes = scene_set(brain, [scene] * 40)
    trainer = Trainer(brain.chart, scenes, scenes)
    for _ in range(4):
        trainer.train_step()
    assert all(bool(weight.isfinite().all()) for weight in trainer.brain.parameters())


def test_the_mean_move_is_that_of_the_sites_that_exist() -> None:
    brain = brain_of(RULES.replace(", positions: learned", "").replace(", rows: 1, columns: 3", ""))
    few = [Scene(steps=[Step({"board": [[n] * 3]}, "example", {"answer": [[n] * 3]})] * 2) for n in range(4)]
    many = [Scene(steps=[Step({"board": [[n] * 6]}, "example", {"answer": [[n] * 6]})] * 2) for n in range(4)]
    alone, shorter = scene_set(brain, many), scene_set(brain, few)
    joined = {name: np.full((8, *value.shape[1:]), 255, value.dtype) for name, value in alone.values.items()}
    for name, value in joined.items():
        value[:4] = alone.values[name]
        value[4:][tuple(slice(side) for side in shorter.values[name].shape)] = shorter.values[name]
    beside = SceneSet.of(joined)
    found = [foresight(brain, scenes) for scenes in (alone, beside)]
    assert found[0] is not None and found[1] is not None and found[1]["moves"] == 2 * found[0]["moves"]
    # Of sites that only half of the scenes have, the mean is over that half: by hand, move by move.
    with torch.inference_mode():
        values = {name: torch.from_numpy(value) for name, value in beside.values.items()}
        mind = brain.begin(values, torch.Generator().manual_seed(0))
        steps = window(brain.chart, values, torch.zeros(8, dtype=torch.long), 2)
        (move,) = walk(brain, mind, steps, think_segment).moves
    made, there = move.there(move.made).double(), move.there(torch.ones_like(move.made)).double()
    mean = made.sum(0) / there.sum(0)
    missed = float(((made - mean) * there).square().sum() / made.square().sum())
    assert found[1]["mean_missed"] == pytest.approx(missed, rel=1e-4)


def test_earlier_steps_cost_what_fired_in_them() -> None:
    zones = (
        "zones: {small: {kind: conv}, large: {kind: mixer, loops: 3, windows: [rows]}}\nwave: {policy: top-k, fire: 1}"
    )
    brain = brain_of(re.sub("zones:.*", zones, WORLD))
    wave = brain.circuit.wave
    assert wave is not None and wave.router is not None and wave.router.bias is not None
    step = Step({"view": [[1, 2]], "goal": "same"}, "me", {"move": "a"})
    spent = []
    for favoured in (0, 1):
        with torch.no_grad():
            wave.router.bias.copy_(100 * torch.eye(2)[favoured])
        one, three = (think(brain, [Scene(steps=[step] * count)])[0].operations for count in (1, 3))
        assert three == 3 * one
        spent.append(three)
    assert spent[0] != spent[1]


def test_operations_of_earlier_steps_are_counted() -> None:
    brain = brain_of(WORLD)
    step = Step({"view": [[1, 2]], "goal": "same"}, "me", {"move": "a"})
    one, three = (think(brain, [Scene(steps=[step] * count)])[0].operations for count in (1, 3))
    assert three == 3 * one


def test_walking_again_is_within_the_operations_of_a_further_try() -> None:
    brain = brain_of(WORLD)
    step = Step({"view": [[1, 2]], "goal": "same"}, "me", {"move": "a"})
    scene = Scene(steps=[step] * 3)
    once = think(brain, [scene])[0].operations
    will = brain.chart.will.model_copy(update={"tries": 9, "confidence": 1.0})
    for budget, tries in ((3 * once, 3), (int(2.9 * once), 2)):
        (thought,) = think(brain, [scene], will.model_copy(update={"operations": budget}))
        assert (thought.tries, thought.operations) == (tries, tries * once)


def test_what_earlier_steps_showed_is_no_part_of_the_answer() -> None:
    anywhere = RULES.replace(", positions: learned", "").replace(", rows: 1, columns: 3", "")
    brain = brain_of(anywhere + "reflection: {kind: none}\n")
    wide = Step({"board": [[0, 1, 2, 3, 0, 1]]}, "example", {"answer": [[2] * 6]})
    values = encode(brain.chart, [Scene(steps=[wide, Step({"board": [[1, 2]]}, "question")])])
    with torch.inference_mode():
        mind, _, _ = begin(brain, values, None, torch.float32)
        reading = brain.think_on(mind, 2)
    chosen_N = reading.logits["answer"].log_softmax(-1).amax(-1)[0]
    assert len(chosen_N) == 6
    confidence = brain.reflection.confidence(reading.right)[0]
    torch.testing.assert_close(confidence, chosen_N[:2].mean().exp())


def test_the_places_grow_with_what_has_been_seen() -> None:
    brain = brain_of(WORLD)
    steps = [Step({"goal": "same"}), Step({"goal": "same", "view": [[1, 2]]}), Step({"goal": "same"})]
    values = encode(brain.chart, [Scene(steps=steps)])
    masks = [brain.layout.places(values, torch.tensor([count])).mask_BS for count in (1, 2, 3)]
    assert masks[0] is not None and masks[0].tolist() == [[False, False, True]]
    assert masks[1] is None and masks[2] is None
