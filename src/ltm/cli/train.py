"""`ltm train`: trains a chart's brain, or goes on with a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.brain_folder import refuse_address

if TYPE_CHECKING:
    from ltm.chart.schema import Chart


def train(
    chart: Annotated[Path, typer.Argument(help="A chart file, or the name of a shipped one (ltm chart list).")],
    settings: Annotated[
        list[str] | None, typer.Argument(help="Settings that replace the chart's, such as training.minutes=5.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Brain folder to write; beside a run's chart it is known.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Scenes to use instead of the chart's: a file, a source, or - to stream standard input."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="Built-in sources: what scenes to make, such as column=story.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Minutes of training.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count unreadable rows instead of stopping.")] = False,
) -> None:
    """Train a chart's brain, or go on with a run that was stopped.

    A finished run goes on from its brain for as many minutes as asked. A table that is piped in is learned from as it
    comes: zcat scenes.jsonl.gz | ltm train chart.yaml --data -

    Example: ltm train brain.run/chart.yaml --minutes 10
    """
    from ltm.chart.load import load_chart
    from ltm.cli.training import run_training
    from ltm.scenes.options import parse_options, with_options
    from ltm.training.run_folder import RUN_SUFFIX

    refuse_address(
        chart,
        "a chart of this machine is trained. To go on with a brain from the hub, write it into a folder first, in "
        "Python: Brain.from_pretrained('owner/name').save_pretrained('brain'); "
        "then: ltm train brain/chart.yaml -o brain",
    )
    overrides = list(settings or [])
    if minutes is not None:
        overrides += [f"training.minutes={minutes}", "training.steps=null"]
    loaded = load_chart(chart, overrides)
    if data is not None:
        loaded = _with_data(loaded, data)
    if option:
        scenes = with_options(loaded.scenes, loaded.scenes.source or "", parse_options(option))
        loaded = loaded.model_copy(update={"scenes": scenes})
    home = chart.parent if chart.exists() else Path()
    if out is None:
        inside = home.resolve().name.endswith(RUN_SUFFIX)
        named = home if home.name not in ("", "..") else home.resolve()
        out = named.with_name(named.resolve().name.removesuffix(RUN_SUFFIX)) if inside else Path(loaded.name)
    run_training(loaded, out, home, fresh=False, skip_bad=skip_bad)


def _with_data(chart: Chart, data: str) -> Chart:
    """Returns a chart that learns from a file, a source or a pipe instead."""
    from ltm.brain.talk import speaks
    from ltm.chart.scenes import PIPE
    from ltm.scenes.sources import check_named, find_source, settled

    named = find_source(data) is not None
    if not named and data != PIPE:
        check_named(data)
    if not named and speaks(chart):
        _refuse_running_text(chart, Path(data))
    source = PIPE if data == PIPE else settled(data) if named else str(Path(data).resolve())
    stream = chart.scenes.stream or data == PIPE
    # What a chart asks of one text it asks of another.
    alike = named and data.partition(":")[0] == (chart.scenes.source or "").partition(":")[0]
    options = chart.scenes.options if alike else {}
    scenes = chart.scenes.model_copy(update={"source": source, "stream": stream, "options": options})
    return chart.model_copy(update={"scenes": scenes})


def _refuse_running_text(chart: Chart, file: Path) -> None:
    """Says how a chart that goes on with texts learns from a file that is one, or holds some, but isn't its scenes."""
    from ltm.errors import DataError
    from ltm.scenes.lines import ENDINGS, rows

    if not file.is_file():
        return
    said = f"to learn from it as running text: --data text:{file}"
    if file.suffix.lower() not in ENDINGS:
        raise DataError(f"{file}: a table of scenes is expected here; {said}")
    for _, row in rows(file):
        for name in (*chart.senses, *chart.acts):
            if name not in row:
                raise DataError(f"{file}: there is no column '{name}' among {', '.join(row)}; {said}")
        return
