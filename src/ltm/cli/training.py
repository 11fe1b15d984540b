"""What `ltm fit`, `ltm train` and `ltm demo` share: a run shown while it happens, saved when it is interrupted."""

from __future__ import annotations

import contextlib
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.chart.schema import Chart
    from ltm.training.fit import Fitted
    from ltm.training.together import Together


def console_of(stderr: bool = False) -> Console:
    """Returns the console that verbs write to."""
    return Console(stderr=stderr, soft_wrap=True)


class Interrupt:
    """Remembers Ctrl-C, so that a step can end and be saved; a second Ctrl-C ends at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.asked

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Catches Ctrl-C and the polite kill within the block."""

        def remember(number: int, frame: FrameType | None) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True

        old = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)


def run_training(
    chart: Chart,
    out: Path,
    folder: Path,
    *,
    fresh: bool,
    skip_bad: bool = False,
    console: Console | None = None,
    weights: Brain | None = None,
    again: str | None = None,
    together: Together | None = None,
) -> Fitted:
    """Trains, shows the run and its result, and says what to type next.

    Args:
        chart: the brain, its scenes and its training.
        out: brain folder to write.
        folder: what a relative `scenes.source` is relative to.
        fresh: whether to start from scratch where a finished brain lies, rather than from it.
        skip_bad: whether to leave bad rows out.
        console: where to show it.
        weights: of a brain of this chart to start from.
        again: the command that goes on after an interruption, where that isn't `ltm train`.
        together: earlier skills that rehearse meanwhile.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; the run was saved first.
        LtmError: scenes or folders that can't be used, or another process trains into this one.
    """
    from ltm.chart.scenes import PIPE
    from ltm.cli.show_report import show_report
    from ltm.cli.show_training import TrainingDisplay
    from ltm.cli.show_waiting import Waiting
    from ltm.errors import DataError
    from ltm.runtime.alone import alone
    from ltm.runtime.folder import check_target
    from ltm.scenes.prepare_stream import Streamed, scenes_of
    from ltm.training.checkpoint import unfinished
    from ltm.training.fingerprint import fingerprint
    from ltm.training.fit import continue_from, train_chart
    from ltm.training.run_folder import run_folder

    console = console or console_of()
    run = run_folder(out)
    with alone(out, "trains it"):
        check_target(out)
        start = None if fresh or unfinished(run) else continue_from(out, chart)
        with Waiting(console) as waiting:
            prepared = scenes_of(chart, folder, skip_bad=skip_bad, told=waiting)
        for problem in prepared.problems:
            console.print(f"skipped {problem}", style="yellow", highlight=False, markup=False)
        console.print(prepared.words(), highlight=False, markup=False)
        if start is not None:
            console.print(f"going on from the brain in {out}", highlight=False, markup=False)
            if start[1] != fingerprint(prepared.validation):
                line = "it may have learned from scenes that are set aside now: figures below may flatter it"
                console.print(line, style="yellow", highlight=False)
        elif fresh and (out / "brain.json").exists():
            console.print(f"the brain in {out} will be replaced once this one is done", highlight=False, markup=False)
        interrupt = Interrupt()
        try:
            with interrupt.watched(), TrainingDisplay(console) as display:
                fitted = train_chart(
                    chart,
                    out,
                    folder=folder,
                    prepared=prepared,
                    report=display.update,
                    say=display.say,
                    stop=interrupt,
                    start=weights if start is None else start[0],
                    together=together,
                )
            if not fitted.finished:
                raise KeyboardInterrupt
        except (KeyboardInterrupt, DataError) as problem:
            if unfinished(run):
                command = again or f"ltm train {shlex.quote(str(run / 'chart.yaml'))}"
                command = f"… | {command}" if chart.scenes.source == PIPE else command
                without = " --skip-bad" if isinstance(problem, DataError) else ""
                console.print(f"saved. Go on with: {command}{without}", highlight=False, markup=False)
            raise
    if isinstance(prepared, Streamed):
        said = set(prepared.problems)
        for bad in (one for one in prepared.train.problems if one not in said):
            console.print(f"skipped {bad}", style="yellow", highlight=False, markup=False)
    show_report(fitted.report, console)
    if again is not None:
        return fitted
    console.print(f"saved {out}/ (metrics and chart in {run}/). Next:", highlight=False, markup=False)
    # A scene of one value can be typed; one of several comes from a table.
    table = "test.csv" if chart.steps is None else "test.jsonl"
    scene = next(iter(chart.senses)).upper() if len(chart.senses) == 1 and chart.steps is None else table
    folder_word = shlex.quote(str(out))
    for line in (f"think {folder_word} {scene}", f"eval {folder_word} {table}", f"inspect {folder_word}"):
        console.print(f"  ltm {line}", highlight=False, markup=False)
    return fitted
