"""What thoughts of an arm took in joules: by the processor's counters where it has any, else estimated from time."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from ltm.catalog.quantity import shipped_figures
from ltm.evidence.readings import Shelf


@dataclass(frozen=True)
class Energy:
    """Joules a scene, the median of runs.

    Attributes:
        typical: the figure.
        low: with few watts a core; the figure itself where it was measured.
        high: with many.
        estimated: whether it is processor time by watts.
    """

    typical: float
    low: float
    high: float
    estimated: bool

    def __str__(self) -> str:
        if not self.estimated:
            return f"{1000 * self.typical:.3g} mJ, measured for the whole processor"
        watts = shipped_figures().quantities["watts_per_core"]
        low, high = f"{1000 * self.low:.3g}", f"{1000 * self.high:.3g}"
        return f"{1000 * self.typical:.3g} mJ ({low} to {high}), ESTIMATED: {watts.typical:g} W a busy core"


def energy(shelf: Shelf, arm: str, will: str) -> Energy | None:
    """Returns what thinking under a will takes; None where it hasn't run.

    Args:
        shelf: with readings.
        arm: who thinks.
        will: its name, as `ltm.evidence.readings.will_name` gives it.
    """
    joules = shelf.values(arm, f"joules:{will}")
    if joules:
        middle = statistics.median(joules)
        return Energy(middle, middle, middle, estimated=False)
    busy = shelf.median(arm, f"cpu_seconds:{will}")
    if busy is None:
        return None
    watts = shipped_figures().quantities["watts_per_core"]
    return Energy(busy * watts.typical, busy * watts.low, busy * watts.high, estimated=True)
