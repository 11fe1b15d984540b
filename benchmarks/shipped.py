"""The brain that ships, on puzzles it never saw: data like what it learned from, and harder.

python -m benchmarks.shipped DATA

DATA holds the four tiers, whose last 400 rows were never trained on. The harder puzzles are made: 400 that need so many
guesses or more after all singles are found. One try and several, each chosen by reflection; how many answers are given
at a confidence of 0.9 or more, and how many of these are right; how far confidence is from the truth (ECE).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.common import HELD_OUT, TIERS, Grid, read, sudoku_files, write
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.scenes.options import with_options
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.store import SceneSet
from ltm.training.calibration import right_above
from ltm.training.outcome import think_all

SURE = 0.9
GUESSES = 12
"""Of the made puzzles, at least: the expert tier needs fewer at the median."""
SEED = 424_242


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with easy.csv, simple.csv, intermediate.csv, expert.csv")
    parser.add_argument("--tries", type=int, nargs="*", default=[1, 16, 64])
    given = parser.parse_args()
    brain, _ = load_brain(shipped_brain())
    chart = brain.chart
    _, tests = sudoku_files(given.data)
    made = with_options(chart.scenes, "sudoku", {"search_steps": [GUESSES, 10_000]})
    hard = chart.model_copy(update={"scenes": made})
    sets: dict[str, Callable[[], SceneSet]] = {tier: partial(tests[tier], chart) for tier in TIERS}
    sets[f"made, {GUESSES} guesses or more"] = partial(generate_scenes, hard, HELD_OUT, SEED, "sudoku")
    name, command = "shipped", "python -m benchmarks.shipped DATA"
    result: dict[str, Any] = {"command": command, "parameters": sum(w.numel() for w in brain.parameters()), "runs": {}}
    result |= read(name)
    for label, scenes_of in sets.items():
        wanted = [tries for tries in given.tries if f"{label}/{tries}" not in result["runs"]]
        scenes = scenes_of() if wanted else None
        for tries in wanted:
            assert scenes is not None
            will = chart.will.model_copy(update={"tries": tries})
            outcome = think_all(brain, scenes, will, False, None)
            above = right_above(outcome.confidence, outcome.right, SURE)
            run = {"scenes": len(scenes), **outcome.summary(will), "above": above.coverage}
            result["runs"][f"{label}/{tries}"] = run | {"right_above": above.accuracy}
            write(name, result)
    for grid in tables(result):
        grid.show()


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line for each set of puzzles and number of tries."""
    rows = []
    for key, run in result["runs"].items():
        label, tries = key.rsplit("/", 1)
        auroc = "all are right" if run["auroc"] is None else f"{run['auroc']:.4f}"
        right = "-" if run["right_above"] is None else f"{100 * run['right_above']:.1f}"
        given = f"{100 * run['above']:.1f}"
        rows.append([label, tries, f"{100 * run['exact']:.1f}", given, right, f"{run['ece']:.3f}", auroc])
    head = ["puzzles", "tries", "right, %", f"given at {SURE} or more, %", "of these right, %", "ECE", "AUROC"]
    yield Grid(f"The brain that ships ({result['parameters']:,} weights), {HELD_OUT} puzzles each", head, rows)


if __name__ == "__main__":
    main()
