"""Answers from left to right: what was said stays, is thought about, and while learning is said by a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ltm.acts.saying import SayingAct
from ltm.brain.brain import Brain
from ltm.brain.spoken import Spoken, segments_to_say, taught, teach_on
from ltm.brain.think import think
from ltm.chart.propose import propose
from ltm.chart.schema import Chart
from ltm.scenes.scene import Scene, encode
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.training.loop import Trainer
from ltm.training.segment import loss_of, run_segment
from ltm.training.slots import Slots

LONGEST = 6
COLUMNS: dict[str, Any] = {
    "heard": {"kind": "sequence", "tokens": ["a", "b"], "longest": 8},
    "said": {"kind": "sequence", "tokens": ["x", "y"], "longest": LONGEST, "order": "left-to-right"},
}


def chart_of(size: int = 60_000, **training: Any) -> Chart:
    chart = propose(COLUMNS, ["heard"], ["said"], source="any.tsv", size=size)
    quick = {"precision": "fp32", "compile": "off", "steps": 100, **training}
    return chart.model_copy(update={"training": chart.training.model_copy(update=quick)})


def scenes(chart: Chart, count: int, seed: int) -> SceneSet:
    """Each letter twice: `a b` is answered `x x y y`."""
    draw = torch.Generator().manual_seed(seed)
    writer = SceneWriter({name: spec.layout for name, spec in {**chart.senses, **chart.acts}.items()})
    for _ in range(count):
        letters = torch.randint(0, 2, (int(torch.randint(1, LONGEST // 2 + 1, (1,), generator=draw)),), generator=draw)
        said = ["xy"[letter] for letter in letters.tolist() for _ in range(2)]
        heard = ["ab"[letter] for letter in letters.tolist()]
        writer.append({"heard": chart.senses["heard"].encode(heard), "said": chart.acts["said"].encode(said)})
    return writer.finish()


def asked(chart: Chart, *texts: str) -> dict[str, Tensor]:
    return encode(chart, [Scene({"heard": text}) for text in texts])


def test_one_symbol_is_said_after_each_segment_and_stays() -> None:
    chart = chart_of()
    brain, ticks = Brain(chart), chart.training.ticks
    mind = brain.begin(asked(chart, "a b a", "b b b"))
    before = brain.think_on(mind, ticks).answers["said"]
    empty = mind.input.clone()
    for count in range(1, LONGEST + 1):
        after = brain.think_on(mind, ticks).answers["said"]
        assert mind.spoken["said"].count.tolist() == [count, count]
        assert torch.equal(after[:, :count], before[:, :count])
        before = after
    own = mind.places.sites - chart.acts["said"].own_sites
    assert torch.equal(mind.input[:, :own], empty[:, :own])  # only the act's own sites see what was said
    told = (mind.input[:, own:-1] != empty[:, own:-1]).any(-1)
    end = chart.acts["said"].symbols - 1
    assert torch.equal(told, before[:, :-1] != end)  # an end is heard by nobody
    assert chart.will.ticks >= ticks * segments_to_say(chart)


def test_an_end_leaves_its_site_blank_as_while_learning() -> None:
    brain = Brain(chart_of())
    act = brain.act("said")
    assert isinstance(act, SayingAct)
    end = brain.chart.acts["said"].symbols - 1
    said = torch.tensor([[0, 1, end, end, -1, -1, -1]])
    written, silent = act.written(1, said), act.written(1)
    assert torch.equal(written[:, 2:], silent[:, 2:]) and not torch.equal(written[:, :2], silent[:, :2])


def test_what_was_said_changes_what_is_said_next() -> None:
    brain = Brain(chart_of())
    values = asked(brain.chart, "a b")
    mind = brain.begin(values)
    said = torch.zeros(1, LONGEST + 1, dtype=torch.long)
    logits = []
    for first in (0, 1):
        mind.spoken["said"] = Spoken(said + first, torch.tensor([1]))
        mind.input = brain.sense(values, mind.places, mind.spoken)
        other = brain.begin(values)
        other.input, other.spoken = mind.input, mind.spoken
        logits.append(brain.think_on(other, 1).logits["said"][:, 1:])
    assert not torch.allclose(*logits)


def test_looking_on_and_thinking_in_company_change_no_answer() -> None:
    brain = Brain(chart_of())
    plain = think(brain, asked(brain.chart, "a b a", "b b b"))
    traced = think(brain, asked(brain.chart, "a b a", "b b b"), trace=True)
    alone = think(brain, asked(brain.chart, "b b b"))
    assert [one.answer for one in plain] == [one.answer for one in traced]
    assert plain[1].answer == alone[0].answer and plain[1].ticks == alone[0].ticks


def test_a_teacher_says_right_symbols_and_nothing_is_learned_of_them() -> None:
    chart = chart_of()
    brain, made = Brain(chart), scenes(chart, 8, 0)
    values = {name: torch.from_numpy(array) for name, array in made.values.items()}
    mind = brain.begin(values)
    mind.spoken = taught(chart, values, torch.Generator().manual_seed(0))
    ends = (values["said"] == chart.acts["said"].symbols - 1).int().argmax(1)
    assert bool((mind.spoken["said"].count <= ends).all()) and bool(mind.spoken["said"].count.any())
    reading = run_segment(brain, mind, values, False)
    cells = reading.said["said"]
    assert torch.equal(reading.answers["said"][cells], values["said"].long()[cells])
    logits = reading.logits["said"]
    logits.retain_grad()
    torch.autograd.backward(loss_of(brain, reading, values, torch.zeros(8, dtype=torch.bool)).total)
    assert logits.grad is not None and not logits.grad[cells].any() and logits.grad[~cells].any()
    for _ in range(LONGEST + 1):
        teach_on(chart, mind.spoken)
    assert torch.equal(mind.spoken["said"].count, ends)  # the end itself is never told


def test_slots_are_restored_with_what_was_said() -> None:
    chart = chart_of(batch=8)
    made = scenes(chart, 64, 0)
    one, other = (Slots(Brain(chart), made, torch.Generator().manual_seed(seed), torch.float32) for seed in (1, 2))
    one.after(torch.zeros(8, dtype=torch.bool), torch.zeros(8), torch.zeros(8, dtype=torch.bool))
    other.restore(*one.state())
    for side in ("symbols", "count"):
        assert torch.equal(getattr(one.mind.spoken["said"], side), getattr(other.mind.spoken["said"], side))


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path: Path) -> None:
    chart = chart_of(steps=8, batch=8)
    made = scenes(chart, 64, 0), scenes(chart, 20, 1)
    whole, half = Trainer(chart, *made), Trainer(chart, *made, run=tmp_path)
    whole.fit(lambda progress: None)
    half.fit(lambda progress: None, stop=lambda: half.step >= 4)
    again = Trainer(chart, *made, run=tmp_path)
    assert again.step == 4
    again.fit(lambda progress: None)
    for name, weight in whole.brain.state_dict().items():
        assert torch.equal(weight, again.brain.state_dict()[name]), name


@pytest.mark.slow
def test_it_learns_to_say_longer_answers_than_what_is_heard() -> None:
    chart = chart_of(200_000, steps=200)
    faster = chart.acts["said"].model_copy(update={"pace": 3, "positions": "learned"})
    chart = chart.model_copy(update={"acts": {"said": faster}})
    trainer = Trainer(chart, scenes(chart, 400, 0), scenes(chart, 40, 1))
    while not trainer.done:
        trainer.train_step()
    brain = trainer.finished_brain()
    assert trainer.best is not None and trainer.best > 0.9
    (thought,) = think(brain, asked(chart, "b a b"))
    assert thought.answer["said"] == "y y x x y y"
