"""`ltm evidence`: runs the experiments that are missing, and writes the report from their files."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from ltm.evidence.experiments import Experiment, Planned

FULL, QUICK = Path("docs/evidence"), Path("runs/evidence-quick")
WORK = Path("runs")
"""Where checkpoints of the run under way lie, in a folder called after the report's."""


def evidence(
    quick: Annotated[bool, typer.Option("--quick", help="One seed, few arms, seconds a run: ten minutes.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Run one experiment only, such as coupling. May be repeated.")
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Run nothing: write the report from what there is.")] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Run nothing: say what would run, and how long it takes.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder of results and report; docs/evidence when absent, or runs/evidence-quick."
        ),
    ] = None,
    beside: Annotated[Path, typer.Option(help="Folder of benchmark results that claims may rest on, too.")] = Path(
        "benchmarks/results"
    ),
) -> None:
    """Run the experiments that test this project's claims, and write a report with a verdict on each.

    Every finished run is a file, Ctrl-C saves, and the same command goes on. All of it takes six hours on two cores.

    Example: ltm evidence --quick
    """
    from ltm.cli.training import console_of
    from ltm.errors import EXIT_DAMAGED, LtmError
    from ltm.evidence.experiments import EXPERIMENTS, chosen
    from ltm.evidence.experiments import plan as plan_of

    if report and (only or plan):
        raise LtmError("--report writes all of the report and runs nothing; leave out --only and --plan")
    folder = out or (QUICK if quick else FULL)
    console = console_of()
    wanted = chosen(only or [])
    runs = plan_of(wanted.values(), quick)
    if not runs and not report:
        console.print("nothing of these experiments is in the quick version: nothing to run", highlight=False)
    if plan:
        _show_plan(wanted, quick, folder, console)
        return
    if not report and not _run(runs, folder, _command(quick, only, out), console):
        words = "saved. Go on with the same command; --report writes what there is so far"
        console.print(words, highlight=False)
        raise KeyboardInterrupt
    if _write(plan_of(EXPERIMENTS.values(), quick), folder, beside, quick, console):
        raise typer.Exit(EXIT_DAMAGED)


def _command(quick: bool, only: list[str] | None, out: Path | None) -> str:
    words = ["ltm evidence", *(["--quick"] if quick else []), *(f"--only {name}" for name in only or [])]
    return " ".join([*words, *([f"-o {shlex.quote(str(out))}"] if out else [])])


def _show_plan(wanted: Mapping[str, Experiment], quick: bool, folder: Path, console: Console) -> None:
    from rich.table import Table

    from ltm.evidence.experiments import minutes
    from ltm.evidence.experiments import plan as plan_of
    from ltm.evidence.run_file import result_file

    table = Table("experiment", "asks", "runs", "done", "minutes")
    for name, experiment in wanted.items():
        runs = plan_of([experiment], quick)
        done = sum(result_file(folder, run).exists() for run in runs)
        table.add_row(name, experiment.question, f"{len(runs)}", f"{done}", f"{minutes(runs):.0f}")
    console.print(table)
    runs = plan_of(wanted.values(), quick)
    words = f"{len(runs)} runs in all, as some arms serve in several experiments: {minutes(runs):.0f} minutes"
    console.print(f"{words} on the machine that paces them", highlight=False)


def _run(runs: list[Planned], folder: Path, command: str, console: Console) -> bool:
    """Runs what is missing; False where Ctrl-C stopped it, after saving."""
    from ltm.cli.show_training import TrainingDisplay
    from ltm.cli.training import Interrupt
    from ltm.evidence.runner import run_missing

    interrupt = Interrupt()
    with interrupt.watched(), TrainingDisplay(console) as display:
        return run_missing(
            runs,
            folder,
            _work_of(folder),
            command=command,
            say=display.say,
            report=display.update,
            stop=interrupt,
        )


def _work_of(folder: Path) -> Path:
    """Returns where checkpoints of the run under way lie; folders that are called alike don't share them."""
    place = folder.resolve()
    return WORK / f"{place.name}-{hashlib.sha256(str(place).encode()).hexdigest()[:8]}-under-way"


def _write(runs: list[Planned], folder: Path, beside: Path, quick: bool, console: Console) -> bool:
    """Writes the report and names what is missing; returns whether a file was damaged."""
    from ltm.cli.plot_evidence import evidence_svg
    from ltm.errors import DataError
    from ltm.evidence.cited import cited
    from ltm.evidence.document import html, markdown
    from ltm.evidence.readings import Shelf, gather
    from ltm.evidence.report import TITLE, make_report
    from ltm.runtime.atomic import write_file

    others, absent, broken = cited(beside)
    own = gather(folder, runs, others)
    if not own.readings:
        raise DataError(f"{folder}: no results to report, neither in {folder / 'results'} nor in {beside}")
    shelf = Shelf(own.readings, [*own.missing, *absent], [*own.damaged, *broken])
    made = make_report(shelf, len(runs), quick)
    pictures = {name: evidence_svg(drawing) for name, drawing in made.drawings.items()}
    for name, picture in pictures.items():
        write_file(folder / f"{name}.svg", picture.encode())
    write_file(folder / "README.md", markdown(made.blocks, folder).encode())
    write_file(folder / "index.html", html(made.blocks, TITLE, pictures, made.texts).encode())
    for words in shelf.damaged:
        console.print(words, style="red", highlight=False, markup=False)
    for file in shelf.missing[:5]:
        console.print(f"missing: {file}", style="yellow", highlight=False, markup=False)
    if shelf.missing[5:]:
        console.print(f"and {len(shelf.missing) - 5} more, listed in the report", style="yellow", highlight=False)
    console.print(f"wrote {folder}/README.md, index.html and {len(pictures)} pictures", highlight=False, markup=False)
    return bool(shelf.damaged)
