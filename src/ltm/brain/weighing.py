"""Thinks about several readings of pictures, and weighs answers by how likely the readings are that lead to them.

Where an answer says nothing of what is seen, as the value of a sum, it can't contradict a reading; but readings that
can't be seen at all, such as brackets that don't match, are out of the question, and an answer that all likely readings
lead to is sure however much a single picture is in doubt.

Shapes: C cells (or tokens), V symbols.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ltm.brain.found import AT_ONCE, Found
from ltm.brain.page import Page, Reading
from ltm.brain.purse import Purse
from ltm.brain.readings import likeliest
from ltm.brain.thought import Thought
from ltm.errors import DataError

LOOKED_AT = 20_000
"""Readings that are looked at most in search of such as can be seen."""
COVERED = 0.999
"""When so much of what pictures may show has been thought about, no other reading can change the answer."""
_SLIGHT = 1e-9


def weigh(
    page: Page,
    log_CV: npt.NDArray[np.float64],
    ponder: Callable[[Sequence[Reading]], Sequence[Thought]],
    purse: Purse,
    most: int,
) -> Found:
    """Returns the answer that most speaks for.

    Args:
        page: what is read.
        log_CV: log-probability of each symbol for each picture.
        ponder: thinks about some readings.
        purse: says what confidence is enough, and for how many further readings something is left.
        most: readings to think about.

    Raises:
        DataError: no reading can be seen.
    """
    share: dict[str, float] = {}
    best: dict[str, tuple[float, Reading, Thought]] = {}
    tried, covered, at_once = 0, 0.0, 1
    likely = _Likely(page, log_CV)
    while some := list(itertools.islice(likely, at_once)):
        for (reading, chance), thought in zip(some, ponder([reading for reading, _ in some]), strict=True):
            answer = repr(thought.answer)
            worth = chance * thought.confidence
            share[answer] = share.get(answer, 0.0) + worth
            if answer not in best or worth > best[answer][0]:
                best[answer] = (worth, reading, thought)
            covered += chance
        tried += len(some)
        at_once = purse.pays(min(AT_ONCE, most - tried))
        # What can't be seen is out of the question; what hasn't been thought about speaks against every answer.
        possible = max(covered, 1.0 - likely.impossible)
        if max(share.values()) / possible >= purse.will.confidence or covered / possible >= COVERED:
            break
    if not tried:
        raise DataError("no reading of these pictures is something that the brain can see: its brackets don't match")
    answer = max(share, key=share.__getitem__)
    _, reading, thought = best[answer]
    return Found(reading, thought, share[answer] / possible, tried)


class _Likely:
    """Iterates over readings that can be seen, likeliest first, each with its probability.

    Attributes:
        impossible: the probability of all readings that were passed over.
    """

    def __init__(self, page: Page, log_CV: npt.NDArray[np.float64]) -> None:
        self.impossible = 0.0
        self._page, self._log_CV = page, log_CV
        self._found = self._those_seen()

    def __iter__(self) -> Iterator[tuple[Reading, float]]:
        return self._found

    def _those_seen(self) -> Iterator[tuple[Reading, float]]:
        # Symbols that are next to impossible are looked at only where nothing else can be seen.
        for slight in (0.0, _SLIGHT):
            self.impossible, seen = 0.0, False
            for reading in itertools.islice(likeliest(self._log_CV, np.full(len(self._log_CV), slight)), LOOKED_AT):
                chance = math.exp(float(self._log_CV[np.arange(len(reading)), list(reading)].sum()))
                if self._page.readable(reading):
                    seen = True
                    yield reading, chance
                else:
                    self.impossible += chance
            if seen:
                return
