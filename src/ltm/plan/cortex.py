"""`ltm plan --cortex`: a brain whose zones are named after areas of the human brain, fractally coupled.

The areas, what they do and who says so, are in `cortex.yaml`. What is seen and answered, and the scenes that teach it,
are those of one skill; every area is a zone of its own that keeps a state, which the areas coupled to it hear.
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
from ltm.errors import LtmError
from ltm.plan.calibration import Calibration
from ltm.plan.ladder import ladder
from ltm.plan.search import BrainPlan, Candidate, grant
from ltm.plan.skills import find_skills
from ltm.plan.wish import Wish

FILE = "cortex.yaml"
WIDTHS = (32, 48, 64, 96)
"""Of the field, tried from the widest down; areas are half as wide. Nobody has measured which is enough."""
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

    @model_validator(mode="after")
    def _in_groups(self) -> Cortex:
        standing = [area.group for area in self.areas.values()]
        if standing != [group for group in self.groups for _ in range(self.branch)]:
            raise ValueError(f"areas must stand in groups of {self.branch}, in the order of groups")
        for name, area in self.areas.items():
            if area.source not in self.sources:
                raise ValueError(f"areas.{name}.source: no source {area.source!r}")
        return self

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
        cortex: the areas.
        width: of the field; areas are half as wide.

    Raises:
        LtmError: an area can't work on what is seen, such as a convolution on a text.
    """
    zones = {name: _zone(area, width // 2) for name, area in cortex.areas.items()}
    training = {**like.training.model_dump(), "ticks": TICKS}
    chart = Chart.model_validate(
        {
            **like.model_dump(exclude={"zones", "coupling", "wave"}),
            "name": "cortex",
            "about": f"{like.about} Its zones are named after areas of the brain.",
            "budget": None,
            "field": {**like.field.model_dump(), "width": width},
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
    cortex = shipped_cortex()
    minutes = wish.minutes or skill.minutes
    like = ladder(name, skill, wish.data.get(name), folder, minutes, wish.seed)[-1]
    charts = [cortex_chart(like, cortex, width) for width in WIDTHS]
    # What was measured was measured of other zones.
    candidate = Candidate(name, replace(skill, measured=None), charts, minutes)
    found = grant(wish, machine, [candidate], folder)
    cited = tuple(f"[{key}] {words}" for key, words in cortex.sources.items())
    return replace(found, areas=tuple(cortex.told()), cited=cited)
