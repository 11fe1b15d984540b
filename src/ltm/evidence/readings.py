"""Readings: figures of runs with the file each comes from. Tables, pictures and verdicts are made of nothing else."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.evidence.experiments import Planned
from ltm.evidence.looking import SURE
from ltm.evidence.run_file import RunFile, read_run, result_file


@dataclass(frozen=True)
class Reading:
    """What one run says.

    Attributes:
        arm: what was run.
        label: which of the arm's runs, such as its seed.
        file: that the figures come from.
        part: of that file; empty where it is the whole.
        command: that made it.
        figures: by name, such as `exact`.
        untold: names of figures that the run can't tell, such as `auroc` where all answers are right, or none is.
        raw: the part of the file, as it stands there.
    """

    arm: str
    label: str
    file: Path
    part: str
    command: str
    figures: Mapping[str, float]
    untold: frozenset[str] = frozenset()
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def anchor(self) -> str:
        """A name for the part of the file, for links within a page."""
        word = "-".join([self.file.stem, *self.part.replace("/", " ").split()])
        return "run-" + "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in word)


def known(figures: Mapping[str, float | None]) -> tuple[dict[str, float], frozenset[str]]:
    """Returns figures that there are, and the names of those that answers can't tell, all being right or wrong."""
    untold = frozenset(name for name, value in figures.items() if value is None and name.startswith(("auroc", "ece")))
    return {name: float(value) for name, value in figures.items() if value is not None}, untold


def figures_of(result: RunFile) -> dict[str, float | None]:
    """Returns the figures of a run by name; None for those that there aren't.

    `exact` and its like are those after as many ticks as in training. `exact@T` is whole answers right after T ticks,
    `exact:longest` that after the most that it was asked for, `longest`.
    `tries@N` is that with N tries that halt, `sure@C` with one that halts at another confidence, `unhalted@T` with one
    that thinks for T ticks, each with `operations:` and so on.
    """
    look = next(look for look in result.by_ticks if look.ticks == result.loops)
    longest = max(result.by_ticks, key=lambda look: look.ticks)
    figures: dict[str, float | None] = {
        "exact": look.exact,
        "cells": look.cells,
        "auroc": look.auroc,
        "ece": look.ece,
        "parameters": result.parameters,
        "operations": result.operations,
        "loops": result.loops,
        "learned": result.learned,
        "steps": result.steps,
        "begun": result.begun,
        "seconds": result.seconds,
        "longest": longest.ticks,
        "exact:longest": longest.exact,
        **{f"exact@{look.ticks}": look.exact for look in result.by_ticks},
        **{f"auroc@{look.ticks}": look.auroc for look in result.by_ticks},
        **{f"ece@{look.ticks}": look.ece for look in result.by_ticks},
    }
    for spent in result.wills:
        name = will_name(spent.ticks, spent.tries, spent.confidence)
        figures[name] = spent.exact
        for what in ("operations", "seconds", "cpu_seconds", "joules"):
            figures[f"{what}:{name}"] = getattr(spent, what)
    return figures


def will_name(ticks: int, tries: int, confidence: float) -> str:
    """Returns the name of the figures under a will."""
    if confidence >= 1:
        return f"unhalted@{ticks}"
    return f"sure@{confidence:g}" if confidence in SURE else f"tries@{tries}"


def reading_of(result: RunFile, file: Path) -> Reading:
    """Returns a run's reading."""
    figures, untold = known(figures_of(result))
    raw = result.model_dump(mode="json", exclude={"declared"})
    return Reading(result.arm, f"seed {result.seed}", file, "", result.command, figures, untold, raw)


@dataclass(frozen=True)
class Shelf:
    """All readings that there are, and what is wrong with the files that there should be.

    Attributes:
        readings: by arm.
        missing: files that are not there.
        damaged: what is wrong with others, each naming its file.
    """

    readings: Mapping[str, Sequence[Reading]]
    missing: Sequence[Path] = ()
    damaged: Sequence[str] = ()

    def of(self, arm: str) -> Sequence[Reading]:
        """Returns an arm's readings; none where it hasn't run."""
        return self.readings.get(arm, ())

    def values(self, arm: str, figure: str) -> list[float]:
        """Returns one figure of an arm's runs, of those that have it."""
        return [reading.figures[figure] for reading in self.of(arm) if figure in reading.figures]

    def untold(self, arm: str, figure: str) -> int:
        """Returns how many of an arm's runs can't tell a figure."""
        return sum(figure in reading.untold for reading in self.of(arm))

    def median(self, arm: str, figure: str) -> float | None:
        """Returns the median of a figure over an arm's runs."""
        values = self.values(arm, figure)
        return statistics.median(values) if values else None


def gather(folder: Path, runs: Iterable[Planned], others: Iterable[Reading] = ()) -> Shelf:
    """Reads the results of runs from a report's folder.

    Args:
        folder: of the report.
        runs: whose results there should be.
        others: readings from elsewhere.
    """
    readings: dict[str, list[Reading]] = {}
    missing: list[Path] = []
    damaged: list[str] = []
    for reading in others:
        readings.setdefault(reading.arm, []).append(reading)
    for run in runs:
        file = result_file(folder, run)
        if not file.exists():
            missing.append(file)
            continue
        try:
            reading = reading_of(read_run(file, run), file)
        except (DataError, StopIteration, OSError) as problem:
            damaged.append(str(problem) or f"{file}: damaged (no look after as many ticks as in training)")
        else:
            readings.setdefault(run.arm.name, []).append(reading)
    return Shelf(readings, missing, damaged)


def load_json(file: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        DataError: not one; names the file.
    """
    try:
        found = json.loads(file.read_bytes())
    except (ValueError, OSError) as problem:
        raise DataError(f"{file}: damaged ({problem})") from None
    if not isinstance(found, dict):
        raise DataError(f"{file}: damaged (expected an object)")
    return found
