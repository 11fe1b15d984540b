"""From a file to a chart that can be built: read, validated, and checked as a whole, every mistake located."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ltm.chart.check import require
from ltm.chart.document import load_yaml
from ltm.chart.parse import apply_overrides, read_text, validate
from ltm.chart.schema import Chart
from ltm.chart.shipped import shipped, shipped_text


def load_chart(path: Path | str, overrides: Sequence[str] = ()) -> Chart:
    """Reads a chart from a file, or one of the charts that come with the package by its name (`trm`).

    Args:
        path: a YAML file or a name.
        overrides: `key.key=value` settings that replace those of the file.

    Raises:
        ChartError: no such chart, or mistakes in it, located by line and column.
    """
    file = Path(path)
    bare = file.suffix == "" and file.parent == Path()
    # A folder of a chart's name, such as the brain that was made of it, isn't meant.
    if bare and not file.is_file() and (str(path) in shipped() or not file.exists()):
        text = shipped_text(str(path))
        source = f"{path}.yaml"
    else:
        text, source = read_text(file), str(file)
    return chart_from_text(text, source, overrides)


def chart_from_text(text: str, source: str = "chart.yaml", overrides: Sequence[str] = ()) -> Chart:
    """Reads a chart from YAML text; see `load_chart`."""
    document = apply_overrides(load_yaml(text, source), overrides)
    return require(validate(document, Chart), document, source)
