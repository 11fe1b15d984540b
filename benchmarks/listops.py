"""Nested lists: learned on depth 8, tried on depth 14, beside plain stacks of the same size and a bag of n-grams.

python -m benchmarks.listops DATA --minutes 5 --seeds 3

DATA is a folder with d8.tsv and d14.tsv, each with the columns `answer` and `expression`. The first 9,000 rows of d8
are learned from, its last 1,000 and all of d14 are judged by. There are two plain stacks: of the brain's own layers,
which mix along the brackets, and of a transformer's, which know of brackets only what they learn.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import (
    STACK,
    compare,
    comparison,
    first,
    judged,
    part,
    plain_stack,
    plain_transformer,
    proposed,
)
from benchmarks.classical import of_tokens
from benchmarks.common import Grid, read
from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.scenes.lines import rows
from ltm.scenes.listops import depth_of
from ltm.scenes.prepare import read_scenes
from ltm.scenes.store import SceneSet

LEARNED = 9000
"""Rows of d8 from the first that are learned from."""
TESTS = {"d8": "as deep as learned (d8)", "d14": "deeper (d14)"}
DEPTHS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 11), (12, 14))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=int, help="only so many test rows of each file, to try it out")
    given = parser.parse_args()
    name = f"listops-{given.minutes:g}min" + ("" if given.limit is None else f"-{given.limit}rows")
    train = given.data / "d8.tsv"
    texts = {test: expressions(given.data / f"{test}.tsv") for test in TESTS}

    def propose(seed: int) -> Chart:
        return proposed(train, "expression:sequence(ignore=( ))", "answer", given.minutes, seed)

    def tests(chart: Chart) -> dict[str, SceneSet]:
        whole = {test: read_scenes(chart, given.data / f"{test}.tsv").train for test in TESTS}
        whole["d8"] = whole["d8"].take(whole["d8"].lines > LEARNED + 1)  # the header is line 1
        return {test: first(scenes, given.limit) for test, scenes in whole.items()}

    def learn_from(chart: Chart) -> SceneSet:
        whole = read_scenes(chart, train).train
        return whole.take(whole.lines <= LEARNED + 1)

    def measure(brain: Brain, segments: Sequence[int]) -> dict[str, Any]:
        return {
            test: judged(brain, scenes, segments, by_depth([texts[test][line][0] for line in scenes.lines.tolist()]))
            for test, scenes in tests(brain.chart).items()
        }

    def baselines() -> dict[str, Any]:
        lines = {test: scenes.lines.tolist() for test, scenes in tests(propose(0)).items()}
        return {"n-grams": bag_of_ngrams(texts, learn_from(propose(0)).lines.tolist(), lines)}

    command = f"python -m benchmarks.listops DATA --minutes {given.minutes:g} --seeds {given.seeds}"
    stacks = {STACK: plain_stack, "plain transformer": plain_transformer}
    compare(name, command, given.seeds, propose, learn_from, measure, baselines, stacks)
    for grid in tables(read(name)):
        grid.show()


def expressions(path: Path) -> dict[int, tuple[str, str]]:
    """Returns expression and answer by the line they stand at."""
    return {line: (row["expression"], row["answer"]) for line, row in rows(path)}


def by_depth(texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Returns which expressions nest how deep, round brackets aside."""
    depths = np.array([depth_of(text) for text in texts])
    return {f"depth {low}-{high}": (depths >= low) & (depths <= high) for low, high in DEPTHS}


def bag_of_ngrams(
    texts: Mapping[str, Mapping[int, tuple[str, str]]], learned: Sequence[int], tests: Mapping[str, Sequence[int]]
) -> dict[str, Any]:
    """Returns the figures of logistic regression on which one to three tokens follow one another."""

    def sides(test: str, lines: Sequence[int]) -> tuple[list[str], np.ndarray]:
        return [texts[test][line][0] for line in lines], np.array([texts[test][line][1] for line in lines])

    model = of_tokens().fit(*sides("d8", learned))
    figures = {}
    for test, lines in tests.items():
        seen, answers = sides(test, lines)
        right = model.predict(seen) == answers
        groups = by_depth(seen)
        figures[test] = {
            "exact": float(right.mean()),
            "by_group": {name: part(right, chosen) for name, chosen in groups.items()},
        }
    return figures


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """Expressions answered right, by depth and by ticks."""
    yield from comparison(result, TESTS, "Nested lists: expressions answered right")


if __name__ == "__main__":
    main()
