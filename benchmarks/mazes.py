"""Mazes: trained on 9x9 to 13x13, tried on 21x21 and 31x31 by thinking longer; any shortest path counts.

python -m benchmarks.mazes --minutes 20
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from benchmarks.common import RUNS, Grid, asked, chart_of, read, seeds, spread, trained, write
from ltm.scenes.prepare import generate_scenes, scorer_of
from ltm.training.looks import look_at

SCENES = 200
"""Test mazes of each size, unless told."""
SIDES = ((9, 13), (21, 21), (31, 31))
SEGMENTS = (1, 2, 4, 8, 16, 32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--scenes", type=int, default=SCENES, help="test mazes of each size")
    given = parser.parse_args()
    made = f"mazes-{given.minutes:g}min"
    name = made + ("" if given.scenes == SCENES else f"-{given.scenes}")
    runs: dict[str, Any] = read(name).get("runs", {})
    for seed in range(given.seeds):
        if str(seed) in runs:
            continue
        settings = [f"training.minutes={given.minutes}", "training.steps=null", f"training.seed={seed}"]
        chart = chart_of("maze", settings)
        brain, record = trained(chart, RUNS / f"{made}-{seed}")
        sizes = {}
        for low, high in SIDES:
            test = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"sizes": (low, high)})})
            scenes = generate_scenes(test, given.scenes, 1_000_003)
            looks = look_at(brain, scenes, SEGMENTS, False, scorer_of(chart))
            sizes[f"{low}-{high}"] = {
                str(s): {"exact": float(looks.right[k].mean()), "cells": float(looks.cells[k].mean())}
                for k, s in enumerate(SEGMENTS)
            }
        runs[str(seed)] = {"parameters": record["parameters"], "steps": record["provenance"]["steps"], "sizes": sizes}
        write(name, {"command": asked("mazes", given, "minutes", "seeds", "scenes"), "runs": runs})
    for grid in tables(read(name)):
        grid.show()


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """Mazes solved by side and thinking time."""
    runs = list(result["runs"].values())
    rows = [
        [
            f"side {'-'.join(dict.fromkeys(side.split('-')))}",
            *(spread([run["sizes"][side][str(segments)]["exact"] for run in runs]) for segments in SEGMENTS),
        ]
        for side in runs[0]["sizes"]
    ]
    title = f"Mazes, trained on sides from 9 to 13: any shortest path counts, % ({seeds(len(runs))}; "
    yield Grid(title + f"{runs[0]['parameters']:,} weights)", ["after segments", *map(str, SEGMENTS)], rows)


if __name__ == "__main__":
    main()
