"""Shows the micro-models chart: a table of many, one with all its sources, rows for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ltm.catalog.layers import IMPORTED, has_chart, zone_kind
from ltm.catalog.schema import BYTES_A_PARAMETER, Catalog, Figure, Model, Precision, Said, Shape, Trained
from ltm.chart.base import format_bytes, format_count
from ltm.cli.render import plain_of, safe


def show_models(
    catalog: Catalog,
    models: Mapping[str, Model],
    console: Console,
    *,
    metric: str | None = None,
    precision: Precision = "fp16",
) -> None:
    """Prints a table of models, in sections by modality, or with a column for it where they are mixed."""
    plain = plain_of(console)
    charted, otherwise = ("*", "+") if plain else ("●", "○")
    kinds = [model.modality for model in models.values()]
    mixed = sum(a != b for a, b in pairwise(kinds)) >= len(set(kinds))
    groups = {name: model.modality if mixed else model.family for name, model in models.items()}
    longest = max(map(len, models), default=0)
    # Numbers and names are never cut: what is left over is for the family, at most 12, and the score.
    group = min(12, max(map(len, groups.values()), default=0))
    score = max(12, console.width - longest - group - 19)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", padding=0)
    table.add_column("", no_wrap=True)
    table.add_column("model", no_wrap=True)
    table.add_column("modality" if mixed else "family", no_wrap=True)
    table.add_column("params", justify="right", no_wrap=True)
    table.add_column(precision, justify="right", no_wrap=True)
    table.add_column("score", no_wrap=True)
    before = None
    for name, model in models.items():
        if not mixed and model.modality != before:
            if before is not None:
                table.add_section()
            table.add_row("", Text(model.modality, "bold"))
            before = model.modality
        size = model.bytes(precision)
        table.add_row(
            Text("" if zone_kind(model) is None else charted if has_chart(model) else otherwise, "green"),
            Text(name, "cyan"),
            _cut(groups[name], group, plain),
            format_count(model.parameters.value) if model.parameters else "",
            f"{format_count(size)}B" if size else "",
            _cut(_headline(model, metric), score, plain),
        )
    console.print(table)
    here = [has_chart(model) for model in models.values() if zone_kind(model) is not None]
    how = f" ({charted}: ltm chart new --like NAME)" if any(here) else ""
    said = f"{len(here)} run here{how}" if here else "none runs here"
    console.print(f"{len(models)} models, of which {said}.", highlight=False)
    if not all(here):
        console.print(f"{otherwise}: runs here, but no shipped chart has it; show says what to do.", highlight=False)
    console.print("ltm catalog show NAME tells the source of each figure.", highlight=False, style="bright_black")


def _cut(words: str, most: int, plain: bool) -> str:
    return words if len(words) <= most else words[: most - 1] + ("." if plain else "…")


def _headline(model: Model, metric: str | None) -> str:
    name = metric or next(iter(model.scores), None)
    return "" if name is None else f"{model.scores[name].value:g} {name}"


def _score(catalog: Catalog, metric: str, score: Figure) -> str:
    return f"{score.value:g} {catalog.metrics[metric].unit}".strip()


def show_one(catalog: Catalog, name: str, model: Model, console: Console) -> None:
    """Prints everything that is known of one model, and whom to believe for it."""
    plain = plain_of(console)
    console.print(Text.assemble((name, "bold cyan"), f"  {model.family}, {model.modality}"))
    if model.note:
        console.print(Text(safe(model.note, plain)))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("figure", no_wrap=True)
    table.add_column("value", justify="right")
    table.add_column("from", no_wrap=True)
    for path, figure in model.figures():
        table.add_row(_words(path), safe(_value(catalog, path, figure), plain), _from(model, figure))
        if path == "parameters":
            for precision in BYTES_A_PARAMETER:
                size = model.bytes(precision)
                each = BYTES_A_PARAMETER[precision]
                times = f"computed: {each} byte{'s' if each > 1 else ''} a parameter"
                table.add_row(f"bytes in {precision}", format_bytes(size or 0), times)
    console.print(table)
    if model.runs is not None:
        where = f"chart {model.runs.chart}" if model.runs.chart else f"no shipped chart: {model.runs.by}"
        named = f" (model: {model.runs.model})" if model.runs.model else ""
        departs = f"; differs: {model.runs.departs}" if model.runs.departs else ""
        console.print(Text(safe(f"runs here: zone {model.runs.zone}{named}, {where}{departs}", plain)))
    elif zone_kind(model) is not None:
        how = "by its layers and widths, reading bytes"
        how += "; with its own weights: ltm import" if model.family in IMPORTED else ""
        console.print(f"runs here: zone {zone_kind(model)}, {how}", highlight=False)
    if has_chart(model):
        console.print(f"  ltm chart new mine.yaml --like {name}", highlight=False)
    told = Table.grid(padding=(0, 2))
    for key in dict.fromkeys(model.whence(figure) for _, figure in model.figures()):
        if key in catalog.sources:
            about = catalog.sources[key]
            told.add_row(Text(key, "bright_black"), about.about + (" (third party)" if about.third_party else ""))
    console.print(told)
    for metric in model.scores:
        said = catalog.metrics[metric]
        console.print(Text(safe(f"{metric}: {said.about}; {said.better} is better", plain), "bright_black"))


def _from(model: Model, figure: Figure | Said) -> str:
    whence = model.whence(figure)
    return f"computed: {whence[1:]}" if whence.startswith("=") else whence


def _words(path: str) -> str:
    group, _, name = path.rpartition(".")
    said = name if group == "scores" else name.replace("_", " ")
    return f"training {said}" if group == "trained" else said


def _value(catalog: Catalog, path: str, figure: Figure | Said) -> str:
    if isinstance(figure, Said):
        return figure.text
    if path.startswith("scores."):
        return _score(catalog, path.removeprefix("scores."), figure)
    if path == "file":
        return format_bytes(round(figure.value))
    if path == "trained.tokens":
        return format_count(figure.value)
    return str(figure.value) if path == "year" else f"{figure.value:,}"


def as_whole(catalog: Catalog, models: Mapping[str, Model]) -> dict[str, Any]:
    """Returns models as plain data, with the sources and metrics that they name."""
    listed = {name: _plain(model) for name, model in models.items()}
    sources = {model.whence(figure) for model in models.values() for _, figure in model.figures()}
    metrics = {metric for model in models.values() for metric in model.scores}
    return {
        "format": catalog.format,
        "models": listed,
        "sources": {key: about.model_dump() for key, about in catalog.sources.items() if key in sources},
        "metrics": {key: about.model_dump() for key, about in catalog.metrics.items() if key in metrics},
    }


def _plain(model: Model) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for path, figure in model.figures():
        value = figure.text if isinstance(figure, Said) else figure.value
        whence = model.whence(figure)
        known = {"computed": whence[1:]} if whence.startswith("=") else {"source": whence}
        figures[path] = {"value": value, **known}
    for precision in BYTES_A_PARAMETER:
        size = model.bytes(precision)
        if size is not None:
            figures[f"bytes_{precision}"] = {"value": size, "computed": f"{BYTES_A_PARAMETER[precision]} x parameters"}
    return {
        "family": model.family,
        "modality": model.modality,
        "figures": figures,
        "zone": zone_kind(model),
        "runs": None if model.runs is None else model.runs.model_dump(),
        "note": model.note,
    }


def as_rows(models: Mapping[str, Model]) -> str:
    """Returns models as CSV: a column for each figure and one for its source, or `computed: formula`."""
    paths = ["year", "parameters", "without_embeddings", "file", "bytes_fp16", "bytes_int8"]
    paths += [f"shape.{name}" for name in Shape.model_fields] + [f"trained.{name}" for name in Trained.model_fields]
    paths += ["cpu_ms", "licence"]
    head = ["name", "family", "modality", "headline_metric", "headline_score", "headline_source"]
    head += [word for path in paths for word in (path, f"{path}_source")]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*head, "zone", "chart", "model", "by", "departs", "note"])
    for name, model in models.items():
        told = _plain(model)
        figures = told["figures"]
        metric = next(iter(model.scores), "")
        row = [name, model.family, model.modality, metric, *_cells(figures.get(f"scores.{metric}"))]
        for path in paths:
            row += _cells(figures.get(path))
        runs = told["runs"] or {}
        led = [runs.get(key) or "" for key in ("chart", "model", "by", "departs")]
        writer.writerow([*row, told["zone"] or "", *led, model.note])
    return stream.getvalue()


def _cells(figure: Mapping[str, Any] | None) -> tuple[Any, str]:
    if figure is None:
        return "", ""
    return figure["value"], figure["source"] if "source" in figure else f"computed: {figure['computed']}"
