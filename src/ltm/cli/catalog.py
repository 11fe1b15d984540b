"""`ltm catalog`: the micro-models chart, filtered, sorted, as table, JSON, CSV or picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ltm.catalog.schema import Catalog, Model, Precision

app = typer.Typer()

SORTS = ("listed", "name", "size", "year", "score")


@app.callback(invoke_without_command=True)
def list_models(
    context: typer.Context,
    modality: Annotated[
        str | None, typer.Option(help="language, reasoning, encoder, vision, audio, time-series or table.")
    ] = None,
    family: Annotated[str | None, typer.Option(help="Architecture, such as llama or recursive.")] = None,
    under: Annotated[str | None, typer.Option(help="At most this large, such as 100MB.")] = None,
    precision: Annotated[str, typer.Option(help="What sizes count in: fp16 or int8.")] = "fp16",
    runs_here: Annotated[bool, typer.Option("--runs-here", help="Only what a kind of zone here runs.")] = False,
    metric: Annotated[str | None, typer.Option(help="Only models with this score, such as sudoku-extreme.")] = None,
    sort: Annotated[str, typer.Option(help="name, size, year, or (with --metric) score; as listed unless told.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print as CSV.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a picture, .png or .svg: scores and sizes.")] = None,
) -> None:
    """List the micro-models chart: small models, and this project's own brains, each figure with its source.

    Example: ltm catalog --modality reasoning --under 100MB --sort size
    """
    if context.invoked_subcommand is not None:
        _refuse_given(context)
        return
    from ltm.catalog.load import load_catalog
    from ltm.cli.show_catalog import as_rows, as_whole, show_models
    from ltm.cli.training import console_of
    from ltm.errors import LtmError

    if as_json and as_csv:
        raise LtmError("--json and --csv exclude each other")
    if plot is not None and plot.suffix.lower() not in (".png", ".svg"):
        raise LtmError(f"--plot {plot}: expected a name that ends in .png or .svg")
    if plot is not None and not plot.parent.is_dir():
        raise LtmError(f"--plot {plot}: there is no folder {plot.parent}")
    catalog = load_catalog()
    counted = _precision(precision)
    limit = None if under is None else _size(under)
    chosen = _chosen(catalog, modality, family, metric, runs_here)
    unsized = sum(model.parameters is None for model in chosen.values()) if limit is not None else 0
    if limit is not None:
        chosen = {name: model for name, model in chosen.items() if (size := model.bytes(counted)) and size <= limit}
    chosen = _sorted(chosen, catalog, sort or "listed", metric)
    console = console_of(stderr=as_json or as_csv)
    if plot is not None:
        from ltm.cli.plot_catalog import catalog_picture

        # Before the table, which may end early: `ltm catalog --plot x.png | head`.
        catalog_picture(catalog, chosen, plot)
    if as_json:
        typer.echo(json.dumps(as_whole(catalog, chosen), indent=1))
    elif as_csv:
        typer.echo(as_rows(chosen), nl=False)
    else:
        show_models(catalog, chosen, console, metric=metric, precision=counted)
    if unsized:
        console.print(f"{unsized} of unknown size left out", style="yellow", highlight=False)
    if plot is not None:
        console.print(f"wrote {plot}", highlight=False, markup=False)


def _refuse_given(context: typer.Context) -> None:
    """Refuses options of the list in front of a further word, where nothing would heed them."""
    from ltm.errors import LtmError

    default = {parameter.name: parameter.get_default(context) for parameter in context.command.params}
    given = [name for name, value in context.params.items() if value != default.get(name)]
    if given:
        words = ", ".join(f"--{name.removeprefix('as_').replace('_', '-')}" for name in given)
        raise LtmError(f"{words}: for the list; such options stand behind {context.invoked_subcommand}, if it has them")


@app.command("show")
def show_model(
    name: Annotated[str, typer.Argument(help="A model's name, upper or lower case.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show one model: every figure, where it comes from, and what runs it here.

    Example: ltm catalog show TinyStories-33M
    """
    from ltm.catalog.load import find_model, load_catalog
    from ltm.cli.show_catalog import as_whole, show_one
    from ltm.cli.training import console_of

    catalog = load_catalog()
    known, model = find_model(catalog, name)
    if as_json:
        typer.echo(json.dumps(as_whole(catalog, {known: model}), indent=1))
    else:
        show_one(catalog, known, model, console_of())


def _chosen(
    catalog: Catalog, modality: str | None, family: str | None, metric: str | None, runs_here: bool
) -> dict[str, Model]:
    """Filters the models.

    Raises:
        LtmError: a modality, family or metric that there isn't.
    """
    from ltm.catalog.layers import zone_kind
    from ltm.catalog.schema import MODALITIES

    families = sorted({model.family for model in catalog.models.values()})
    _known("--modality", modality, MODALITIES)
    _known("--family", family, families)
    _known("--metric", metric, list(catalog.metrics))
    return {
        name: model
        for name, model in catalog.models.items()
        if modality in (None, model.modality)
        and family in (None, model.family)
        and (metric is None or metric in model.scores)
        and (not runs_here or zone_kind(model) is not None)
    }


def _known(option: str, given: str | None, choices: tuple[str, ...] | list[str]) -> None:
    from ltm.errors import LtmError, nearest

    if given is not None and given not in choices:
        raise LtmError(f"{option} {given[:60]}: expected one of {', '.join(choices)}{nearest(given, choices)}")


def _sorted(chosen: dict[str, Model], catalog: Catalog, sort: str, metric: str | None) -> dict[str, Model]:
    """Sorts models, as listed by modality; what lacks the figure comes last.

    Raises:
        LtmError: an unknown order, or by score without a metric: scores of different metrics don't compare.
    """
    from ltm.catalog.schema import MODALITIES
    from ltm.errors import LtmError

    _known("--sort", sort, SORTS)
    if sort == "score" and metric is None:
        raise LtmError("--sort score: needs --metric; scores of different metrics don't compare")
    sign = -1 if metric is not None and catalog.metrics[metric].better == "higher" else 1

    def key(item: tuple[str, Model]) -> tuple[bool, float, str]:
        name, model = item
        figure = model.parameters if sort == "size" else model.year if sort == "year" else None
        if sort == "score" and metric is not None:
            return False, sign * model.scores[metric].value, name.lower()
        missing = figure is None and sort != "name"
        return missing, figure.value if figure else 0.0, name.lower()

    if sort == "listed":
        return dict(sorted(chosen.items(), key=lambda item: MODALITIES.index(item[1].modality)))
    return dict(sorted(chosen.items(), key=key))


def _precision(given: str) -> Precision:
    _known("--precision", given, ("fp16", "int8"))
    return "int8" if given == "int8" else "fp16"


def _size(given: str) -> int:
    from ltm.chart.base import parse_bytes
    from ltm.errors import LtmError

    try:
        return int(parse_bytes(given))
    except ValueError as problem:
        raise LtmError(f"--under: {problem}") from None
