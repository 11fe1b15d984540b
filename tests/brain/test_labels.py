"""A brain that answers with a label: it learns, says the name, and reads only sites that exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.propose import propose
from ltm.chart.schema import Chart
from ltm.scenes.scene import Scene
from ltm.scenes.store import SceneSet
from ltm.training.loop import Trainer
from ltm.training.outcome import think_all

COLUMNS = {
    "board": {"kind": "grid", "rows": 3, "columns": 3, "symbols": 2},
    "majority": {"kind": "label", "labels": ["few", "many"]},
}


def chart() -> Chart:
    made = propose(COLUMNS, ["board"], ["majority"], source="any.csv", size=60_000)
    training = {"steps": 150, "batch": 32, "precision": "fp32", "compile": "off", "rate": 0.01}
    return made.model_copy(update={"training": made.training.model_copy(update=training)})


def boards(count: int, seed: int) -> SceneSet:
    grids = np.random.default_rng(seed).integers(0, 2, (count, 3, 3), dtype=np.uint8)
    many = (grids.sum(axis=(1, 2)) > 4).astype(np.uint8)[:, None]
    return SceneSet.of({"board": grids, "majority": many})


def test_it_learns_to_name_what_it_sees(tmp_path: Path) -> None:
    trainer = Trainer(chart(), boards(400, 0), boards(64, 1))
    while not trainer.done:
        trainer.train_step()
    brain, test = trainer.finished_brain(), boards(100, 2)
    outcome = think_all(brain, test, brain.chart.will, False, None)
    assert outcome.right.mean() > 0.9 and np.array_equal(outcome.right, outcome.cells == 1)
    scenes = [Scene({"board": "111/111/110"}), Scene({"board": "000/010/000"})]
    assert [thought.answer["majority"] for thought in think(brain, scenes)] == ["many", "few"]


def test_what_does_not_exist_is_not_read() -> None:
    declared = propose(COLUMNS, ["board"], ["majority"], source="any.csv", size=60_000).model_dump(mode="json")
    declared["senses"]["board"] |= {"rows": None, "columns": None, "positions": "none"}
    brain = Brain(Chart.model_validate(declared))
    torch.nn.init.normal_(brain.act("majority").read.weight, generator=torch.Generator().manual_seed(0))
    small = torch.tensor([[[1, 0], [1, 1]]], dtype=torch.uint8)
    padded = torch.full((1, 3, 4), 255, dtype=torch.uint8)
    padded[:, :2, :2] = small
    mind = [brain.begin({"board": grid}) for grid in (small, padded)]
    for one in mind:
        one.lanes.field = torch.ones_like(one.lanes.field)
        one.lanes.own = {name: torch.ones_like(state) for name, state in one.lanes.own.items()}
    logits = [brain.think_on(one, 4).logits["majority"] for one in mind]
    torch.testing.assert_close(logits[0], logits[1], atol=1e-5, rtol=1e-5)
