"""From a file to a brain in Python: what is proposed, kept, given away, and gone on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ltm.chart.base import parse_bytes
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import LtmError
from ltm.runtime.brains import load_brain
from ltm.scenes import sudoku
from ltm.training.fit import continue_from, fit, train_chart
from ltm.training.from_data import name_of, propose_for, share_aside
from ltm.training.run_folder import moved, run_folder, without_path


def hasty(chart: Chart, **training: Any) -> Chart:
    """The same with little thinking, since what comes of it is not looked at."""
    changed = {
        "will": chart.will.model_copy(update={"ticks": 16}),
        "training": chart.training.model_copy(update=training),
    }
    return chart.model_copy(update=changed)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenes = sudoku.generate(80, seed=3, givens=(34, 36))
    rows = zip(scenes.values["puzzle"], scenes.values["solution"], strict=True)
    lines = [",".join("".join(map(str, grid.flatten())) for grid in row) for row in rows]
    file = tmp_path_factory.mktemp("mine") / "boards.csv"
    file.write_text("\n".join(["puzzle,solution", *lines]) + "\n", encoding="utf-8")
    return file


def test_fit_returns_what_it_saved_and_only_its_make_goes_on(data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    assert continue_from(tmp_path / "b", load_chart("sudoku")) is None
    made = fit(data, ["puzzle"], ["solution"], out=tmp_path / "b", size="40KB", minutes=0.02, seed=4, say=said.append)
    assert made.finished and made.out == tmp_path / "b" and 0 <= made.report["exact"] <= 1
    loaded, record = load_brain(made.out)
    assert all(bool((weight == loaded.state_dict()[name]).all()) for name, weight in made.brain.state_dict().items())
    assert record["provenance"]["seed"] == 4 and "boards.csv" in record["provenance"]["data"]
    assert record["measured"]["exact"] == made.report["exact"]
    assert any("calibrating" in line for line in said)
    assert not list(made.run.glob("*.safetensors"))
    assert continue_from(made.out, made.brain.chart) is not None
    with pytest.raises(LtmError, match="another make"):
        continue_from(made.out, load_chart("sudoku"))


def test_a_stopped_run_leaves_no_brain_and_goes_on(data: Path, tmp_path: Path) -> None:
    chart, _ = propose_for(data, ["puzzle"], ["solution"], size="40KB", minutes=0.02, out=tmp_path / "b")
    chart, steps = hasty(chart, steps=8), iter(range(100))
    first = train_chart(chart, tmp_path / "b", folder=tmp_path / "b.run", stop=lambda: next(steps) >= 3)
    assert not first.finished and not (tmp_path / "b").exists() and first.report == {}
    chart = load_chart(first.run / "chart.yaml")
    second = train_chart(chart, tmp_path / "b", folder=first.run)
    assert second.finished
    logged = [json.loads(line)["step"] for line in (first.run / "metrics.jsonl").read_text().splitlines()]
    assert logged == sorted(set(logged))


def test_the_same_twice_is_the_same_brain(data: Path, tmp_path: Path) -> None:
    weights = []
    for name in ("one", "two"):
        chart, _ = propose_for(data, ["puzzle"], ["solution"], size="40KB", out=tmp_path / name)
        chart = hasty(chart, steps=6, precision="fp32", compile="off")
        weights.append(train_chart(chart, tmp_path / name, folder=tmp_path / f"{name}.run", speed=False).brain)
    one, two = (brain.state_dict() for brain in weights)
    assert all(np.array_equal(one[name].numpy(), two[name].numpy()) for name in one)


@pytest.mark.parametrize("size", ["40KB", "200KB", "2MB"])
def test_a_proposal_stays_below_the_size(data: Path, size: str) -> None:
    chart, _ = propose_for(data, ["puzzle"], ["solution"], size=size)
    assert Sizes.of(chart).bytes <= parse_bytes(size)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"size": "a lot"}, "size"),
        ({"size": "10"}, "size|small|least"),
        ({"minutes": -1.0}, "minutes"),
        ({"see": ["puzle"]}, "puzzle"),
    ],
)
def test_what_cannot_be_is_refused(data: Path, given: dict[str, object], expected: str) -> None:
    arguments = {"see": ["puzzle"], "do": ["solution"], **given}
    with pytest.raises(LtmError, match=expected):
        propose_for(data, **arguments)  # type: ignore[arg-type]


def test_a_built_in_source_has_its_own_columns() -> None:
    chart, notes = propose_for("sudoku", [], [])
    assert list(chart.senses) == ["puzzle"] and list(chart.acts) == ["solution"] and notes
    with pytest.raises(LtmError, match="puzzle, solution"):
        propose_for("sudoku", ["board"], [])


def test_a_file_is_named_from_where_the_chart_lies(data: Path, tmp_path: Path) -> None:
    chart, _ = propose_for(data, ["puzzle"], ["solution"], out=tmp_path / "deep" / "b")
    source = chart.scenes.source
    assert source is not None
    assert (run_folder(tmp_path / "deep" / "b") / source).resolve() == data.resolve()
    elsewhere = moved(chart, tmp_path / "deep" / "b.run", tmp_path / "c.run").scenes.source
    assert elsewhere is not None and (tmp_path / "c.run" / elsewhere).resolve() == data.resolve()
    assert without_path(chart).scenes.source == "boards.csv"


@pytest.mark.parametrize(
    ("folder", "name"), [("My Brain", "my-brain"), ("9lives", "brain"), ("тест", "brain"), ("a" * 60, "a" * 40)]
)
def test_a_brain_is_named_after_its_folder(folder: str, name: str) -> None:
    assert name_of(Path(folder)) == name


def test_a_run_lies_beside_its_brain(tmp_path: Path) -> None:
    assert run_folder(tmp_path / "b") == tmp_path / "b.run"
    with pytest.raises(LtmError, match="no place"):
        run_folder(Path("/"))


@pytest.mark.parametrize(("rows", "share"), [(None, None), (5000, None), (1280, None), (1000, 0.064), (309, 0.15)])
def test_of_few_rows_more_are_set_aside(rows: int | None, share: float | None) -> None:
    assert share_aside(rows) == ({} if share is None else {"validation": share})


def test_a_proposed_chart_says_how_many_rows_are_set_aside(tmp_path: Path) -> None:
    data = tmp_path / "few.csv"
    data.write_text("size,kind\n" + "\n".join(f"{n % 17}.5,{'ab'[n % 2]}" for n in range(200)) + "\n", encoding="utf-8")
    assert propose_for(data, ["size"], ["kind"])[0].scenes.validation == 0.15
