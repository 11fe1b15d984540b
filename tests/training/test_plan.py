"""The plan: what was measured decides, and what this machine lacks is said."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch

from ltm.training import loop
from ltm.training import plan as planning
from ltm.training.look_once import Looked
from ltm.training.loop import Trainer
from ltm.training.plan import make_plan


def quiet(text: object) -> None:
    del text


def times(monkeypatch: pytest.MonkeyPatch, fp32: float, bf16: float, compiled: float = 1.0) -> None:
    def measured(chart: object, scenes: object, half: bool, segment: object, count: int, fastest: float = 0.0) -> float:
        if segment is not planning.run_segment:
            return compiled
        return bf16 if half else fp32

    monkeypatch.setattr(planning, "seconds_a_step", measured)


@pytest.mark.parametrize(("fp32", "bf16", "chosen"), [(0.1, 0.2, "fp32"), (0.2, 0.1, "bf16")])
def test_the_faster_precision_is_taken(
    chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch, fp32: float, bf16: float, chosen: str
) -> None:
    times(monkeypatch, fp32, bf16)
    made = make_plan(chart_of({"precision": "auto"}), boards(), quiet)
    assert made.precision == chosen and made.seconds_a_step == 0.1
    assert any("bf16 is no faster" in note for note in made.notes) == (chosen == "fp32")


@pytest.mark.parametrize(("fastest", "steps"), [(math.inf, 4), (0.001, 2)])
def test_what_is_evidently_slower_is_not_measured_on(
    chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch, fastest: float, steps: int
) -> None:
    learned: list[int] = []

    def learn(*given: Any) -> None:
        learned.append(given[5])
        time.sleep(0.01)

    monkeypatch.setattr(planning, "learn", learn)
    assert planning.seconds_a_step(chart_of({}), boards(), False, planning.run_segment, 3, fastest=fastest) >= 0.01
    assert learned == list(range(steps))


@pytest.mark.parametrize(("ticks", "told"), [(2, True), (3, True), (4, False), (8, False)])
def test_scenes_that_enter_amid_the_rhythm_are_told(
    chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch, ticks: int, told: bool
) -> None:
    times(monkeypatch, 0.1, 0.2)
    chart = chart_of({"steps": 4, "ticks": ticks})
    zones = {
        name: zone.model_copy(
            update={"roles": {"self": zone.roles["self"].model_copy(update={"period": 4, "phases": (0,)})}}
        )
        for name, zone in chart.zones.items()
    }
    notes = make_plan(chart.model_copy(update={"zones": zones}), boards(), quiet).notes
    assert any("no multiple of the rhythm's 4 ticks" in note for note in notes) == told


def test_minutes_become_steps_and_steps_stay(chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    times(monkeypatch, 0.1, 0.2)
    made = make_plan(chart_of({"steps": None, "minutes": 2.0}), boards(), quiet)
    assert made.steps == round(120 * planning.HELD_BACK / 0.1)
    assert make_plan(chart_of({"steps": 77}), boards(), quiet).steps == 77


@pytest.mark.parametrize(("compiled", "pays"), [(0.05, True), (0.5, False)])
def test_compiling_is_kept_only_where_it_pays(
    chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch, compiled: float, pays: bool
) -> None:
    times(monkeypatch, 0.1, 0.2, compiled)
    monkeypatch.setattr(planning, "compiler", lambda: "g++")
    made = make_plan(chart_of({"compile": "on"}), boards(), quiet)
    assert made.compiled is pays
    assert made.seconds_a_step == min(0.1, compiled)


def test_short_runs_are_not_compiled(chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    times(monkeypatch, 0.1, 0.2, 0.01)
    monkeypatch.setattr(planning, "compiler", lambda: "g++")
    short, long = (
        make_plan(chart_of({"compile": "auto", "steps": None, "minutes": minutes}), boards(), quiet)
        for minutes in (planning.WORTH_COMPILING_MINUTES / 2, planning.WORTH_COMPILING_MINUTES)
    )
    assert not short.compiled and long.compiled


def test_without_a_compiler_it_stays_eager_and_says_so(
    chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "compiler", lambda: None)
    made = Trainer(chart_of({"compile": "on"}), boards(64), boards(16, seed=9))
    assert not made.plan.compiled and any("no C++ compiler" in note for note in made.plan.notes)
    assert made.fit(quiet)


def test_a_run_begun_with_a_compiler_goes_on_without(
    chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scenes = boards(64), boards(16, seed=9)
    chart = chart_of({"steps": 4})
    begun = Trainer(chart, *scenes, tmp_path)
    begun.plan = begun.plan.model_copy(update={"compiled": True})
    assert not begun.fit(quiet, stop=lambda: begun.step == 2)
    monkeypatch.setattr(loop, "compiler", lambda: None)
    said: list[str] = []
    again = Trainer(chart, *scenes, tmp_path, say=said.append)
    assert again.plan.compiled and any("no C++ compiler found" in words for words in said)
    assert again.fit(quiet) and again.step == 4


def test_a_compiler_that_fails_stops_nothing(chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("internal compiler error")

    monkeypatch.setattr(planning, "compiler", lambda: "g++")
    monkeypatch.setattr(planning, "compiled_segment", lambda chart: broken)
    made = Trainer(chart_of({"compile": "on"}), boards(64), boards(16, seed=9))
    assert (
        not made.plan.compiled
        and "compiling failed (RuntimeError: internal compiler error): steps stay eager" in made.plan.notes
    )
    assert made.fit(quiet)


COMPILED_APART = """
import sys, torch
from ltm.chart.load import load_chart
from ltm.training import plan

varying = []

def compiled(graph, given):
    varying.append(any(isinstance(value, torch.SymInt) for value in given))
    return graph.forward

whole = torch.compile
torch.compile = lambda segment: whole(segment, backend=compiled)
plan.run_segment = lambda brain, mind, values, bf16: values["seen"] * 2
narrow, wide = load_chart(sys.argv[1]), load_chart(sys.argv[1], ["field.width=48"])
for chart, width in ((narrow, 8), (wide, 16), (narrow, 24)):
    plan.compiled_segment(chart)(None, None, {"seen": torch.zeros(3, width)}, False)
assert plan.compiled_segment(narrow) is plan.compiled_segment(narrow)
print(varying)
"""


def test_brains_of_other_sizes_are_compiled_apart() -> None:
    # In a process of its own, as functions whose types are checked can't be compiled.
    chart = files("ltm") / "charts" / "sudoku.yaml"
    ran = subprocess.run([sys.executable, "-c", COMPILED_APART, str(chart)], capture_output=True, text=True, check=True)
    # What varies within one brain does so; another brain's sizes have no part in that.
    assert ran.stdout.strip() == "[False, False, True]"


def test_one_core_is_said(chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    times(monkeypatch, 0.1, 0.2)
    assert torch.get_num_threads() == 1
    assert any("one processor core" in note for note in make_plan(chart_of(), boards(), quiet).notes)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert not any("one processor core" in note for note in make_plan(chart_of(), boards(), quiet).notes)


def test_measuring_leaves_no_mark_on_the_training(chart_of: Any, boards: Any) -> None:
    chart = chart_of({"precision": "auto"})
    torch.manual_seed(5)
    before = torch.get_rng_state()
    make_plan(chart, boards(), quiet)
    assert torch.equal(before, torch.get_rng_state())


def test_passes_are_over_all_scenes_however_few_were_looked_at(
    chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    times(monkeypatch, 0.01, 0.02)
    monkeypatch.setattr(planning, "look_once", lambda *given: Looked(4, 1.0, 0.9))
    scenes, passes = boards(), 400.0
    chart = chart_of({"steps": None, "minutes": 600.0, "passes": passes})
    made = make_plan(chart, scenes, quiet)
    assert made.steps == math.ceil(passes * len(scenes) * chart.training.segments / chart.training.batch) > 200


def test_passes_over_what_has_no_end_end_nothing(chart_of: Any, boards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    times(monkeypatch, 0.01, 0.02)
    chart = chart_of({"steps": None, "minutes": 60.0, "passes": 4.0})
    assert make_plan(chart, boards(), quiet).steps == planning.LEAST_STEPS
    made = make_plan(chart, boards(), quiet, endless=True)
    assert made.steps > 10 * planning.LEAST_STEPS and any("passes are over scenes" in note for note in made.notes)
