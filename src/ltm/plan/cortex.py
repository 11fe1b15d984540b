"""`ltm plan --cortex`: a brain whose zones are named after areas of the human brain, fractally coupled.

The areas, what they do and who says so, are in `cortex.yaml`. What is seen and answered, and the scenes that teach it,
are those of one skill; every area is a zone of its own that keeps a state, which the areas coupled to it hear. What
kind of zone that is depends on what is seen: planes, lines, or lines of which it is to be told what comes next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from ltm.chart.base import Name, Part
from ltm.chart.check import check
from ltm.chart.document import load_yaml
from ltm.chart.parse import validate
from ltm.chart.schema import Chart
from ltm.errors import LtmError, nearest
from ltm.plan.calibration import Calibration
from ltm.plan.candidate import Candidate
from ltm.plan.ladder import ladder
from ltm.plan.search import BrainPlan, grant
from ltm.plan.skills import find_skills
from ltm.plan.wish import Wish

FILE = "cortex.yaml"
WIDTHS = (32, 48, 64, 96)
"""Of the field, tried from the widest down; areas are half as wide. Nobody has measured which is enough."""
PLANES = ("grid", "image", "audio")
"""Kinds of senses that have rows and columns."""
TICKS = 4
"""Of a segment: the longest rhythm, so that every area has its say before an answer is read."""


class Area(Part):
    """An area, and the zone that stands for it."""

    group: Name
    called: str
    does: str
    source: str
    zone: dict[str, Any]
    """Its kind and what that takes, as a chart declares it."""
    period: Annotated[int, Field(ge=1, le=TICKS)]
    phase: Annotated[int, Field(ge=0)]
    senses: bool = False
    """Whether it reads what the senses wrote, rather than the field and other areas alone."""


class Cortex(Part):
    """The whole file."""

    branch: Annotated[int, Field(ge=2)]
    groups: tuple[Name, ...]
    sources: dict[str, str]
    areas: dict[Name, Area]
    lines: dict[Name, dict[str, Any]]
    """Other zones for some areas, where nothing that is seen has rows and columns."""
    in_order: dict[Name, dict[str, Any]]
    """The same where what comes next is told, and no area may hear it."""

    @model_validator(mode="after")
    def _in_groups(self) -> Cortex:
        standing = [area.group for area in self.areas.values()]
        if standing != [group for group in self.groups for _ in range(self.branch)]:
            raise ValueError(f"areas must stand in groups of {self.branch}, in the order of groups")
        for name, area in self.areas.items():
            if area.source not in self.sources:
                raise ValueError(f"areas.{name}.source: no source {area.source!r}")
        for name in (*self.lines, *self.in_order):
            if name not in self.areas:
                raise ValueError(f"no area {name!r}{nearest(name, self.areas)}")
        return self

    def suited(self, like: Chart) -> Cortex:
        """Returns the same areas as zones that can work on what a chart sees and answers."""
        told_ahead = any(act.kind == "next" for act in like.acts.values())
        if not told_ahead and any(sense.kind in PLANES for sense in like.senses.values()):
            return self
        instead = self.in_order if told_ahead else self.lines
        areas = {
            name: area.model_copy(update={"zone": instead.get(name, area.zone)}) for name, area in self.areas.items()
        }
        return self.model_copy(update={"areas": areas})

    def hub(self, group: str) -> str:
        """Returns the first area of a group, which hears the other groups' hubs."""
        return next(name for name, area in self.areas.items() if area.group == group)

    def told(self) -> Iterator[str]:
        """Says of every area what it does in people, its kind here, its place in the coupling, and who says so."""
        for name, area in self.areas.items():
            hub = self.hub(area.group)
            place = f"hub of {area.group}, hears the other hubs" if hub == name else f"in {area.group}, beside {hub}"
            often = "every tick" if area.period == 1 else f"one tick in {area.period}"
            yield f"{name}, {area.called}: {area.does} [{area.source}]; {area.zone['kind']}; {place}; fires {often}"


def shipped_cortex() -> Cortex:
    """Reads the areas that come with the package."""
    text = (resources.files("ltm") / "plan" / FILE).read_text(encoding="utf-8")
    return validate(load_yaml(text, FILE), Cortex)


def cortex_chart(like: Chart, cortex: Cortex, width: int) -> Chart:
    """Returns a chart that sees, answers and learns as another one does, with the zones of a cortex.

    Args:
        like: what it sees and does.
        cortex: the areas, suited to it.
        width: of the field; areas are half as wide.

    Raises:
        LtmError: an area can't work on what is seen; says which, and why.
    """
    zones = {name: _zone(area, width // 2) for name, area in cortex.areas.items()}
    training = {**like.training.model_dump(), "ticks": TICKS}
    chart = Chart.model_validate(
        {
            **like.model_dump(exclude={"zones", "coupling", "wave"}),
            "name": "cortex",
            "about": f"{like.about} Its zones are named after areas of the brain.",
            "budget": None,
            # Sixteen areas add to it, at every tick some: without a norm it would grow and grow.
            "field": {**like.field.model_dump(), "width": width, "norm": "rms"},
            "zones": zones,
            "coupling": {"pattern": "fractal", "branch": cortex.branch},
            "training": training,
            # It was seen to get worse when it thinks for longer than it learned to.
            "will": {**like.will.model_dump(), "ticks": TICKS * like.training.segments},
        }
    )
    problems = check(chart)
    if problems:
        (*where, _), words = [*problems[0][0], ""], problems[0][1]
        place = ".".join(str(part) for part in where)
        raise LtmError(f"--cortex: its areas can't work on {', '.join(like.senses)}: {place}: {words}")
    return chart


def _zone(area: Area, width: int) -> dict[str, Any]:
    reads = ["field", "input"] if area.senses else ["field"]
    own = [] if area.zone["kind"] in ("recurrent", "oscillator") else ["own"]
    role = {"reads": [*reads, *own], "period": area.period, "phases": [area.phase]}
    return {**area.zone, "width": width, "state": "own", "roles": {"self": role}}


def plan_cortex(wish: Wish, machine: Calibration, folder: Path = Path()) -> BrainPlan:
    """Plans such a brain for one skill.

    Raises:
        LtmError: several skills, scenes that can't be used or that its areas can't work on, or bounds that can't be
            kept.
    """
    skills = find_skills(wish.skills, wish.data)
    if len(skills) > 1:
        raise LtmError(f"--cortex: one brain sees one kind of scenes; choose one of {', '.join(skills)}")
    ((name, skill),) = skills.items()
    minutes = wish.minutes or skill.minutes
    like = ladder(name, skill, wish.data.get(name), folder, minutes, wish.seed)[-1]
    cortex = shipped_cortex().suited(like)
    charts = [cortex_chart(like, cortex, width) for width in WIDTHS]
    # What was measured was measured of other zones.
    candidate = Candidate(name, replace(skill, measured=None), charts, minutes)
    found = grant(wish, machine, [candidate], folder)
    cited = tuple(f"[{key}] {words}" for key, words in cortex.sources.items())
    return replace(found, areas=tuple(cortex.told()), cited=cited)
