"""Eight bits: bytes, accuracy and time of the brain that ships, before and after `ltm quantize`.

python -m benchmarks.int8 DATA

Accuracy is of each tier's last 400 rows, which were never trained on, as the brain's will says, once for every seed of
the noise with which thoughts start. Times are of single thoughts to the end, both brains in turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import HELD_OUT, TIERS, Grid, spread, sudoku_files, write
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.record import REHEARSAL
from ltm.runtime.shipped import shipped_brain
from ltm.scenes.store import SceneSet
from ltm.training.outcome import think_all


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with easy.csv, simple.csv, intermediate.csv, expert.csv")
    parser.add_argument("--rows", type=int, default=HELD_OUT, help="of every tier, at most 400")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--thoughts", type=int, default=10, help="of each brain in a round")
    given = parser.parse_args()
    _, tests = sudoku_files(given.data)
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small"
        brain, _ = load_brain(shipped_brain())
        brain.int8 = True
        save_brain(brain, small)
        brains = {name: load_brain(place)[0] for name, place in (("fp32", shipped_brain()), ("int8", small))}
        sizes = {"fp32": _bytes(shipped_brain()), "int8": _bytes(small)}
    command = f"python -m benchmarks.int8 DATA --rows {given.rows} --seeds {given.seeds} --rounds {given.rounds}"
    command += f" --thoughts {given.thoughts}"
    rows = np.arange(HELD_OUT - min(given.rows, HELD_OUT), HELD_OUT)
    sets = {tier: tests[tier](brain.chart).take(rows) for tier in TIERS}
    result: dict[str, Any] = {
        "command": command,
        "rows": len(rows),
        "bytes": sizes,
        "right": {
            name: {tier: [_right(one, scenes, seed) for seed in range(given.seeds)] for tier, scenes in sets.items()}
            for name, one in brains.items()
        },
        "ms": _times(brains, sets[TIERS[-1]], given.rounds, given.thoughts),
    }
    write("int8", result)
    for grid in tables(result):
        grid.show()


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.safetensors") if file.name != REHEARSAL)


def _right(brain: Brain, scenes: SceneSet, seed: int) -> float:
    return float(think_all(brain, scenes, brain.chart.will, False, None, seed).right.mean())


def _times(brains: dict[str, Brain], scenes: SceneSet, rounds: int, thoughts: int) -> dict[str, list[float]]:
    """Returns each round's milliseconds a thought; all thoughts are equally long, as none halts."""
    will = brains["fp32"].chart.will.model_copy(update={"confidence": 1.0, "tries": 1})
    found: dict[str, list[float]] = {name: [] for name in brains}
    for _ in range(rounds + 1):
        for name, brain in brains.items():
            start = time.perf_counter()
            for number in range(thoughts):
                row = number % len(scenes)
                seen = {s: torch.from_numpy(np.array(scenes.values[s][row : row + 1])) for s in brain.chart.senses}
                think(brain, seen, will)
            found[name].append(1000 * (time.perf_counter() - start) / thoughts)
    return {name: times[1:] for name, times in found.items()}  # the first round warms up


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One row a brain."""
    rows = []
    for name, size in result["bytes"].items():
        times = result["ms"][name]
        shown = f"{statistics.median(times):.1f} ({min(times):.1f}-{max(times):.1f})"
        rows.append([name, f"{size:,}", *(spread(right) for right in result["right"][name].values()), shown])
    tiers = list(next(iter(result["right"].values())))
    yield Grid(
        f"The brain that ships: whole boards right of {result['rows']} a tier, %, and a thought to the end",
        ["weights", "bytes", *tiers, "a thought, ms"],
        rows,
    )


if __name__ == "__main__":
    main()
