"""Scenes of several steps: how they are written, read, cut and changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ltm.chart.load import chart_from_text
from ltm.chart.schema import Chart
from ltm.errors import ChartError, DataError
from ltm.scenes.augment_steps import augment_steps
from ltm.scenes.check import check
from ltm.scenes.infer import infer
from ltm.scenes.prepare import questions_of, read_scenes
from ltm.scenes.prepare_stream import scenes_of
from ltm.scenes.row_schema import row_schema
from ltm.scenes.scene import Scene, Step, encode
from ltm.scenes.step_rows import ROLE, StepList, unrolled
from ltm.training.from_data import propose_for
from ltm.training.loop import Trainer

CHART = """
field: {width: 8}
senses: {board: {kind: grid, symbols: 4, form: lists}, goal: {kind: label, labels: [up, down]}}
acts: {answer: {kind: grid, symbols: 4, form: lists}}
steps: {roles: [example, question], shows: [example], goal: goal}
zones: {core: {kind: mixer, windows: [rows, field]}}
"""


def chart(text: str = CHART) -> Chart:
    return chart_from_text(text, "chart.yaml")


def pair(board: list[list[int]], answer: list[list[int]] | None, role: str) -> dict[str, Any]:
    return {"role": role, "see": {"board": board}, "do": {} if answer is None else {"answer": answer}}


def row(*steps: dict[str, Any], goal: str = "up") -> dict[str, Any]:
    return {"goal": goal, "steps": list(steps)}


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(one) for one in rows) + "\n")
    return path


ONE = row(pair([[1, 2]], [[2, 1]], "example"), pair([[3, 0, 1]], [[1, 0, 3]], "question"))


def test_a_row_becomes_a_list_for_each_column() -> None:
    found = unrolled(ONE)
    assert found["goal"] == ["up", "up"] and found[ROLE] == ["example", "question"]
    assert found["board"] == [[[1, 2]], [[3, 0, 1]]]
    assert all(isinstance(column, StepList) for column in found.values())
    assert unrolled({"board": 1}) == {"board": 1}


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "1 to 4,096"),
        ([{}, 3], "step 2: expected an object .*the key 'steps' is for scenes of several steps"),
        ([{"se": {}}], "step 1: unknown key 'se' .*did you mean 'see'"),
        ([{"text": "stir"}], "step 1: unknown key 'text' .*the key 'steps' is for scenes of several steps"),
        ({"first": "stir"}, "got an object; the key 'steps' is for scenes of several steps"),
        ([{}, {"role": 3}], "step 2: role: expected a word"),
        ([{"see": [1]}], "step 1: see: expected an object"),
        ([{"see": {"goal": "up"}}], "'goal' stands beside the steps already"),
    ],
)
def test_steps_that_are_written_wrong_are_located(steps: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        unrolled({"goal": "up", "steps": steps})


@pytest.mark.parametrize("steps", [["stir", "bake"], [3], [[1, 2], [3, 4]], "stir", 7, None])
def test_a_list_without_any_object_is_a_column_like_any_other(tmp_path: Path, steps: Any) -> None:
    assert unrolled({"goal": "up", "steps": steps}) == {"goal": "up", "steps": steps}
    rows = [{"meal": n, "steps": steps, "good": "yes" if n % 3 else "no"} for n in range(40)]
    file = written(tmp_path / "meals.jsonl", rows)
    assert infer(file, ["meal"], ["good"]).steps is None
    with pytest.raises(DataError, match=r"meals.jsonl:1: expected a scene of several steps, .*'steps', a list of obj"):
        read_scenes(chart(), written(file, [{"board": [[1]], "goal": "up", "answer": [[1]], "steps": steps}]))


def test_a_file_is_read_with_what_is_missing_left_open(tmp_path: Path) -> None:
    file = written(tmp_path / "rules.jsonl", [ONE, row(pair([[1]], None, "example"), pair([[2]], [[3]], "question"))])
    scenes = read_scenes(chart(), file).train
    assert scenes.values["board"].shape == (2, 2, 1, 3)
    assert scenes.values["board"][0].tolist() == [[[1, 2, 255]], [[3, 0, 1]]]
    assert (scenes.values["answer"][1, 0] == 255).all()
    assert scenes.values[ROLE].tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (row(pair([[9]], None, "example")), r"rules.jsonl:2: board: step 1: symbols must lie in 0 to 3"),
        (row(pair([[1]], None, "exmple")), "unknown role 'exmple'.*did you mean 'example'"),
        (row(pair([[1, 2]], [[1]], "question")), "step 1: answer is 1×1, what it lies over is 1×2"),
        (row(pair([[1]], [[1]], "question"), goal="sideways"), "goal: step 1: 'sideways' is not among"),
    ],
)
def test_a_bad_step_is_located_and_can_be_skipped(tmp_path: Path, bad: dict[str, Any], words: str) -> None:
    file = written(tmp_path / "rules.jsonl", [ONE, bad])
    with pytest.raises(DataError, match=words):
        read_scenes(chart(), file)
    assert read_scenes(chart(), file, skip_bad=True).skipped == 1


def test_a_scene_from_python_is_what_the_file_holds(tmp_path: Path) -> None:
    scene = Scene(
        {"goal": "up"},
        steps=[Step({"board": [[1, 2]]}, "example", {"answer": [[2, 1]]}), Step({"board": [[3, 0, 1]]}, "question")],
    )
    values = encode(chart(), [scene])
    read = read_scenes(chart(), written(tmp_path / "rules.jsonl", [ONE])).train
    for name in (ROLE, "board", "goal"):
        assert values[name].tolist() == read.values[name].tolist()
    assert values["answer"][0, 1].eq(255).all()
    with pytest.raises(DataError, match="scenes of several steps"):
        encode(chart(), [Scene({"board": [[1]]})])


def test_questions_end_with_a_step_that_is_answered(tmp_path: Path) -> None:
    rows = [row(*(pair([[n % 4]], [[n % 4]], "question") for _ in range(5))) for n in range(8)]
    rows += [row(pair([[1]], [[2]], "example"), pair([[1]], None, "question"))]
    spec = chart(CHART.replace("shows: [example], ", ""))
    scenes = read_scenes(spec, written(tmp_path / "a.jsonl", rows)).train
    asked = questions_of(spec, scenes)
    lengths = (asked.values[ROLE] != 255).sum(1)
    assert len(asked) >= 4 and len(set(lengths.tolist())) > 1
    for number, length in enumerate(lengths.tolist()):
        assert (asked.values["answer"][number, length - 1] != 255).any()
        assert (asked.values["answer"][number, length:] == 255).all()
        assert asked.shapes["board"][number, 0] == length
    # What an example shows is no question.
    shown = questions_of(chart(), scenes)
    roles = [shown.values[ROLE][n, length - 1] for n, length in enumerate((shown.values[ROLE] != 255).sum(1))]
    assert set(roles) == {1}


def test_scenes_without_any_answer_are_nothing_to_judge_by(tmp_path: Path) -> None:
    bare = row(pair([[1, 2]], [[2, 1]], "example"), pair([[3, 0, 1]], None, "question"))
    scenes = read_scenes(chart(), written(tmp_path / "bare.jsonl", [bare] * 3)).train
    with pytest.raises(DataError, match=r"no step of \d scenes says what was done \(answer\)"):
        questions_of(chart(), scenes)


def test_every_step_of_a_scene_undergoes_the_same_symmetry() -> None:
    generator = torch.Generator().manual_seed(0)
    boards = torch.randint(0, 6, (16, 3, 4, 4), generator=generator).to(torch.uint8)
    values = {"board": boards, "answer": boards.clone()}
    moved = augment_steps(values, ("relabel", "dihedral"), generator, {"board": 6, "answer": 6})
    assert torch.equal(moved["board"], moved["answer"]) and not torch.equal(moved["board"], boards)
    alike = boards[:, :1].expand(-1, 3, -1, -1).contiguous()
    turned = augment_steps({"board": alike}, ("relabel", "dihedral"), generator, {"board": 6})["board"]
    assert torch.equal(turned[:, 0], turned[:, 2])


def test_boards_of_a_scene_are_transposed_together_or_not_at_all() -> None:
    boards = torch.full((32, 2, 4, 4), 255, dtype=torch.uint8)
    boards[:, 0, :3, :3] = torch.arange(9, dtype=torch.uint8).view(3, 3)
    boards[:16, 1, :3, :4] = torch.arange(12, dtype=torch.uint8).view(3, 4)
    boards[16:, 1] = torch.arange(16, dtype=torch.uint8).view(4, 4)
    values = {"board": boards, "other": boards[:, :, :2, :2].clone()}
    moved = augment_steps(values, ("transpose",), torch.Generator().manual_seed(0), {"board": 16, "other": 16})
    changed = (moved["board"] != boards).flatten(2).any(2)
    assert not changed[:16].any()
    assert changed[16:].any() and torch.equal(changed[16:, 0], changed[16:, 1])
    assert torch.equal((moved["other"] != values["other"]).flatten(1).any(1), changed[:, 0])


def test_a_file_of_steps_is_inferred_and_proposed(tmp_path: Path) -> None:
    rows = [
        row(pair([[n % 4, n % 3]], [[n % 3, n % 4]], "example"), pair([[1, n % 4]], [[n % 4, 1]], "question"))
        for n in range(40)
    ]
    for number, one in enumerate(rows):
        one["goal"] = ("up", "down")[number % 2]
    file = written(tmp_path / "rules.jsonl", rows)
    found = infer(file, ["board", "goal"], ["answer"])
    assert found.steps == {"roles": ["example", "question"], "window": 2, "goal": "goal"}
    assert any("Scenes of 2 steps" in note for note in found.notes)
    proposed, _ = propose_for(file, ["board", "goal"], ["answer"], size="100KB", out=tmp_path / "brain")
    assert proposed.steps is not None and proposed.steps.shows == ("example",) and proposed.steps.transition is not None
    with pytest.raises(DataError, match=r"no step of the first 40 scenes has 'boards'.*did you mean 'board'"):
        infer(file, ["boards", "goal"], ["answer"])


def test_a_check_counts_the_values_of_all_steps(tmp_path: Path) -> None:
    file = written(tmp_path / "rules.jsonl", [*[ONE] * 20, {"steps": [{"see": {"board": "?"}}]}])
    found = check(file, ["board:grid"], ["answer:grid"])
    assert found.columns["board"].values == 40 and found.duplicates.rows == 20 and found.unreadable == 1
    assert "step 1" in found.problems[0]


def test_a_check_names_the_rows_that_no_brain_could_learn_from(tmp_path: Path) -> None:
    odd = [
        row(pair([[1, 2]], [[2, 1], [1, 2]], "question")),
        row(pair([[1, 2]], [[2, 1]], "questoin")),
        {"board": [[1, 2]], "answer": [[2, 1]]},
    ]
    file = written(tmp_path / "rules.jsonl", [*[ONE] * 30, *odd])
    for named in ((["board:grid"], ["answer:grid"]), ((), ())):
        found = check(file, *named, sample=20)
        told = "\n".join(found.problems)
        assert found.rows == 30 + (not named[0]) and ":32: step 1: unknown role 'questoin'" in told
        assert "did you mean 'question'" in told and ":33: expected a scene of several steps" in told
    assert ":31: step 1: the grids of one scene must agree" in "\n".join(
        check(file, ["board:grid"], ["answer:grid"], sample=20).problems
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("goal: goal", "goal: gaol"), "steps.goal: no sense called 'gaol'; did you mean 'goal'"),
        (("shows: [example]", "shows: [exmple]"), "shows: 'exmple' is not among the roles"),
        (("shows: [example]", "shows: [example, question]"), "nothing is ever asked"),
        (("goal: goal}", "goal: goal, transition: {zone: {kind: recurrent}}}"), "what foresees keeps no state"),
        (
            ("steps: {roles: [example, question], shows: [example], goal: goal}", "will: {goal: up}"),
            "needs scenes of sev",
        ),
        (
            (
                "kind: grid, symbols: 4, form: lists}}\nsteps",
                "kind: sequence, tokens: [a, b], order: left-to-right}}\nsteps",
            ),
            "step by step",
        ),
    ],
)
def test_charts_of_steps_that_do_not_fit_are_refused(change: tuple[str, str], words: str) -> None:
    assert change[0] in CHART
    with pytest.raises(ChartError, match=words):
        from ltm.brain.brain import Brain

        Brain(chart(CHART.replace(*change)))


def test_an_action_needs_steps() -> None:
    text = CHART.replace("steps: {roles: [example, question], shows: [example], goal: goal}", "")
    text = text.replace("answer: {kind: grid, symbols: 4, form: lists}", "answer: {kind: action, labels: [a, b]}")
    with pytest.raises(ChartError, match="felt at the next step"):
        from ltm.brain.brain import Brain

        Brain(chart(text))


def test_a_picture_must_be_there_at_every_step() -> None:
    text = CHART.replace("goal: {kind: label, labels: [up, down]}", "goal: {kind: image, rows: 4, columns: 4}")
    picture = np.zeros((4, 4), dtype=np.uint8)
    scene = Scene(steps=[Step({"board": [[1]], "goal": picture}, "example"), Step({"board": [[1]]}, "question")])
    with pytest.raises(DataError, match="'image' must be there at every step"):
        encode(chart(text), [scene])


def test_the_schema_of_steps_takes_what_is_read_and_nothing_else() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    spec = chart()
    validator = jsonschema.Draft202012Validator(row_schema(spec.senses, spec.acts, "row", spec.steps))
    assert validator.is_valid(ONE)
    for wrong in ([], [{"role": "exmple"}], [{"se": {}}], [{"see": {"board": [[9]]}}], [{"do": {"answer": "x"}}]):
        assert not validator.is_valid({"steps": wrong})
    assert not validator.is_valid({"board": [[1]]})


def test_scenes_of_steps_are_streamed(tmp_path: Path) -> None:
    rows = [row(*(pair([[n % 4, m]], [[m, n % 4]], "question") for m in range(1 + n % 3))) for n in range(60)]
    file = written(tmp_path / "a.jsonl", rows)
    declared = chart(CHART.replace("shows: [example], ", "")).model_dump(mode="json")
    declared["scenes"] = {"source": str(file), "stream": True, "buffer": 40}
    declared["training"] |= {"batch": 4, "steps": 6, "precision": "fp32", "compile": "off", "augment": False}
    spec = Chart.model_validate(declared)
    opened = scenes_of(spec, tmp_path)
    trainer = Trainer(spec, opened.train, opened.validation)
    assert trainer.fit(lambda progress: None)


def test_a_plain_row_among_scenes_of_steps_is_a_bad_row(tmp_path: Path) -> None:
    rows = [row(pair([[n % 4]], [[n % 4]], "question")) for n in range(30)]
    file = written(tmp_path / "rules.jsonl", [*rows, {"board": [[1]], "goal": "up", "answer": [[1]]}])
    assert infer(file, ["board:grid"], ["answer:grid"]).steps is not None
    spec = chart(CHART.replace("shows: [example], ", ""))
    with pytest.raises(DataError, match=r"rules.jsonl:31: expected a scene of several steps"):
        read_scenes(spec, file)
    assert read_scenes(spec, file, skip_bad=True).skipped == 1
    mixed = written(tmp_path / "mixed.jsonl", [rows[0], {"board": [[1]], "answer": [[1]]}])
    with pytest.raises(DataError, match=r"mixed.jsonl:2: some rows are scenes of several steps"):
        infer(mixed, ["board:grid"], ["answer:grid"])
