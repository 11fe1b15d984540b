"""A brain of sixteen zones named after areas of the cortex, beside one zone of about its size, on 8×8 digits.

python -m benchmarks.cortex --minutes 2 --seeds 3

The digits are scikit-learn's. Both brains are what `ltm plan` lays out for the skill `digits`, with and without
`--cortex`; they learn for the same time. The digits that the source keeps for testing are judged by.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.beside import BRAIN, compare, comparison, judged
from benchmarks.common import Grid, read
from benchmarks.digits import by_digit, pixels
from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.plan.cortex import cortex_chart, shipped_cortex
from ltm.plan.ladder import ladder
from ltm.plan.skills import SKILLS
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.store import SceneSet

SKILL = "digits"
WIDTH = 32
"""Of the cortex's field: that of the plan in docs/plan.md."""
MOST = 1_000_000
"""Scenes asked of the source, which has far fewer."""
IMAGE, LABEL = "image", "label"
"""Columns of the source."""
TESTS = {"test": "kept for testing"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    name = f"cortex-{SKILL}-{given.minutes:g}min"

    def rungs(seed: int) -> list[Chart]:
        return ladder(SKILL, SKILLS[SKILL], None, Path(), given.minutes, seed)

    def propose(seed: int) -> Chart:
        return cortex_chart(rungs(seed)[-1], shipped_cortex(), WIDTH)

    def one_zone(chart: Chart) -> Chart:
        wanted = Sizes.of(chart).parameters
        return min(rungs(chart.training.seed), key=lambda rung: abs(Sizes.of(rung).parameters - wanted))

    def judged_by(chart: Chart) -> SceneSet:
        return generate_scenes(chart, MOST, 0, part="test")

    def learn_from(chart: Chart) -> SceneSet:
        return generate_scenes(chart, MOST, 0)

    def measure(brain: Brain, segments: Sequence[int]) -> dict[str, Any]:
        scenes = judged_by(brain.chart)
        return {"test": judged(brain, scenes, segments, by_digit(scenes, LABEL))}

    def baselines() -> dict[str, Any]:
        chart = propose(0)
        return pixels(learn_from(chart), judged_by(chart), IMAGE, LABEL)

    command = f"python -m benchmarks.cortex --minutes {given.minutes:g} --seeds {given.seeds}"
    compare(name, command, given.seeds, propose, learn_from, measure, baselines, {"one zone": one_zone})
    for grid in tables(read(name)):
        grid.show()


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """Digits told right, by digit and by ticks; `brain` is the cortex."""
    yield from comparison(result, TESTS, f"Digits of scikit-learn told right; {BRAIN}: sixteen zones named after areas")


if __name__ == "__main__":
    main()
