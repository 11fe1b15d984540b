"""From a table with numbers, labels and missing cells to a brain that beats guessing; and tables that are refused."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from ltm.acts.number import NumberAct, NumberActSpec
from ltm.brain.think import think
from ltm.chart.schema import MOST_SENSES, Chart
from ltm.chart.size import Sizes
from ltm.cli.show_brain import show_brain
from ltm.cli.show_report import show_report
from ltm.cli.show_thought import show_thought
from ltm.errors import DataError, LtmError
from ltm.runtime.brains import load_brain, save_brain
from ltm.scenes.augment_number import scatter
from ltm.scenes.check import check
from ltm.scenes.infer import infer
from ltm.scenes.prepare import prepare, read_scenes
from ltm.scenes.questions import questions
from ltm.scenes.scene import Scene
from ltm.training.evaluate import evaluate
from ltm.training.from_data import propose_for
from ltm.training.loop import Trainer
from ltm.training.outcome import number_errors
from ltm.training.segment import blurred_cross_entropy

HEAD = "Age,type,Income,note,constant,approved,price"


def customers(file: Path, rows: int = 400, seed: int = 0) -> Path:
    """A made-up table: who is young and rich, or of type b and old, is approved; a tenth of the cells is missing."""
    draw = np.random.default_rng(seed)
    lines = [HEAD]
    for row in range(rows):
        age, income, kind = draw.integers(18, 80), draw.lognormal(10, 1), "abc"[draw.integers(3)]
        approved = (age < 45 and income > 20_000) or (kind == "b" and age >= 45)
        price = 2 * age + (30 if kind == "b" else 0)
        cells = [str(age), kind, f"{income:.2f}"]
        cells = [("", "NA", "?")[draw.integers(3)] if draw.random() < 0.05 else cell for cell in cells]
        cells[1] = cells[1] if cells[1] in "abc" else ""
        lines.append(",".join([*cells, f"id{row}", "x", "yes" if approved else "no", str(price)]))
    file.write_text("\n".join(lines) + "\n")
    return file


def chart_for(file: Path, do: str, steps: int) -> Chart:
    chart, _ = propose_for(file, ["age", "type", "income"], [do], size=100_000, out=file.parent / "brain")
    training = {"steps": steps, "batch": 64, "precision": "fp32", "compile": "off", "rate": 0.01}
    return chart.model_copy(update={"training": chart.training.model_copy(update=training)})


def trained(file: Path, do: str, steps: int = 150) -> Any:
    chart = chart_for(file, do, steps)
    scenes = prepare(chart, file.parent / "brain.run")
    trainer = Trainer(chart, scenes.train, scenes.validation)
    while not trainer.done:
        trainer.train_step()
    return trainer.finished_brain()


def shown(show: Any, *given: Any) -> str:
    console = Console(width=200, record=True, force_terminal=False)
    with console.capture() as capture:
        show(*given, console)
    return capture.get()


def test_it_learns_a_label_from_numbers_labels_and_missing_cells(tmp_path: Path) -> None:
    brain = trained(customers(tmp_path / "train.csv", 800), "approved")
    # A column that is called as a method of PyTorch's modules is.
    assert "type" in brain.chart.senses and brain.chart.senses["type"].missing
    test = customers(tmp_path / "test.csv", 300, seed=1)
    report = evaluate(brain, read_scenes(brain.chart, test).train, segments=(1,), speed=False)
    guessing = max(np.unique([line.split(",")[5] for line in test.read_text().splitlines()[1:]], return_counts=True)[1])
    assert guessing / 300 < 0.7 and report["exact"] > 0.82
    save_brain(brain, tmp_path / "brain", {"provenance": {}, "measured": {}})
    again, _ = load_brain(tmp_path / "brain")
    scenes = [question.scene for question in questions(again.chart.senses, str(test))]
    assert len(scenes) == 300
    said = [[thought.answer["approved"] for thought in think(one, scenes[:50])] for one in (brain, again)]
    assert said[0] == said[1] and set(said[0]) == {"yes", "no"}
    unknown = Scene({"age": None, "type": "", "income": "NA"})
    assert think(again, [unknown])[0].confidence < 1
    assert "income: number about" in shown(show_brain, again.chart, Sizes.of(again.chart)).replace("\n", " ")


def test_it_answers_with_numbers_and_says_how_far_off(tmp_path: Path) -> None:
    brain = trained(customers(tmp_path / "train.csv", 800), "price")
    test = read_scenes(brain.chart, customers(tmp_path / "test.csv", 300, seed=1)).train
    report = evaluate(brain, test, segments=(1,), speed=False)
    errors = report["numbers"]["price"]
    assert errors["mae"] < 0.6 * errors["mae_of_median"] and errors["r2"] > 0.5
    json.dumps(report)
    words = " ".join(shown(show_report, report).split())
    assert "off by" in words and "to the nearest bin" in words and "R²" in words
    scene = Scene({"age": 30, "type": "a", "income": 1e300}, {"price": 60})
    thought = think(brain, [scene])[0]
    assert thought.answer["price"] in brain.chart.acts["price"].centres
    assert "price" in shown(lambda *given: show_thought(brain, *given), scene, thought)


def test_scattered_numbers_stay_near_and_a_tenth_is_missing() -> None:
    numbers = torch.zeros(200, 50)
    numbers[:, 0] = torch.nan
    moved = scatter(numbers, torch.Generator().manual_seed(0))
    assert moved[:, 0].isnan().all() and 0.05 < moved[:, 1:].isnan().float().mean() < 0.15
    assert 0.15 < moved[~moved.isnan()].std() < 0.25
    assert torch.equal(moved.isnan(), scatter(numbers, torch.Generator().manual_seed(0)).isnan())


def test_few_rows_are_scattered_and_many_are_not(tmp_path: Path) -> None:
    few, many = (customers(tmp_path / f"{rows}.csv", rows) for rows in (60, 2000))
    assert infer(few, ["age"], ["approved"]).symmetries == ("scatter",)
    assert infer(many, ["age"], ["approved"]).symmetries == infer(few, ["type"], ["approved"]).symmetries == ()
    with pytest.raises(LtmError, match="scatter is for senses of kind 'number' or 'vector'; there is none"):
        propose_for(few, ["type"], ["approved"], symmetries=["scatter"])


def test_the_median_bin_is_chosen_and_close_bins_cost_less() -> None:
    act = NumberAct(NumberActSpec(kind="number", edges=(1.0, 2.0, 3.0), centres=(0.0, 1.0, 2.0, 3.0)), 8)
    chances = torch.tensor([[[0.4, 0.15, 0.3, 0.15]], [[1.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.1, 0.9]]])
    assert act.choose(chances.log()).flatten().tolist() == [1, 0, 3]
    logits, target = 5 * torch.eye(4)[:, None], torch.zeros(1, 1, dtype=torch.uint8)
    costs = [float(blurred_cross_entropy(one[None], target, 0.0, 1.0)) for one in logits]
    assert costs == sorted(costs) and costs[0] < costs[1] - 0.5


def test_errors_of_numbers() -> None:
    wanted = np.array([1.0, 2.0, 3.0, 10.0])
    assert number_errors(wanted, wanted) == {"mae": 0.0, "mae_of_median": 2.5, "r2": 1.0}
    assert number_errors(np.full(4, 4.0), wanted)["r2"] == 0.0
    assert number_errors(wanted, np.full(4, 2.0))["r2"] is None


def test_a_star_is_every_other_column_that_can_be_used(tmp_path: Path) -> None:
    found = infer(customers(tmp_path / "data.csv"), ["*"], ["approved"])
    assert found.see == ("age", "type", "income", "price") and found.do == ("approved",)
    assert [found.columns[name]["kind"] for name in found.see] == ["number", "label", "number", "number"]
    left_out = next(note for note in found.notes if note.startswith("Left out"))
    assert "note (these values are of no kind)" in left_out and "constant (every value is the same" in left_out
    declared = infer(tmp_path / "data.csv", ["*", "age:label"], ["price", "approved"])
    assert declared.see == ("age", "type", "income") and declared.columns["age"]["kind"] == "label"
    assert "edges" in declared.columns["price"]


def test_an_empty_column_is_said_and_left_out(tmp_path: Path) -> None:
    lines = customers(tmp_path / "data.csv", 60).read_text().splitlines()
    file = tmp_path / "more.csv"
    file.write_text("\n".join([lines[0] + ",empty", *(f"{line}," for line in lines[1:])]) + "\n")
    found = infer(file, ["*"], ["approved"])
    assert "empty" not in found.see
    left_out = next(note for note in found.notes if note.startswith("Left out"))
    assert "empty (every cell is empty)" in left_out
    column = check(file).columns["empty"]
    assert (column.kind, column.usable, column.missing, column.values) == ("empty", False, 60, 0)


def test_a_file_sorted_by_its_answer_gets_bins_from_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / "sorted.csv"
    file.write_text("x,y\n" + "\n".join(f"{row % 977}.5,{row}" for row in range(6000)))
    found = infer(file, ["x"], ["y"])
    assert found.columns["y"]["centres"][-1] > 5800
    assert any("of the first 2,000 rows" in note for note in found.notes)
    assert any("right means in the right bin" in note for note in found.notes)


@pytest.mark.parametrize(
    ("see", "do", "words"),
    [
        (["age", "empty"], ["approved"], "empty: every cell is empty"),
        (["age", "constant"], ["approved"], "constant: every value is the same"),
        (["note:number"], ["approved"], "note: expected a number such as -1.5 or 2e3, got 'id0'"),
        (["age"], ["row"], "row: is of kind vector, which can be seen but not answered"),
        (["age"], ["*"], "name those that are to be answered"),
        (["*"], ["*"], "name those that are to be answered"),
        (["age:nubmer"], ["approved"], "did you mean 'number'"),
        (["agge"], ["approved"], "did you mean 'age'"),
    ],
)
def test_what_is_refused_in_words(tmp_path: Path, see: list[str], do: list[str], words: str) -> None:
    file = customers(tmp_path / "data.csv", 60)
    lines = file.read_text().splitlines()
    more = [f'{line},,"[{number}, 2.5]"' for number, line in enumerate(lines[1:])]
    file.write_text("\n".join([lines[0] + ",empty,row", *more]))
    with pytest.raises(DataError, match=words):
        infer(file, see, do)


@pytest.mark.parametrize(("cell", "words"), [("forty", "age: expected a number"), ("inf", "age: expected a finite")])
def test_a_bad_cell_is_a_bad_row_with_its_line(tmp_path: Path, cell: str, words: str) -> None:
    file = customers(tmp_path / "data.csv", 60)
    lines = file.read_text().splitlines()
    lines[7] = ",".join([cell, *lines[7].split(",")[1:]])
    file.write_text("\n".join(lines))
    chart = chart_for(file, "approved", 1)
    with pytest.raises(DataError, match=f"data.csv:8: {words}"):
        prepare(chart, tmp_path / "brain.run")
    assert prepare(chart, tmp_path / "brain.run", skip_bad=True).skipped == 1


def wide(file: Path, columns: int, rows: int) -> Path:
    draw = np.random.default_rng(0)
    head = [f"c{number}" for number in range(columns)] + ["y"]
    table = draw.normal(size=(rows, columns)).round(2).tolist()
    lines = [[*map(str, numbers), "no" if numbers[0] < 0 else "yes"] for numbers in table]
    file.write_text("\n".join(map(",".join, [head, *lines])))
    return file


def test_hundreds_of_columns_make_a_brain(tmp_path: Path) -> None:
    chart, notes = propose_for(wide(tmp_path / "wide.csv", 300, 60), ["*"], ["y"], out=tmp_path / "brain")
    assert len(chart.senses) == 300 and any("300 columns of kind number: c0, c1" in note for note in notes)
    assert "c11 and 288 more" in chart.about and len(notes) < 10
    chart = chart.model_copy(update={"training": chart.training.model_copy(update={"steps": 1, "batch": 2})})
    scenes = prepare(chart, tmp_path / "brain.run")
    trainer = Trainer(chart, scenes.train, scenes.validation)
    trainer.train_step()
    assert "and 260 more" in shown(show_brain, chart, Sizes.of(chart))


def test_a_hundred_thousand_columns_are_refused_in_seconds(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    file.write_text(",".join(f"c{number}" for number in range(100_000)) + "\n" + ",".join("1" * 100_000) + "\n")
    start = time.process_time()  # other workers don't count
    with pytest.raises(LtmError, match=f"99,999 columns, but a brain has at most {MOST_SENSES:,} senses"):
        propose_for(file, ["*"], ["c7"])
    with pytest.raises(LtmError, match=r"no column 'd7' among c0, c1, .* c39, …"):
        propose_for(file, ["c1"], ["d7"])
    assert time.process_time() - start < 20
