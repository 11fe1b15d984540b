"""Results that other benchmarks of the project left, as readings: each with its file and the command that made it.

Their arms are called `ablation/…`, `curve/…` and so on. They were trained for longer, on other scenes than the
experiments here, and so are never compared with these.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.evidence.readings import Reading, known, load_json

Figures = Mapping[str, float | None]
Found = tuple[str, str, str, Figures, Mapping[str, Any]]
"""Arm, label, part of the file, figures, and the part as it stands there."""


def cited(folder: Path) -> tuple[list[Reading], list[Path], list[str]]:
    """Reads what benchmarks have left in a folder.

    Returns:
        Readings; files that are missing; what is wrong with others.
    """
    readings: list[Reading] = []
    missing: list[Path] = []
    damaged: list[str] = []
    for name, read in CITED.items():
        file = folder / f"{name}.json"
        if not file.exists():
            missing.append(file)
            continue
        try:
            result = load_json(file)
            for arm, label, part, figures, raw in read(result):
                readings.append(Reading(arm, label, file, part, str(result["command"]), *known(figures), raw))
        except DataError as problem:
            damaged.append(str(problem))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
            damaged.append(f"{file}: damaged ({type(problem).__name__}: {problem})")
    return readings, missing, damaged


def _ablation(result: Mapping[str, Any]) -> Iterator[Found]:
    for key, run in result["runs"].items():
        part, seed = key.split("/")
        figures = {name: run[name] for name in ("expert_once", "expert_tries", "parameters", "steps", "auroc")}
        figures |= {"segments@1": run["one_segment"], "segments@16": run["exact"]}
        yield f"ablation/{part}", f"seed {seed}", f"runs {key}", figures, run


def _curve(result: Mapping[str, Any]) -> Iterator[Found]:
    for key, run in result["runs"].items():
        chart, seed = key.rsplit("-", 1)
        figures = {"exact": list(run["exact"].values())[-1], "parameters": run["parameters"], "steps": run["steps"]}
        yield f"curve/{chart}", f"seed {seed}", f"runs {key}", figures, run


def _sudoku(result: Mapping[str, Any]) -> Iterator[Found]:
    for seed, run in result["runs"].items():
        if "many_tries" not in run["tiers"].get("expert", {}):
            continue  # still under way
        expert = run["tiers"]["expert"]
        looks = {f"exact@{row['ticks']}": row["exact"] for row in expert["by_ticks"]}
        longest = expert["by_ticks"][-1]
        figures = {
            f"auroc@{longest['ticks']}": longest["auroc"],
            f"ece@{longest['ticks']}": longest["ece"],
            "parameters": run["parameters"],
            "steps": run["steps"],
            "seconds": run["seconds"],
            "halting": expert["will"]["exact"],
            "tries@64": expert["many_tries"]["exact"],
            **looks,
        }
        yield "sudoku-30min/expert", f"seed {seed}", f"runs {seed}", figures, run


def _mazes(result: Mapping[str, Any]) -> Iterator[Found]:
    for seed, run in result["runs"].items():
        for side, by in run["sizes"].items():
            figures = {f"segments@{count}": row["exact"] for count, row in by.items()}
            yield f"mazes/{side}", f"seed {seed}", f"runs {seed} sizes {side}", figures, by


def _waves(result: Mapping[str, Any]) -> Iterator[Found]:
    for number, case in enumerate(result["cases"]):
        arm = f"firing/{case['policy']}-{case['fire']}-of-{case['zones']}"
        for seed, turns in case["seconds"].items():
            figures = {"seconds": statistics.median(turns), "operations": case["operations"]}
            yield arm, f"seed {seed}", f"cases {number} seconds {seed}", figures, case


def _stream(result: Mapping[str, Any]) -> Iterator[Found]:
    resident = [bytes_ for _, bytes_ in result["samples"]]
    # The first tenth fills buffers, and is left out as in the benchmark.
    settled = resident[len(resident) // 10 :]
    part = max(1, len(settled) // 10)
    # Medians of tenths: what an allocator holds flickers from one moment to the next.
    tenths = [statistics.median(settled[first : first + part]) for first in range(0, len(settled) - part + 1, part)]
    figures = {
        "gigabytes": result["gigabytes"],
        "growth": tenths[-1] / tenths[0] - 1,
        "swing": max(tenths) / tenths[0] - 1,
        "peak": result["peak"],
    }
    kept = {key: value for key, value in result.items() if key != "samples"}
    yield f"stream/{result['kind']}-ahead{result['ahead']}", f"{result['gigabytes']:.2g} GB", "", figures, kept


def _polarity(result: Mapping[str, Any]) -> Iterator[Found]:
    for key, run in result["runs"].items():
        label, seed = key.split("/")
        figures = {name: run[name] for name in ("exact", "auroc", "ece", "parameters", "steps", "seconds")}
        yield f"polarity/{label.replace(' ', '-')}", f"seed {seed}", f"runs {key}", figures, run


def _walker(result: Mapping[str, Any]) -> Iterator[Found]:
    for key, run in result["runs"].items():
        who, _, seed = key.partition("/")
        figures = {name: run[name] for name in ("success", "other_mission", "parameters", "steps") if name in run}
        if run.get("foresight"):
            missed, mean = run["foresight"]["missed"], run["foresight"]["mean_missed"]
            figures |= {"foreseen": 1 - missed, "foreseen_by_mean": 1 - mean, "foreseen_by_nothing": 0.0}
        yield f"walker/{who}", f"seed {seed}" if seed else "", f"runs {key}", figures, run


def _skills(result: Mapping[str, Any]) -> Iterator[Found]:
    for way, steps in result["ways"].items():
        names, last = list(steps), list(steps.values())[-1]
        if "routing" not in last:
            continue  # still under way
        exact = {name: (steps[name]["exact"][name], last["exact"][name]) for name in names}
        routes = {name: last["routing"][name] for name in names}
        # Of the skills of one brain, which are no runs of one another, the one that fares worst.
        figures = {
            "exact": min(right for _, right in exact.values()),
            "forgotten": max(0.0, *(once - right for once, right in exact.values())),
            "routed": min(route["right"] for route in routes.values()),
        }
        kept = {"right once learned, and at the end": exact, "routing": routes}
        yield f"skills/{way}", f"{len(names)} skills", f"ways {way} {names[-1]} exact", figures, kept


def _paging(result: Mapping[str, Any]) -> Iterator[Found]:
    for key, run in result["runs"].items():
        wave, way = key.split("/")
        figures = {
            "same_answers": float(run["answers"] == result["runs"][f"{wave}/loaded"]["answers"]),
            "above_budget": (run["peak_resident"] - run["framework"]) / result["memory"] - 1,
            "seconds": run["seconds"],
        }
        yield f"paging/{wave}-{way}", f"{wave}, {way}", f"runs {key}", figures, run


CITED: dict[str, Callable[[Mapping[str, Any]], Iterator[Found]]] = {
    "ablation-equal-1500steps": _ablation,
    "curve-5min": _curve,
    "sudoku-sudoku-30min": _sudoku,
    "mazes-20min": _mazes,
    "waves-batch1": _waves,
    "stream-file-0.06gb-ahead0": _stream,
    "stream-file-0.06gb-ahead256": _stream,
    "stream-generated-1gb-ahead0": _stream,
    "stream-generated-5gb-ahead0": _stream,
    "skills-5min-1MB-0": _skills,
    "minigrid-GoToLocal-5min": _walker,
    "pretrained-polarity-5min": _polarity,
    "paging-200-300MB": _paging,
}
"""Result files, and what reads them."""
STREAMS = ("file-ahead0", "file-ahead256", "generated-ahead0")
"""Settings of the benchmark of streams, each measured by itself: runs of different ones are no seeds of one."""
