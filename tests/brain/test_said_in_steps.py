"""Scenes of several steps whose answers are sequences: shown in examples, asked at the question."""

from __future__ import annotations

from pathlib import Path

import pytest

from ltm.brain.think import think
from ltm.chart.check import check
from ltm.chart.schema import Chart
from ltm.scenes.prepare import read_scenes
from ltm.scenes.scene import Scene, Step
from ltm.training.from_data import propose_for
from ltm.training.loop import Trainer

RULES = {"p": "x y z", "q": "z"}


@pytest.fixture(scope="module")
def chart_and_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Chart, Path]:
    data = tmp_path_factory.mktemp("rules") / "rules.jsonl"
    step = '{{"role": "{}", "see": {{"letter": "{}"}}, "do": {{"said": "{}"}}}}'
    lines = [
        f'{{"steps": [{step.format("example", name, said)}, {step.format("question", "r", said)}]}}'
        for name in "pq"
        for said in RULES.values()
    ]
    data.write_text("\n".join(lines * 40) + "\n", encoding="utf-8")
    chart, _ = propose_for(data, ["letter:label"], ["said:sequence"], size="60KB")
    training = {"steps": 100, "precision": "fp32", "compile": "off"}
    return chart.model_copy(update={"training": chart.training.model_copy(update=training)}), data


def test_what_an_example_says_is_said_again(chart_and_file: tuple[Chart, Path]) -> None:
    # The letter tells nothing: only what the example showed does.
    chart, data = chart_and_file
    scenes = read_scenes(chart, data).train
    trainer = Trainer(chart, scenes, scenes)
    while not trainer.done:
        trainer.train_step()
    brain = trainer.finished_brain()
    for name in "pq":
        for said in RULES.values():
            shown = Step({"letter": name}, "example", {"said": said})
            (thought,) = think(brain, [Scene(steps=(shown, Step({"letter": "r"}, "question")))])
            assert thought.answer["said"] == said


def test_nothing_is_said_from_left_to_right_step_by_step(chart_and_file: tuple[Chart, Path]) -> None:
    declared = chart_and_file[0].model_dump(mode="json")
    declared["acts"]["said"]["order"] = "left-to-right"
    where, words = next(iter(check(Chart.model_validate(declared))))[:2]
    assert where == ("acts", "said", "order") and "say it all at once: parallel" in words
