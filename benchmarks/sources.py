"""How fast built-in sources make scenes.

python -m benchmarks.sources

Every Sudoku comes with the proof that it has one solution, and no two scenes are alike; both are in the time.
"""

from __future__ import annotations

import argparse
import statistics
import time

from benchmarks.common import table, write
from ltm.chart.scenes import ScenesSpec
from ltm.scenes.sources import find_source
from ltm.scenes.store import SceneSet

COUNTS = {"sudoku": 10_000, "maze": 5_000, "listops": 5_000}
REPEATS = 3


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    result, rows = {}, []
    for name, count in COUNTS.items():
        source = find_source(name)
        assert source is not None
        options, seconds = ScenesSpec().options_of(name), []
        for seed in range(REPEATS):
            start = time.perf_counter()
            made = source.make(options, count, seed)
            found = len(made) if isinstance(made, SceneSet) else sum(1 for _ in made)
            seconds.append(time.perf_counter() - start)
            assert found == count
        result[name] = {"scenes": count, "seconds": seconds}
        rows.append([name, f"{count:,}", f"{statistics.median(seconds):.1f} ({min(seconds):.1f}-{max(seconds):.1f})"])
    table("Making scenes", ["source", "scenes", f"seconds, median and range of {REPEATS}"], rows)
    write("sources", {"command": "python -m benchmarks.sources", "sources": result})


if __name__ == "__main__":
    main()
