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

    Attributes:
        spent: operations that were taken so far.
        price: operations that a thought takes at least, once that is known.
    """

    def __init__(self, will: WillSpec) -> None:
        self.will, self.spent, self.price = will, 0, 1
        self._began = time.perf_counter()

    def pays(self, most: int) -> int:
        """Returns how many further thoughts, `most` or fewer, there is something left for."""
        operations, ms = self._left()
        if ms is not None and ms <= 0:
            return 0
        return most if operations is None else max(0, min(most, operations // self.price))

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
