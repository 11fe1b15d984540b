"""Reads the micro-models chart that comes with the package, and finds entries in it by name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from ltm.catalog.count import FORMULAS
from ltm.catalog.schema import Catalog, Figure, Model
from ltm.chart.document import load_yaml
from ltm.chart.locate import Problem, refuse
from ltm.chart.parse import validate
from ltm.chart.shipped import shipped
from ltm.errors import LtmError, nearest

FILE = "ltm_micro_models_chart.yaml"
MOST_NEAR = 6
"""How many near names a message lists."""


def load_catalog() -> Catalog:
    """Reads the chart that comes with the package."""
    return catalog_from_text((resources.files("ltm") / "catalog" / FILE).read_text(encoding="utf-8"))


def catalog_from_text(text: str, source: str = FILE) -> Catalog:
    """Reads a chart of models from YAML text.

    Args:
        text: the YAML.
        source: what to call it in messages.

    Raises:
        ChartError: mistakes in it, located by line and column.
    """
    document = load_yaml(text, source)
    catalog = validate(document, Catalog)
    refuse(list(_problems(catalog)), document, source)
    return catalog


def _problems(catalog: Catalog) -> Iterator[Problem]:
    """Yields what is wrong between parts: names that lead nowhere, figures that nobody vouches for."""
    lower: dict[str, str] = {}
    for name, model in catalog.models.items():
        at = ("models", name)
        if other := lower.get(name.lower()):
            yield at, f"the same name as {other!r} but for upper and lower case"
        lower[name.lower()] = name
        if model.source is not None and model.source not in catalog.sources:
            yield (*at, "source"), f"unknown source {model.source!r}{nearest(model.source, catalog.sources)}"
        for path, figure in model.figures():
            place = (*at, *path.split(".", 1))
            if isinstance(figure, Figure) and figure.formula is not None:
                if figure.formula not in FORMULAS:
                    yield place, f"unknown formula {figure.formula!r}{nearest(figure.formula, FORMULAS)}"
            elif not (figure.source or model.source):
                yield place, "no source: write `VALUE @source`, or give the entry a source"
            elif figure.source is not None and figure.source not in catalog.sources:
                yield place, f"unknown source {figure.source!r}{nearest(figure.source, catalog.sources)}"
        for metric in model.scores:
            if metric not in catalog.metrics:
                yield (*at, "scores", metric), f"unknown metric {metric!r}{nearest(metric, catalog.metrics)}"
        if model.runs is not None and model.runs.chart is not None and model.runs.chart not in shipped():
            chart = model.runs.chart
            yield (*at, "runs", "chart"), f"no shipped chart {chart!r}{nearest(chart, shipped())}"


def find_model(catalog: Catalog, name: str) -> tuple[str, Model]:
    """Finds an entry by its name, upper or lower case.

    Raises:
        LtmError: there is none; the message lists near names.
    """
    lower = {known.lower(): known for known in catalog.models}
    asked = name.strip().lower()
    if asked in lower:
        return lower[asked], catalog.models[lower[asked]]
    near = [known for key, known in lower.items() if len(asked) > 2 and asked in key][:MOST_NEAR]
    if near:
        hint = f"; did you mean {' or '.join(repr(known) for known in near)}?"
    else:
        hint = nearest(asked, lower) or "; ltm catalog lists all"
        for key, known in lower.items():
            hint = hint.replace(f"'{key}'", f"'{known}'")
    raise LtmError(f"no model {name[:60]!r} in the catalogue{hint}")


def chart_of(name: str) -> tuple[str, str]:
    """Says which shipped chart a name means: the chart's own name, or an entry that runs here.

    Returns:
        The chart's name, and comment lines that say what it was started from (empty for a chart's own name).

    Raises:
        LtmError: neither a chart nor an entry, or an entry that nothing here runs.
    """
    if name in shipped():
        return name, ""
    catalog = load_catalog()
    try:
        known, model = find_model(catalog, name)
    except LtmError as problem:
        close = nearest(name, shipped())
        choices = f"no shipped chart {name[:60]!r}{close} ({', '.join(shipped())})"
        raise LtmError(choices if close else f"{choices}, and {problem}") from None
    if model.runs is None:
        raise LtmError(f"{known}: nothing here runs it yet; ltm catalog --runs-here lists what does")
    if model.runs.chart is None:
        run_by = f"a zone of kind {model.runs.zone!r} runs it, but no shipped chart has it"
        raise LtmError(f"{known}: {run_by}: {model.runs.by}")
    said = [f"# Started from {known} of the catalogue (ltm catalog show {known})."]
    if model.runs.departs:
        said.append(f"# Differs from it: {model.runs.departs}.")
    return model.runs.chart, "".join(f"{line}\n" for line in said)
