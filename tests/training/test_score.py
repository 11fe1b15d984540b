"""By what weights are chosen while a brain learns: how many answers are right, or how likely the right ones are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.scenes.store import SceneSet
from ltm.training.looks import quick_accuracy
from ltm.training.loop import Trainer
from ltm.training.score import FEW, by_likelihood, likelihood_of_choices, quick_score

LABEL = {"kind": "label", "labels": ["no", "yes", "perhaps"]}
NUMBER = {"kind": "number", "edges": [1.5, 10.0], "centres": [0.0, 1.5, 20.0]}
Charts = Callable[..., Chart]


def scenes(count: int = 40, seed: int = 0) -> SceneSet:
    """Boards whose first cell says which of three answers is right."""
    boards = np.random.default_rng(seed).integers(1, 4, (count, 4, 4)).astype(np.uint8)
    return SceneSet.of({"puzzle": boards, "answer": boards[:, 0, :1] - 1}, lines=np.arange(count))


@pytest.mark.parametrize(
    ("acts", "count", "expected"),
    [
        ({"answer": LABEL}, FEW - 1, True),
        ({"answer": LABEL}, FEW, False),
        ({"answer": NUMBER}, 10 * FEW, True),
        ({"answer": LABEL, "solution": {"kind": "grid", "rows": 4, "columns": 4, "symbols": 5}}, 20, False),
    ],
)
def test_few_choices_and_numbers_are_judged_by_likelihood(
    chart_of: Charts, acts: dict[str, Any], count: int, expected: bool
) -> None:
    assert by_likelihood(chart_of(acts=acts), count) is expected


@pytest.mark.parametrize("act", [LABEL, NUMBER])
def test_the_score_of_few_choices_is_how_likely_the_right_ones_are(chart_of: Charts, act: dict[str, Any]) -> None:
    brain = Brain(chart_of(acts={"answer": act}))
    for weight in brain.act("answer").parameters():
        weight.data.zero_()
    # It knows nothing: each of three is as likely.
    assert quick_score(brain, scenes(), False, None) == pytest.approx(1 / 3)
    with_numbers = act["kind"] == "number"
    many = scenes(FEW)
    expected = likelihood_of_choices(brain, many, False) if with_numbers else quick_accuracy(brain, many, False, None)
    assert quick_score(brain, many, False, None) == expected


def test_weights_to_which_right_answers_are_likelier_are_kept(chart_of: Charts) -> None:
    chart = chart_of(acts={"answer": LABEL}, training={"steps": 60, "segments": 1})
    trainer = Trainer(chart, scenes(200), scenes(40, 1))
    first = trainer.brain
    before = likelihood_of_choices(first, scenes(40, 1), False)
    while not trainer.done:
        trainer.train_step()
        if trainer.step % 10 == 0:
            trainer.validate()
    assert trainer.best is not None and before < trainer.best <= 1
    assert likelihood_of_choices(trainer.finished_brain(), scenes(40, 1), False) == pytest.approx(trainer.best)


def test_few_scenes_are_looked_at_after_the_first_passes(chart_of: Charts) -> None:
    training = {"steps": 1200, "segments": 1}  # every hundredth step is one to look at
    few = Trainer(chart_of(acts={"answer": LABEL}, training=training), scenes(70), scenes(40, 1))
    a_pass = math.ceil(70 / 8)
    assert few.early_steps() == {a_pass, 2 * a_pass, 4 * a_pass, 8 * a_pass}
    many = Trainer(chart_of(acts={"answer": LABEL}, training=training), scenes(70), scenes(FEW, 1))
    assert many.early_steps() == set()


def test_early_looks_are_taken(chart_of: Charts, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(chart_of(acts={"answer": LABEL}, training={"steps": 240}), scenes(40), scenes(40, 1))
    looked: list[int] = []
    monkeypatch.setattr(trainer, "validate", lambda: looked.append(trainer.step))
    trainer.fit(lambda progress: None)
    assert looked == [5, 10, *range(20, 241, 20)]
