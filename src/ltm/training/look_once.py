"""Pretrained models look at the scenes before training does.

What they make never changes, and steps that needn't wait for it are many times faster. So the time that a step takes is
measured as it will mostly be.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.pretrained.frozen import REMEMBERED
from ltm.pretrained.models import frozen
from ltm.scenes.store import SceneSet
from ltm.zones.pretrained import PretrainedBody
from ltm.zones.raw import Raw, whole

SHARE = 0.5
"""Of the minutes that may be spent on looking ahead; what is left over is looked at when it comes."""


@dataclass(frozen=True)
class Looked:
    """What looking ahead has come to.

    Attributes:
        scenes: how many were looked at.
        seconds: that it took.
        left: share of the scenes that were not, or that won't be remembered.
    """

    scenes: int = 0
    seconds: float = 0.0
    left: float = 0.0

    def words(self) -> str:
        """Says what it has come to."""
        return f"pretrained models looked at {self.scenes:,} scenes in {self.seconds:.0f} s, once"

    def waited(self, fresh: float, endless: bool) -> float:
        """Returns the seconds that a step waits, on average, for models to look at what they haven't seen.

        Args:
            fresh: scenes that come into a step.
            endless: whether none of these was looked at, as they come out of a stream.
        """
        return fresh * self.seconds / max(1, self.scenes) * (1.0 if endless else self.left)


def look_once(chart: Chart, scenes: SceneSet, seconds: float, say: Callable[[str], None]) -> Looked:
    """Lets a chart's pretrained models look at scenes, as many as there is time and memory for.

    Args:
        chart: whose zones look.
        scenes: to learn from.
        seconds: that it may take.
        say: told what is going on.

    Raises:
        LtmError: a model that isn't installed, or is damaged.
    """
    if not Brain(chart, absent=True).circuit.looking:
        return Looked()  # most charts: no weight is drawn to find that out
    circuit = Brain(chart).circuit
    parts = [part for name in circuit.looking for part in circuit.zone(name).models]
    if not parts or not len(scenes):
        return Looked()
    say(f"{', '.join(dict.fromkeys(part.spec.model for part in parts))}: looking at {len(scenes):,} scenes, once")
    start, held, count = time.perf_counter(), 0, 0
    while count < len(scenes) and held < REMEMBERED and time.perf_counter() - start < seconds:
        held += max(_look(part, scenes, count) for part in parts)
        count += 1
    return Looked(count, time.perf_counter() - start, 1 - count / len(scenes))


def _look(part: PretrainedBody, scenes: SceneSet, number: int) -> int:
    """Lets a model look at a scene; returns the bytes of what it makes of it."""
    values = torch.from_numpy(np.array(scenes.values[part.spec.sense][number : number + 1]))
    (key,) = Raw.of(values, 0, 0).keys
    return frozen(part.spec.model, part.spec.below).made(whole(values[0]).numpy(), key).nbytes
