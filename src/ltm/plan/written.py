"""A plan in writing: charts as files, commands in order, ready to paste, and what of the world has a skill already."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ltm.catalog.layers import zone_kind
from ltm.catalog.load import load_catalog
from ltm.chart.base import format_bytes
from ltm.chart.dump import dump
from ltm.chart.rhythm import schedule
from ltm.chart.schema import Chart
from ltm.plan.ready import will_settings
from ltm.plan.search import BrainPlan, PlannedSkill
from ltm.plan.skills import Looking, Shipped
from ltm.runtime.atomic import write_file
from ltm.zones.pretrained import PretrainedSpec

BYTES_A_WEIGHT = 4
SHOWN = 3
"""Models of the catalogue that are named, of those that fit."""
BRAIN = Path("brain")
"""Where the commands put the brain."""


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        command: to paste.
        why: in a few words.
    """

    command: str
    why: str


def files(plan: BrainPlan, out: Path) -> dict[str, Path]:
    """Returns the chart file of each skill: `out` itself for the first to be trained, others beside it."""
    # What is copied needs no chart; it has one all the same, so that it can be trained afresh.
    names = [one.name for one in sorted(plan.skills, key=lambda one: isinstance(one.ready, Shipped))]
    return {name: out if name == names[0] else out.with_name(f"{out.stem}.{name}{out.suffix}") for name in names}


def steps(plan: BrainPlan, out: Path) -> list[Step]:
    """Returns what to do, in order: every skill copied or trained on its scenes, then all of them in one brain."""
    found = []
    several = len(plan.skills) > 1
    for one in plan.skills:
        folder = BRAIN / one.name if several else BRAIN
        if isinstance(one.ready, Shipped):
            copied = " ".join(
                ["ltm take", one.ready.brain, one.ready.brain, *will_settings(one.chart), "-o", str(folder)]
            )
            found.append(Step(copied, f"the brain that comes with the package: {one.skill.about}"))
        else:
            command = f"ltm train {shlex.quote(str(files(plan, out)[one.name]))} -o {folder}"
            found.append(Step(command, f"{one.minutes:g} minutes on {one.chart.scenes.source}: {one.skill.about}"))
    if several:
        folders = " ".join(str(BRAIN / one.name) for one in plan.skills)
        whole = f"{BRAIN}-whole"
        why = f"the whole brain, of {len(plan.skills)} charts; the scene alone decides which skill thinks"
        found.append(Step(f"ltm merge {folders} -o {whole}", why))
        found.append(Step(f"ltm inspect {whole}", "what it holds"))
    return found


def write_charts(plan: BrainPlan, out: Path) -> list[Path]:
    """Writes the chart of every skill, the plan as comments in the first one; returns the files."""
    written = files(plan, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    for one in plan.skills:
        head = [f"{one.skill.about[0].upper()}{one.skill.about[1:]}: {told(one)}."]
        if isinstance(one.ready, Shipped):
            head.append("The brain that comes with the package has this chart; ltm train would train it afresh.")
        if len(written) > 1:
            head.append(f"One of {len(written)} charts of one brain: {', '.join(f.name for f in written.values())}.")
        if written[one.name] == out:
            head += [
                "The whole plan, in order:",
                *(f"  {step.command}" for step in steps(plan, out)),
                *plan.areas,
                *plan.cited,
            ]
        text = "".join(f"# {line}\n" for line in head) + dump(one.chart)
        write_file(written[one.name], text.encode())
    return list(written.values())


def told(one: PlannedSkill) -> str:
    """Says what was predicted of a skill."""
    found = one.prediction
    size = f"{found.parameters:,} parameters, {format_bytes(found.bytes)}"
    if found.ticks <= found.segment_ticks:
        return f"{size}; a thought takes {found.seconds * 1e3:.3g} ms ({found.ticks} ticks)"
    times = f"{found.segment_seconds * 1e3:.3g} to {found.seconds * 1e3:.3g} ms"
    return f"{size}; a thought takes {times} ({found.segment_ticks} to {found.ticks} ticks)"


def zones(chart: Chart) -> list[str]:
    """Describes the zones of a chart: kind, how wide, how deep, how often each role fires, whom it hears."""
    fired = Counter(label for tick in schedule(chart) for label in tick)
    length = len(schedule(chart))
    words = []
    for name, zone in chart.zones.items():
        layers = getattr(zone, "layers", 1)
        depth = f", {layers} layers" if (layers or 1) > 1 else ""
        depth += f" of {zone.model}, frozen" if isinstance(zone, PretrainedSpec) else ""
        often = ", ".join(f"{role} {fired[f'{name}.{role}']} of {length}" for role in zone.roles)
        words.append(f"{name}: {zone.kind}, width {zone.width or chart.field.width}{depth}; fires {often}")
    return words


def pretrained(plan: BrainPlan) -> list[str]:
    """Says what needn't be trained: the brain that comes with the package, frozen models, models of the catalogue."""
    found = []
    for one in plan.skills:
        ships = one.skill.ships
        if isinstance(one.ready, Shipped):
            words = (
                f"the brain that comes with the package; --from-scratch: train another, {one.skill.minutes:g} minutes"
            )
            found.append(f"{one.name}: {words}")
        elif ships is not None and (plan.wish.from_scratch or plan.areas):
            words = f"the brain that comes with the package knows it: ltm take {ships.brain} {ships.brain} -o {BRAIN}"
            found.append(f"{one.name}: {words}")
        elif isinstance(one.ready, Looking):
            found.append(f"{one.name}: looks through a pretrained model, frozen; elsewhere {one.ready.told()}")
        found += _imported(one, plan)
    return found


def _imported(one: PlannedSkill, plan: BrainPlan) -> list[str]:
    """Names models whose published weights `ltm import` reads: the largest that fit beside the rest, and the next."""
    memory = plan.wish.memory
    sizes = {
        name: BYTES_A_WEIGHT * round(model.parameters.value)
        for name, model in load_catalog().models.items()
        if model.family in one.skill.pretrained and zone_kind(model) is not None and model.parameters is not None
    }
    if not sizes or memory is None:
        return []
    room = memory - plan.bytes + one.prediction.bytes
    order = sorted(sizes, key=sizes.__getitem__)
    fits = [name for name in order if sizes[name] <= room][-SHOWN:]
    words = []
    if fits:
        listed = ", ".join(f"{name} ({format_bytes(sizes[name])})" for name in reversed(fits))
        words.append(f"{one.name}: published weights that would fit, for ltm import: {listed}")
    beyond = next((name for name in order if sizes[name] > room), None)
    if beyond is not None:
        over = format_bytes(sizes[beyond] - room)
        words.append(f"{one.name}: {beyond} would not fit: {format_bytes(sizes[beyond])}, {over} too much")
    return words


def as_data(plan: BrainPlan, out: Path) -> dict[str, Any]:
    """Returns the whole plan as data for JSON."""
    machine = plan.machine
    return {
        "wish": asdict(plan.wish),
        "machine": {"processor": machine.processor, "threads": machine.threads, "torch": machine.torch},
        "bytes": plan.bytes,
        "active": plan.active,
        "skills": [_skill_data(one, plan, out) for one in plan.skills],
        "pretrained": pretrained(plan),
        "areas": list(plan.areas),
        "cited": list(plan.cited),
        "steps": [asdict(step) for step in steps(plan, out)],
    }


def _skill_data(one: PlannedSkill, plan: BrainPlan, out: Path) -> dict[str, Any]:
    return {
        "name": one.name,
        "chart": str(files(plan, out)[one.name]),
        "scenes": one.chart.scenes.source,
        "minutes": one.minutes,
        "zones": zones(one.chart),
        "coupling": one.chart.coupling.pattern,
        "prediction": asdict(one.prediction),
        "measured": None if one.measured is None else asdict(one.measured),
        "ready": None if one.ready is None else asdict(one.ready),
        "notes": list(one.notes),
    }
