"""What a will allows for several thoughts together, such as those about one page of pictures."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ltm.brain.thought import Thought
from ltm.chart.schema import WillSpec


class Purse:
    """What thoughts may take of a will's operations and milliseconds, and what they have taken.

    Args:
        will: for all of them together.
        spent: operations that were taken before.
        seconds: that passed before.
    """

    def __init__(self, will: WillSpec, spent: int = 0, seconds: float = 0.0) -> None:
        self.will, self.spent = will, spent
        self._began = time.perf_counter() - seconds

    @property
    def empty(self) -> bool:
        """Whether nothing is left for a further thought."""
        operations, ms = self._left()
        return (operations is not None and operations < 1) or (ms is not None and ms <= 0)

    def _left(self) -> tuple[int | None, float | None]:
        will, passed = self.will, 1000 * (time.perf_counter() - self._began)
        operations = None if will.operations is None else will.operations - self.spent
        return operations, None if will.ms is None else will.ms - passed

    def share(self, will: WillSpec, among: int = 1) -> WillSpec:
        """Returns what each of some thoughts side by side, as that will wants them, may take of what is left.

        There is always enough for a segment, which every thought takes.
        """
        operations, ms = self._left()
        share = None if operations is None else max(1, operations // among)
        return will.model_copy(update={"operations": share, "ms": None if ms is None else max(ms, 1e-3)})

    def pay(self, thoughts: Sequence[Thought]) -> None:
        """Takes what thoughts have cost."""
        self.spent += sum(thought.operations for thought in thoughts)
