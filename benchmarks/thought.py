"""A thought: time at batch 1 and 128, the share of the floor, and the time from start to first answer.

python -m benchmarks.thought [BRAIN]

The floor is the operations of the thought divided by this machine's best fp32 matrix-product rate.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.common import asked, table, write
from ltm.brain.think import think
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.scenes.prepare import generate_scenes
from ltm.training.looks import batches
from ltm.training.machine import rates

PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("brain", type=Path, nargs="?", default=None)
    parser.add_argument("--repeats", type=int, default=100)
    given = parser.parse_args()
    folder = given.brain or shipped_brain()
    brain, _ = load_brain(folder)
    scenes = generate_scenes(brain.chart, 512, 77, "sudoku")
    peak = rates().fp32
    rows, result = [], {}
    for size in (1, 128):
        for halting in (True, False):
            # A batch to the end of the will takes a minute, and hardly differs from the next.
            repeats = given.repeats if size == 1 else max(5, given.repeats // 4) if halting else 5
            will = brain.chart.will if halting else brain.chart.will.model_copy(update={"confidence": 1.0})
            seconds, shares = [], []
            for number in range(repeats + 2):
                index = (np.arange(size) + number * size) % len(scenes)
                _, values = next(batches(scenes.take(index), size))
                start = time.perf_counter()
                thoughts = think(brain, values, will)
                spent = time.perf_counter() - start
                if number > 1:
                    seconds.append(spent / size)
                    shares.append(sum(t.operations for t in thoughts) / peak / spent)
            p50, p99 = np.percentile(np.array(seconds) * 1e3, [50, 99])
            share = statistics.median(shares)
            name = f"batch {size}, {'halting' if halting else f'{will.ticks} ticks'}"
            result[name] = {"p50_ms": float(p50), "p99_ms": float(p99), "share_of_floor": share, "repeats": repeats}
            rows.append([name, str(repeats), f"{p50:.2f}", f"{p99:.2f}", f"{share:.2f}"])
    table(
        f"a thought of {brain.chart.name}; best fp32 matrix product {peak / 1e9:.0f} G operations a second",
        ["", "times", "p50, ms a thought", "p99", "share of the floor"],
        rows,
    )
    starts = {
        "ltm think": started([sys.executable, "-m", "ltm", "think", str(folder), PUZZLE]),
        "ltm --help": started([sys.executable, "-m", "ltm", "--help"]),
    }
    table(
        "from start to answer",
        ["", "s (median of 5)", "range"],
        [[n, f"{statistics.median(t):.2f}", f"{min(t):.2f}-{max(t):.2f}"] for n, t in starts.items()],
    )
    command = asked(" ".join(["thought", *([str(given.brain)] if given.brain else [])]), given, "repeats")
    name = "thought" if given.brain is None else f"thought-{brain.chart.name}"
    write(name, {"command": command, "thoughts": result, "starts": starts})


def started(command: list[str]) -> list[float]:
    """Times a command from start to end, five times after a warm-up."""
    times = []
    for _ in range(6):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return times[1:]


if __name__ == "__main__":
    main()
