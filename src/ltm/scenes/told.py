"""How reading and splitting say where they stand, so that large files are not waited for in silence."""

from __future__ import annotations

from collections.abc import Callable

Told = Callable[[str, float], None]
"""Told what is going on and how much of it is done, from 0 to 1."""


def nobody(what: str, share: float) -> None:
    """Tells nobody."""
