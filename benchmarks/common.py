"""What benchmarks share: where results go, resumable runs, medians with their spread, the machine."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from ltm.brain.brain import Brain
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.runtime.brains import load_brain
from ltm.runtime.record import processor
from ltm.scenes.prepare import Prepared, prepare, read_scenes
from ltm.scenes.split import split
from ltm.scenes.store import SceneSet, join
from ltm.training.fit import train_chart

RESULTS = Path(__file__).parent / "results"
RUNS = Path("runs")
"""Brains and checkpoints of benchmarks; not kept in the repository."""

TIERS = ("easy", "simple", "intermediate", "expert")
HELD_OUT = 400
"""Rows at the end of every tier that are never trained on."""

console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 240)


def machine() -> dict[str, Any]:
    return {"processor": processor(), "threads": torch.get_num_threads(), "torch": torch.__version__}


def write(name: str, result: Mapping[str, Any]) -> Path:
    """Writes a result with the machine it was measured on."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps({"machine": machine(), **result}, indent=1) + "\n", encoding="utf-8")
    return file


def asked(command: str, given: argparse.Namespace, *options: str) -> str:
    """Returns a benchmark's command with those options that its result depends on, defaults too."""
    words = [f"python -m benchmarks.{command}"]
    for name in options:
        value = getattr(given, name)
        if value is True or value is False:
            words += [f"--{name}"] if value else []
        else:
            words.append(f"--{name} {value:g}" if isinstance(value, float) else f"--{name} {value}")
    return " ".join(words)


def read(name: str) -> dict[str, Any]:
    """Returns an earlier result, or an empty one."""
    file = RESULTS / f"{name}.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def chart_of(name: str, settings: Sequence[str] = ()) -> Chart:
    return load_chart(name, settings)


def sudoku_files(folder: Path) -> tuple[Callable[[Chart], Prepared], dict[str, Callable[[Chart], SceneSet]]]:
    """Returns how to get training scenes and each tier's test scenes in a chart's symbols.

    The last 400 rows of every tier are for testing; from the rest some are set aside for validation.
    """

    def train(chart: Chart) -> Prepared:
        parts = [read_scenes(chart, folder / f"{tier}.csv").train for tier in TIERS]
        whole = join([part.take(np.arange(len(part) - HELD_OUT)) for part in parts])
        kept, aside = split(whole, validation=chart.scenes.validation, seed=chart.scenes.seed, family="sudoku")
        return Prepared(kept, aside)

    def test(tier: str) -> Callable[[Chart], SceneSet]:
        def scenes(chart: Chart) -> SceneSet:
            whole = read_scenes(chart, folder / f"{tier}.csv").train
            return whole.take(np.arange(len(whole) - HELD_OUT, len(whole)))

        return scenes

    return train, {tier: test(tier) for tier in TIERS}


def sudoku_run(chart: str, minutes: float, seed: int, other: str = "") -> Path:
    """Returns the run of a chart on the tiers, `other` for a changed one: benchmarks that need the same share it."""
    return RUNS / f"sudoku-{chart}-{minutes:g}min{other}-{seed}"


def trained(chart: Chart, out: Path, scenes: Callable[[Chart], Prepared] | None = None) -> tuple[Brain, dict[str, Any]]:
    """Trains a chart into a folder, goes on with a run that was stopped, or loads the finished brain.

    Returns:
        The brain, and its record, in which `parameters` are those that were learned.
    """
    if not (out / "brain.json").exists():
        _train(chart, out, scenes)
    brain, record = load_brain(out)
    return brain, record | {"parameters": sum(weight.numel() for weight in brain.parameters())}


def _train(chart: Chart, out: Path, scenes: Callable[[Chart], Prepared] | None) -> None:
    prepared = prepare(chart, Path()) if scenes is None else scenes(chart)
    shown = [0]

    def report(progress: Any) -> None:
        if progress.step - shown[0] >= max(1, progress.steps // 10) or progress.step == progress.steps:
            shown[0] = progress.step
            best = "-" if progress.best is None else f"{progress.best:.3f}"
            console.print(
                f"  {out.name}: step {progress.step:,}/{progress.steps:,} loss {progress.loss:.3f} best {best}",
                highlight=False,
            )

    train_chart(chart, out, prepared=prepared, report=report, speed=False)


def spread(values: Sequence[float]) -> str:
    """Returns `median (lowest-highest)` in percent."""
    if len(values) == 1:
        return f"{100 * values[0]:.1f}"
    return f"{100 * statistics.median(values):.1f} ({100 * min(values):.1f}-{100 * max(values):.1f})"


@dataclass(frozen=True)
class Grid:
    """A table: shown in the terminal by the benchmark, and on the page of measurements by `benchmarks.report`."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def show(self) -> None:
        shown = Table(title=self.title, title_justify="left")
        for word in self.head:
            shown.add_column(word)
        for row in self.rows:
            shown.add_row(*row)
        console.print(shown)

    def markdown(self) -> Iterator[str]:
        yield from (self.title, "", "| " + " | ".join(self.head) + " |", "|" + "---|" * len(self.head))
        for row in self.rows:
            yield "| " + " | ".join(row) + " |"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    Grid(title, head, rows).show()


def seeds(count: int) -> str:
    return "one seed" if count == 1 else f"median and range of {count} seeds"
