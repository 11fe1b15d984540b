"""Makes a measured brain the one that comes with the package: one seed of `benchmarks.sudoku`.

python -m benchmarks.sudoku DATA --minutes 30 --seeds 3
python -m benchmarks.ship --seed 2
"""

from __future__ import annotations

import argparse

from benchmarks.common import HELD_OUT, read, sudoku_run
from ltm.brain.brain import Brain
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.shipped import shipped_brain

MINUTES = 30.0
ABOUT = "Sees puzzle; answers solution. Trained on puzzles of four tiers, rated by Sukaku Explainer."
DATA = "14,400 Sudoku puzzles of four tiers less 5 % set aside; the last 400 of each tier were never seen"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    trained, record = load_brain(sudoku_run("sudoku", MINUTES, given.seed))
    tiers = read(f"sudoku-sudoku-{MINUTES:g}min")["runs"][str(given.seed)]["tiers"]
    brain = Brain(trained.chart.model_copy(update={"about": ABOUT, "budget": 2_000_000}))
    brain.load_state_dict(trained.state_dict())
    measured = {"scenes": HELD_OUT * len(tiers)}
    for tier, found in tiers.items():
        last = found["by_ticks"][-1]
        measured[f"{tier}, {last['ticks']:,} ticks"] = {key: last[key] for key in ("exact", "confidence")}
    save_brain(brain, shipped_brain(), {"provenance": record["provenance"] | {"data": DATA}, "measured": measured})


if __name__ == "__main__":
    main()
