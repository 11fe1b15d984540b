"""Brains on sequences: coupling along a tree, and answers on sites of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.check import check, require
from ltm.chart.propose import propose
from ltm.chart.schema import Chart
from ltm.errors import ChartError
from ltm.scenes.scene import Scene, encode
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.senses.sequence import SequenceSpec
from ltm.training.loop import Trainer
from ltm.training.outcome import think_all
from ltm.zones.places import NOWHERE, ROOT, Places

TOKENS = ["0", "1", "[ANY", "[ALL", "]"]
COLUMNS = {
    "logic": {"kind": "sequence", "tokens": TOKENS, "opening": ["[ANY", "[ALL"], "closing": ["]"]},
    "holds": {"kind": "label", "labels": ["0", "1"]},
}
QUICK = {"batch": 32, "precision": "fp32", "compile": "off", "rate": 0.01}


def expression(draw: np.random.Generator, depth: int) -> tuple[str, bool]:
    if depth == 0 or draw.random() < 0.2:
        value = bool(draw.random() < 0.5)
        return str(int(value)), value
    parts = [expression(draw, depth - 1) for _ in range(int(draw.integers(1, 4)))]
    every = bool(draw.random() < 0.5)
    value = all(v for _, v in parts) if every else any(v for _, v in parts)
    return " ".join(("[ALL" if every else "[ANY", *(text for text, _ in parts), "]")), value


def logic(chart: Chart, count: int, depth: int, seed: int) -> SceneSet:
    draw = np.random.default_rng(seed)
    writer = SceneWriter({name: spec.layout for name, spec in {**chart.senses, **chart.acts}.items()})
    while len(writer) < count:
        text, value = expression(draw, depth)
        writer.append(
            {"logic": chart.senses["logic"].encode(text), "holds": chart.acts["holds"].encode(str(int(value)))}
        )
    return writer.finish()


@pytest.mark.slow
def test_what_was_learned_on_shallow_trees_holds_for_deep_ones() -> None:
    chart = propose(COLUMNS, ["logic"], ["holds"], source="any.tsv", size=150_000)
    training = chart.training.model_copy(update={**QUICK, "steps": 150, "ticks": 4})
    chart = chart.model_copy(update={"training": training, "will": chart.will.model_copy(update={"ticks": 32})})
    trainer = Trainer(chart, logic(chart, 600, 3, 0), logic(chart, 64, 3, 1))
    while not trainer.done:
        trainer.train_step()
    brain = trainer.finished_brain()
    deep = think_all(brain, logic(chart, 100, 5, 2), brain.chart.will, False, None)
    assert deep.right.mean() > 0.85
    (thought,) = think(brain, [Scene({"logic": "[ALL 1 [ANY 0 1 ] ]"})])
    assert thought.answer["holds"] == "1"


def test_padding_changes_nothing_and_neither_does_company() -> None:
    chart = propose(COLUMNS, ["logic"], ["holds"], source="any.tsv", size=150_000)
    brain = Brain(chart)
    torch.nn.init.normal_(brain.act("holds").read.weight, generator=torch.Generator().manual_seed(0))
    values = encode(chart, [Scene({"logic": "[ALL 1 [ANY 0 1 ] ]"})])["logic"]
    other = encode(chart, [Scene({"logic": "[ANY [ANY 0 0 ] [ALL 1 1 ] 0 ]"})])["logic"]
    both = torch.full((2, other.shape[1] + 2, 3), -1, dtype=torch.int32)
    both[0, : values.shape[1]], both[1, : other.shape[1]] = values[0], other[0]
    alone = brain.think_on(brain.begin({"logic": values}), 4).logits["holds"]
    together = brain.think_on(brain.begin({"logic": both}), 4).logits["holds"]
    torch.testing.assert_close(together[:1], alone, atol=1e-5, rtol=1e-4)


def test_who_hears_whom_along_a_tree() -> None:
    places = Places(((1, 4), (1, 1)), prefix=1, parents_BS=torch.tensor([[NOWHERE, ROOT, 1, 1, ROOT, NOWHERE]]))
    assert places.pool("parent")[0].nonzero().tolist() == [[2, 1], [3, 1]]
    assert places.pool("children")[0].nonzero().tolist() == [[1, 2], [1, 3]]
    assert places.pool("siblings")[0].nonzero().tolist() == [
        [s, t] for s in range(1, 5) for t in range(1, 5) if (s in (1, 4)) == (t in (1, 4))
    ]
    torch.testing.assert_close(places.pool("children")[0, 1, 2], torch.tensor(2**-0.5))
    missing = Places(places.grids, 1, torch.tensor([[True, True, True, False, True, True]]), places.parents_BS)
    assert missing.pool("children")[0].nonzero().tolist() == [[1, 2]] and missing.crowd("children") is None


def test_neighbours_are_of_one_row() -> None:
    places = Places(((2, 2), (1, 2)), prefix=1)
    assert places.pool("before").nonzero().tolist() == [[2, 1], [4, 3], [6, 5]]
    assert places.pool("after").nonzero().tolist() == [[1, 2], [3, 4], [5, 6]]
    assert bool((places.pool("field") > 0).all())


@pytest.mark.parametrize("kind", ["mixer", "attention"])
def test_every_kind_that_mixes_within_windows_can_follow_a_tree(kind: str) -> None:
    declared = propose(COLUMNS, ["logic"], ["holds"], source="any.tsv", size=150_000).model_dump(mode="json")
    declared["zones"] = {"core": {"kind": kind, "windows": ["children", "parent", "siblings", "before"]}}
    brain = Brain(require(Chart.model_validate(declared)))
    values = encode(brain.chart, [Scene({"logic": "[ALL 1 [ANY 0 1 ] ]"})])
    reading = brain.think_on(brain.begin(values), 2)
    torch.autograd.backward(reading.logits["holds"].square().sum() + reading.right.sum())
    assert all(bool(w.grad is not None and w.grad.isfinite().all()) for w in brain.circuit.parameters())


def test_a_tree_is_needed_for_windows_along_it() -> None:
    declared = propose(COLUMNS, ["logic"], ["holds"], source="any.tsv", size=150_000).model_dump(mode="json")
    declared["senses"]["logic"] |= {"opening": [], "closing": []}
    with pytest.raises(ChartError, match="'children' needs a sense of kind 'sequence' with brackets"):
        require(Chart.model_validate(declared))
    declared["zones"] = {"outer": {"kind": "nested", "circuit": {"zones": declared["zones"]}}}
    assert [problem[0] for problem in check(Chart.model_validate(declared))][:1]


ECHO = {
    "heard": {"kind": "sequence", "tokens": ["a", "b", "c"], "longest": 5},
    "said": {"kind": "sequence", "tokens": ["x", "y", "z"], "longest": 5},
}


def echoes(chart: Chart, count: int, seed: int) -> SceneSet:
    draw = np.random.default_rng(seed)
    writer = SceneWriter({name: spec.layout for name, spec in {**chart.senses, **chart.acts}.items()})
    for _ in range(count):
        heard = draw.choice(["a", "b", "c"], int(draw.integers(1, 6)))
        said = [{"a": "x", "b": "y", "c": "z"}[letter] for letter in heard if letter != "c"]
        writer.append({"heard": chart.senses["heard"].encode(heard), "said": chart.acts["said"].encode(said)})
    return writer.finish()


def test_an_answer_on_sites_of_its_own_has_its_own_length(tmp_path: Path) -> None:
    chart = propose(ECHO, ["heard"], ["said"], source="any.tsv", size=200_000)
    chart = chart.model_copy(update={"training": chart.training.model_copy(update={**QUICK, "steps": 150})})
    trainer = Trainer(chart, echoes(chart, 500, 0), echoes(chart, 64, 1))
    while not trainer.done:
        trainer.train_step()
    brain, test = trainer.finished_brain(), echoes(chart, 100, 2)
    outcome = think_all(brain, test, brain.chart.will, False, None)
    assert outcome.right.mean() > 0.7
    assert np.array_equal(outcome.right, outcome.cells == 1)
    thoughts = think(brain, [Scene({"heard": "a b b"}), Scene({"heard": "b a b"})])
    assert [thought.answer["said"] for thought in thoughts] == ["x y y", "y x y"]
    spec = chart.senses["heard"]
    assert isinstance(spec, SequenceSpec) and brain.act("said").cells(0) == 6


def test_what_stands_behind_the_end_counts_for_nothing() -> None:
    act = Brain(propose(ECHO, ["heard"], ["said"], source="any.tsv", size=200_000)).act("said")
    symbols = torch.tensor([[0, 3, 1, 3, 2, 0], [0, 1, 2, 0, 1, 2]])
    assert act.settle(symbols).tolist() == [[0, 3, 3, 3, 3, 3], [0, 1, 2, 0, 1, 2]]
    there = act.exists(None, act.settle(symbols))
    assert there is not None and there.tolist() == [[True, True, False, False, False, False], [True] * 6]


def test_trees_are_thought_about_together_as_alone_where_the_scene_chooses_who_fires() -> None:
    zone = {"kind": "attention", "heads": 2, "positions": "none", "windows": ["parent", "children"]}
    chart = Chart.model_validate(
        {
            "field": {"width": 16},
            "senses": {"x": {"kind": "sequence", "tokens": ["a", "b", "(", ")"], "opening": ["("], "closing": [")"]}},
            "acts": {"y": {"kind": "label", "labels": ["p", "q"]}},
            "zones": {name: zone for name in "uvw"},
            "wave": {"policy": "top-k", "fire": 1},
            "training": {"ticks": 2, "segments": 1},
            "will": {"ticks": 4},
        }
    )
    brain, encode = Brain(chart).eval(), chart.senses["x"].encode
    # Equally long, so that there is no mask, but each with branches of its own.
    texts = ("a ( b a )", "( a b ) a", "( ( a ) )", "a a ( a )")
    trees = torch.stack([torch.from_numpy(encode(text)) for text in texts])
    together = think(brain, {"x": trees})
    alone = [think(brain, {"x": trees[place : place + 1]})[0] for place in range(4)]
    assert [thought.answer for thought in together] == [thought.answer for thought in alone]
    np.testing.assert_allclose([t.confidence for t in together], [t.confidence for t in alone], atol=1e-5)
