"""Runs of a few steps: a finished one is a file and isn't run again, a stopped one goes on bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from little_results import result

from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import DataError, DivergedError, LtmError
from ltm.evidence import pace
from ltm.evidence.arms import ARMS, REFERENCE
from ltm.evidence.cited import cited
from ltm.evidence.document import markdown
from ltm.evidence.experiments import Planned
from ltm.evidence.measure import nothing_right, nothing_spent
from ltm.evidence.pace import HELD_BACK, Pace, Paces, ReferencePace, digest, read_paces, with_pace
from ltm.evidence.readings import figures_of, gather, known
from ltm.evidence.report import make_report
from ltm.evidence.run_file import read_run, result_file, write_run
from ltm.evidence.runner import PacedTrainer, run_missing, scenes_digest
from ltm.evidence.tasks import ASIDE, LEARNED, TASKS, TESTED, chart_of, material, usual_sides
from ltm.runtime.atomic import locked

STEPS = 4
ARM = ARMS["listops-92k-1"]
CHART = chart_of(ARM.task, ARM.changes)
BASE = chart_of("listops", ARMS[REFERENCE["listops"]].changes)
RUN = Planned(ARM, 0, STEPS / HELD_BACK)


def paced(folder: Path) -> Path:
    """Returns the folder with a pace of one second a step, so that a run has as many steps as seconds."""
    paces = Paces(
        processor="a processor",
        precision="fp32",
        references={"listops": ReferencePace(seconds=1.0, made_for="")},
        arms={ARM.name: Pace(slower=1.0, lowest=1.0, highest=1.0, made_for=digest(BASE, CHART))},
    )
    folder.mkdir()
    (folder / "pace.json").write_text(paces.model_dump_json())
    return folder


def run(folder: Path, work: Path, stop: Callable[[], bool] = lambda: False) -> tuple[bool, list[str]]:
    said: list[str] = []
    return run_missing([RUN], folder, work, command="ltm evidence", say=said.append, stop=stop), said


def test_a_stopped_run_goes_on_to_the_same_result(tmp_path: Path) -> None:
    whole, parts = paced(tmp_path / "whole"), paced(tmp_path / "parts")
    assert run(whole, tmp_path / "work-whole")[0]
    asked = iter([False, False, False, True])  # before the run, and before each of three steps
    done, said = run(parts, tmp_path / "work-parts", lambda: next(asked, False))
    assert not done and not result_file(parts, RUN).exists()
    done, said = run(parts, tmp_path / "work-parts")
    assert done and any("resuming at step 2 of 4" in words for words in said)
    one, other = (read_run(result_file(folder, RUN), RUN) for folder in (whole, parts))
    assert one.model_copy(update={"seconds": 0.0}) == other.model_copy(update={"seconds": 0.0})
    assert (one.steps, one.seed, one.learned, one.tested) == (STEPS, 0, LEARNED, TESTED)
    assert one.parameters == 91_844 and one.loops == 1 and [look.ticks for look in one.by_ticks] == [1]
    assert not list((tmp_path / "work-parts").iterdir())


def test_what_was_begun_by_other_code_is_begun_anew(tmp_path: Path) -> None:
    folder, work = paced(tmp_path / "out"), tmp_path / "work"
    asked = iter([False, False, False, True])
    assert not run(folder, work, lambda: next(asked, False))[0]
    (note,) = work.glob("*/begun.json")
    note.write_text(note.read_text().replace('"code": "', '"code": "other'))
    done, said = run(folder, work)
    assert done and any("it begins anew" in words for words in said)
    assert not any("resuming" in words for words in said)


def test_what_guessing_gets_right_is_known() -> None:
    (said,) = (values for name, values in material("listops").test.values.items() if name != "expression")
    commonest = np.bincount(said.reshape(-1)).max() / len(said)
    assert commonest == pytest.approx(TASKS["listops"].guess, abs=0.01)


def test_a_finished_run_is_not_run_again_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    folder = paced(tmp_path / "out")
    assert run(folder, tmp_path / "work")[0]
    before = result_file(folder, RUN).read_bytes()
    done, said = run(folder, tmp_path / "work")
    assert done and not said and result_file(folder, RUN).read_bytes() == before
    result_file(folder, RUN).write_bytes(before[:-30])
    with pytest.raises(DataError, match=r"listops-92k-1-seed0\.json: damaged .* remove it"):
        run(folder, tmp_path / "work")
    assert result_file(folder, RUN).read_bytes() == before[:-30]


def test_a_mistake_in_one_run_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, other = paced(tmp_path / "out"), Planned(ARM, 1, STEPS / HELD_BACK)
    fit = PacedTrainer.fit

    def broken(trainer: PacedTrainer, *arguments: Any) -> bool:
        if trainer.chart.training.seed == 0:
            raise RuntimeError("shapes don't fit")
        return fit(trainer, *arguments)

    monkeypatch.setattr(PacedTrainer, "fit", broken)
    said: list[str] = []
    with pytest.raises(LtmError, match=r"1 run came to no result.*listops-92k-1-seed0: RuntimeError: shapes don't fit"):
        run_missing([RUN, other], folder, tmp_path / "work", command="ltm evidence", say=said.append)
    assert result_file(folder, other).exists() and not result_file(folder, RUN).exists()
    assert any("measured on a processor" in words for words in said)


def test_results_of_other_scenes_are_not_mixed(tmp_path: Path) -> None:
    folder, other = paced(tmp_path / "out"), Planned(ARM, 1, STEPS / HELD_BACK)
    assert run(folder, tmp_path / "work")[0]
    file = result_file(folder, RUN)
    found = read_run(file, RUN)
    assert found.scenes == scenes_digest("listops")
    write_run(file, found.model_copy(update={"scenes": "others"}))
    with pytest.raises(DataError, match="scenes of listops are others now"):
        run_missing([RUN, other], folder, tmp_path / "work", command="ltm evidence", say=lambda words: None)


def test_scenes_that_are_seen_once_end_a_run() -> None:
    arm = ARMS["sudoku-once-1000"]
    arms = {arm.name: Pace(slower=1.0, lowest=1.0, highest=1.0, made_for="")}
    paces = Paces(
        processor="", precision="fp32", references={"sudoku": ReferencePace(seconds=0.1, made_for="")}, arms=arms
    )
    spec = chart_of(arm.task, arm.changes).training
    assert paces.steps(Planned(arm, 0, 70.0)) == -(-1000 * spec.segments // spec.batch) < 70 * HELD_BACK / 0.1
    assert paces.steps(Planned(arm, 0, 1.0)) == 9  # there may be time for fewer


def test_a_pace_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "ROUNDS", 4)
    monkeypatch.setattr(pace, "MOST_ROUNDS", 4)
    paces = Paces(processor="", precision="fp32", references={}, arms={})
    first = with_pace(paces, ARM, tmp_path)
    assert first.references["listops"].seconds > 0 and 0 < first.arms[ARM.name].lowest <= first.arms[ARM.name].slower
    assert read_paces(tmp_path) == first == with_pace(first, ARM, tmp_path)
    stale = first.arms[ARM.name].model_copy(update={"made_for": "another chart"})
    again = with_pace(first.model_copy(update={"arms": {ARM.name: stale}}), ARM, tmp_path)
    assert again.arms[ARM.name].made_for == first.arms[ARM.name].made_for and again.references == first.references
    (tmp_path / "pace.json").write_text("{}")
    with pytest.raises(DataError, match=r"pace\.json: damaged"):
        read_paces(tmp_path)


@pytest.mark.parametrize("busy", [3, 5])
def test_a_busy_machine_changes_no_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: int) -> None:
    """Every third or fifth round takes thrice as long, whosever it is."""
    arm = next(arm for arm in ARMS.values() if arm.task == "listops" and arm.name != REFERENCE["listops"])
    rounds = list[float]()

    def seconds(chart: Chart, *_: object) -> float:
        mine = chart == chart_of(arm.task, arm.changes)
        rounds.append((0.2 if mine else 0.1) * (3 if len(rounds) % busy == 1 else 1))
        return rounds[-1]

    monkeypatch.setattr(pace, "seconds_a_step", seconds)
    found = with_pace(Paces(processor="", precision="fp32", references={}, arms={}), arm, tmp_path)
    assert found.references["listops"].seconds == pytest.approx(0.1)
    assert found.arms[arm.name].slower == pytest.approx(2.0)


def test_equal_time_is_fewer_steps_for_a_slower_arm() -> None:
    arms = {ARM.name: Pace(slower=4.0, lowest=3.0, highest=5.0, made_for="")}
    references = {"listops": ReferencePace(seconds=0.1, made_for="")}
    paces = Paces(processor="", precision="fp32", references=references, arms=arms)
    assert paces.steps(Planned(ARM, 0, 40.0)) == round(40 * HELD_BACK / 0.4)
    assert paces.steps(Planned(ARM, 0, 0.001)) == 1


def test_scenes_to_judge_by_are_never_learned_from() -> None:
    few, all_of_them = material("listops", 100), material("listops")
    assert len(few.prepared.train) == 100 and len(all_of_them.prepared.train) == LEARNED
    parts = (few.test, few.prepared.validation, all_of_them.prepared.train)
    assert [len(part) for part in parts] == [TESTED, ASIDE, LEARNED]
    seen = [{value.tobytes() for value in part.values["expression"]} for part in parts]
    assert sum(map(len, seen)) == len(set().union(*seen)) == TESTED + ASIDE + LEARNED
    with pytest.raises(DataError, match="listops: 0 scenes"):
        material("listops", 0)


def test_a_training_that_gets_out_of_hand_is_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(trainer: PacedTrainer, *_: object) -> bool:
        raise DivergedError("training diverged at step 1: the loss is no number")

    monkeypatch.setattr(PacedTrainer, "fit", fit)
    folder = paced(tmp_path / "out")
    done, said = run(folder, tmp_path / "work")
    found = read_run(result_file(folder, RUN), RUN)
    assert done and "diverged at step 1" in said[-1]
    assert found.failed and [(look.ticks, look.exact) for look in found.by_ticks] == [(1, 0.0)]
    others, _, _ = cited(tmp_path)
    page = markdown(make_report(gather(folder, [RUN], others), 1, quick=False).blocks, folder)
    assert "`listops-92k-1`, seed 0: training diverged at step 1" in page


def test_all_figures_of_a_training_that_gets_out_of_hand_are_known_or_can_not_be() -> None:
    arm = ARMS["listops-thinking"]
    looks = tuple(nothing_right(ticks) for ticks in (4, 16, 256))
    spent = tuple(nothing_spent(1000, chart_of(arm.task, arm.changes).will))
    made = result(Planned(arm, 0, 9.0), 0.5).model_copy(
        update={"failed": "diverged", "by_ticks": looks, "wills": spent, "loops": 16}
    )
    figures, untold = known(figures_of(made))
    for name in ("exact", "exact@256", "tries@1", "tries@16", "sure@0.5", "unhalted@64"):
        assert figures[name] == 0.0
    assert {"auroc", "ece"} <= untold and not {"auroc", "ece"} & set(figures)
    assert figures["operations:tries@16"] == 16 * figures["operations:unhalted@64"]


def test_two_processes_dont_run_into_one_folder(tmp_path: Path) -> None:
    folder = paced(tmp_path / "out")
    with locked(folder), pytest.raises(LtmError, match="another process runs experiments into it"):
        run(folder, tmp_path / "work")
    assert run(folder, tmp_path / "work")[0]


def test_operations_are_those_of_scenes_as_they_are() -> None:
    learned = material("listops", 10)
    chart = chart_of("listops", ())
    length, twice = usual_sides(chart, learned.test)
    assert length == twice == round(float(learned.test.shapes["expression"][:, 0].mean()))
    assert Sizes.of(chart, (length, twice)).segment > Sizes.of(chart).segment  # of nine tokens
    assert usual_sides(chart_of("sudoku", ()), learned.test) == (1, 1)
