"""From a file to a chart that can be built: read, validated, and checked as a whole, every mistake located."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from ltm.chart.check import require
from ltm.chart.document import load_yaml
from ltm.chart.parse import apply_overrides, read_text, validate
from ltm.chart.schema import Chart
from ltm.errors import ChartError, nearest


def load_chart(path: Path | str, overrides: Sequence[str] = ()) -> Chart:
    """Reads a chart from a file, or one of the charts that come with the package by its name (`trm`).

    Args:
        path: a YAML file or a name.
        overrides: `key.key=value` settings that replace those of the file.

    Raises:
        ChartError: no such chart, or mistakes in it, located by line and column.
    """
    file = Path(path)
    if not file.exists() and file.suffix == "" and file.parent == Path():
        text = shipped_text(str(path))
        source = f"{path}.yaml"
    else:
        text, source = read_text(file), str(file)
    return chart_from_text(text, source, overrides)


def chart_from_text(text: str, source: str = "chart.yaml", overrides: Sequence[str] = ()) -> Chart:
    """Reads a chart from YAML text; see `load_chart`."""
    document = apply_overrides(load_yaml(text, source), overrides)
    return require(validate(document, Chart), document, source)


def shipped() -> tuple[str, ...]:
    """Returns the names of the charts that come with the package."""
    folder = resources.files("ltm") / "charts"
    return tuple(sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")))


def shipped_text(name: str) -> str:
    """Returns the text of a chart that comes with the package.

    Raises:
        ChartError: there is none of that name.
    """
    if name not in shipped():
        raise ChartError(f"no file and no shipped chart {name!r}{nearest(name, shipped())} ({', '.join(shipped())})")
    return (resources.files("ltm") / "charts" / f"{name}.yaml").read_text(encoding="utf-8")
