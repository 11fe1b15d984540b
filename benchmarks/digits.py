"""Handwritten digits from a NumPy archive: a brain beside a plain stack of the same size and scikit-learn's models.

python -m benchmarks.digits FILE.npz --minutes 5 --seeds 3

The archive holds `images` [n, rows, columns] and `labels` [n], such as 10,000 of MNIST's. The last 1,500 rows are
judged by, the others learned from.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import compare, comparison, first, judged, part, proposed
from benchmarks.classical import flat, of_pixels
from benchmarks.common import Grid, read
from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.scenes.prepare import read_scenes
from ltm.scenes.store import SceneSet

HELD_OUT = 1500
"""Rows at the end that are judged by."""
TESTS = {"test": "held out"}
IMAGES, LABELS = "images", "labels"
"""Arrays of the archive."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=int, help="only so many test rows, to try it out")
    given = parser.parse_args()
    name = f"digits-{given.minutes:g}min" + ("" if given.limit is None else f"-{given.limit}rows")

    def propose(seed: int) -> Chart:
        return proposed(given.data, f"{IMAGES}:image", LABELS, given.minutes, seed, "1MB")

    def sides(chart: Chart) -> tuple[SceneSet, SceneSet]:
        whole = read_scenes(chart, given.data).train
        with np.load(given.data) as arrays:
            last = len(arrays[LABELS]) - HELD_OUT  # rows count from 1, and repeated ones are dropped
        return whole.take(whole.lines <= last), first(whole.take(whole.lines > last), given.limit)

    def measure(brain: Brain, segments: Sequence[int]) -> dict[str, Any]:
        scenes = sides(brain.chart)[1]
        return {"test": judged(brain, scenes, segments, by_digit(scenes))}

    command = f"python -m benchmarks.digits FILE.npz --minutes {given.minutes:g} --seeds {given.seeds}"
    compare(
        name, command, given.seeds, propose, lambda chart: sides(chart)[0], measure, lambda: pixels(*sides(propose(0)))
    )
    for grid in tables(read(name)):
        grid.show()


def by_digit(scenes: SceneSet, labels: str = LABELS) -> dict[str, np.ndarray]:
    """Returns which scenes show which digit."""
    shown = np.asarray(scenes.values[labels])[:, 0]
    return {str(digit): shown == digit for digit in np.unique(shown).tolist()}


def pixels(train: SceneSet, test: SceneSet, images: str = IMAGES, labels: str = LABELS) -> dict[str, Any]:
    """Returns the figures of scikit-learn's models on the pixels; columns may be called otherwise."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    models = {
        "logistic regression": make_pipeline(
            FunctionTransformer(flat), StandardScaler(), LogisticRegression(C=0.01, max_iter=500)
        ),
        "3 nearest neighbours": make_pipeline(FunctionTransformer(flat), KNeighborsClassifier(3)),
        "SVC, Gaussian kernel": of_pixels(),
    }
    sides = [(scenes.values[images], np.asarray(scenes.values[labels])[:, 0]) for scenes in (train, test)]
    figures = {}
    for name, model in models.items():
        right = model.fit(*sides[0]).predict(sides[1][0]) == sides[1][1]
        groups = {digit: part(right, chosen) for digit, chosen in by_digit(test, labels).items()}
        figures[name] = {"test": {"exact": float(right.mean()), "by_group": groups}}
    return figures


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """Digits told right, by digit and by ticks."""
    yield from comparison(result, TESTS, "Handwritten digits told right")


if __name__ == "__main__":
    main()
