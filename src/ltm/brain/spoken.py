"""What acts that answer from left to right have said so far, and how they go on.

Such an act sees on its own sites what it has said; the sites behind hold nothing yet, and all of them are thought about
at once. After every segment of thinking the next symbols of what the brain would answer are said for good. So an answer
is there from the first segment on, and every symbol that was said makes it a better one. While learning, what was said
is what should have been (Williams and Zipser 1989), up to a random place.

Shapes: B batch, N cells, V symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ltm.acts.saying import Saying
from ltm.chart.schema import Chart


@dataclass(eq=False)
class Spoken:
    """What one act has said.

    Attributes:
        symbols: `[B, N]`; those from `count` on mean nothing.
        count: how many symbols of each scene have been said `[B]`.
        logits: with which they were said `[B, N, V]`; None while learning, when a teacher says them.
    """

    symbols: Tensor
    count: Tensor
    logits: Tensor | None = None

    @property
    def said(self) -> Tensor:
        """Which cells have been said `[B, N]`."""
        return torch.arange(self.symbols.shape[1]) < self.count[:, None]

    @property
    def heard(self) -> Tensor:
        """What has been said `[B, N]`, -1 where nothing has been."""
        return self.symbols.masked_fill(~self.said, -1)

    def take(self, index: Tensor) -> Spoken:
        """Returns what was said in some scenes."""
        logits = None if self.logits is None else self.logits[index]
        return Spoken(self.symbols[index], self.count[index], logits)

    def put(self, index: Tensor, other: Spoken) -> None:
        """Overwrites some scenes in place."""
        self.symbols[index], self.count[index] = other.symbols, other.count

    def merge(self, symbols_BN: Tensor, logits_BNV: Tensor) -> tuple[Tensor, Tensor]:
        """Returns an answer, and its logits, with what has been said in place of what would be said now."""
        said_BN = self.said
        logits = logits_BNV if self.logits is None else torch.where(said_BN[..., None], self.logits, logits_BNV)
        return torch.where(said_BN, self.symbols, symbols_BN), logits

    def further(self, answer_BN: Tensor, logits_BNV: Tensor, pace: int) -> Spoken:
        """Returns what has been said once `pace` symbols more of an answer are."""
        count_B = (self.count + pace).clamp(max=answer_BN.shape[1])
        return Spoken(answer_BN, count_B, logits_BNV)


def paces(chart: Chart) -> dict[str, int]:
    """Returns how many symbols each act that answers from left to right says after a segment."""
    later = {name: act for name, act in chart.acts.items() if isinstance(act, Saying) and act.order == "left-to-right"}
    return {name: act.pace for name, act in later.items()}


def segments_to_say(chart: Chart) -> int:
    """Returns after how many segments of thinking everything has been said, however long; 1 where all is at once."""
    return max((1 + -(-chart.acts[name].own_sites // pace) for name, pace in paces(chart).items()), default=1)


def nothing_said(chart: Chart, batch: int) -> dict[str, Spoken]:
    """Returns the beginning: nothing has been said by any act that answers from left to right."""
    return {
        name: Spoken(
            torch.zeros(batch, chart.acts[name].own_sites, dtype=torch.long),
            torch.zeros(batch, dtype=torch.long),
            torch.zeros(batch, chart.acts[name].own_sites, chart.acts[name].symbols),
        )
        for name in paces(chart)
    }


def taught(chart: Chart, values: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Spoken]:
    """Returns what a teacher says first: the right answers, each up to a random place before its end."""
    spoken = {}
    for name in paces(chart):
        symbols_BN = values[name].long()
        last_B = _end(symbols_BN, chart.acts[name].symbols - 1)
        share_B = torch.rand(len(symbols_BN), generator=generator)
        spoken[name] = Spoken(symbols_BN, (share_B * (last_B + 1)).long())
    return spoken


def teach_on(chart: Chart, spoken: Mapping[str, Spoken]) -> None:
    """Lets the teacher say as much more as is said after a segment of thinking, the end itself never."""
    for name, pace in paces(chart).items():
        last_B = _end(spoken[name].symbols, chart.acts[name].symbols - 1)
        spoken[name].count = torch.minimum(spoken[name].count + pace, last_B)


def _end(symbols_BN: Tensor, end: int) -> Tensor:
    """Returns the place of the end in right answers `[B]`."""
    return (symbols_BN == end).int().argmax(1)
