"""What a skill need not learn: the brain that ships with it, and models that a zone looks through, frozen.

Either is one more chart of the skill, worth more than the largest that learns all by itself.
"""

from __future__ import annotations

from ltm.chart.base import format_bytes
from ltm.chart.check import check
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import FolderError, LtmError
from ltm.plan.skills import Looking, Shipped
from ltm.pretrained.models import frozen
from ltm.runtime.record import CHART
from ltm.runtime.shipped import shipped_brain
from ltm.senses.audio import AudioSpec
from ltm.senses.raw import RawSpec
from ltm.zones.pretrained import PretrainedSpec


def shipped_rung(ships: Shipped | None) -> Chart | None:
    """Returns the chart of the brain that ships; None where there is none, or the package came without it."""
    if ships is None:
        return None
    try:
        return load_chart(shipped_brain() / CHART)
    except FolderError:
        return None


def will_settings(chart: Chart) -> list[str]:
    """Returns what the will of a chart says otherwise than that of the brain that ships, as settings."""
    before = load_chart(shipped_brain() / CHART).will.model_dump()
    return [f"will.{key}={value}" for key, value in chart.will.model_dump().items() if value != before[key]]


def looking_rung(like: Chart, looking: Looking) -> Chart | None:
    """Returns a chart that sees, answers and learns from what another one does, through a pretrained model.

    Args:
        like: what `ltm fit` would propose for the scenes.
        looking: which chart has the zone.

    Returns:
        None where that can't be: what was measured was measured of one thing seen, of the model's kind, and one answer.
    """
    if len(like.senses) != 1 or len(like.acts) != 1 or like.steps is not None:
        return None
    pattern = load_chart(looking.chart)
    ((seen, sense),), ((done, act),) = like.senses.items(), like.acts.items()
    (raw,), (answer,) = pattern.senses.values(), pattern.acts.values()
    assert isinstance(raw, RawSpec)  # as all charts have that are named in the table
    if (sense.kind, act.kind) != (raw.facts.takes, answer.kind):
        return None
    held, facts = raw.model_dump(), raw.facts
    if isinstance(sense, AudioSpec):
        held["seconds"] = min(max(sense.seconds, facts.least / facts.rate), facts.most / facts.rate)
    zones = {name: zone.model_dump() for name, zone in pattern.zones.items()}
    for name in _pretrained(pattern):
        zones[name]["sense"] = seen
    training = {**pattern.training.model_dump(), "minutes": looking.measured.minutes, "seed": like.training.seed}
    chart = Chart.model_validate(
        {
            **pattern.model_dump(),
            "name": like.name,
            "about": like.about,
            "senses": {seen: held},
            "acts": {done: {**act.model_dump(), "smoothing": getattr(answer, "smoothing", 0.0)}},
            "zones": zones,
            # Symmetries are of what zones would learn to read; a frozen model has learned that.
            "scenes": {**like.scenes.model_dump(), "symmetries": (), "interchange": ()},
            "training": training,
        }
    )
    return None if check(chart) else chart


def missing(chart: Chart, memory: int | None) -> str:
    """Says what keeps such a chart from being used: an empty word where nothing does.

    The models are loaded to find out, unless the memory is too small for them.
    """
    size = Sizes.of(chart).bytes
    models = ", ".join(zone.model for zone in _pretrained(chart).values())
    if memory is not None and size > memory:
        over = format_bytes(size - memory)
        return (
            f"a zone that looks through {models} would not fit: {format_bytes(size)} with its weights, {over} too much"
        )
    try:
        for zone in _pretrained(chart).values():
            frozen(zone.model, zone.below)
    except LtmError as problem:
        return f"could look through a pretrained model: {problem}"
    return ""


def _pretrained(chart: Chart) -> dict[str, PretrainedSpec]:
    return {name: zone for name, zone in chart.zones.items() if isinstance(zone, PretrainedSpec)}
