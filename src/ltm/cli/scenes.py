"""`ltm scenes`: look data over before a brain learns from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.brain_folder import from_hub, is_address, require_outside

if TYPE_CHECKING:
    from rich.console import Console

    from ltm.chart.steps import StepsSpec
    from ltm.scenes.sources import Source
    from ltm.senses.value import ValueSpec

app = typer.Typer(help="Look data over before a brain learns from it.", no_args_is_help=True)

See = Annotated[
    list[str] | None, typer.Option(help="Column that is seen, with its type where needed: puzzle:grid(9x9).")
]
Do = Annotated[list[str] | None, typer.Option(help="Column that is to be answered.")]


@app.command("check")
def check_scenes(
    data: Annotated[str, typer.Argument(help="A table (CSV, JSON Lines, npz, Parquet), or a folder of classes.")],
    see: See = None,
    do: Do = None,
    against: Annotated[
        str | None, typer.Option(help="A table to test with, which should share no scene with this one.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 2 for bad rows, contradictions or leaks.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> int:
    """Say what a table holds, and what is wrong with it: bad rows, repeated ones, contradictions, leaks.

    Looks at all columns unless some are named; contradictions are looked for where both --see and --do are. Scenes of
    puzzles that are recognised leak also if they are alike up to a symmetry.

    Example: ltm scenes check train.csv --see puzzle --do solution --against test.csv
    """
    from ltm.cli.show_scenes import as_data, show_check
    from ltm.cli.show_waiting import Waiting
    from ltm.cli.training import console_of
    from ltm.errors import EXIT_OK, EXIT_USAGE
    from ltm.scenes.check import check

    for given in (data, against):
        if given is not None:
            _check_file(given)
    with Waiting(console_of(stderr=True)) as waiting:
        found = check(Path(data), see or [], do or [], against=against, told=waiting)
    if as_json:
        typer.echo(json.dumps(as_data(found), indent=1, ensure_ascii=False))
    else:
        show_check(found, console_of())
    return EXIT_USAGE if strict and found.faults else EXIT_OK


@app.command("show")
def show_scenes(
    data: Annotated[
        str, typer.Argument(help="A table, an archive, a folder; or a built-in source: sudoku, listops, …")
    ],
    see: See = None,
    do: Do = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many scenes, picked at random.")] = 3,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the picking, or of what is made.")] = 0,
    line: Annotated[int | None, typer.Option(min=1, help="The scene that begins at this line, instead.")] = None,
) -> None:
    """Show some scenes: grids, mazes and pictures drawn, words as they are.

    Example: ltm scenes show train.csv --see puzzle --do solution --count 2
    """
    from ltm.cli.show_scene import show_scene
    from ltm.cli.show_scenes import MOST_COLUMNS, word_for
    from ltm.cli.show_waiting import Waiting
    from ltm.cli.training import console_of
    from ltm.errors import LtmError
    from ltm.scenes.kinds import kinds_of
    from ltm.scenes.pick import at_line, pick
    from ltm.scenes.sources import find_source

    console = console_of()
    source = find_source(data)
    if source is not None:
        if line is not None:
            raise LtmError(f"--line is for files; {data} is a built-in source, whose scenes differ by --seed")
        _show_made(data, source, see or [], do or [], count, seed, console)
        return
    _check_file(data)
    path = Path(data)
    kinds = kinds_of(path, see or [], do or [], most=MOST_COLUMNS)
    with Waiting(console_of(stderr=True)) as waiting:
        found, bad = ([(line, at_line(path, line, waiting))], 0) if line else pick(path, count, seed, waiting)
    word = word_for(data)
    for number, row in found:
        show_scene(f"{word} {number:,}", row, list(kinds.kinds), kinds.specs, console, path.parent)
    if kinds.more:
        console.print(f"and {kinds.more:,} more columns: --see names those to show", highlight=False)
    if bad:
        words = "1 row" if bad == 1 else f"{bad:,} rows"
        console.print(f"{words} can't be read: ltm scenes check {data}", style="yellow", markup=False, highlight=False)


@app.command("schema")
def schema_of_scenes(
    what: Annotated[
        str,
        typer.Argument(
            help="A chart, a brain folder or hf://owner/name, a built-in source; or a table, with --see, --do."
        ),
    ],
    see: See = None,
    do: Do = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write instead of printing.")] = None,
) -> None:
    """Print the JSON Schema of the rows that a brain reads, to validate JSON Lines with, one object a line.

    Example: ltm scenes schema brain/ -o row.schema.json
    """
    from ltm.runtime.atomic import write_file
    from ltm.scenes.row_schema import row_schema

    senses, acts, steps = _declared(str(from_hub(Path(what))) if is_address(Path(what)) else what, see or [], do or [])
    schema = row_schema(senses, acts, f"one scene of {Path(what).name}", steps)
    text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        require_outside(out, Path(what))
        write_file(out, text.encode())
        typer.echo(f"wrote {out}")


def _declared(
    what: str, see: Sequence[str], do: Sequence[str]
) -> tuple[Mapping[str, ValueSpec], Mapping[str, ValueSpec], StepsSpec | None]:
    """Returns the declarations of what is seen, what is answered, and steps: of a chart, a brain, a source or a table.

    Raises:
        LtmError: none of these, or columns named where they are known.
    """
    from ltm.chart.load import load_chart
    from ltm.chart.shipped import shipped
    from ltm.chart.steps import StepsSpec
    from ltm.errors import LtmError
    from ltm.runtime.skills import folders_of, has_skills
    from ltm.scenes.describe import spec_of
    from ltm.scenes.infer import infer
    from ltm.scenes.lines import ENDINGS
    from ltm.scenes.sources import find_source
    from ltm.training.from_data import propose_for

    path, named = Path(what), find_source(what) is not None or what in shipped()  # also where a folder is called so
    if see or do or path.suffix.lower() in ENDINGS:
        _check_file(what)
        found = infer(path, see, do, skip_bad=True)
        seen = {name: spec_of(found.columns[name]) for name in found.see}
        steps = None if found.steps is None else StepsSpec.model_validate(found.steps)
        return seen, {name: spec_of(found.columns[name], done=True) for name in found.do}, steps
    if not named and has_skills(path):
        folders = ", ".join(str(folder) for folder in folders_of(path).values())
        raise LtmError(f"{what}: a brain of several skills, each with rows of its own; choose one of {folders}")
    if path.is_dir() and not named:
        path = path / "chart.yaml"
    chart = propose_for(what, [], [])[0] if named and what not in shipped() else load_chart(path)
    return chart.senses, chart.acts, chart.steps


def _show_made(
    data: str, source: Source, see: Sequence[str], do: Sequence[str], count: int, seed: int, console: Console
) -> None:
    """Shows scenes of a built-in source, made with its own options."""
    import itertools

    from ltm.chart.scenes import ScenesSpec
    from ltm.cli.show_scene import show_scene
    from ltm.errors import LtmError, nearest
    from ltm.scenes.rows_made import rows_made

    columns = list(source.columns) or [*source.seen, source.do]
    for name in (*see, *do):
        if name not in columns:
            raise LtmError(f"there is no column '{name}' among {', '.join(columns)}{nearest(name, columns)}")
    names = [*see, *do] or columns
    made = source.make(ScenesSpec().options_of(data), count, seed)
    for number, row in enumerate(itertools.islice(rows_made(made, source.columns), count), 1):
        show_scene(f"scene {number:,} of seed {seed}", row, names, source.columns, console)
    for note in source.notes:
        console.print(note, style="bright_black", highlight=False)


def _check_file(data: str) -> None:
    """Refuses what is no file, naming the nearest built-in source.

    Raises:
        LtmError: a built-in source where a file is expected, or no such file.
    """
    from ltm.errors import LtmError
    from ltm.scenes.sources import check_named, find_source

    if find_source(data) is not None:
        folder = f"; for what lies here under that name say ./{data}" if Path(data).exists() else ""
        raise LtmError(
            f"{data}: a built-in source, which has nothing to check; see some of it: ltm scenes show {data}{folder}"
        )
    check_named(data)
