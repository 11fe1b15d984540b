"""`ltm eval`: how good a brain is on scenes whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.brain_folder import BrainFolder, Memory, Pins, require_outside

if TYPE_CHECKING:
    from rich.console import Console

    from ltm.chart.scenes import ScenesSpec
    from ltm.chart.schema import Chart
    from ltm.scenes.lines import Row
    from ltm.scenes.store import SceneSet

COUNT, SEED = 400, 987_654
"""Of scenes that are made, unless told."""


def evaluate(
    brain: BrainFolder,
    data: Annotated[
        str, typer.Argument(help="Scenes with answers: a file, or a built-in source (sudoku, maze, listops, …).")
    ],
    ticks: Annotated[int | None, typer.Option(min=1, help="At most this many ticks a try.")] = None,
    tries: Annotated[int | None, typer.Option(min=1, max=4096, help="At most this many tries.")] = None,
    confidence: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Sure enough to stop.")] = None,
    segments: Annotated[
        str | None,
        typer.Option(
            help="Thinking times without halting, in training segments: 1,2,4,8,16, within the will, unless told."
        ),
    ] = None,
    skill: Annotated[
        str | None, typer.Option(help="Of a brain of several: which; else the one whose columns fit.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many scenes.")] = None,
    count: Annotated[
        int | None, typer.Option(min=1, max=10**6, help="Built-in sources: scenes to make; 400 unless told.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Built-in sources: of the scenes; 987654 unless told.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="Built-in sources: what scenes to make, such as depth=[8,14].")
    ] = None,
    memory: Memory = None,
    pin: Pins = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count unreadable rows instead of stopping.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a PNG of accuracy and confidence against ticks.")] = None,
) -> None:
    """Evaluate a brain: accuracy as its will says and against thinking time, calibration, speed.

    Example: ltm eval brain/ test.csv --plot curve.png
    """
    import numpy as np

    from ltm.brain.talk import speaks
    from ltm.cli.show_report import show_report
    from ltm.cli.training import console_of
    from ltm.errors import LtmError
    from ltm.runtime.listing import inspect_folder
    from ltm.runtime.paged import open_brain, open_skills
    from ltm.runtime.skills import has_skills
    from ltm.scenes.columns import seen_columns
    from ltm.scenes.options import parse_options, with_options
    from ltm.scenes.prepare import questions_of, scorer_of
    from ltm.scenes.read import digest
    from ltm.scenes.skilled import skilled_questions, skilled_rows
    from ltm.scenes.sources import check_named, find_source
    from ltm.training.evaluate import evaluate as measure
    from ltm.training.routing import MOST_SCENES, routing
    from ltm.training.skill_for import skill_for

    looks = None if segments is None else _numbers(segments)
    if plot is not None:
        _check_plot(plot, brain)
    console = console_of(stderr=as_json)
    check_named(data)
    made = find_source(data) is not None
    _only_made(made, {"count": count, "seed": seed})
    count, seed = count or COUNT, SEED if seed is None else seed
    folder = brain if skill is None and not has_skills(brain) else skill_for(brain, data, skill)
    skilled = open_skills(brain, memory, pin or []) if has_skills(brain) else None
    loaded = open_brain(folder, memory, pin or [])[0] if skilled is None else skilled.skills[folder.name]
    asked_otherwise = {"plot": plot, "ticks": ticks, "tries": tries, "confidence": confidence, "segments": segments}
    given = [f"--{name}" for name, value in asked_otherwise.items() if value is not None]
    if given and speaks(loaded.chart):
        raise LtmError(f"{', '.join(given)}: nothing to a brain that talks: how well it tells what comes next is all")
    asked_for = with_options(loaded.chart.scenes, data, parse_options(option or []))
    if made:
        scenes = _made(loaded.chart, asked_for, data, count, seed, console)
    else:
        known = inspect_folder(folder).provenance.data_sha256
        if known is not None and known == digest(Path(data)):
            console.print("this is the file it was trained on: the figures will flatter it", style="yellow")
        scenes = questions_of(loaded.chart, _read(loaded.chart, data, skip_bad, console))
    if limit is not None:
        scenes = scenes.take(np.arange(min(limit, len(scenes))))
    asked = {"ticks": ticks, "tries": tries, "confidence": confidence}
    will = loaded.chart.will.model_copy(update={key: value for key, value in asked.items() if value is not None})
    scorer = scorer_of(loaded.chart)
    with console.status("thinking") as status:
        report = measure(loaded, scenes, segments=looks, will=will, scorer=scorer, say=status.update)
    if loaded.circuit.residence is not None:
        report["paging"] = loaded.circuit.residence.paging.to_json()
    if skilled is not None:
        report["skill"] = folder.name
        with console.status("asking who knows these scenes"):
            first = scenes.take(np.arange(min(limit or MOST_SCENES, len(scenes))))
            senses = {name: seen_columns(one.chart) for name, one in skilled.skills.items()}
            source = find_source(data)
            if source is None:
                reads = skilled_questions(senses, data, lambda problem: None)
            else:
                rows = _made_rows(asked_for, data, count, seed, int(first.lines[-1]))
                reads = skilled_rows(senses, rows, data, source.written)
            found = routing(skilled, folder.name, first, reads, will)
        if found["scenes"]:  # none are, where the source writes its scenes in another form than the skill reads
            report["routing"] = found
    if as_json:
        typer.echo(json.dumps(report, indent=1))
    else:
        show_report(report, console)
    if plot is not None:
        from ltm.cli.plots import accuracy_by_ticks_png

        accuracy_by_ticks_png(report["by_ticks"], plot, report["reliability"])
        console.print(f"wrote {plot}", highlight=False)


def _check_plot(plot: Path, brain: Path) -> None:
    from ltm.errors import LtmError

    if plot.suffix.lower() != ".png":
        raise LtmError(f"--plot {plot}: expected a name that ends in .png")
    if not plot.parent.is_dir():
        raise LtmError(f"--plot {plot}: there is no folder {plot.parent}")
    require_outside(plot, brain, option="--plot")


def _only_made(made: bool, options: Mapping[str, int | None]) -> None:
    """Refuses options of built-in sources where scenes come from a file."""
    from ltm.errors import LtmError

    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given and not made:
        raise LtmError(f"{', '.join(given)}: for built-in sources; of a file all scenes are judged, or --limit of them")


def _made(chart: Chart, asked_for: ScenesSpec, source: str, count: int, seed: int, console: Console) -> SceneSet:
    """Makes scenes of a built-in source, as they are asked for, that the brain has not learned from."""
    from ltm.cli.show_waiting import Waiting
    from ltm.errors import LtmError
    from ltm.scenes.prepare import generate_scenes, questions_of, unseen

    left_out: list[str] = []
    asked = chart.model_copy(update={"scenes": asked_for})
    made = generate_scenes(asked, count, seed, source, part="test", left_out=left_out)
    if left_out:
        line = f"{len(left_out)} scenes left out that it can't read or answer; the first: {left_out[0]}"
        console.print(line, style="yellow", highlight=False, markup=False)
    with Waiting(console) as waiting:
        scenes = questions_of(chart, unseen(chart, made, source, waiting))
    if len(scenes) < len(made):
        line = f"{len(made) - len(scenes)} of {len(made)} scenes left out: it was trained on them"
        console.print(line, style="yellow", highlight=False)
    if chart.scenes.stream and chart.scenes.source == source:
        line = "it learned from a stream of this source: by chance some of these scenes may have come in it"
        console.print(line, style="yellow", highlight=False)
    if len(made) and not len(scenes):
        raise LtmError(f"--seed {seed}: the brain was trained on all of these scenes; choose another seed")
    if not len(scenes):
        raise LtmError(f"{source}: none of the scenes fits this brain; the first: {left_out[0]}")
    return scenes


def _made_rows(asked_for: ScenesSpec, name: str, count: int, seed: int, last: int) -> list[tuple[int, Row]]:
    """Makes the same scenes as rows, which other skills may read as well, up to the last that is wanted."""
    import itertools

    from ltm.scenes.rows_made import rows_made
    from ltm.scenes.sources import find_source

    source = find_source(name)
    assert source is not None
    made = (source.test or source.make)(asked_for.options_of(name), count, seed)
    return list(enumerate(itertools.islice(rows_made(made, source.columns), last), 1))


def _read(chart: Chart, file: str, skip_bad: bool, console: Console) -> SceneSet:
    from ltm.cli.show_waiting import Waiting
    from ltm.scenes.prepare import read_scenes

    with Waiting(console) as waiting:
        read = read_scenes(chart, file, skip_bad=skip_bad, told=waiting)
    for problem in read.problems:
        console.print(f"skipped {problem}", style="yellow", highlight=False, markup=False)
    if read.skipped or read.duplicates:
        console.print(f"{read.skipped} bad rows skipped, {read.duplicates} duplicate rows dropped", style="yellow")
    return read.train


def _numbers(text: str) -> tuple[int, ...]:
    from ltm.errors import LtmError

    try:
        numbers = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        numbers = ()
    if not numbers or numbers[0] < 1 or numbers[-1] > 4096:
        raise LtmError(f"--segments {text}: expected whole numbers from 1 to 4096 with commas, such as 1,4,16")
    return numbers
