"""Runs what is missing, one after another: every finished run is a file, a stopped one goes on bit for bit."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import torch

from ltm.chart.dump import dump
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import DataError, DivergedError, LtmError
from ltm.evidence.experiments import Planned
from ltm.evidence.looking import segments_to_look
from ltm.evidence.measure import looks, nothing_right, nothing_spent, wills
from ltm.evidence.pace import Paces, read_paces, with_pace
from ltm.evidence.run_file import RunFile, code_digest, digest_of, read_run, result_file, write_run
from ltm.evidence.tasks import chart_of, material, usual_sides
from ltm.runtime.atomic import locked, write_file
from ltm.runtime.record import here, processor
from ltm.scenes.prepare import scorer_of
from ltm.scenes.store import SceneSet
from ltm.training.fingerprint import fingerprint
from ltm.training.looks import calibrate
from ltm.training.loop import Trainer
from ltm.training.metrics import Progress
from ltm.training.plan import Plan

WATCHED = 16
"""Scenes that the validation at the end is of; nothing is chosen by them."""


class PacedTrainer(Trainer):
    """A run whose steps and precision are known beforehand, so that nothing is measured at its start.

    Args:
        paces: known of the arm.
        planned: the run.
        arguments: of `Trainer`.
    """

    def __init__(
        self,
        paces: Paces,
        planned: Planned,
        chart: Chart,
        train: SceneSet,
        validation: SceneSet,
        run: Path,
        say: Callable[[str], None],
    ) -> None:
        seconds = paces.seconds(planned.arm)
        self.paced = Plan(steps=paces.steps(planned), precision=paces.precision, compiled=False, seconds_a_step=seconds)
        super().__init__(chart, train, validation, run, scorer_of(chart), say)

    def planned(self) -> Plan:
        """Returns the plan that was given."""
        return self.paced

    def validate(self) -> None:
        """Only at the end, where the last weights are kept: it would take more time of large brains than of small."""
        if self.done:
            super().validate()


def run_missing(
    runs: Sequence[Planned],
    folder: Path,
    work: Path,
    *,
    command: str,
    say: Callable[[str], None],
    report: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Runs those whose result is missing.

    Args:
        runs: what there should be.
        folder: of the report; results go below it.
        work: for checkpoints of the run under way.
        command: that a result names as its own.
        say: told what begins, and how long the rest will take.
        report: called after every step.
        stop: asked before every step; True saves and ends.

    Returns:
        Whether all have run; False after an interruption.

    Raises:
        DataError: a result is damaged, or of other settings.
        LtmError: a full disk, another process runs experiments into this folder, or runs that came to no result
            because of a mistake in the program: all others are done then.
    """
    missing, marks = _missing(runs, folder)
    if not missing:
        return True
    broken = list[str]()
    code_digest()  # of what runs, whatever becomes of the files meanwhile
    with _alone(folder):
        paces = read_paces(folder)
        say(f"{len(runs) - len(missing)} of {len(runs)} runs are done; the others follow, in {paces.precision}")
        if paces.processor != processor():
            say(f"steps are as many as were measured on {paces.processor}: here they may take another time")
        began, done = time.monotonic(), 0.0
        for number, run in enumerate(missing):
            rest = sum(other.whole for other in missing[number:])
            left = rest * ((time.monotonic() - began) / done if done else 1.0)
            if stop():
                return False
            try:
                _check_scenes(run, marks)
                paces = with_pace(paces, run.arm, folder)
            except (LtmError, OSError):
                raise
            except Exception as problem:  # of one arm: the others can run all the same
                broken.append(_broken(run, problem, say))
                continue
            place = len(runs) - len(missing) + number + 1
            pace = paces.arms[run.arm.name]
            times = f"a step takes {pace.slower:.2f} times the reference's ({pace.lowest:.2f} to {pace.highest:.2f})"
            left_words = f"about {left / 60:.0f} min left of all"
            say(f"[{place}/{len(runs)}] {run.key}: {paces.steps(run):,} steps, {times}; {left_words}")
            try:
                result = _run(run, paces, work / run.key, command, say, report, stop)
            except (LtmError, OSError):
                raise
            except Exception as problem:
                broken.append(_broken(run, problem, say))
                continue
            if result is None:
                return False
            write_run(result_file(folder, run), result)
            shutil.rmtree(work / run.key)
            look = next(look for look in result.by_ticks if look.ticks == result.loops)
            say(f"  {result.failed or f'{100 * look.exact:.1f} % right'}")
            done += run.whole
    if broken:
        many = f"{len(broken)} run{'s' if len(broken) > 1 else ''}"
        raise LtmError(f"{many} came to no result, by a mistake in this program; all others are done: {broken[0]}")
    return True


def _broken(run: Planned, problem: Exception, say: Callable[[str], None]) -> str:
    words = f"{run.key}: {type(problem).__name__}: {' '.join(str(problem).split())[:300]}"
    say(words)
    return words


def scenes_digest(task: str) -> str:
    """Returns a digest of the scenes that calibrate and judge a task's arms."""
    scenes = material(task)
    return fingerprint(scenes.prepared.validation)[:16] + fingerprint(scenes.test)[:16]


def _check_scenes(run: Planned, marks: dict[str, str]) -> None:
    """Makes sure that a task's runs are all judged by the same scenes, and notes which.

    Raises:
        DataError: its scenes are made in another way than when the first of its results came about.
    """
    mark = scenes_digest(run.arm.task)
    if marks.setdefault(run.arm.task, mark) != mark:
        raise DataError(f"{run.key}: scenes of {run.arm.task} are others now than those of the results that there are")


def _missing(runs: Sequence[Planned], folder: Path) -> tuple[list[Planned], dict[str, str]]:
    """Returns the runs that have no result yet, and digests of the scenes of those that have, by task.

    Raises:
        DataError: results are damaged, or of other settings; names the first, and counts them.
    """
    missing, wrong, marks = list[Planned](), list[str](), dict[str, str]()
    for run in runs:
        file = result_file(folder, run)
        if not file.exists():
            missing.append(run)
            continue
        try:
            marks[run.arm.task] = read_run(file, run).scenes
        except DataError as problem:
            wrong.append(str(problem))
    if wrong:
        more = f" ({len(wrong) - 1} more files likewise; --report lists all)" if len(wrong) > 1 else ""
        raise DataError(wrong[0] + more)
    return missing, marks


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keeps two processes from running into one folder: each would overwrite the paces that the other found."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder))
        except BlockingIOError:
            raise LtmError(f"{folder}: another process runs experiments into it; wait, or choose --out") from None
        yield


def _begin(work: Path, run: Planned, how: Sequence[str], say: Callable[[str], None]) -> None:
    """Writes down what trains a run; what was begun by other code, settings or another machine is begun anew."""
    machine = {key: here()[key] for key in ("processor", "torch")}
    state = {"code": code_digest(), "made_for": digest_of(run), "how": list(how), **machine}
    note = work / "begun.json"
    if work.exists():
        if note.exists() and json.loads(note.read_bytes()) == state:
            return
        say(f"{run.key}: was stopped under other code, settings or on another machine; it begins anew")
        shutil.rmtree(work)
    work.mkdir(parents=True)
    write_file(note, json.dumps(state).encode())


def _run(
    run: Planned,
    paces: Paces,
    work: Path,
    command: str,
    say: Callable[[str], None],
    report: Callable[[Progress], None],
    stop: Callable[[], bool],
) -> RunFile | None:
    """Trains and measures; None where it was stopped, after saving."""
    how = (f"training.seed={run.seed}", f"training.steps={paces.steps(run)}", f"training.precision={paces.precision}")
    _begin(work, run, how, say)
    chart = chart_of(run.arm.task, (*run.arm.changes, *how))
    scenes = material(run.arm.task, run.arm.learned)
    aside, scorer = scenes.prepared.validation, scorer_of(chart)
    watched = aside.take(np.arange(WATCHED))
    trainer = PacedTrainer(paces, run, chart, scenes.prepared.train, watched, work, say)
    bf16, failed = paces.precision == "bf16", ""
    try:
        if not trainer.fit(report, stop):
            return None
    except DivergedError as problem:  # it would do so again: that is what came of it
        failed = str(problem)
    segments, sizes = chart.training.segments, Sizes.of(chart, usual_sides(chart, scenes.test))
    operations, loops = sizes.segment * segments, segments * chart.training.ticks
    at = segments_to_look(chart.training, operations, run.arm.thinks)
    if failed:
        seen = tuple(nothing_right(segment * chart.training.ticks) for segment in at)
        spent = tuple(nothing_spent(sizes.segment // chart.training.ticks, chart.will)) if run.arm.thinks else ()
    else:
        brain = trainer.finished_brain()
        calibrate(brain, aside, bf16, scorer)
        seen = looks(brain, scenes.test, at, bf16, scorer)
        spent = tuple(wills(brain, scenes.test, bf16, scorer)) if run.arm.thinks else ()
    versions = here()
    return RunFile(
        arm=run.arm.name,
        task=run.arm.task,
        seed=run.seed,
        made_for=digest_of(run),
        command=command,
        chart=dump(chart),
        declared=chart_of(run.arm.task, run.arm.changes).model_dump(mode="json"),
        learned=len(scenes.prepared.train),
        tested=len(scenes.test),
        parameters=sizes.parameters,
        steps=trainer.step,
        begun=trainer.slots.seen,
        seconds=trainer.seconds,
        precision=paces.precision,
        threads=torch.get_num_threads(),
        processor=versions["processor"],
        torch=versions["torch"],
        ltm=versions["ltm"],
        loops=loops,
        operations=operations,
        by_ticks=seen,
        wills=spent,
        scenes=scenes_digest(run.arm.task),
        code=code_digest(),
        failed=failed,
    )
