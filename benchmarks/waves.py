"""Zones that don't fire cost nothing: counted operations and measured time with 4 of 8 to 4 of 512 zones firing.

python -m benchmarks.waves
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import torch

from benchmarks.common import table, write
from ltm.brain.brain import Brain
from ltm.chart.schema import Chart

TICKS = 8


def chart(zones: int, policy: str, fire: int) -> Chart:
    """A chart with that many mixer zones of width 64."""
    grid = {"kind": "grid", "rows": 9, "columns": 9, "symbols": 10}
    return Chart.model_validate(
        {
            "field": {"width": 128},
            "senses": {"puzzle": grid},
            "acts": {"solution": grid},
            "zones": {f"z{number}": {"kind": "mixer", "width": 64} for number in range(zones)},
            "wave": {"policy": policy, "fire": fire},
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--batch", type=int, default=1)
    given = parser.parse_args()
    cases = [(64, "all", 64)] + [(zones, policy, 4) for policy in ("top-k", "sync", "random") for zones in (8, 64, 512)]
    puzzle = {"puzzle": torch.zeros(given.batch, 9, 9, dtype=torch.uint8)}
    brains = {case: Brain(chart(*case), seed=0).eval() for case in cases}
    times: dict[Any, list[float]] = {case: [] for case in cases}
    with torch.inference_mode():
        for turn in range(given.repeats + 2):
            for case, brain in brains.items():
                mind = brain.begin(puzzle, torch.Generator().manual_seed(turn))
                start = time.perf_counter()
                brain.circuit.run(mind.lanes, mind.input, mind.places, TICKS)
                if turn > 1:
                    times[case].append(time.perf_counter() - start)
    whole = statistics.median(times[cases[0]])
    rows, result = [], []
    for case in cases:
        zones, policy, fire = case
        cost = brains[case].circuit.operations(mind.places, 0) * TICKS
        median = statistics.median(times[case])
        shown = [f"{cost / 1e6:.1f}", f"{median * 1e3:.1f}", f"{median / whole:.3f}"]
        rows.append([policy, str(zones), str(fire), *shown])
        result.append({"policy": policy, "zones": zones, "fire": fire, "operations": cost, "seconds": times[case]})
    table(
        f"{TICKS} ticks, batch {given.batch} (medians of {given.repeats}, cases in turn)",
        ["policy", "zones", "fire", "M operations a scene", "ms", "time / all 64"],
        rows,
    )
    write(f"waves-batch{given.batch}", {"command": "python -m benchmarks.waves", "cases": result})


if __name__ == "__main__":
    main()
