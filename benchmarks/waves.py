"""Zones that don't fire cost nothing: counted operations and measured time with 4 of 8 to 4 of 512 zones firing.

python -m benchmarks.waves --seeds 3

Each seed draws the weights anew. Cases are timed in turn, so that a busy machine slows all of them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from typing import Any

import torch

from benchmarks.common import Grid, seeds, write
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
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=1)
    given = parser.parse_args()
    cases = [(64, "all", 64)] + [(zones, policy, 4) for policy in ("top-k", "sync", "random") for zones in (8, 64, 512)]
    puzzle = {"puzzle": torch.zeros(given.batch, 9, 9, dtype=torch.uint8)}
    times: dict[Any, dict[str, list[float]]] = {case: {} for case in cases}
    costs: dict[Any, int] = {}
    for seed in range(given.seeds):
        brains = {case: Brain(chart(*case), seed=seed).eval() for case in cases}
        for turn in range(given.repeats + 2):
            for case, brain in brains.items():
                seconds, costs[case] = timed(brain, puzzle, turn)
                if turn > 1:
                    times[case].setdefault(str(seed), []).append(seconds)
    result = [
        {"policy": policy, "zones": zones, "fire": fire, "operations": costs[case], "seconds": times[case]}
        for case in cases
        for zones, policy, fire in (case,)
    ]
    command = f"python -m benchmarks.waves --seeds {given.seeds} --repeats {given.repeats} --batch {given.batch}"
    write(f"waves-batch{given.batch}", {"command": command, "cases": result})
    for grid in tables({"cases": result}):
        grid.show()


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line a case: what a scene costs, and the time beside that of all zones firing."""
    medians = [[statistics.median(turns) for turns in case["seconds"].values()] for case in result["cases"]]
    whole, rows = statistics.median(medians[0]), []
    for case, of in zip(result["cases"], medians, strict=True):
        low, median, high = (1e3 * pick(of) for pick in (min, statistics.median, max))
        shown = [
            f"{case['operations'] / 1e6:.1f}",
            f"{median:.1f} ({low:.1f}-{high:.1f})",
            f"{median / 1e3 / whole:.3f}",
        ]
        rows.append([case["policy"], f"{case['zones']}", f"{case['fire']}", *shown])
    seconds = next(iter(result["cases"]))["seconds"]
    turns = len(next(iter(seconds.values())))
    yield Grid(
        f"{TICKS} ticks of zones alone (medians of {turns} turns, {seeds(len(seconds))})",
        ["policy", "zones", "fire", "M operations a scene", "ms", "time / all 64"],
        rows,
    )


@torch.inference_mode()
def timed(brain: Brain, puzzle: dict[str, torch.Tensor], turn: int) -> tuple[float, int]:
    """Returns the seconds that some ticks take from a start of its own, and their operations."""
    mind = brain.begin(puzzle, torch.Generator().manual_seed(turn))
    start = time.perf_counter()
    brain.circuit.run(mind.lanes, mind.input, mind.places, TICKS)
    return time.perf_counter() - start, brain.circuit.operations(mind.places, 0) * TICKS


if __name__ == "__main__":
    main()
