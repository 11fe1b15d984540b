"""Where zones are while they don't fire: a brain may keep them elsewhere and call them in when the wave does.

`ltm.runtime.pager` keeps them on disk. What a circuit knows of it is here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ltm.chart.base import format_bytes


@dataclass(frozen=True)
class Paging:
    """What calling zones in has come to.

    Attributes:
        hits: firings that found their zone here.
        ahead: of these, zones that had come because they were expected.
        misses: firings that had to wait for their zone.
        evictions: zones that had to leave.
        vain: of these, zones that were sent for and left before they fired.
        bytes_read: of weights that came in, as many as they take here: those in eight bits are a fourth on disk.
        waited: seconds in which thought stood still for a zone.
        peak_bytes: of weights of zones here, or on their way, at any moment.
    """

    hits: int = 0
    ahead: int = 0
    misses: int = 0
    evictions: int = 0
    vain: int = 0
    bytes_read: int = 0
    waited: float = 0.0
    peak_bytes: int = 0

    def since(self, before: Paging) -> Paging:
        """Returns what has been added since; the peak is that of all time."""
        added = {name: getattr(self, name) - getattr(before, name) for name in _COUNTED}
        return dataclasses.replace(self, **added)

    def to_json(self) -> dict[str, Any]:
        """Returns plain numbers."""
        return {**dataclasses.asdict(self), "waited": round(self.waited, 6)}

    def words(self) -> str:
        """Says it in one line."""
        vain = f" ({self.vain:,} sent for in vain)" if self.vain else ""
        return (
            f"{self.hits:,} of {self.hits + self.misses:,} firings found their zone here ({self.ahead:,} had been sent "
            f"for), {self.evictions:,} zones left{vain}, {format_bytes(self.bytes_read)} read in {self.waited:.2f} s "
            f"of waiting, {format_bytes(self.peak_bytes)} here at most"
        )


_COUNTED = ("hits", "ahead", "misses", "evictions", "vain", "bytes_read", "waited")


@runtime_checkable
class Residence(Protocol):
    """Has zones at hand when they fire."""

    @property
    def paging(self) -> Paging:
        """What it has come to so far."""

    def expect(self, names: Sequence[str]) -> None:
        """Is told which zones will fire soon, in order."""

    def need(self, name: str) -> None:
        """Sees to it that a zone's weights are here."""
