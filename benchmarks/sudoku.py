"""Whole boards right on held-out Sudoku tiers after training from scratch, with one try and with many.

python -m benchmarks.sudoku DATA --minutes 30 --seeds 3
python -m benchmarks.sudoku DATA will.ticks=256 --minutes 5 --seeds 3 --tries 16 --ticks 256
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import (
    TIERS,
    Grid,
    asked,
    chart_of,
    read,
    seeds,
    spread,
    sudoku_files,
    sudoku_run,
    trained,
    write,
)
from ltm.chart.schema import WillSpec
from ltm.chart.size import Sizes
from ltm.training.looks import by_ticks, look_at
from ltm.training.outcome import think_all

SEGMENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SHOWN = (4, 16, 64, 256, 512, 1024)
"""Ticks that get a column, up to the will's."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with easy.csv, simple.csv, intermediate.csv, expert.csv")
    parser.add_argument("--chart", default="sudoku")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tries", type=int, default=64)
    parser.add_argument("--ticks", type=int, default=512, help="ticks a try where many are allowed")
    parser.add_argument("--only", nargs="*", choices=TIERS, default=list(TIERS), help="tiers to measure now")
    parser.add_argument("settings", nargs="*", help="settings that replace the chart's")
    given = parser.parse_args()
    train, tests = sudoku_files(given.data)
    wanted = {tier: tests[tier] for tier in given.only}
    # Brains that were trained otherwise are other runs, beside those that other benchmarks share.
    trained_by = " ".join(sorted(word for word in given.settings if not word.startswith("will.")))
    other = f"-{hashlib.sha256(trained_by.encode()).hexdigest()[:8]}" if trained_by else ""
    name = f"sudoku-{given.chart}-{given.minutes:g}min{other}"
    command = asked(" ".join(["sudoku DATA", *given.settings]), given, "minutes", "seeds", "tries", "ticks")
    runs: dict[str, Any] = read(name).get("runs", {})
    for seed in range(given.seeds):
        settings = [f"training.minutes={given.minutes}", "training.steps=null", f"training.seed={seed}"]
        chart = chart_of(given.chart, [*given.settings, *settings])
        brain, record = trained(chart, sudoku_run(given.chart, given.minutes, seed, other), train)
        segments = [count for count in SEGMENTS if count * chart.training.ticks <= chart.will.ticks]
        run = runs.setdefault(str(seed), {"tiers": {}})
        run |= {
            "parameters": record["parameters"],
            "steps": record["provenance"]["steps"],
            "seconds": record["provenance"]["seconds"],
            "segment_operations": Sizes.of(chart).segment,
        }
        for tier, scenes_of in wanted.items():
            scenes, measured = scenes_of(chart), run["tiers"].setdefault(tier, {})
            if len(measured.get("by_ticks", ())) < len(segments) or measured["will"]["budget"] != budget_of(chart.will):
                measured["by_ticks"] = by_ticks(brain, look_at(brain, scenes, segments, False, None))
                measured["will"] = think_all(brain, scenes, chart.will, False, None).summary(chart.will)
            many = chart.will.model_copy(update={"tries": given.tries, "ticks": given.ticks})
            if measured.get("many_tries", {}).get("budget") != budget_of(many):
                measured["many_tries"] = think_all(brain, scenes, many, False, None).summary(many)
            write(name, {"command": command, "runs": runs})
    for grid in tables(read(name)):
        grid.show()


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """Whole boards right by thinking time; then halting, and how far the confidence can be trusted."""
    runs = list(result["runs"].values())
    done = [sum("many_tries" in tier for tier in run["tiers"].values()) for run in runs]
    runs = [run for run, count in zip(runs, done, strict=True) if count == max(done)]  # a seed may be under way
    tiers = [tier for tier, of in runs[0]["tiers"].items() if "many_tries" in of]
    by_tier = {tier: [run["tiers"][tier] for run in runs] for tier in tiers}
    every = [one for of in by_tier.values() for one in of]
    looks = [row["ticks"] for row in max((one["by_ticks"] for one in every), key=len)]
    tries = " or ".join(sorted({f"{one['many_tries']['budget']['tries']}" for one in every}))
    minutes = ", ".join(f"{run['steps']:,} steps in {run['seconds'] / 60:.0f} minutes" for run in runs)
    rows = []
    for tier, of in by_tier.items():
        known = min(len(one["by_ticks"]) for one in of)
        by = [spread([one["by_ticks"][k]["exact"] for one in of]) if k < known else "-" for k in range(len(looks))]
        shown = [cell for tick, cell in zip(looks, by, strict=True) if tick in SHOWN]
        rows.append([tier, *shown, spread([one["many_tries"]["exact"] for one in of])])
    yield Grid(
        f"Sudoku: whole boards right, %, after so many ticks with one try, and with {tries} tries "
        f"({seeds(len(runs))}; {runs[0]['parameters']:,} weights; {minutes})",
        ["after ticks", *(f"{tick:,}" for tick in looks if tick in SHOWN), f"{tries} tries"],
        rows,
    )
    yield Grid(
        "The same with halting and one try, and reflection (AUROC and ECE of the worst seed)",
        [
            "tier",
            "at most",
            "right, %",
            "answer kept after",
            "operations spent",
            "AUROC",
            "ECE",
            "ECE without halting",
            "right when sure, %",
        ],
        [[tier, *_halting(of, runs)] for tier, of in by_tier.items()],
    )


def _halting(of: Sequence[dict[str, Any]], runs: Sequence[dict[str, Any]]) -> Iterator[str]:
    halting = [one["will"] for one in of]
    yield " or ".join(f"{ticks:,} ticks" for ticks in sorted({one["budget"]["ticks"] for one in halting}))
    yield spread([one["exact"] for one in halting])
    yield f"{statistics.median(one['ticks'] for one in halting):.0f} ticks"
    # A board that is never sure thinks to the end, whenever its answer was found: only operations tell what was saved.
    shares = [
        one["operations"] / (run["segment_operations"] * one["budget"]["ticks"] / of_one["by_ticks"][0]["ticks"])
        for one, of_one, run in zip(halting, of, runs, strict=True)
        if "segment_operations" in run
    ]
    yield f"{100 * statistics.median(shares):.0f} % of the budget" if len(shares) == len(runs) else "-"
    areas = [one["auroc"] for one in halting if one["auroc"] is not None]
    yield f"{min(areas):.4f}" if areas else "all are right"
    yield f"{max(one['ece'] for one in halting):.3f}"
    yield f"{max(one['by_ticks'][-1]['ece'] for one in of):.3f}"
    sure = [one["right_when_sure"] for one in halting if one["right_when_sure"] is not None]
    yield f"{100 * min(sure):.1f}" if sure else "never sure"


def budget_of(will: WillSpec) -> dict[str, Any]:
    """Returns what an outcome's summary writes down as its budget."""
    return {"ticks": will.ticks, "tries": will.tries, "confidence": will.confidence}


if __name__ == "__main__":
    main()
