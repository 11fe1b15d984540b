"""`ltm fit`: from a person's file to a brain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ltm.cli.scene_options import Buffer, Count, SourceOptions, Streamed, Symmetry, symmetries_of

SHOWN_LINES = 120
"""A longer chart, of a table with many columns, is shown only as far."""


def fit(
    data: Annotated[
        str, typer.Argument(help="A CSV, TSV or JSON Lines file; or a built-in source: sudoku, maze, listops, …")
    ],
    see: Annotated[
        list[str] | None,
        typer.Option(help="Column that is seen, with its type where needed: puzzle:grid(9x9); '*': all others."),
    ] = None,
    do: Annotated[list[str] | None, typer.Option(help="Column that is to be answered.")] = None,
    minutes: Annotated[float, typer.Option(min=0.05, max=10**5, help="Minutes of training.")] = 15.0,
    size: Annotated[str, typer.Option(help="At most this many bytes of weights.")] = "2MB",
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")] = Path("brain"),
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of weights, order and noise.")] = 0,
    symmetry: Symmetry = None,
    option: SourceOptions = None,
    count: Count = None,
    stream: Streamed = False,
    buffer: Buffer = None,
    replay: Annotated[
        str, typer.Option(help="Bytes of scenes that the brain keeps, to rehearse them when it grows; 0: none.")
    ] = "200KB",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count unreadable rows instead of stopping.")] = False,
) -> None:
    """Fit a brain to your own examples.

    Looks at the data, proposes a chart, trains, reports, and saves the brain; the chart is kept beside it, so that
    ltm train goes on from there.

    Example: ltm fit data.csv --see puzzle --do solution --minutes 15 --size 2MB -o brain/
    """
    from ltm.chart.dump import dump
    from ltm.cli.training import console_of, run_training
    from ltm.scenes.options import parse_options
    from ltm.training.from_data import propose_for
    from ltm.training.run_folder import run_folder

    console = console_of()
    chart, notes = propose_for(
        data,
        see or [],
        do or [],
        size=size,
        minutes=minutes,
        seed=seed,
        symmetries=symmetries_of(symmetry),
        out=out,
        skip_bad=skip_bad,
        options=parse_options(option or []),
        count=count,
        stream=stream,
        buffer=buffer,
        replay=replay,
    )
    for note in notes:
        console.print(f"  {note}", highlight=False, markup=False)
    console.rule("proposed chart", style="dim")
    lines = dump(chart).splitlines()
    console.print("\n".join(lines[:SHOWN_LINES]), highlight=False, markup=False)
    if len(lines) > SHOWN_LINES:
        more = f"… and {len(lines) - SHOWN_LINES:,} lines more, in {run_folder(out) / 'chart.yaml'} once it trains"
        console.print(more, style="bright_black", highlight=False, markup=False)
    console.rule(style="dim")
    run_training(chart, out, run_folder(out), fresh=True, skip_bad=skip_bad, console=console)
