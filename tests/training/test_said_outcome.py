"""Answers are judged by their symbols: words that they are put into don't always give these back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.schema import Chart
from ltm.scenes.prepare import read_scenes
from ltm.training.fit import train_chart
from ltm.training.from_data import propose_for
from ltm.training.looks import look_at
from ltm.training.outcome import think_all
from ltm.training.run_folder import run_folder

TOKENS = ["New York", "Rome", " "]
TEXT = {"kind": "text", "unit": "bytes", "longest": 12}


def chart(act: dict[str, Any], **more: Any) -> Chart:
    return Chart.model_validate(
        {
            "senses": {"seen": {"kind": "label", "labels": ["a", "b"]}},
            "acts": {"said": act},
            "zones": {"core": {"kind": "attention", "heads": 2, "positions": "line"}},
            "field": {"width": 16},
            **more,
        }
    )


def table(path: Path, rows: list[Any]) -> Path:
    file = path / "scenes.jsonl"
    lines = (json.dumps({"seen": "ab"[number % 2], "said": row}) for number, row in enumerate(rows))
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.mark.parametrize(
    ("act", "rows"),
    [
        # An untrained brain says bytes that are no UTF-8, each of which would take three once it is text.
        (TEXT, ["grüße", "ah"]),
        ({**TEXT, "order": "left-to-right"}, ["grüße", "ah"]),
        ({"kind": "sequence", "tokens": TOKENS, "longest": 4}, [["New York", " "], ["Rome"]]),
    ],
)
def test_whatever_is_said_is_judged_as_looks_judge_it(act: dict[str, Any], rows: list[Any], tmp_path: Path) -> None:
    made = chart(act, will={"ticks": 48, "confidence": 1.0})
    scenes = read_scenes(made, table(tmp_path, rows)).train
    brain = Brain(made, seed=3).eval()
    outcome = think_all(brain, scenes, made.will, False, None)
    segments = made.will.ticks // made.training.ticks
    looked = look_at(brain, scenes, (segments,), False, None)
    assert outcome.right.tolist() == looked.right[-1].tolist()
    assert np.allclose(outcome.cells, looked.cells[-1])


def test_right_answers_with_spaces_in_their_tokens_count_as_right(tmp_path: Path) -> None:
    made = chart({"kind": "sequence", "tokens": TOKENS, "longest": 4}, will={"ticks": 4})
    scenes = read_scenes(made, table(tmp_path, [["New York", " "]] * 2)).train
    brain = Brain(made, seed=3).eval()
    thoughts = think(brain, {"seen": torch.from_numpy(scenes.values["seen"])})
    for row, thought in enumerate(thoughts):  # what it says is what is asked for
        scenes.values["said"][row] = thought.symbols["said"].numpy()
    assert isinstance(thoughts[0].answer["said"], list)  # text would not tell where a token ends
    assert think_all(brain, scenes, made.will, False, None).right.all()


def test_a_text_is_fitted_to_the_end(tmp_path: Path) -> None:
    file = table(tmp_path, [f"grüße {number}" for number in range(60)])
    out = tmp_path / "brain"
    made, _ = propose_for(str(file), ["seen"], ["said:text"], minutes=0.01, out=out)
    short = made.model_copy(update={"training": made.training.model_copy(update={"steps": 1, "batch": 4})})
    assert train_chart(short, out, folder=run_folder(out), speed=False).finished
    assert (out / "brain.json").exists()
