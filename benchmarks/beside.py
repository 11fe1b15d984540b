"""What benchmarks of one task share: a brain that `ltm fit` proposes beside a plain stack of its size, and a baseline.

The plain stack has the same kinds of zones, but eight of one layer, each used once, and carries no state on: what is
lost without loops, at equal size and equal training time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RUNS, Grid, console, read, seeds, spread, trained, write
from ltm.brain.brain import Brain
from ltm.brain.spoken import paces, segments_to_say
from ltm.chart.check import require
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.scenes.prepare import Prepared
from ltm.scenes.split import split
from ltm.scenes.store import SceneSet
from ltm.training.from_data import propose_for
from ltm.training.looks import look_at
from ltm.training.outcome import think_all

BRAIN, STACK = "brain", "plain stack"
LAYERS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
MADE = ("steps", "seconds", "precision", "processor")
"""What a result says of how each was trained."""
_LEFT = ("layers", "state", "roles")
"""What a plain stack's zones don't take over."""
SEGMENTS = (1, 2, 4, 8)
"""Thinking times without halting, in training segments; a plain stack has only the first."""


def proposed(
    data: Path,
    see: str,
    do: str,
    minutes: float,
    seed: int,
    size: str = "2MB",
    symmetries: Sequence[str] | None = None,
) -> Chart:
    """Returns the chart that `ltm fit` would propose for a file."""
    chart, _ = propose_for(data, [see], [do], minutes=minutes, seed=seed, size=size, symmetries=symmetries)
    # Named from anywhere, since its run lies elsewhere than `ltm fit` would put it.
    scenes = chart.scenes.model_copy(update={"source": str(data.resolve())})
    return chart.model_copy(update={"scenes": scenes})


def plain_stack(chart: Chart, layer: Mapping[str, Any] | None = None) -> Chart:
    """Returns a proposed chart's plain stack: half as wide, eight zones used once each, as many weights as may be.

    Args:
        chart: as `ltm fit` would propose it.
        layer: what each of the eight is; when absent the chart's own zone, or its zones in turn.
    """
    kept = chart.model_dump(mode="json", exclude_defaults=True)
    own = [layer] if layer is not None else list(kept["zones"].values())
    width = chart.field.width // 2
    cores = [
        {
            key: math.gcd(width, value) if key == "head_width" else value
            for key, value in zone.items()
            if key not in _LEFT
        }
        for zone in own
    ]
    later = bool(paces(chart))

    def with_hidden(hidden: int) -> Chart:
        changes = {
            "budget": None,
            "field": {**kept.get("field", {}), "width": width, "noise": 0.0},
            "zones": {
                name: {**cores[number % len(cores)], "layers": 1, "hidden": hidden}
                for number, name in enumerate(LAYERS)
            },
            # What is said from left to right takes a segment a symbol: the stack says them as the brain does.
            "training": {**kept.get("training", {}), "ticks": len(LAYERS), **({} if later else {"segments": 1})},
            "will": {"ticks": len(LAYERS) * segments_to_say(chart)},
        }
        return Chart.model_validate(kept | changes)

    return fitted(with_hidden, Sizes.of(chart).parameters, 16 * chart.field.width, "plain stack")


def fitted(make: Callable[[int], Chart], wanted: int, most: int, source: str) -> Chart:
    """Returns a chart with at least so many weights, and as few more as can be.

    Args:
        make: from hidden channels to a chart; more of them, more weights.
        wanted: so many weights.
        most: hidden channels.
        source: of the chart, for messages.
    """
    low, high = 4, most
    while low < high:  # by halving
        middle = (low + high) // 2
        low, high = (middle + 1, high) if Sizes.of(make(middle)).parameters < wanted else (low, middle)
    return require(make(low), source=source)


def plain_transformer(chart: Chart) -> Chart:
    """Returns the plain stack whose layers are those of a transformer (Vaswani et al. 2017), with rotary positions."""
    return plain_stack(chart, {"kind": "attention", "positions": "line", "write": "replace"})


def prepared(chart: Chart, scenes: SceneSet) -> Prepared:
    """Sets some of the scenes to learn from aside."""
    kept, aside = split(scenes, validation=chart.scenes.validation, seed=chart.scenes.seed, family="grid")
    return Prepared(kept, aside)


def compare(
    name: str,
    command: str,
    count: int,
    propose: Callable[[int], Chart],
    learn_from: Callable[[Chart], SceneSet],
    measure: Callable[[Brain, Sequence[int]], Mapping[str, Any]],
    baselines: Callable[[], Mapping[str, Any]],
    stacks: Mapping[str, Callable[[Chart], Chart]] | None = None,
) -> dict[str, Any]:
    """Trains and measures all for each seed, and the baselines once; what is there already is kept.

    Args:
        name: of the result.
        command: that makes it.
        count: of seeds.
        propose: from a seed to the brain's chart.
        learn_from: from a chart to its training scenes.
        measure: from a brain, and the segments it may be looked at, to figures.
        baselines: figures of what is no brain.
        stacks: what stands beside the brain, made from its chart; its plain stack when absent.
    """
    stacks = {STACK: plain_stack} if stacks is None else stacks
    result: dict[str, Any] = {"baselines": {}, "runs": {}} | read(name) | {"command": command}
    if not result["baselines"]:
        result["baselines"] = dict(baselines())
        write(name, result)
    for seed in range(count):
        brain_chart = propose(seed)
        for label, chart in ((BRAIN, brain_chart), *((label, make(brain_chart)) for label, make in stacks.items())):
            key = f"{label}/{seed}"
            if key in result["runs"]:
                continue
            console.print(f"{name}: {key}", highlight=False)
            out = RUNS / f"{name}-{label.replace(' ', '-')}-{seed}"
            brain, record = trained(chart, out, lambda chart: prepared(chart, learn_from(chart)))
            about = {
                "parameters": record["parameters"],
                **{what: record["provenance"][what] for what in MADE},
                "aside": record["measured"]["exact"],
            }
            # What is said from left to right can't be looked at before all of it is said.
            looks = [segments for segments in SEGMENTS if segments >= segments_to_say(chart)]
            figures = measure(brain, (looks or [segments_to_say(chart)]) if label == BRAIN else SEGMENTS[:1])
            result["runs"][key] = {**about, "segment_operations": Sizes.of(chart).segment, **figures}
            write(name, result)
    return result


def judged(
    brain: Brain, scenes: SceneSet, segments: Sequence[int], groups: Mapping[str, np.ndarray] | None = None
) -> dict[str, Any]:
    """Returns how many scenes are answered right, as the will says, by group, and after fixed times of thinking.

    Args:
        brain: what answers.
        scenes: with answers.
        segments: the fixed times, in training segments.
        groups: which scenes belong to what.
    """
    will = brain.chart.will
    outcome = think_all(brain, scenes, will, False, None)
    looks = look_at(brain, scenes, segments, False, None)
    return {
        **outcome.summary(will),
        "scenes": len(scenes),
        "by_group": {name: part(outcome.right, chosen) for name, chosen in (groups or {}).items()},
        "by_ticks": {
            str(brain.chart.training.ticks * segment): float(looks.right[row].mean())
            for row, segment in enumerate(segments)
        },
    }


def part(right: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
    """Returns the share that is right of some scenes, and how many they are."""
    return {"exact": float(right[chosen].mean()) if chosen.any() else None, "scenes": int(chosen.sum())}


def first(scenes: SceneSet, limit: int | None) -> SceneSet:
    """Returns so many scenes from the beginning; all without a limit."""
    return scenes if limit is None else scenes.take(np.arange(min(limit, len(scenes))))


def comparison(result: Mapping[str, Any], tests: Mapping[str, str], what: str) -> Iterator[Grid]:
    """Yields the tables: who is right how often, by group, and by ticks.

    Args:
        result: as `compare` returns it.
        tests: what each test is called in the result, and in the table.
        what: what is right, for the title.
    """
    labels = list(dict.fromkeys(key.split("/")[0] for key in result["runs"]))
    count = len(_of(result, BRAIN))
    rows = []
    for label in labels:
        runs = _of(result, label)
        figures = [spread([run[test]["exact"] for run in runs]) for test in tests]
        ticks = [f"{np.median([run[test]['ticks'] for run in runs]):.1f}" for test in tests]
        aside = spread([run["aside"] for run in runs])
        rows.append([label, f"{runs[0]['parameters']:,}", _seconds(runs), aside, *figures, *ticks])
    for label, figures in result["baselines"].items():
        rows.append(
            [label, "-", "-", "-", *(spread([figures[test]["exact"]]) for test in tests), *("-" for _ in tests)]
        )
    head = [
        "",
        "weights",
        "trained for, s",
        "set aside while learning",
        *tests.values(),
        *(f"ticks, {test}" for test in tests.values()),
    ]
    yield Grid(f"{what}, % ({seeds(count)})", head, rows)
    for test, shown in tests.items():
        yield from _parts(result, labels, test, f"{what}, {shown}, %")


def _seconds(runs: Sequence[Mapping[str, Any]]) -> str:
    took = [run["seconds"] for run in runs if "seconds" in run]
    return f"{min(took):.0f} to {max(took):.0f}" if took else "-"


def _parts(result: Mapping[str, Any], labels: Sequence[str], test: str, title: str) -> Iterator[Grid]:
    runs = {label: _of(result, label) for label in labels}
    groups = [name for name, found in runs[labels[0]][0][test]["by_group"].items() if found["scenes"]]
    if groups:
        head = ["", *(f"{name} ({runs[labels[0]][0][test]['by_group'][name]['scenes']:,})" for name in groups)]
        rows = [
            [label, *(spread([run[test]["by_group"][name]["exact"] for run in runs[label]]) for name in groups)]
            for label in labels
        ]
        for label, figures in result["baselines"].items():
            rows.append([label, *(spread([figures[test]["by_group"][name]["exact"]]) for name in groups)])
        yield Grid(title, head, rows)
    ticks = list(runs[labels[0]][0][test]["by_ticks"])
    rows = [[spread([run[test]["by_ticks"][tick] for run in runs[labels[0]]]) for tick in ticks]]
    yield Grid(f"{title}: the brain after fixed ticks", [f"{tick} ticks" for tick in ticks], rows)


def _of(result: Mapping[str, Any], label: str) -> list[dict[str, Any]]:
    return [run for key, run in result["runs"].items() if key.split("/")[0] == label]
