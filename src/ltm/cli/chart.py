"""`ltm chart`: make, check, size and draw charts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ltm.cli.brain_folder import from_hub, refuse_several, require_outside

app = typer.Typer(help="Make, check, size and draw charts.", no_args_is_help=True)

ChartArgument = Annotated[Path, typer.Argument(help="A chart file, or the name of a shipped one.")]
Settings = Annotated[list[str] | None, typer.Argument(help="Settings that replace the chart's: field.width=64.")]


@app.command("list")
def list_charts() -> None:
    """List the charts that come with the package.

    Example: ltm chart list
    """
    from ltm.chart.shipped import shipped, shipped_text

    for name in shipped():
        first = shipped_text(name).splitlines()[0].lstrip("# ")
        typer.echo(f"{name:24} {first}")


@app.command("new")
def new_chart(
    out: Annotated[Path, typer.Argument(help="File to write.")] = Path("chart.yaml"),
    like: Annotated[
        str,
        typer.Option(
            help="Shipped chart (ltm chart list), model that runs here (ltm catalog --runs-here), or built-in source."
        ),
    ] = "sudoku",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Start a chart from a shipped one, a model of the catalogue that runs here, or what fits a built-in source.

    Example: ltm chart new mine.yaml --like TRM
    """
    from ltm.catalog.like import text_like
    from ltm.chart.shipped import shipped
    from ltm.errors import LtmError
    from ltm.runtime.atomic import write_file
    from ltm.scenes.sources import find_source

    if like not in shipped() and find_source(like) is not None:
        text = _proposed(like, out)
    else:
        text = text_like(like)
    if out.exists() and not force:
        raise LtmError(f"{out}: exists; use --force to replace it")
    write_file(out, text.encode())
    typer.echo(f"wrote {out}; next: ltm chart check {out}, then ltm train {out}")


def _proposed(source: str, out: Path) -> str:
    """Returns the text of a chart for a built-in source."""
    from ltm.chart.dump import dump
    from ltm.training.from_data import propose_for

    chart, notes = propose_for(source, [], [], out=out.with_suffix(""))
    return "".join(f"# {note}\n" for note in notes) + dump(chart)


@app.command("check")
def check_chart(chart: ChartArgument, settings: Settings = None) -> None:
    """Check a chart without building anything; mistakes are located by line and column.

    Example: ltm chart check mine.yaml
    """
    from ltm.chart.base import format_bytes
    from ltm.chart.load import load_chart
    from ltm.chart.size import Sizes

    loaded = load_chart(chart, settings or [])
    sizes = Sizes.of(loaded)
    typer.echo(f"{chart}: fine; {sizes.parameters:,} parameters, {format_bytes(sizes.bytes)}")


@app.command("size")
def size_chart(
    chart: ChartArgument,
    settings: Settings = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show parameters, bytes and operations, part by part, without building anything.

    Example: ltm chart size trm
    """
    from ltm.chart.load import load_chart
    from ltm.chart.size import Sizes
    from ltm.cli.show_brain import show_brain
    from ltm.cli.training import console_of

    loaded = load_chart(chart, settings or [])
    sizes = Sizes.of(loaded)
    if as_json:
        whole = {
            "parameters": sizes.parameters,
            "bytes": sizes.bytes,
            "parts": sizes.parts,
            "operations": sizes.operations,
            "operations_once": sizes.once,
            "segment_operations": sizes.segment,
        }
        typer.echo(json.dumps(whole, indent=1))
    else:
        show_brain(loaded, sizes, console_of())


@app.command("draw")
def draw_chart(
    chart: Annotated[
        Path,
        typer.Argument(
            help="A chart file, the name of a shipped one, a brain folder, or hf://owner/name.", callback=from_hub
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="An .svg, .png or .mmd file; Mermaid on the screen when absent.")
    ] = None,
) -> None:
    """Draw the brain: Mermaid text, SVG, or PNG.

    Example: ltm chart draw trm -o trm.svg
    """
    from ltm.chart.draw import mermaid
    from ltm.chart.load import load_chart
    from ltm.chart.shipped import shipped
    from ltm.chart.size import Sizes
    from ltm.errors import LtmError
    from ltm.runtime.atomic import write_file

    named = str(chart) in shipped()  # also where a folder is called so
    if not named:
        refuse_several(chart, "draw")
    if out is not None:
        require_outside(out, chart)
    loaded = load_chart(chart / "chart.yaml" if chart.is_dir() and not named else chart)
    parts = Sizes.of(loaded).parts
    sizes = {name.removeprefix("zones/"): 4 * n for name, n in parts.items() if name.startswith("zones/")}
    if out is None:
        typer.echo(mermaid(loaded, sizes))
        return
    kind = out.suffix.lower()
    if kind == ".svg":
        from ltm.chart.draw_svg import svg

        write_file(out, svg(loaded, sizes).encode())
    elif kind == ".png":
        from ltm.cli.plots import brain_png

        brain_png(loaded, out, sizes)
    elif kind in (".mmd", ".md"):
        text = mermaid(loaded, sizes)
        write_file(out, (f"```mermaid\n{text}\n```\n" if kind == ".md" else text + "\n").encode())
    else:
        raise LtmError(f"{out}: expected a name that ends in .svg, .png, .mmd or .md")
    typer.echo(f"wrote {out}")


@app.command("schema")
def chart_schema() -> None:
    """Print the JSON schema of charts, for editors.

    Example: ltm chart schema > chart.schema.json
    """
    from ltm.chart.schema import Chart

    typer.echo(json.dumps(Chart.model_json_schema(), indent=1))
