"""What a search among readings of pictures returns."""

from __future__ import annotations

from dataclasses import dataclass

from ltm.brain.page import Reading
from ltm.brain.thought import Thought

AT_ONCE = 32
"""Readings thought about side by side."""


@dataclass(frozen=True)
class Found:
    """The answer that a search ended with.

    Attributes:
        reading: what the mind saw when it came to it.
        thought: by which it came to it.
        confidence: that the answer is right, by all readings that were thought about.
        readings: how many these were.
    """

    reading: Reading
    thought: Thought
    confidence: float
    readings: int
