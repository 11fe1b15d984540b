"""Rest: a brain goes over what it keeps and lets go of what carries nothing, skill by skill, within a stated loss.

Couplings, zones and hidden channels are left out where the skill stays as good without (structured pruning; channels by
what they carry, as in Molchanov et al. 2017); zones of two skills that do alike get one body. Every step is measured on
the scenes that the skill keeps to judge itself by, and not taken where the skill would end below the loss. Where it
would, the skill first replays scenes that it learned from, and is measured again.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ltm.brain.brain import Brain
from ltm.brain.talk import speaks
from ltm.errors import DivergedError, LtmError
from ltm.runtime.alone import alone
from ltm.runtime.atomic import beside, locked
from ltm.runtime.bodies import fingerprint_of
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.int8 import round_weights
from ltm.runtime.skills import copy_brain, folders_of, has_skills, read_skills, records_of, write_skills
from ltm.scenes.prepare import scorer_of
from ltm.training.adapt import adapt
from ltm.training.familiar import familiarity_with
from ltm.training.looks import calibrate
from ltm.training.outcome import think_all
from ltm.training.prune import carried, hidden_layers, narrower, with_body, without_edge, without_zone

SHARES = (0.9, 0.75, 0.6, 0.45, 0.3, 0.2)
"""Hidden channels that stay, tried one after another."""
PRACTICE = 100
"""Steps of replay where a skill would lose too much."""
WITHIN_REACH = 20.0
"""A skill that lost more points than this beyond the loss isn't brought back by a little practice."""
BATCH = 32
RATE = 0.3
"""Of learning while it practises, as a share of the chart's."""


@dataclass(eq=False)
class Resting:
    """One skill while the brain rests.

    Attributes:
        name: of the skill.
        brain: as it stands.
        record: what its `brain.json` says.
        before: share of the kept scenes that was right; None where it keeps none, so that it is left alone.
        after: the same now.
        scenes: how many these are.
        done: what was let go, in words.
    """

    name: str
    brain: Brain
    record: dict[str, Any]
    before: float | None = None
    after: float | None = None
    scenes: int = 0
    done: list[str] = field(default_factory=list)


class Rest:
    """One rest of a brain.

    Args:
        folders: of its skills.
        loss: points that a skill may lose.
        say: told what is tried and what comes of it.
        practice: steps of replay where a skill would lose more.
    """

    def __init__(
        self,
        folders: Mapping[str, Path],
        loss: float,
        say: Callable[[str], None] = lambda text: None,
        practice: int = PRACTICE,
    ) -> None:
        self.loss, self.say, self.practice = loss, say, practice
        self.skills = {name: Resting(name, *load_brain(folder)) for name, folder in folders.items()}
        for one in self.skills.values():
            if one.brain.rehearsal is None:
                say(f"{one.name}: keeps no scenes to judge itself by, so it is left as it is")
                continue
            if speaks(one.brain.chart):
                say(f"{one.name}: talks, and no text is right or wrong as a whole, so it is left as it is")
                continue
            say(f"{one.name}: thinking about {len(one.brain.rehearsal.aside):,} scenes")
            one.scenes = len(one.brain.rehearsal.aside)
            one.before = one.after = self._right(one.brain)

    def run(self) -> dict[str, Resting]:
        """Does all of it; returns the skills that have changed."""
        started = {one.name: one.brain for one in self.skills.values()}
        for one in self._judged():
            self._couplings(one)
            self._zones(one)
        self._alike()  # before zones become narrower, each by itself, and of different makes
        for one in self._judged():
            self._hidden(one)
        for one in self._judged():
            if one.done:
                self._wake(one, started[one.name])
        return {one.name: one for one in self.skills.values() if one.done}

    def _judged(self) -> list[Resting]:
        return [one for one in self.skills.values() if one.before is not None]

    def _couplings(self, one: Resting) -> None:
        for number in reversed(range(len(one.brain.circuit.coupling.edges))):
            edge = one.brain.circuit.coupling.edges[number]
            self._try(one, without_edge(one.brain, number), f"without the coupling {edge.source} -> {edge.to}")

    def _zones(self, one: Resting) -> None:
        for zone in reversed(list(one.brain.chart.zones)):
            self._try(one, without_zone(one.brain, zone), f"without zone {zone}")

    def _hidden(self, one: Resting) -> None:
        """Lets go of hidden channels of zones that no other skill shares."""
        assert one.brain.rehearsal is not None
        for zone in one.brain.chart.zones:
            if not hidden_layers(one.brain, zone) or self._sharing(one, zone):
                continue
            whole = one.brain
            weights = carried(whole, zone, one.brain.rehearsal.replay)
            for share in SHARES:
                # Always from the whole zone: what carries least is measured there.
                words = f"{100 * share:.0f} % of the hidden channels of {zone}"
                if not self._try(one, narrower(whole, zone, weights, share), words):
                    break

    def _alike(self) -> None:
        """Gives zones of two skills one body, where the later does as well with the earlier's."""
        skills = self._judged()
        for later, one in enumerate(skills):
            for zone in one.brain.chart.zones:
                if self._sharing(one, zone):
                    continue
                mine = one.brain.circuit.zone(zone).body.state_dict()
                for other, theirs in ((o, z) for o in skills[:later] for z in o.brain.chart.zones):
                    body = other.brain.circuit.zone(theirs).body.state_dict()
                    if one.brain.int8 and not other.brain.int8:
                        continue  # rounded, it would no longer be the other's
                    same = {n: w.shape for n, w in mine.items()} == {n: w.shape for n, w in body.items()} != {}
                    kinds = one.brain.chart.zones[zone].kind == other.brain.chart.zones[theirs].kind
                    words = f"the body of {other.name}/{theirs} in {zone}"
                    # Practice would move the body, which then would no longer be the other's.
                    if same and kinds and self._try(one, with_body(one.brain, zone, body), words, practise=False):
                        break

    def _sharing(self, one: Resting, zone: str) -> bool:
        mine = fingerprint_of(one.brain.circuit.zone(zone).state_dict())
        return any(
            fingerprint_of(other.brain.circuit.zone(theirs).state_dict()) == mine
            for other in self.skills.values()
            for theirs in other.brain.chart.zones
            if (other.name, theirs) != (one.name, zone)
        )

    def _try(self, one: Resting, less: Brain | None, what: str, *, practise: bool = True) -> bool:
        """Takes a step where the skill stays within the loss; returns whether it does."""
        if less is None:
            return False
        less = _as_written(less)
        right = self._right(less)
        if practise and not self._within(one, right) and self._may_practise(one, right):
            self.say(f"{one.name}: {what}: {100 * right:.1f} % right, replaying what it keeps")
            less, steps = self._practised(less)
            less = _as_written(less)
            right, what = self._right(less), f"{what}, {steps} steps of replay"
        kept = self._within(one, right)
        self.say(f"{one.name}: {what}: {100 * right:.1f} % right, {'done' if kept else 'not done'}")
        if kept:
            one.brain, one.after = less, right
            one.done.append(what)
        return kept

    def _may_practise(self, one: Resting, right: float) -> bool:
        """Whether practice may bring a skill back; one that shares a body would move what another thinks with."""
        assert one.before is not None
        lost = 100 * (one.before - right) - self.loss
        return (
            self.practice > 0 and lost <= WITHIN_REACH and not any(self._sharing(one, z) for z in one.brain.chart.zones)
        )

    def _practised(self, brain: Brain) -> tuple[Brain, int]:
        assert brain.rehearsal is not None
        replay = brain.rehearsal.replay
        rate, batch = RATE * brain.chart.training.rate, min(BATCH, len(replay))
        try:
            return adapt(brain, replay, seconds=math.inf, steps=self.practice, rate=rate, batch=batch)
        except DivergedError:  # then practice doesn't bring it back
            return brain, 0

    def _within(self, one: Resting, right: float) -> bool:
        assert one.before is not None
        return right >= one.before - self.loss / 100 - 1e-9

    def _wake(self, one: Resting, started: Brain) -> None:
        """Calibrates a changed skill; takes everything back where it is no longer within the loss then."""
        assert one.brain.rehearsal is not None
        kept = one.brain.rehearsal
        calibrate(one.brain, kept.aside, False, scorer_of(one.brain.chart))
        one.after = self._right(one.brain)
        if one.brain.familiarity is not None:  # what senses write may have moved with practice
            one.brain.familiarity = familiarity_with(one.brain, kept.replay, kept.aside)
        if not self._within(one, one.after):
            self.say(f"{one.name}: {100 * one.after:.1f} % once calibrated anew: all of it is taken back")
            one.brain, one.after, one.done = started, one.before, []

    def _right(self, brain: Brain) -> float:
        assert brain.rehearsal is not None
        will = brain.chart.will
        return float(think_all(brain, brain.rehearsal.aside, will, False, scorer_of(brain.chart)).right.mean())


def _as_written(brain: Brain) -> Brain:
    """Returns a brain that is judged by what will be on disk: one in eight bits rounds what it has learned."""
    if brain.int8:
        round_weights(brain)
    return brain


def put_in_place(brain: Path, rested: Mapping[str, Resting], out: Path | None = None) -> None:
    """Writes changed skills into their brain, which is replaced as a whole.

    Args:
        brain: its folder.
        rested: the changed ones by name; there may be none where there is an `out`.
        out: where the rested brain is written instead; the brain then stays as it is.

    Raises:
        LtmError: another process is changing the brain, or has changed it meanwhile; the disk is full, or something
            else is in the way. The brain is as it was.
    """
    final = out or brain
    with alone(final, "lets it rest"):
        _refuse_other(brain, rested)
        _put(brain, rested, final)


def _refuse_other(brain: Path, rested: Mapping[str, Resting]) -> None:
    """Refuses to replace skills that aren't those any more which went to rest."""
    now = records_of(brain)
    for name, one in rested.items():
        files = now[name].model_dump(mode="json", exclude_none=True)["files"] if name in now else None
        if files != one.record["files"]:
            raise LtmError(f"{brain}: skill '{name}' has changed while it rested; let it rest again")


def _put(brain: Path, rested: Mapping[str, Resting], final: Path) -> None:
    if not rested:
        copy_brain(brain, final)
        return
    if not has_skills(brain):
        (one,) = rested.values()
        save_brain(one.brain, final, _record(one))
        return
    place = beside(final.resolve(), "tmp")
    place.mkdir(parents=True)
    try:
        with locked(place):
            for name, one in rested.items():
                save_brain(one.brain, place / name, _record(one))
            folders = {**folders_of(brain), **{name: place / name for name in rested}}
            write_skills(final, read_skills(brain).name, folders, share=rested)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _record(one: Resting) -> dict[str, Any]:
    """Returns a skill's record, in which only what was measured now is left."""
    measured = {"scenes": one.scenes, "exact": one.after, "before it rested": {"exact": one.before}}
    return {**one.record, "measured": measured}
