"""Equal training time, as steps: how long a step of each arm takes, beside its task's reference, on this machine.

Steps are timed in turns with those of the reference arm, so that a busy machine slows both; the quicker ones count,
since nothing makes a step quicker than it is. What was found is written down and used again, on resuming and on other
machines: the steps of a run don't depend on what else the machine does.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ltm.chart.base import Part
from ltm.chart.schema import Chart
from ltm.errors import DataError, first_mistake
from ltm.evidence.arms import ARMS, REFERENCE, Arm
from ltm.evidence.experiments import Planned
from ltm.evidence.tasks import chart_of, material
from ltm.runtime.atomic import write_file
from ltm.runtime.record import processor
from ltm.scenes.prepare import scorer_of
from ltm.scenes.store import SceneSet
from ltm.training.plan import seconds_a_step
from ltm.training.segment import run_segment

ROUNDS = 6
ROUND_SECONDS = 0.4
"""Of either arm's steps in a round, at least two of which are timed."""
MOST_STEPS = 20
UNSURE = 1.05
"""Where every other round says this many times what the rest say, as many rounds again follow, up to `MOST_ROUNDS`."""
MOST_ROUNDS = 3 * ROUNDS
HELD_BACK = 0.9
"""Share of the seconds that steps may take; steps of a run are slower than the fastest that were timed."""


class Pace(Part):
    """How many times longer a step of an arm takes than one of its reference; and what either half of rounds says."""

    slower: float
    lowest: float
    highest: float
    made_for: str
    """Digest of both charts: of others it is measured anew."""


class ReferencePace(Part):
    """How long a step of a task's reference takes."""

    seconds: float
    made_for: str
    """Digest of its chart."""


class Paces(Part):
    """What was measured, and where."""

    processor: str
    precision: Literal["fp32", "bf16"]
    references: dict[str, ReferencePace]
    """By task."""
    arms: dict[str, Pace]

    def steps(self, run: Planned) -> int:
        """Returns how many steps a run takes."""
        steps = max(1, round(run.seconds * HELD_BACK / self.seconds(run.arm)))
        if not run.arm.once:
            return steps
        spec = chart_of(run.arm.task, run.arm.changes).training
        return min(steps, math.ceil(run.arm.learned * spec.segments / spec.batch))

    def seconds(self, arm: Arm) -> float:
        """Returns how long a step of an arm takes."""
        return self.references[arm.task].seconds * self.arms[arm.name].slower


def read_paces(folder: Path) -> Paces:
    """Reads the paces of a report's folder; where there are none yet, begins with this machine's.

    Raises:
        DataError: the file is damaged.
    """
    file = folder / "pace.json"
    if not file.exists():
        # In fp32 whatever is faster here: runs that follow on another machine then take steps of the same kind.
        return Paces(processor=processor(), precision="fp32", references={}, arms={})
    try:
        return Paces.model_validate_json(file.read_bytes())
    except ValidationError as problem:
        raise DataError(f"{file}: damaged ({first_mistake(problem)}); remove it to measure anew") from None


def with_pace(paces: Paces, arm: Arm, folder: Path) -> Paces:
    """Returns paces in which an arm's is known; measures and writes it down where it isn't, or is of other charts."""
    reference = ARMS[REFERENCE[arm.task]]
    base, chart = chart_of(reference.task, reference.changes), chart_of(arm.task, arm.changes)
    known, made_for = paces.arms.get(arm.name), digest(base, chart)
    if known is not None and known.made_for == made_for:
        return paces
    scenes = material(arm.task, arm.learned).prepared.train
    first, second = (_clock(each, scenes, paces.precision == "bf16") for each in (base, chart))
    rounds = list[tuple[float, float]]()
    halves = (0.0, 1.0)
    while len(rounds) < ROUNDS or (len(rounds) < MOST_ROUNDS and max(halves) > UNSURE * min(halves)):
        for _ in range(ROUNDS):
            of_reference = first()
            rounds.append((of_reference, of_reference if arm == reference else second()))
        halves = _slower(rounds[::2]), _slower(rounds[1::2])
    seconds = _quick(of_reference for of_reference, _ in rounds)
    of_all = (*halves, _slower(rounds))
    found = Pace(slower=of_all[-1], lowest=min(of_all), highest=max(of_all), made_for=made_for)
    before, of_base = paces.references.get(arm.task), digest(base)
    # One measurement for all arms of a task: machines have moods.
    kept = before is not None and before.made_for == of_base
    references = {} if kept else {arm.task: ReferencePace(seconds=seconds, made_for=of_base)}
    paces = paces.model_copy(
        update={"references": paces.references | references, "arms": {**paces.arms, arm.name: found}}
    )
    write_file(folder / "pace.json", paces.model_dump_json(indent=1).encode() + b"\n")
    return paces


def _clock(chart: Chart, scenes: SceneSet, bf16: bool) -> Callable[[], float]:
    """Returns what times a round of a chart's steps, and says how long the quickest took."""
    scorer, steps = scorer_of(chart), [2]

    def clock() -> float:
        seconds = seconds_a_step(chart, scenes, bf16, run_segment, steps[0], scorer)
        steps[0] = min(MOST_STEPS, max(2, round(ROUND_SECONDS / seconds)))
        return seconds

    seconds_a_step(chart, scenes, bf16, run_segment, 1, scorer)  # what is first in a process takes longer
    return clock


def _quick(times: Iterable[float]) -> float:
    """Returns the lower quartile: what else runs makes steps slower, never quicker."""
    return statistics.quantiles(times, n=4)[0]


def _slower(rounds: Sequence[tuple[float, float]]) -> float:
    """Returns how many times the first of two arms' steps the second's take."""
    return _quick(second for _, second in rounds) / _quick(first for first, _ in rounds)


def digest(*charts: Chart) -> str:
    """Returns a digest of what decides how long steps of charts take."""
    text = json.dumps([chart.model_dump(mode="json", exclude_defaults=True) for chart in charts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
