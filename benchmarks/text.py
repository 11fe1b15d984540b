"""Sentences told good from bad: a brain beside a plain stack of the same size and logistic regression on n-grams.

python -m benchmarks.text FILE.jsonl --minutes 3 --seeds 3

The file has the columns `sentence` and `polarity`, such as Pang and Lee's. A fifth of its rows, the same for everyone,
is judged by, the others learned from. Of the regressions, over word 1- and 2-grams counted or weighted by tf-idf, the
best strength of regularisation is found by cross-validation on the rows to learn from.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import compare, comparison, first, judged, part, proposed
from benchmarks.classical import of_words
from benchmarks.common import Grid, read
from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.scenes.lines import rows
from ltm.scenes.prepare import read_scenes
from ltm.scenes.store import SceneSet

HELD_OUT = 5
"""One row in so many is judged by."""
TESTS = {"test": "held out"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=int, help="only so many test rows, to try it out")
    given = parser.parse_args()
    name = f"text-{given.minutes:g}min" + ("" if given.limit is None else f"-{given.limit}rows")

    def propose(seed: int) -> Chart:
        return proposed(given.data, "sentence", "polarity", given.minutes, seed)

    def sides(chart: Chart) -> tuple[SceneSet, SceneSet]:
        whole = read_scenes(chart, given.data).train
        held = np.isin(whole.lines, held_out(given.data))
        return whole.take(~held), first(whole.take(held), given.limit)

    def measure(brain: Brain, segments: Sequence[int]) -> dict[str, Any]:
        chart, scenes = brain.chart, sides(brain.chart)[1]
        return {"test": judged(brain, scenes, segments, by_label(scenes, chart.acts["polarity"].labels))}

    def baselines() -> dict[str, Any]:
        chart = propose(0)
        train, test = sides(chart)
        return regressions(given.data, train, test, chart.acts["polarity"].labels)

    command = f"python -m benchmarks.text FILE.jsonl --minutes {given.minutes:g} --seeds {given.seeds}"
    compare(name, command, given.seeds, propose, lambda chart: sides(chart)[0], measure, baselines)
    for grid in tables(read(name)):
        grid.show()


def held_out(data: Path) -> np.ndarray:
    """Returns the lines that are judged by: drawn once, whatever the seed, since files are often sorted by label."""
    lines = np.array([line for line, _ in rows(data)])
    return np.sort(np.random.default_rng(0).permutation(lines)[-(len(lines) // HELD_OUT) :])


def by_label(scenes: SceneSet, labels: Sequence[str]) -> dict[str, np.ndarray]:
    """Returns which scenes have which label."""
    numbers = np.asarray(scenes.values["polarity"])[:, 0]
    return {label: numbers == number for number, label in enumerate(labels)}


def regressions(data: Path, train: SceneSet, test: SceneSet, labels: Sequence[str]) -> dict[str, Any]:
    """Returns the figures of logistic regression on words and pairs of words."""
    of_line = {line: row["sentence"] for line, row in rows(data)}
    sides = [
        ([of_line[line] for line in scenes.lines.tolist()], np.asarray(scenes.values["polarity"])[:, 0])
        for scenes in (train, test)
    ]
    figures = {}
    for name, weighted in (("counts", False), ("tf-idf", True)):
        search = of_words(weighted=weighted).fit(*sides[0])
        right = search.predict(sides[1][0]) == sides[1][1]
        groups = {label: part(right, chosen) for label, chosen in by_label(test, labels).items()}
        figures[f"logistic regression, {name}"] = {
            "test": {"exact": float(right.mean()), "by_group": groups},
            "strength": search.best_params_["model__C"],
        }
    return figures


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """Sentences told right, by label and by ticks."""
    yield from comparison(result, TESTS, "Sentences told good from bad")


if __name__ == "__main__":
    main()
