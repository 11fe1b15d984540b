"""What wrong routing costs where scenes have several steps: told at the step that is drawn for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from stepped import WORLD, brain_of, scene_set

from ltm.brain.skills import SkilledBrain
from ltm.scenes.questions import Question
from ltm.scenes.scene import Scene, Step
from ltm.training.outcome import think_all
from ltm.training.routing import routing


def test_scenes_of_several_steps_that_go_astray_are_counted_if_they_would_have_been_right() -> None:
    brain = brain_of(WORLD)
    moves = "abba" * 3
    told = [
        Scene(steps=[Step({"view": [[n % 3, 1]], "goal": "same"}, "me", {"move": move})])
        for n, move in enumerate(moves)
    ]
    scenes = replace(scene_set(brain, told), lines=np.arange(1, len(told) + 1))
    right = think_all(brain, scenes, brain.chart.will, False, None).right
    assert 0 < right.sum() < len(right), "right and wrong ones are needed to tell them apart"
    strays = [number < 6 for number in range(len(told))]
    turns = iter(strays)

    def choose(read: Mapping[str, Scene]) -> Any:
        return SimpleNamespace(skill="other" if next(turns) else "walk")

    skills = cast(SkilledBrain, SimpleNamespace(skills={"walk": brain}, choose=choose))
    lines = scenes.lines.tolist()
    reads = [
        dict.fromkeys(("walk", "other"), Question(f"file:{line}", line, scene, ()))
        for line, scene in zip(lines, told, strict=True)
    ]
    found = routing(skills, "walk", scenes, reads)
    assert found["right"] == 0.5 and found["elsewhere"] == {"other": 0.5} and found["contested"] == 1
    assert found["lost"] == np.mean(np.array(strays) & right) > 0
