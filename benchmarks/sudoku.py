"""Whole boards right on held-out Sudoku tiers after training from scratch, with one try and with many.

python -m benchmarks.sudoku DATA --minutes 30 --seeds 3
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.common import RUNS, TIERS, chart_of, read, spread, sudoku_files, table, trained, write
from ltm.scenes.prepare import scorer_of
from ltm.training.evaluate import evaluate, willed

SEGMENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


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
    name = f"sudoku-{given.chart}-{given.minutes:g}min"
    result: dict[str, Any] = read(name)
    runs: dict[str, Any] = result.get("runs", {})
    budget = {"tries": given.tries, "ticks": given.ticks}
    for seed in range(given.seeds):
        tiers: dict[str, Any] = runs.get(str(seed), {}).get("tiers", {})
        if all(complete(tiers.get(tier, {}), budget) for tier in wanted):
            continue
        settings = [f"training.minutes={given.minutes}", "training.steps=null", f"training.seed={seed}"]
        chart = chart_of(given.chart, [*given.settings, *settings])
        brain, record = trained(chart, RUNS / f"{name}-{seed}", train)
        for tier, scenes_of in wanted.items():
            scenes, measured = scenes_of(chart), tiers.get(tier, {})
            if not looked(measured):
                many = {key: measured[key] for key in ("many_tries",) if key in measured}
                measured = many | evaluate(
                    brain, scenes, segments=SEGMENTS, will=chart.will, scorer=scorer_of(chart), speed=False
                )
            if not complete(measured, budget):
                measured["many_tries"] = willed(brain, scenes, chart.will.model_copy(update=budget), False, None)
            tiers[tier] = measured
            runs[str(seed)] = {
                "parameters": record["parameters"],
                "steps": record["provenance"]["steps"],
                "seconds": record["provenance"]["seconds"],
                "tiers": tiers,
            }
            write(name, {"command": f"python -m benchmarks.sudoku DATA --minutes {given.minutes:g}", "runs": runs})
    show(name, runs, given.tries)


def looked(tier: dict[str, Any]) -> bool:
    """Whether a tier was looked at after every thinking time."""
    return len(tier.get("by_ticks", ())) == len(SEGMENTS)


def complete(tier: dict[str, Any], budget: dict[str, int]) -> bool:
    """Whether everything was measured, with as many tries as are asked for now."""
    return looked(tier) and budget.items() <= tier.get("many_tries", {}).get("budget", {}).items()


def show(name: str, runs: dict[str, Any], tries: int) -> None:
    rows = []
    for tier in next(iter(runs.values()))["tiers"]:
        of = [run["tiers"][tier] for run in runs.values()]
        common = min(len(run["by_ticks"]) for run in of)
        looks = [
            spread([run["by_ticks"][k]["exact"] for run in of]) if k < common else "" for k in range(len(SEGMENTS))
        ]
        rows.append(
            [
                tier,
                *looks,
                spread([run["many_tries"]["exact"] for run in of]),
                " ".join(f"{run['auroc']:.4f}" if run["auroc"] is not None else "-" for run in of),
                " ".join(f"{run['ece']:.3f}" for run in of),
                " ".join(f"{run['will']['exact'] * 100:.1f} in {run['will']['ticks']:.0f} ticks" for run in of),
            ]
        )
    head = ["tier", *(f"{k} seg" for k in SEGMENTS), f"{tries} tries", "AUROC", "ECE", "halting"]
    table(f"{name}: whole boards right, % (median and range over {len(runs)} seeds)", head, rows)


if __name__ == "__main__":
    main()
