"""Zones of different kinds beside one another, against one kind alone: rules of 1-D ARC, at equal size and time.

python -m benchmarks.kinds TASKS.jsonl --minutes 3 --seeds 3

The tasks are those of `benchmarks.arc`, parted in the same way, and answered at once, without practice. Every brain has
the parameters of the first, and two ticks between two looks: two zones fire one after the other, one zone fires twice.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.arc import CHART, asked_of, parted, prepared
from benchmarks.beside import MADE, fitted
from benchmarks.common import RUNS, Grid, asked, read, seeds, spread, trained, write
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.load import chart_from_text
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.scenes.arc import Task, read_tasks

NEAR = {"kind": "conv", "write": "replace"}
LINES = {"kind": "mixer", "layers": 2, "windows": ["before", "after", "all"], "write": "replace"}
LOOKING = {"kind": "attention", "layers": 2, "heads": 4, "positions": "grid", "write": "replace"}
ARMS: dict[str, tuple[dict[str, Any], ...]] = {
    "near, then lines": (NEAR, LINES),
    "near, then attention": (NEAR, LOOKING),
    "lines": (LINES,),
    "lines, then others": (LINES, LINES),
    "near": ({**NEAR, "layers": 2},),
    "near, then others": (NEAR, NEAR),
    "attention": (LOOKING,),
}
"""The zones of each brain, which fire in turn. The first is that of `benchmarks.arc`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    learned, judged = parted(read_tasks(given.tasks), unseen=False)
    name = f"kinds-{given.minutes:g}min"
    command = asked("kinds TASKS.jsonl", given, "minutes", "seeds")
    result: dict[str, Any] = {"runs": {}} | read(name) | {"command": command}
    for seed in range(given.seeds):
        settings = [f"training.minutes={given.minutes}", f"training.seed={seed}"]
        base = chart_from_text(CHART, "benchmarks/arc.py", settings)
        for arm in ARMS:
            if f"{arm}/{seed}" in result["runs"]:
                continue
            out = RUNS / f"{name}-{'-'.join(arm.replace(',', '').split())}-{seed}"
            brain, record = trained(with_zones(base, arm), out, lambda chart: prepared(chart, learned))
            figures = {"right": right(brain, [task for tasks in judged.values() for task in tasks])}
            about = {"parameters": record["parameters"], **{what: record["provenance"][what] for what in MADE}}
            result["runs"][f"{arm}/{seed}"] = figures | about | {"aside": record["measured"]["exact"]}
            write(name, result)
    for grid in tables(read(name)):
        grid.show()


def with_zones(base: Chart, arm: str) -> Chart:
    """Returns the chart with an arm's zones, of the base's size by their hidden channels."""
    kept = base.model_dump(mode="json", exclude_defaults=True)

    def with_hidden(hidden: int) -> Chart:
        zones = {f"z{number}": {**zone, "hidden": hidden} for number, zone in enumerate(ARMS[arm])}
        return Chart.model_validate(kept | {"zones": zones})

    return fitted(with_hidden, Sizes.of(base).parameters, 16 * base.field.width, arm)


def right(brain: Brain, tasks: Sequence[Task]) -> float:
    """Returns the share of some tasks' tests that is answered right at once."""
    found = []
    for task in tasks:
        for test in task.test:
            (thought,) = think(brain, [asked_of(task.train, test)])
            found.append(test.output is not None and thought.answer["answer"] == test.output.tolist())
    return sum(found) / len(found)


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line an arm."""
    rows, most = [], 0
    for arm in ARMS:
        runs = [run for key, run in result["runs"].items() if key.split("/")[0] == arm]
        if runs:
            most = max(most, len(runs))
            steps = ", ".join(f"{run['steps']:,}" for run in runs)
            shares = [spread([run[key] for run in runs]) for key in ("right", "aside")]
            rows.append([arm, f"{runs[0]['parameters']:,}", steps, *shares])
    head = ["zones in turn", "weights", "steps", "tasks never learned from", "set aside while learning"]
    yield Grid(f"1-D ARC, answered at once, % ({seeds(most)})", head, rows)


if __name__ == "__main__":
    main()
