"""Writes this project's own brains into the micro-models chart, from the results of the other benchmarks.

python -m benchmarks.catalog

Which brains, and where in the results their figures lie, is the table of `benchmarks.catalog_brains`.
"""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.catalog_brains import BENCHMARKS, OWN, SHIPPED, Own, Path_
from benchmarks.common import read
from ltm.catalog.load import FILE, catalog_from_text
from ltm.chart.size import Sizes

CATALOG = Path(__file__).parents[1] / "src" / "ltm" / "catalog" / FILE
BEGIN, END = "  # begin: made by `python -m benchmarks.catalog` from benchmarks/results\n", "  # end\n"
PERCENT = {"exact", "success", "right", -1}
"""Last steps of paths to shares, which are told in percent."""


def main() -> None:
    text = refreshed(CATALOG.read_text(encoding="utf-8"))
    catalog_from_text(text, str(CATALOG))
    CATALOG.write_text(text, encoding="utf-8")
    print(f"wrote {CATALOG.name}")


def refreshed(text: str) -> str:
    """Returns the chart's text with the entries of our own brains made anew."""
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}{''.join(entries())}{END}{rest.split(END, 1)[1]}"


def entries() -> Iterator[str]:
    """Yields our entries as YAML."""
    return (entry(own) for own in OWN if read(own.result))


def entry(own: Own) -> str:
    """Returns one brain's entry."""
    found = read(own.result)
    runs = runs_of(found, own.label)
    learned = runs[0]["parameters"]
    parameters = runs[0].get("whole", learned) + (read(own.beside)["parameters"] if own.beside else 0)
    scores = {metric: _median(runs, path) for metric, path in own.scores.items()}
    for metric, result, label, path in own.also:
        scores[metric] = f"{_median(runs_of(read(result), label), path)} @ltm-{result.lower()}"
    examples = own.examples(found, runs[0])
    note = own.note
    if parameters != learned and not own.beside:
        note = f"{learned:,} parameters of it are learned; the others are frozen. {note}".strip()
    lines = [f"  {own.name}:", f"    family: {own.family}", f"    modality: {own.modality}"]
    lines += [f"    source: ltm-{own.result.lower()}", "    year: 2026 @ltm-licence", f"    parameters: {parameters}"]
    lines += _shape(own, parameters)
    lines += ["    trained:", *([f"      examples: {examples}"] if examples else [])]
    lines += [f"      compute: {_minutes(own.result, runs)} on {_machine(found, runs[0])}"]
    lines += ["    scores:", *(f"      {metric}: {score}" for metric, score in scores.items())]
    lines += _thought(own, runs)
    lines += ["    licence: MIT @ltm-licence", *_runs(own)]
    return "\n".join([*lines, *([f"    note: {json.dumps(note)}"] if note else [])]) + "\n"


def runs_of(found: Mapping[str, Any], label: str) -> list[Mapping[str, Any]]:
    """Returns a brain's runs in a result, one a seed: named after both, or held together under the label."""
    runs = found["runs"]
    if label in runs:
        return list(runs[label].values())
    before = re.escape(label) + "[/-]" if label else ""
    return [run for key, run in runs.items() if re.fullmatch(rf"{before}\d+", key)]


def at(run: Any, path: Path_) -> float:
    """Returns the figure that lies at a path."""
    for step in path:
        run = list(run.values())[step] if isinstance(step, int) and isinstance(run, dict) else run[step]
    return float(run)


def _median(runs: Sequence[Mapping[str, Any]], path: Path_) -> str:
    middle = statistics.median(at(run, path) for run in runs)
    return f"{100 * middle:.1f}" if path[-1] in PERCENT else f"{middle:.3f}"


def _shape(own: Own, parameters: int) -> list[str]:
    """Returns layers, widths and heads of the chart that was trained: today's, if it has the size that was measured."""
    chart = None if own.chart is None else own.chart()
    if chart is None or Sizes.of(chart).parameters != parameters:
        return []
    zones = [zone for zone in chart.zones.values() if zone.kind != "pretrained"]
    figures = {"layers": sum(getattr(zone, "layers", 1) for zone in zones), "width": chart.field.width}
    heads = {zone.heads for zone in zones if hasattr(zone, "heads")}
    figures |= {"heads": heads.pop()} if len(heads) == 1 else {}
    source = SHIPPED if own.runs.chart else BENCHMARKS
    return [f"    shape: {{{', '.join(f'{name}: {value} @{source}' for name, value in figures.items())}}}"]


def _thought(own: Own, runs: Sequence[Mapping[str, Any]]) -> list[str]:
    if own.cpu_ms is None:
        return []
    result, path = own.cpu_ms
    measured = runs if result == own.result else [read(result)]
    middle = statistics.median(own.unit_ms * at(one, path) for one in measured)
    return [f"    cpu_ms: {middle:.1f}" + ("" if result == own.result else f" @ltm-{result}")]


def _runs(own: Own) -> list[str]:
    runs = own.runs
    lines = ["    runs:", f"      zone: {runs.zone}"]
    lines += [f"      chart: {runs.chart}"] if runs.chart else [f"      by: {json.dumps(runs.by)}"]
    lines += [f"      model: {runs.model}"] if runs.model else []
    lines += ["      settings:"] if runs.settings else []
    return lines + [f"        - {json.dumps(setting)}" for setting in runs.settings]


def _minutes(result: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """Says how long training took: as it was measured, otherwise as the result's name says."""
    spent = [run["seconds"] for run in runs if "seconds" in run]
    if not spent and (named := re.search(r"-(\d+)min$", result)):
        spent = [60 * int(named[1])]
    unit, seconds = ("seconds", 1) if max(spent) < 100 else ("minutes", 60)
    few, most = round(min(spent) / seconds), round(max(spent) / seconds)
    return f"{most} {unit}" if few == most else f"{few} to {most} {unit}"


def _machine(found: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    machine = found["machine"]
    threads = f"{machine['threads']} thread{'s' if machine['threads'] > 1 else ''}"
    return f"{threads} of {run.get('processor', machine['processor'])}"


if __name__ == "__main__":
    main()
