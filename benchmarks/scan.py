"""SCAN's length split (Lake and Baroni 2018): commands to actions, judged by sequences longer than any learned.

python -m benchmarks.scan DATA --minutes 10 --seeds 3 [--order left-to-right]

DATA is a folder with length_train.tsv and length_test.tsv, each with the columns `command` and `actions`. A brain
beside a plain stack of the same size, and the actions of the nearest command. Only whole sequences count as right.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import compare, comparison, first, judged, part, proposed
from benchmarks.common import Grid, read
from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.scenes.declare import ORDERS
from ltm.scenes.lines import rows
from ltm.scenes.prepare import read_scenes
from ltm.scenes.store import SceneSet

TESTS = {"length": "longer than learned"}
LENGTHS = ((24, 26), (27, 30), (31, 36), (37, 48))
"""Groups of lengths; at most 22 actions are learned."""
LONGEST = 48
"""Actions at most in the test: the brain must have places for them, though it never learns to use them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--order", choices=ORDERS, default=ORDERS[0], help="in which actions are said")
    parser.add_argument("--limit", type=int, help="only so many test rows, to try it out")
    given = parser.parse_args()
    how = "" if given.order == ORDERS[0] else f"-{given.order}"
    name = f"scan{how}-{given.minutes:g}min" + ("" if given.limit is None else f"-{given.limit}rows")
    train, test = given.data / "length_train.tsv", given.data / "length_test.tsv"

    def propose(seed: int) -> Chart:
        return proposed(
            train, "command:sequence", f"actions:sequence(longest={LONGEST}, order={given.order})", given.minutes, seed
        )

    def judge_by(chart: Chart) -> SceneSet:
        return first(read_scenes(chart, test).train, given.limit)

    def measure(brain: Brain, segments: Sequence[int]) -> dict[str, Any]:
        scenes = judge_by(brain.chart)
        return {"length": judged(brain, scenes, segments, by_length(brain.chart, scenes))}

    def baselines() -> dict[str, Any]:
        chart = propose(0)
        scenes = judge_by(chart)
        right = nearest_command(train, test, scenes.lines.tolist())
        groups = {name: part(right, chosen) for name, chosen in by_length(chart, scenes).items()}
        return {"nearest command": {"length": {"exact": float(right.mean()), "by_group": groups}}}

    command = f"python -m benchmarks.scan DATA --minutes {given.minutes:g} --seeds {given.seeds} --order {given.order}"
    compare(name, command, given.seeds, propose, lambda chart: read_scenes(chart, train).train, measure, baselines)
    for grid in tables(read(name)):
        grid.show()


def by_length(chart: Chart, scenes: SceneSet) -> dict[str, np.ndarray]:
    """Returns which scenes have how many actions."""
    end = chart.acts["actions"].symbols - 1
    lengths = (np.asarray(scenes.values["actions"]) < end).sum(1)
    return {f"{low}-{high} actions": (lengths >= low) & (lengths <= high) for low, high in LENGTHS}


def nearest_command(train: Path, test: Path, lines: Sequence[int]) -> np.ndarray:
    """Returns which test rows are answered right by the actions of the nearest command, by its one to three words."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.neighbors import NearestNeighbors

    known = [row for _, row in rows(train)]
    asked = {line: row for line, row in rows(test)}
    counts = CountVectorizer(ngram_range=(1, 3))
    near = NearestNeighbors(n_neighbors=1).fit(counts.fit_transform([row["command"] for row in known]))
    places = near.kneighbors(counts.transform([asked[line]["command"] for line in lines]), return_distance=False)[:, 0]
    return np.array(
        [known[place]["actions"] == asked[line]["actions"] for place, line in zip(places, lines, strict=True)]
    )


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """Sequences of actions that are right as a whole, by length and by ticks."""
    how = "from left to right" if result["command"].endswith(ORDERS[1]) else "all at once"
    yield from comparison(result, TESTS, f"SCAN, length split, said {how}: whole sequences of actions right")


if __name__ == "__main__":
    main()
