"""How a brain gains a skill, as asked for: its chart, the weights it starts with, and who rehearses meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ltm.brain.brain import Brain
from ltm.chart.base import parse_bytes
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.errors import LtmError
from ltm.runtime.listing import RECORD
from ltm.runtime.weights import sha256
from ltm.scenes.store import SceneSet
from ltm.training.attempt import Attempt
from ltm.training.grow import start_from
from ltm.training.reuse import NoZoneAlike, Skills, Where, shared, start_with, with_frozen, with_shared
from ltm.training.together import Earlier, Together
from ltm.training.trial import Trial, loss_after

Propose = Callable[[int | str], tuple[Chart, Sequence[str]]]
"""From bytes of weights to a chart and notes."""


class Growth:
    """One attempt at a new skill.

    Args:
        folders: of the earlier skills.
        rehearse: whether earlier skills share zones with the new one, and rehearse.
        share: skills whose zones to share; where empty, the newest that has any of the same make.
        reuse: `skill` or `skill/zone` whose zones are used as they are.
        start: skill whose zones the new one starts from.

    Raises:
        LtmError: there is no such skill or zone.
    """

    def __init__(
        self,
        folders: Mapping[str, Path],
        *,
        rehearse: bool = False,
        share: Sequence[str] = (),
        reuse: Sequence[str] = (),
        start: str | None = None,
    ) -> None:
        self.skills = Skills(folders)
        self.rehearse, self.share, self.start = rehearse, tuple(share), start
        self.reused = self.skills.zones("--reuse", reuse)
        self.zones: dict[str, Where] = {}
        for option, skill in (*(("--share", skill) for skill in share), *([("--from", start)] if start else [])):
            self.skills.check(option, skill)
        self._chart: Chart | None = None

    @property
    def chart(self) -> Chart:
        """The new skill's chart, once the attempt has begun."""
        assert self._chart is not None
        return self._chart

    def begun(self, run: Path, asked: Mapping[str, str]) -> bool:
        """Takes up an attempt that was interrupted, where there is one.

        Raises:
            LtmError: it was begun with other options, or earlier skills that it uses have changed.
        """
        if not (run / "chart.yaml").exists():
            return False
        attempt = Attempt.read(run)
        if attempt is None:
            raise LtmError(
                f"{run}: holds an attempt of which isn't known what it was begun with; remove that folder to begin anew"
            )
        attempt.check(asked, self.skills.folders, run)
        self._chart, self.zones = load_chart(run / "chart.yaml"), dict(attempt.zones)
        return True

    def begin(
        self,
        run: Path,
        asked: Mapping[str, str],
        propose: Propose,
        size: str,
        learned: Callable[[Chart], SceneSet] | None = None,
    ) -> Sequence[str]:
        """Proposes a chart, tries whether sharing serves it, and writes down what was asked for.

        Args:
            run: folder of the attempt.
            asked: what each option is, as text.
            propose: proposes a chart of a size.
            size: bytes of the new skill's own weights at most.
            learned: reads scenes to try by whether zones are better shared, where none were named to share; without
                it they are.

        Returns:
            What was seen in the data, and what was tried.
        """
        try:
            room = int(parse_bytes(size))
        except ValueError as problem:
            raise LtmError(f"--size: {problem}") from None
        if self.reused:
            self._chart, notes, self.zones = with_frozen(propose, self.skills, self.reused, room)
        else:
            self._chart, notes = propose(room)
            if self.rehearse:
                notes = [*notes, *self._share(self._chart, room, learned)]
        used = {skill for skill, _ in self.zones.values()} | self._rehearsing()
        used |= set() if self.start is None else {self.start}
        marks = {skill: sha256(self.skills.folders[skill] / RECORD) for skill in sorted(used)}
        Attempt(asked=dict(asked), zones=self.zones, skills=marks).write(run)
        return notes

    def _share(self, alone: Chart, room: int, learned: Callable[[Chart], SceneSet] | None) -> list[str]:
        """Lets the new skill have an earlier skill's zones where one has any alike; says why where it doesn't."""
        try:
            self._chart, self.zones = with_shared(alone, self.skills, self.share, room)
        except NoZoneAlike as problem:
            if self.share:
                raise
            return [f"not sharing: {problem}. It gets zones of its own, and earlier skills stay as they are"]
        return [] if learned is None or self.share else [self._try_sharing(alone, learned(alone))]

    def _try_sharing(self, alone: Chart, scenes: SceneSet) -> str:
        """Lets the new skill have zones of its own where it learns clearly better with them; says what was found."""
        whose = ", ".join(f"{skill}/{zone}" for skill, zone in self.zones.values())
        shared = start_with(Brain(self.chart), self.skills, self.zones)
        trial = Trial(*(loss_after(brain, scenes) for brain in (Brain(alone), shared)))
        if trial.alike:
            return f"sharing {whose}: {trial.words()}"
        options = " ".join(f"--share {skill}" for skill in dict.fromkeys(skill for skill, _ in self.zones.values()))
        self._chart, self.zones = alone, {}
        return f"not sharing {whose}: {trial.words()} ({options} shares all the same)"

    def weights(self) -> tuple[Brain | None, list[str]]:
        """Returns what the new skill starts with, None where that is chance; and what to tell the user."""
        notes = []
        brain = None
        if self.start is not None:
            brain, copied = start_from(self.chart, self.skills.brain(self.start), self.start)
            notes.append(f"starting from '{self.start}': zones {', '.join(copied)}")
        if self.zones:
            brain = start_with(brain or Brain(self.chart), self.skills, self.zones)
            how = "shared with, and learned on" if self.rehearse else "used as it is, from"
            notes += [f"zone '{zone}': {how} {skill}/{other}" for zone, (skill, other) in self.zones.items()]
        return brain, notes

    def together(self, loss: float) -> Together | None:
        """Returns which skills rehearse, and how much each may lose in points; None where none does.

        Raises:
            LtmError: one of them keeps no scenes.
        """
        if not self.rehearse or not self.zones:
            return None
        earlier = tuple(Earlier.of(skill, self.skills.folders[skill]) for skill in sorted(self._rehearsing()))
        return Together(earlier, shared(self.skills, self.zones), loss)

    def _rehearsing(self) -> set[str]:
        """Returns the skills whose zones move."""
        if not self.rehearse:
            return set()
        found = shared(self.skills, self.zones)
        return {skill for skill, _ in (*found.zones.values(), *found.others)}
