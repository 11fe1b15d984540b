"""What a chart's brain will be: bytes and operations exactly, time and energy as this machine's calibration has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ltm.brain.brain import Brain
from ltm.catalog.quantity import shipped_figures
from ltm.catalog.thinking_cost import weigh
from ltm.chart.schema import Chart
from ltm.plan.calibration import Calibration
from ltm.plan.work import ThoughtWork, operations, thought_work

WATTS = "watts_per_core"


@dataclass(frozen=True)
class Prediction:
    """What thinking with a brain takes, one scene at a time.

    Attributes:
        parameters: all weights; exact.
        bytes: of all of them in fp32; exact.
        active: share of the weights that is used at a tick, the mean over a cycle (the most, where the wave chooses).
        sites: of the field.
        ticks: of a thought that goes on as long as its will allows.
        operations: of that thought; exact (at most, where the wave chooses).
        seconds: of that thought.
        segment_ticks: after so many ticks an answer is read.
        segment_operations: of a thought that is sure after one segment.
        segment_seconds: of it.
        joules: of the longest thought: typical, least, most; from processor time and watts a core.
    """

    parameters: int
    bytes: int
    active: float
    sites: int
    ticks: int
    operations: int
    seconds: float
    segment_ticks: int
    segment_operations: int
    segment_seconds: float
    joules: tuple[float, float, float]


class Predictor:
    """Predicts one chart, for any length of its thoughts.

    Args:
        chart: which.
        machine: how fast it is.
        values: one scene, from `ltm.plan.sample`.
    """

    def __init__(self, chart: Chart, machine: Calibration, values: Mapping[str, Tensor]) -> None:
        self.chart, self.machine, self.values = chart, machine, values
        self.brain = Brain(chart)
        self.work: ThoughtWork = thought_work(self.brain, values)

    def seconds(self, ticks: int) -> float:
        """Returns what a thought of so many ticks takes."""
        return self.machine.seconds(self.work.of(ticks))

    def joules(self, ticks: int) -> tuple[float, float, float]:
        """Returns its energy: typical, least, most."""
        watts = shipped_figures().quantities[WATTS]
        busy = self.seconds(ticks) * self.machine.threads
        return watts.typical * busy, watts.low * busy, watts.high * busy

    def longest(self, latency: float | None, energy: float | None) -> int:
        """Returns the ticks of the longest thought that keeps both; 0 where not even one segment does."""
        segment, most = self.work.segment_ticks, self.chart.will.ticks
        one, two = self.seconds(segment), self.seconds(2 * segment)
        bounds = [bound for bound in (latency, self._seconds_of(energy)) if bound is not None]
        if not bounds:
            return most
        room = min(bounds) - one
        if room < 0:
            return 0
        more = int(room / max(two - one, 1e-12))
        return min(most, segment * (1 + more))

    def _seconds_of(self, energy: float | None) -> float | None:
        return None if energy is None else energy / (shipped_figures().quantities[WATTS].typical * self.machine.threads)

    @property
    def least(self) -> int:
        """Ticks of a thought as long as those it learns from: shorter ones are worth little."""
        training = self.chart.training
        return min(self.chart.will.ticks, training.ticks * training.segments)

    def prediction(self, ticks: int) -> Prediction:
        """Returns everything about a brain whose longest thought has so many ticks."""
        weight = weigh(self.chart)
        segment = self.work.segment_ticks
        return Prediction(
            parameters=weight.parameters,
            bytes=weight.bytes,
            active=weight.active_parameters / weight.parameters,
            sites=self.brain.layout.places(self.values).sites,
            ticks=ticks,
            operations=operations(self.brain, self.values, self.work, ticks),
            seconds=self.seconds(ticks),
            segment_ticks=segment,
            segment_operations=self.work.first.operations,
            segment_seconds=self.seconds(segment),
            joules=self.joules(ticks),
        )
