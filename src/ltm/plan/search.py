"""From a wish to a plan: the largest sizes worth training that keep every bound, or which bound can't be kept.

Every skill starts with what needs no learning, where there is such, or at the size that is enough. While a thought as
long as those it learns from takes too much time or energy, the skill gets smaller; while all together are too large,
the largest does. Then each may think as long as the bounds allow. Skills are independent: one of them thinks at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from ltm.brain.brain import with_training
from ltm.chart.base import format_bytes
from ltm.chart.check import require
from ltm.chart.schema import Chart
from ltm.errors import LtmError
from ltm.plan.calibration import Calibration
from ltm.plan.candidate import Candidate, candidate_of, fit_memory
from ltm.plan.predict import Prediction, Predictor
from ltm.plan.sample import sample
from ltm.plan.skills import Looking, Measured, Shipped, Skill, find_skills
from ltm.plan.wish import Wish


@dataclass(frozen=True)
class PlannedSkill:
    """One skill of a plan.

    Attributes:
        name: of the skill.
        skill: what it is.
        chart: that teaches it.
        minutes: of training; none where a brain that ships is taken.
        prediction: what its brain will be.
        notes: how the wish shaped it, in sentences.
        ready: what of it needs no learning.
    """

    name: str
    skill: Skill
    chart: Chart
    minutes: float
    prediction: Prediction
    notes: tuple[str, ...]
    ready: Shipped | Looking | None = None

    @property
    def measured(self) -> Measured | None:
        """What was measured of such a brain, on such scenes."""
        return self.ready.measured if isinstance(self.ready, Shipped) else self.skill.measured


@dataclass(frozen=True)
class BrainPlan:
    """A plan that can be carried out.

    Attributes:
        wish: what was wished for.
        machine: whose times and energies are predicted.
        skills: in the order in which they are trained: soonest done first.
        areas: of a cortex: what each zone is, in a sentence.
        cited: who says so.
    """

    wish: Wish
    machine: Calibration
    skills: tuple[PlannedSkill, ...]
    areas: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Of all weights in fp32."""
        return sum(one.prediction.bytes for one in self.skills)

    @property
    def active(self) -> float:
        """Share of all weights that is used at a tick, at most: of the skill that uses most."""
        return max(one.prediction.active * one.prediction.bytes for one in self.skills) / self.bytes


def plan(wish: Wish, machine: Calibration, folder: Path = Path()) -> BrainPlan:
    """Plans a brain: a chart for every skill.

    Args:
        wish: skills, and what they may cost.
        machine: how fast it is.
        folder: where the charts will lie.

    Raises:
        LtmError: an unknown skill, scenes that can't be used, or a wish that can't be granted: says which bound binds,
            by how much, and what would fit.
    """
    skills = find_skills(wish.skills, wish.data)
    return grant(wish, machine, [candidate_of(name, skill, wish, folder) for name, skill in skills.items()], folder)


def grant(wish: Wish, machine: Calibration, candidates: Sequence[Candidate], folder: Path) -> BrainPlan:
    """Chooses a chart for every candidate, so that all bounds are kept.

    Raises:
        LtmError: they can't be; says which binds, by how much, and what would fit.
    """
    fit_memory(candidates, wish.memory)
    planned = [_settled(one, wish, machine, folder) for one in candidates]
    # The sooner something works, the better; of equals the one that was wished for first.
    return BrainPlan(wish, machine, tuple(sorted(_shared(planned, wish.minutes), key=lambda one: one.minutes)))


def _shared(planned: Sequence[PlannedSkill], minutes: float | None) -> list[PlannedSkill]:
    """Gives each skill that learns the same share of what was wished for; as many minutes as are enough unless told."""
    usual = sum(one.minutes for one in planned)
    found = []
    for one in planned:
        share = one.minutes if minutes is None or not one.minutes else minutes * one.minutes / usual
        chart = with_training(one.chart, minutes=share) if one.minutes else one.chart
        found.append(replace(one, minutes=share, chart=chart))
    return found


def _settled(one: Candidate, wish: Wish, machine: Calibration, folder: Path) -> PlannedSkill:
    """Lets a skill think as long as time and energy allow, and writes that into its chart.

    It gets smaller first, until a thought as long as those it learns from keeps both.

    Raises:
        LtmError: not even the smallest does.
    """
    notes, begun = list(one.notes), one.at
    if begun < len(one.charts) - 1:
        known = "" if one.skill.measured is None else ", the size of the brain that was measured"
        notes.append(f"memory binds: {one.instead(len(one.charts) - 1)}{known}")
    predictor = _largest_that_thinks(one, wish, machine, folder)
    binding = _binding(predictor, wish)
    if one.at < begun:
        notes.append(f"{binding} binds: {one.instead(begun)}")
    chart = one.charts[one.at]
    ticks = predictor.longest(wish.latency, wish.energy)
    if ticks < chart.will.ticks:
        notes.append(f"{binding} binds: thinks for {ticks} ticks at most instead of {chart.will.ticks}")
    will = chart.will.model_copy(update={"ticks": ticks, "ms": None if wish.latency is None else wish.latency * 1e3})
    # The budget is the whole wish: what another skill leaves, this one may be given by hand.
    settled = require(chart.model_copy(update={"will": will, "budget": wish.memory}))
    prediction = predictor.prediction(ticks)
    return PlannedSkill(one.name, one.skill, settled, one.minutes, prediction, tuple(notes), one.ready)


def _largest_that_thinks(one: Candidate, wish: Wish, machine: Calibration, folder: Path) -> Predictor:
    """Moves a candidate to its largest chart whose least thought keeps time and energy, by halving; predicts it.

    Raises:
        LtmError: not even the smallest does.
    """
    seen: dict[str, Tensor] = {}

    def predicted(at: int) -> Predictor:
        chart = one.charts[at]
        # What is seen of a text may depend on the size of the table of its words.
        if not seen or chart.senses != one.charts[one.at].senses:
            seen.update(sample(chart, folder))
        one.at = at
        return Predictor(chart, machine, seen)

    def thinks(predictor: Predictor) -> bool:
        return predictor.longest(wish.latency, wish.energy) >= predictor.least

    high = one.at
    best = predicted(high)
    if thinks(best):
        return best
    low, best = 0, predicted(0)
    if not thinks(best):
        raise LtmError(_too_slow(one, best, wish))
    while high - low > 1:
        middle = (low + high) // 2
        tried = predicted(middle)
        if thinks(tried):
            low, best = middle, tried
        else:
            high = middle
    one.at = low
    return best


def _binding(predictor: Predictor, wish: Wish) -> str:
    """Returns the bound that thoughts meet first; an empty word where neither time nor energy is bounded."""
    used = {}
    if wish.latency is not None:
        used["latency"] = predictor.seconds(predictor.least) / wish.latency
    if wish.energy is not None:
        used["energy"] = predictor.joules(predictor.least)[0] / wish.energy
    return max(used, key=used.__getitem__, default="")


def _too_slow(one: Candidate, predictor: Predictor, wish: Wish) -> str:
    least, possible, option = predictor.least, predictor.longest(wish.latency, wish.energy), _binding(predictor, wish)
    if option == "latency":
        needed, asked, unit = predictor.seconds(least), wish.latency or 0.0, "ms"
    else:
        needed, asked, unit = predictor.joules(least)[0], wish.energy or 0.0, "mJ"
    fits = f"{possible} ticks would fit, fewer than it learns with" if possible else "not even one look at it fits"
    return (
        f"{option} binds: the smallest brain for {one.name} ({format_bytes(one.bytes)}) needs {1e3 * needed:.3g} "
        f"{unit} for a thought of {least} ticks, as long as those it learns from; {1e3 * (needed - asked):.3g} {unit} "
        f"more than --{option} {1e3 * asked:.3g}{unit}; {fits}"
    )
