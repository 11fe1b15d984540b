"""`ltm train`: trains a chart's brain, or goes on with a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    chart: Annotated[Path, typer.Argument(help="A chart file, or the name of a shipped one (ltm chart list).")],
    settings: Annotated[
        list[str] | None, typer.Argument(help="Settings that replace the chart's, such as training.minutes=5.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Brain folder to write; beside a run's chart it is known.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Scenes to use instead of the chart's: a file, or - to stream standard input.")
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
    from ltm.chart.schema import PIPE
    from ltm.cli.training import run_training
    from ltm.training.run_folder import RUN_SUFFIX

    overrides = list(settings or [])
    if minutes is not None:
        overrides += [f"training.minutes={minutes}", "training.steps=null"]
    loaded = load_chart(chart, overrides)
    if data is not None:
        source = PIPE if data == PIPE else str(Path(data).resolve())
        stream = loaded.scenes.stream or data == PIPE
        scenes = loaded.scenes.model_copy(update={"source": source, "stream": stream, "options": {}})
        loaded = loaded.model_copy(update={"scenes": scenes})
    home = chart.parent if chart.exists() else Path()
    if out is None:
        inside = home.resolve().name.endswith(RUN_SUFFIX)
        named = home if home.name not in ("", "..") else home.resolve()
        out = named.with_name(named.resolve().name.removesuffix(RUN_SUFFIX)) if inside else Path(loaded.name)
    run_training(loaded, out, home, fresh=False, skip_bad=skip_bad)
