"""From a skill to charts of it, from the smallest to the size that is enough."""

from __future__ import annotations

import os
from pathlib import Path

from ltm.brain.brain import with_training
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import ChartError
from ltm.plan.skills import Data, Skill
from ltm.scenes.sources import find_source, settled
from ltm.training.from_data import propose_for

MOST_RUNGS = 64


def ladder(name: str, skill: Skill, data: Data | None, folder: Path, minutes: float, seed: int) -> list[Chart]:
    """Returns charts of growing size, at least one.

    Args:
        name: of the skill, and of the charts.
        skill: what it is.
        data: a person's own scenes, instead of the skill's source.
        folder: where the charts will lie, so that they can name files relative to it.
        minutes: of training.
        seed: of weights, order and noise.

    Raises:
        LtmError: scenes that can't be used.
    """
    source = _source(skill, data)
    if skill.chart is not None:
        charts = [_shipped(name, skill.chart, rung, source) for rung in skill.rungs]
    else:
        charts = _proposed(name, source, data, folder, skill.good)
    return [with_training(chart, minutes=minutes, seed=seed) for chart in charts]


def _source(skill: Skill, data: Data | None) -> str:
    if data is None:
        assert skill.source is not None  # checked with the wish
        return skill.source
    return data.file if skill.family is None else f"{skill.family}:{data.file}"


def _shipped(name: str, chart: str, rung: tuple[str, ...], source: str) -> Chart:
    loaded = load_chart(chart, rung)
    scenes = loaded.scenes.model_copy(update={"source": settled(source)})
    return loaded.model_copy(update={"name": name, "scenes": scenes})


def _proposed(name: str, source: str, data: Data | None, folder: Path, good: int) -> list[Chart]:
    """Asks what `ltm fit` would propose for less and less, until it has nothing smaller."""
    charts: list[Chart] = []
    size = good
    while len(charts) < MOST_RUNGS:
        columns = ((), ()) if data is None else (data.see, data.do)
        try:
            chart, _ = propose_for(source, *columns, size=size, out=folder / name)
        except ChartError:
            if charts:
                break
            # Such scenes need more than is enough for others: the smallest that can be, then.
            size *= 2
            if size > 64 * good:
                raise
            continue
        size = Sizes.of(chart).bytes - 1
        charts.append(_beside(chart, source, folder))
    return charts[::-1]


def _beside(chart: Chart, source: str, folder: Path) -> Chart:
    """Returns a proposed chart as it lies in the folder: it names a file from there, and has no budget of its own."""
    scenes = chart.scenes
    if find_source(source) is None:
        scenes = scenes.model_copy(update={"source": os.path.relpath(Path(source).resolve(), folder.resolve())})
    return chart.model_copy(update={"scenes": scenes, "budget": None})
