"""Exported files of the brain that ships: whether they think as it does, their size, and the time of a thought.

python -m benchmarks.export

Every target whose packages are there, at 16 and at 64 ticks, each compared with the brain on 100 new puzzles as
`ltm export` does it. Times are of single puzzles, brain and files in turns; the processor time of making a file is
without comparing.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from benchmarks.common import Grid, console, write
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.schema import WillSpec
from ltm.export.compare import compare
from ltm.export.describe import description
from ltm.export.export import TARGETS, exported_program
from ltm.export.graph import SEE
from ltm.export.shown import shown
from ltm.export.sizes import sizes_of
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain

NEEDS = {"onnx": "onnxruntime", "torch-export": "torch", "executorch": "executorch"}
THE_BRAIN = "the brain"
Think = Callable[[dict[str, Tensor]], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ticks", type=int, nargs="*", default=[16, 64])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--puzzles", type=int, default=40, help="in a round")
    given = parser.parse_args()
    brain, _ = load_brain(shipped_brain())
    there = [name for name, package in NEEDS.items() if importlib.util.find_spec(package)]
    command = f"python -m benchmarks.export --ticks {' '.join(map(str, given.ticks))}"
    command += f" --rounds {given.rounds} --puzzles {given.puzzles}"
    result: dict[str, Any] = {"command": command, "runs": {}}
    for ticks in given.ticks:
        result["runs"][str(ticks)] = measured(brain, ticks, there, given.rounds, given.puzzles)
        write("export", result)
    for grid in tables(result):
        grid.show()


def measured(brain: Brain, ticks: int, targets: list[str], rounds: int, puzzles: int) -> dict[str, Any]:
    """Returns what each target's file came to, and the times of the brain and of all files in turns."""
    chart, sizes = brain.chart, sizes_of(brain, {})
    will = WillSpec(ticks=ticks, tries=1, confidence=1, noise=chart.will.noise, patience=chart.will.patience)
    found: dict[str, Any] = {}
    thinkers: dict[str, Think] = {THE_BRAIN: lambda seen: think(brain, seen, will)}
    for name in targets:
        target, start = TARGETS[name], time.process_time()
        told = description(brain, sizes, ticks, 0, target.batch)
        content = target.write(exported_program(brain, will, sizes, 0, target.batch), told)
        spent = time.process_time() - start
        run = target.run(content, torch.get_num_threads())
        compared = compare(brain, run, will, sizes, 0, None)
        found[name] = {
            "bytes": len(content),
            "processor_seconds": spent,
            "scenes": compared.scenes,
            "answered_alike": compared.answers,
            "confidence": compared.confidence,
            "logits": compared.logits,
        }
        thinkers[name] = lambda seen, run=run: run({SEE + sense: value.numpy() for sense, value in seen.items()})  # type: ignore[misc]
        console.print(f"  {name}, {ticks} ticks: made and compared", highlight=False)
    seen = shown(brain, sizes, None)[0][:puzzles]
    times: dict[str, list[float]] = {name: [] for name in thinkers}
    for _ in range(rounds + 1):
        for name, thinker in thinkers.items():
            start = time.perf_counter()
            for values in seen:
                thinker(values)
            times[name].append(1000 * (time.perf_counter() - start) / len(seen))
    return {"files": found, "ms": {name: of[1:] for name, of in times.items()}}  # the first round warms up


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One table for each number of ticks."""
    for ticks, run in result["runs"].items():
        rows = []
        for name, times in run["ms"].items():
            shown_ms = f"{statistics.median(times):.1f} ms ({min(times):.1f} to {max(times):.1f})"
            file = run["files"].get(name)
            told = [""] * 5 if file is None else list(_told(file))
            rows.append([name, *told[:4], shown_ms, told[4]])
        head = ["who thinks", "answered alike", "confidence differs by", "logits by", "file", "a thought", "made in"]
        yield Grid(f"The brain that ships, {ticks} ticks", head, rows)


def _told(file: dict[str, Any]) -> Iterator[str]:
    yield f"{file['answered_alike']} of {file['scenes']}"
    yield f"{file['confidence']:.2g}"
    yield f"{file['logits']:.2g}"
    yield f"{file['bytes'] / 1e6:.2f} MB"
    yield f"{file['processor_seconds']:.0f} s"


if __name__ == "__main__":
    main()
