"""A new skill uses zones of earlier ones: as they are, frozen and tied to its own field; or as its own, shared.

A zone's body is what may be used: its layers. What ties it to a field, matrices and role vectors, each skill has of its
own, as a zone of another role.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.chart.base import format_bytes
from ltm.chart.check import require
from ltm.chart.schema import Chart
from ltm.chart.size import BYTES_A_WEIGHT, Sizes
from ltm.errors import ChartError, LtmError, nearest
from ltm.runtime.bodies import fingerprint_of
from ltm.runtime.brains import load_brain
from ltm.training.together import Shared

Where = tuple[str, str]
"""A skill, and a zone of it."""


class NoZoneAlike(LtmError):
    """No earlier zone is of the make of any of the new skill's, so that none can be shared."""


class Skills:
    """The brains of earlier skills, loaded when they are needed.

    Args:
        folders: of each skill.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.folders = dict(folders)
        self._loaded: dict[str, Brain] = {}

    def brain(self, skill: str) -> Brain:
        """Returns a skill's brain."""
        if skill not in self._loaded:
            self._loaded[skill] = load_brain(self.folders[skill])[0]
        return self._loaded[skill]

    def check(self, option: str, skill: str) -> None:
        """Makes sure that there is a skill.

        Raises:
            LtmError: there is none of that name.
        """
        if skill not in self.folders:
            known = ", ".join(self.folders)
            raise LtmError(f"{option} {skill}: the brain's skills are {known}{nearest(skill, self.folders)}")

    def zones(self, option: str, words: Sequence[str]) -> list[Where]:
        """Returns the zones that `skill` or `skill/zone` name; of a skill, those that it learned itself.

        Raises:
            LtmError: there is no such skill or zone.
        """
        found: list[Where] = []
        for word in words:
            skill, _, zone = word.partition("/")
            self.check(option, skill)
            zones = list(self.brain(skill).chart.zones)
            if zone and zone not in zones:
                raise LtmError(f"{option} {word}: zones of '{skill}' are {', '.join(zones)}{nearest(zone, zones)}")
            own = [one for one, spec in self.brain(skill).chart.zones.items() if not spec.frozen]
            found += [(skill, one) for one in ([zone] if zone else own)]
        return list(dict.fromkeys(found))

    def body(self, where: Where) -> dict[str, Tensor]:
        """Returns the weights of a zone's body by name."""
        return dict(self.brain(where[0]).circuit.zone(where[1]).body.state_dict())


def with_frozen(
    propose: Callable[[int], tuple[Chart, Sequence[str]]], skills: Skills, reused: Iterable[Where], size: int
) -> tuple[Chart, Sequence[str], dict[str, Where]]:
    """Proposes a chart that has earlier zones beside its own, frozen.

    Args:
        propose: from bytes of weights to a chart and notes.
        skills: whose zones they are.
        reused: which zones.
        size: bytes of the new skill's own weights at most; bodies of earlier zones don't count, as they are there.

    Returns:
        The chart, the notes, and where the body of each zone comes from that isn't the skill's own.

    Raises:
        ChartError: the size is too small.
    """
    places: dict[str, Where] = {}
    for where in reused:
        places[_name(where, places)] = where
    room = size
    while True:
        chart, notes = propose(room)
        whole = _added(chart, skills, places)
        bodies = sum(sum(t.numel() for t in skills.body(where).values()) for where in places.values())
        own = Sizes.of(whole).bytes - BYTES_A_WEIGHT * bodies
        if own <= size:
            sized = whole.model_copy(update={"budget": size + BYTES_A_WEIGHT * bodies})
            _check_bodies(sized, skills, places)
            return require(sized, source="proposed chart"), notes, places
        room -= own - size
        if room < 1:
            raise ChartError(
                f"--size {format_bytes(size)}: too small to tie {len(places)} earlier zones to a new field"
            )


def _name(where: Where, taken: Container[str]) -> str:
    """Returns what an earlier zone is called in the new skill."""
    name, number = f"{where[0]}-{where[1]}"[:36].rstrip("-_"), 1
    while name in taken:
        number += 1
        name = f"{name[:36]}-{number}"
    return name


def _check_bodies(chart: Chart, skills: Skills, places: Mapping[str, Where]) -> None:
    """Makes sure that earlier bodies fit where they are used: those that mix across a number of sites fit only that."""
    with torch.device("meta"):
        brain = Brain(chart)
    for zone, (skill, earlier) in places.items():
        if _make(brain, zone) != _make(skills.brain(skill), earlier):
            raise LtmError(f"--reuse {skill}/{earlier}: its body is made for scenes of another size than these")


def _added(chart: Chart, skills: Skills, places: Mapping[str, Where]) -> Chart:
    """Returns a chart with earlier zones that fire once a segment and add to the field.

    They are often far larger than the new skill's own: firing at every tick, they take most of the training from it.
    """
    kept = chart.model_dump(mode="json", exclude_defaults=True)
    windows = next((list(w) for spec in chart.zones.values() if (w := getattr(spec, "windows", None))), ["field"])
    for name, (skill, zone) in places.items():
        if name in chart.zones:
            raise LtmError(f"--reuse {skill}/{zone}: the new skill has a zone '{name}' of its own")
        earlier = skills.brain(skill)
        spec = earlier.chart.zones[zone]
        given: dict[str, Any] = spec.model_dump(mode="json", exclude_defaults=True) | {"kind": spec.kind}
        for key in ("budget", "write", "frozen"):
            given.pop(key, None)
        given |= {"width": earlier.circuit.zone(zone).width, "frozen": True}
        given["roles"] = {"self": {"period": chart.training.ticks, "phases": [0]}}
        if getattr(spec, "windows", ()):
            given["windows"] = windows
        kept["zones"][name] = given
    return Chart.model_validate({**kept, "budget": None})


def with_shared(chart: Chart, skills: Skills, wanted: Sequence[str], size: int) -> tuple[Chart, dict[str, Where]]:
    """Finds earlier zones of the same make, of which the new skill's zones shall have the very body.

    A chart of another width takes that of the earlier skill where it fits the size.

    Args:
        chart: proposed for the new skill.
        skills: the earlier ones.
        wanted: skills whose zones to take; where empty, the newest that has any of the same make.
        size: bytes of weights at most.

    Raises:
        NoZoneAlike: no zone is of the same make.
    """
    for skill in wanted or reversed(list(skills.folders)):
        skills.check("--share", skill)
        earlier = skills.brain(skill)
        width = chart.field.model_copy(update={"width": earlier.chart.field.width})
        tried = chart.model_copy(update={"field": width})
        if Sizes.of(tried).bytes > size:
            continue
        with torch.device("meta"):
            mine = Brain(tried)
        found = {
            zone: (skill, other)
            for zone, spec in tried.zones.items()
            for other, theirs in reversed(list(earlier.chart.zones.items()))
            if spec.kind == theirs.kind and _make(mine, zone) == _make(earlier, other) != {}
        }
        if found:
            return require(tried, source="proposed chart"), found
    needs = ", ".join(f"{zone} ({spec.kind})" for zone, spec in chart.zones.items())
    whose = f"of {', '.join(wanted)}" if wanted else "of an earlier skill"
    raise NoZoneAlike(f"no zone {whose} is of the make of the new skill's {needs} within --size {format_bytes(size)}")


def shared(skills: Skills, zones: Mapping[str, Where]) -> Shared:
    """Returns which bodies are one once some zones are shared: other earlier zones may have the same body already."""
    everywhere = {
        (skill, zone): fingerprint_of(skills.brain(skill).circuit.zone(zone).state_dict())
        for skill in skills.folders
        for zone in skills.brain(skill).chart.zones
    }
    others = {
        where: holder
        for holder in dict.fromkeys(zones.values())
        for where, body in everywhere.items()
        if where != holder and body == everywhere[holder]
    }
    return Shared(zones, others)


def start_with(brain: Brain, skills: Skills, places: Mapping[str, Where]) -> Brain:
    """Gives zones of a new brain the bodies of earlier ones; returns the brain."""
    with torch.no_grad():
        for zone, where in places.items():
            brain.circuit.zone(zone).body.load_state_dict(skills.body(where))
    return brain


def _make(brain: Brain, zone: str) -> dict[str, tuple[int, ...]]:
    return {name: tuple(weight.shape) for name, weight in brain.circuit.zone(zone).body.state_dict().items()}
