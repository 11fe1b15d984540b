"""Writes this project's own brains into the micro-models chart, from the results of the other benchmarks.

python -m benchmarks.catalog
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import chart_of, read
from benchmarks.curve import CHARTS
from ltm.catalog.load import FILE, catalog_from_text

CATALOG = Path(__file__).parents[1] / "src" / "ltm" / "catalog" / FILE
BEGIN, END = "  # begin: made by `python -m benchmarks.catalog` from benchmarks/results\n", "  # end\n"

SUDOKU = {
    "LTM-sudoku": ("sudoku-sudoku-30min", [], "The brain that comes with the package is one of these."),
    "LTM-sudoku-5min": ("sudoku-sudoku-5min", [], ""),
    "LTM-sudoku-stateless": (
        "sudoku-without-own-state-30min",
        ["zones.core={kind: mixer, layers: 2, write: replace}"],
        "The same without an own state and without two roles.",
    ),
}
"""Brains of benchmarks.sudoku: result, settings on top of the chart, and a note."""
CURVE = {"trm": "mixer", "universal-transformer": "attention", "plain-stack": "mixer"}
"""Charts of benchmarks.curve that stand beside ours, with their kind of zone."""


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
    for name, (result, settings, note) in SUDOKU.items():
        yield sudoku(name, result, settings, note)
    for label, zone in CURVE.items():
        yield beside(label, zone)
    yield maze()


def sudoku(name: str, result: str, settings: Sequence[str], note: str) -> str:
    found = read(result)
    runs = list(found["runs"].values())
    tiers = [run["tiers"] for run in runs]
    scores = {
        "sudoku-tier-expert": _percent([tier["expert"]["by_ticks"][-1]["exact"] for tier in tiers]),
        "sudoku-tier-easy": _percent([tier["easy"]["by_ticks"][-1]["exact"] for tier in tiers]),
        "sudoku-tier-expert-tries": _percent([tier["expert"]["many_tries"]["exact"] for tier in tiers]),
    }
    if result == "sudoku-sudoku-5min":
        curve = read("curve-5min")["runs"]
        ours = [list(run["exact"].values())[-1] for key, run in curve.items() if key.startswith("ours-")]
        scores["sudoku-mixed-5min"] = f"{_percent(ours)} @ltm-curve-5min"
    minutes = [run["seconds"] / 60 for run in runs]
    compute = f"{min(minutes):.0f} to {max(minutes):.0f} minutes on {_machine(found)}"
    runs_here = ("mixer", "sudoku", settings)
    return _entry(name, "recursive", f"ltm-{result}", runs, settings, scores, compute, runs_here, note)


def beside(label: str, zone: str) -> str:
    found = read("curve-5min")
    runs = [run for key, run in found["runs"].items() if key.rsplit("-", 1)[0] == label]
    scores = {"sudoku-mixed-5min": _percent([list(run["exact"].values())[-1] for run in runs])}
    chart, settings = CHARTS[label]
    family = {"trm": "recursive", "universal-transformer": "looped-transformer", "plain-stack": "mixer"}[label]
    compute = f"5 minutes on {_machine(found)}"
    note = "At equal size, time and recipe beside ours."
    return _entry(f"LTM-{label}", family, "ltm-curve-5min", runs, None, scores, compute, (zone, chart, settings), note)


def maze() -> str:
    found = read("mazes-20min")
    runs = list(found["runs"].values())
    scores = {
        metric: _percent([list(run["sizes"][sides].values())[-1]["exact"] for run in runs])
        for metric, sides in (("maze-9-13", "9-13"), ("maze-31", "31-31"))
    }
    compute = f"20 minutes on {_machine(found)}"
    return _entry("LTM-maze", "conv", "ltm-mazes-20min", runs, [], scores, compute, ("conv", "maze", []))


def _entry(
    name: str,
    family: str,
    source: str,
    runs: Sequence[Mapping[str, Any]],
    settings: Sequence[str] | None,
    scores: Mapping[str, str],
    compute: str,
    runs_here: tuple[str, str, Sequence[str]],
    note: str = "",
) -> str:
    zone, chart, replaced = runs_here
    lines = [f"  {name}:", f"    family: {family}", "    modality: reasoning", f"    source: {source}"]
    lines.append(f"    parameters: {runs[0]['parameters']}")
    if settings is not None:
        declared = chart_of(chart, settings)
        layers = sum(getattr(spec, "layers", 1) for spec in declared.zones.values())
        lines.append(f"    shape: {{layers: {layers} @ltm-charts, width: {declared.field.width} @ltm-charts}}")
    lines += ["    trained:", f"      compute: {compute}"]
    lines += ["    scores:", *(f"      {metric}: {score}" for metric, score in scores.items())]
    lines.append("    licence: MIT @ltm-licence")
    lines.append(f"    runs: {{zone: {zone}, chart: {chart}}}" if not replaced else "    runs:")
    if replaced:
        lines += [f"      zone: {zone}", f"      chart: {chart}", "      settings:"]
        lines += [f"        - {json.dumps(setting)}" for setting in replaced]
    if note:
        lines.append(f"    note: {note}")
    return "\n".join(lines) + "\n"


def _percent(shares: Sequence[float]) -> str:
    return f"{100 * statistics.median(shares):.1f}"


def _machine(found: Mapping[str, Any]) -> str:
    return f"{found['machine']['threads']} threads of {found['machine']['processor']}"


if __name__ == "__main__":
    main()
