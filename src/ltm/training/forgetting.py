"""What became of earlier skills that rehearsed while a new one was learned: calibrated anew, measured, kept aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ltm.brain.brain import Brain
from ltm.errors import EXIT_FORGOTTEN, LtmError
from ltm.runtime.brains import load_brain, save_brain
from ltm.training.looks import calibrate
from ltm.training.outcome import think_all
from ltm.training.rehearse import Rehearser
from ltm.training.together import Earlier

EARLIER = "earlier"
"""Folder in a run's that holds the brains of skills that rehearsed, until the whole is put in place."""
FEW = 100
"""Fewer scenes than this can't show a point."""
MARK = "rehearsed while learning "
"""Begins the name of the row that holds what was measured, in the record of a brain."""


class ForgettingError(LtmError):
    """An earlier skill lost more than was allowed; nothing was changed."""

    exit_code = EXIT_FORGOTTEN


@dataclass(frozen=True)
class Change:
    """How an earlier skill fared.

    Attributes:
        skill: its name.
        before: share of the scenes it keeps to judge by that was right, as its will says.
        after: the same once it had rehearsed.
        scenes: how many these are.
        folder: of its brain as it is now.
    """

    skill: str
    before: float
    after: float
    scenes: int
    folder: Path

    @property
    def points(self) -> float:
        """By how many points it got better; worse where negative."""
        return 100 * (self.after - self.before)

    def words(self) -> str:
        """Says it in one line."""
        coarse = f"; one of them counts for {100 / self.scenes:.1f} points" if self.scenes < FEW else ""
        return (
            f"{self.skill}: {100 * self.before:.1f} % before, {100 * self.after:.1f} % after "
            f"({self.points:+.1f} points, {self.scenes:,} scenes that were set aside{coarse})"
        )


def settle(trainer: Rehearser, new: str, place: Path, say: Callable[[str], None]) -> None:
    """Calibrates and judges the skills that rehearsed, and writes their brains beside the new one's run.

    Args:
        trainer: which has taken all steps and given out the best weights.
        new: name of the skill that was learned.
        place: folder that gets a brain folder a skill.
        say: told how each fared.
    """
    bf16 = trainer.plan.precision == "bf16"
    for one in trainer.earlier.values():
        say(f"judging '{one.name}' before and after")
        if one.brain.int8:
            one.brain.int8 = False  # rounded, what is shared would no longer be what the new skill learned with
            say(f"'{one.name}' is no longer in eight bits: it has learned; ltm quantize rounds it again")
        calibrate(one.brain, one.choosing, bf16, one.scorer)
        before, after = (_right(brain, one, bf16) for brain in (load_brain(one.folder)[0], one.brain))
        row = {"before": before, "after": after, "scenes": len(one.judging)}
        # What else was measured holds no more.
        earlier = {key: value for key, value in one.record["measured"].items() if key.startswith(MARK)}
        measured = {"scenes": len(one.judging), "exact": after, **earlier, f"{MARK}{new}": row}
        save_brain(one.brain, place / one.name, {**one.record, "measured": measured})
        say(_read(one.name, new, place / one.name).words())


def _right(brain: Brain, one: Earlier, bf16: bool) -> float:
    return float(think_all(brain, one.judging, brain.chart.will, bf16, one.scorer).right.mean())


def changes(new: str, place: Path) -> list[Change]:
    """Returns how earlier skills fared that `settle` wrote; none where nothing was rehearsed."""
    if not place.is_dir():
        return []
    return [_read(folder.name, new, folder) for folder in sorted(place.iterdir()) if not folder.name.startswith(".")]


def refuse_forgetting(found: Iterable[Change], loss: float, again: str) -> None:
    """Makes sure that no earlier skill lost more than allowed.

    Args:
        found: how they fared.
        loss: points that a skill may lose.
        again: what to say beside.

    Raises:
        ForgettingError: one lost more; says which, and how much.
    """
    fallen = [change for change in found if change.points < -loss - 1e-9]
    if fallen:
        told = "; ".join(change.words() for change in fallen)
        raise ForgettingError(f"forgotten more than --loss {loss:g}: {told}. {again}")


def _read(skill: str, new: str, folder: Path) -> Change:
    _, record = load_brain(folder)
    row = record["measured"][f"{MARK}{new}"]
    return Change(skill, float(row["before"]), float(row["after"]), int(row["scenes"]), folder)
