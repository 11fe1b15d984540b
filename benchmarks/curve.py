"""Accuracy against training time: ours beside TRM, a universal transformer and a plain stack at equal size.

python -m benchmarks.curve DATA --minutes 5 --seeds 3

TRM is scaled to our size (width 128, its hidden sizes in proportion) and trained by our recipe, so that only the
architecture differs; its published size and recipe don't fit minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import MADE
from benchmarks.common import (
    RUNS,
    TIERS,
    Grid,
    asked,
    chart_of,
    read,
    spread,
    sudoku_files,
    sudoku_run,
    trained,
    write,
)
from ltm.chart.schema import Chart
from ltm.scenes.store import SceneSet, join
from ltm.training.looks import look_at

OUR_RECIPE = [
    "training.optimiser=muon",
    "training.rate=0.003",
    "training.batch=64",
    "training.warmup=50",
    "training.floor=0.02",
    "training.weight_decay=0.05",
    "training.loss=cross-entropy",
    "training.release=0.7",
    "training.ema=0.999",
    "training.ema_warmup=true",
    "training.release_by=answer",
    "training.linger=0",
    "scenes.symmetries=[relabel, bands, transpose]",
]
CHARTS: dict[str, tuple[str, list[str]]] = {
    "ours": ("sudoku", []),
    "trm": (
        "trm",
        [
            *OUR_RECIPE,
            "field.width=128",
            "field.prefix=0",
            "field.noise=0.5",
            "reflection={kind: evidence}",
            "zones.net.messages=216",
            "zones.net.hidden=288",
            "training.ticks=7",
            "training.gradient_ticks=7",
            "training.segments=12",
        ],
    ),
    "universal-transformer": ("universal-transformer", []),
    "plain-stack": ("plain-stack", []),
}
SCENES_A_TIER = 128
MINUTES = (1, 2, 3, 4)
"""When the table looks at validation."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(CHARTS), default=list(CHARTS))
    given = parser.parse_args()
    train, tests = sudoku_files(given.data)
    name = f"curve-{given.minutes:g}min"
    runs: dict[str, Any] = read(name).get("runs", {})
    for seed in range(given.seeds):
        for label in given.only:
            key = f"{label}-{seed}"
            if key in runs:
                continue
            base, changes = CHARTS[label]
            settings = [f"training.minutes={given.minutes}", "training.steps=null", f"training.seed={seed}"]
            chart = chart_of(base, [*changes, *settings])
            out = RUNS / f"{name}-{key}" if changes else sudoku_run(base, given.minutes, seed)
            brain, record = trained(chart, out, train)
            scenes = _mixed(chart, tests)
            segments = (1,) if chart.training.segments == 1 else (1, 4, 16)
            looks = look_at(brain, scenes, segments, False, None)
            runs[key] = {
                "parameters": record["parameters"],
                **{key: record["provenance"][key] for key in MADE},
                "exact": {str(s): float(looks.right[k].mean()) for k, s in enumerate(segments)},
                "cells": float(looks.cells[-1].mean()),
                "curve": _curve(out.with_name(out.name + ".run") / "metrics.jsonl"),
            }
            write(name, {"command": asked("curve DATA", given, "minutes", "seeds"), "runs": runs})
    for grid in tables(read(name)):
        grid.show()


def _range(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    low, high = min(known), max(known)
    return f"{low:,.0f}" if round(low) == round(high) else f"{low:,.0f} to {high:,.0f}"


def _mixed(chart: Chart, tests: dict[str, Any]) -> SceneSet:
    return join([tests[tier](chart).take(np.arange(SCENES_A_TIER)) for tier in TIERS])


def _curve(file: Path) -> list[list[float]]:
    """Returns validation accuracy of the averaged weights by seconds of training."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    points = {row["seconds"]: row["validation"] for row in rows if row["validation"] is not None}
    return [[seconds, accuracy] for seconds, accuracy in sorted(points.items())]


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """Accuracy of each chart while it trains and at the end."""
    rows = []
    for label in CHARTS:
        of = [run for key, run in result["runs"].items() if key.rsplit("-", 1)[0] == label]
        if of:
            whiles = [_at_minutes([run["curve"] for run in of], minutes) for minutes in MINUTES]
            ends = [spread([list(run["exact"].values())[at] for run in of]) for at in (0, -1)]
            steps, seconds = ([run.get(key) for run in of] for key in ("steps", "seconds"))
            took = [f"{of[0]['parameters']:,}", _range(steps), _range(seconds)]
            rows.append([label, *took, str(len(of)), *whiles, *ends])
    head = ["chart", "weights", "steps", "seconds", "seeds", *(f"{m} min" for m in MINUTES)]
    head += ["test, 1 segment", "test, longest"]
    yield Grid("Beside others of equal size and training time: whole boards right over all tiers, %", head, rows)


def _at_minutes(curves: Sequence[Sequence[Sequence[float]]], minutes: float) -> str:
    """Returns the last validation accuracy before a time, over the runs."""
    found = [[accuracy for seconds, accuracy in curve if seconds <= 60 * minutes] for curve in curves]
    return spread([values[-1] for values in found]) if all(found) else "-"


if __name__ == "__main__":
    main()
