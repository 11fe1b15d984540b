"""A skill with the charts that it may have, up to that which needs least learning; and fitting several to memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ltm.chart.base import format_bytes
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import LtmError
from ltm.plan.ladder import ladder
from ltm.plan.ready import looking_rung, missing, shipped_rung
from ltm.plan.skills import Looking, Shipped, Skill
from ltm.plan.wish import Wish

NONE_FITS = "no skill fits alone"


class Candidate:
    """A skill with its charts, and which of them is meant: at first the last one.

    Args:
        name: of the skill.
        skill: what it is.
        charts: of growing size.
        minutes: of training.
        ready: what needs no learning of the last chart, which is worth more than all before it.
        notes: what is known of it beforehand, in sentences.
    """

    def __init__(
        self,
        name: str,
        skill: Skill,
        charts: Sequence[Chart],
        minutes: float,
        ready: Shipped | Looking | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.name, self.skill, self.charts, self.notes = name, skill, charts, tuple(notes)
        self.at = len(charts) - 1
        self.sizes = [Sizes.of(chart).bytes for chart in charts]
        self._ready, self._minutes = ready, minutes

    @property
    def bytes(self) -> int:
        """Of the chart that is meant."""
        return self.sizes[self.at]

    @property
    def ready(self) -> Shipped | Looking | None:
        """What needs no learning of the chart that is meant."""
        return self._ready if self.at == len(self.charts) - 1 else None

    @property
    def minutes(self) -> float:
        """Of training it."""
        if self.ready is None:
            return self._minutes
        return 0.0 if isinstance(self.ready, Shipped) else self.ready.measured.minutes

    def instead(self, begun: int) -> str:
        """Says what it is now rather than what it was."""
        had = format_bytes(self.sizes[begun])
        if begun < len(self.charts) - 1 or self._ready is None:
            return f"{format_bytes(self.bytes)} instead of {had}"
        which = "the brain that ships" if isinstance(self._ready, Shipped) else "looking through a pretrained model"
        return f"{format_bytes(self.bytes)}, learned from scratch, instead of {had}, {which}"


def candidate_of(name: str, skill: Skill, wish: Wish, folder: Path) -> Candidate:
    """Returns a skill with its charts, that which needs least learning last.

    Args:
        name: of the skill.
        skill: what it is.
        wish: whether pretrained things may be used, and on which scenes.
        folder: where the charts will lie.

    Raises:
        LtmError: scenes that can't be used.
    """
    charts = ladder(name, skill, wish.data.get(name), folder, skill.minutes, wish.seed)
    if wish.from_scratch:
        return Candidate(name, skill, charts, skill.minutes)
    shipped = shipped_rung(skill.ships)
    if shipped is not None:
        return Candidate(name, skill, [*charts, shipped], skill.minutes, skill.ships)
    through = None if skill.looking is None else looking_rung(charts[-1], skill.looking)
    if through is None or skill.looking is None:
        return Candidate(name, skill, charts, skill.minutes)
    why_not = missing(through, wish.memory)
    if why_not:
        return Candidate(name, skill, charts, skill.minutes, notes=[f"{why_not}; elsewhere {skill.looking.told()}"])
    return Candidate(name, skill, [*charts, through], skill.minutes, skill.looking)


def fit_memory(candidates: Sequence[Candidate], memory: int | None) -> None:
    """Makes the largest smaller until all fit; a brain that ships stays where it fits beside the smallest of others.

    Raises:
        LtmError: they don't, however small.
    """
    if memory is None:
        return
    while kept := [one for one in candidates if isinstance(one.ready, Shipped)]:
        if sum(one.bytes if one in kept else one.sizes[0] for one in candidates) <= memory:
            break
        max(kept, key=lambda one: one.bytes).at -= 1
    while sum(one.bytes for one in candidates) > memory:
        able = [one for one in candidates if one.at > 0 and one not in kept]
        if not able:
            raise LtmError(_too_large(candidates, memory))
        max(able, key=lambda one: one.bytes).at -= 1


def _too_large(candidates: Sequence[Candidate], memory: int) -> str:
    least = sum(one.bytes for one in candidates)
    listed = ", ".join(f"{one.name} {format_bytes(one.bytes)}" for one in candidates)
    fitting: list[Candidate] = []
    for one in sorted(candidates, key=lambda one: one.bytes):
        if sum(other.bytes for other in fitting) + one.bytes <= memory:
            fitting.append(one)
    words = f"{', '.join(one.name for one in fitting)} would fit" if fitting else NONE_FITS
    return (
        f"memory binds: the smallest brains of these skills take {format_bytes(least)} in fp32 ({listed}), "
        f"{format_bytes(least - memory)} more than --memory {format_bytes(memory)}; {words}"
    )
