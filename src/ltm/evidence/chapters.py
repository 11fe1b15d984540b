"""The chapters of the report: one an experiment, with pictures, tables, and what cost how much."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from ltm.catalog.quantity import Quantity, shipped_figures
from ltm.evidence import drawings
from ltm.evidence.arms import ARMS
from ltm.evidence.document import Block, Heading, Image, Paragraph, Row, Table
from ltm.evidence.drawings import Drawing
from ltm.evidence.experiments import EXPERIMENTS, Experiment
from ltm.evidence.looking import TRIES, TRY_TICKS, WILL_SCENES
from ltm.evidence.readings import Shelf
from ltm.evidence.rule_of_size import SOLVED, smallest
from ltm.evidence.rules import LEAST, Side, readings_of, seen, shown, spread
from ltm.evidence.tasks import TASKS


def chapter(shelf: Shelf, name: str, experiment: Experiment, drawn: dict[str, Drawing]) -> Iterator[Block]:
    """Yields what an experiment's runs say.

    Args:
        shelf: with readings.
        name: of the experiment.
        experiment: itself.
        drawn: gets the pictures by name.
    """
    if not any(shelf.of(arm) for arm in experiment.arms):
        yield Paragraph("No runs yet.")
        return
    if experiment.drawn == "thinking":
        yield from _thinking(shelf, experiment, drawn)
        return
    for task in experiment.tasks():
        arms = [arm for arm in experiment.arms if ARMS[arm].task == task and shelf.of(arm)]
        if not arms:
            continue
        yield Heading(3, f"{task}: {TASKS[task].words}")
        picture = _picture(shelf, name, experiment, task)
        if picture is not None:
            drawn[f"{name}-{task}"] = picture
            yield Image(f"{name}-{task}", f"{experiment.title}, {task}; drawn from the runs in the table below")
        if experiment.drawn == "surface":
            yield Paragraph(_smallest(shelf, task, arms))
        yield _table(shelf, arms)


def _picture(shelf: Shelf, name: str, experiment: Experiment, task: str) -> Drawing | None:
    if experiment.drawn == "surface":
        return drawings.surface(shelf, task)
    return drawings.counts(shelf, task) if experiment.drawn == "counts" else drawings.bars(shelf, name, task)


def _smallest(shelf: Shelf, task: str, arms: Sequence[str]) -> str:
    """Says which is the smallest brain that solves a task."""
    decided = [arm for arm in arms if len(shelf.values(arm, "exact")) >= LEAST]
    if not decided:
        return f"Which brain is the smallest that solves it can't be said: no arm has {LEAST} runs yet."
    least = smallest(shelf, decided)
    wanted = [arm for arm in EXPERIMENTS["coupling"].arms if ARMS[arm].task == task]
    so_far = f" So far: {len(decided)} of {len(wanted)} arms have {LEAST} runs." if len(decided) < len(wanted) else ""
    if least is None:
        best = max(decided, key=lambda arm: shelf.median(arm, "exact") or 0.0)
        found = spread(shelf.values(best, "exact"))
        return f"No arm solves it (a median of {shown(SOLVED)} or more). The best is `{best}`: {found}.{so_far}"
    parameters, operations = shelf.median(least, "parameters"), shelf.median(least, "operations")
    size = f"{parameters:,.0f} parameters, {4 * (parameters or 0) / 1e6:.2g} MB in fp32"
    found = spread(shelf.values(least, "exact"))
    return (
        f"The smallest brain that solves it (a median of {shown(SOLVED)} or more) is `{least}`: {found}; {size}, "
        f"{(operations or 0) / 1e6:,.0f} M operations a thought.{so_far}"
    )


def _table(shelf: Shelf, arms: Sequence[str]) -> Table:
    head = [
        "arm",
        "what it is",
        "parameters",
        "steps",
        "seconds",
        "M operations a thought",
        "right",
        "right after the longest thought asked for",
    ]
    rows = []
    for arm in arms:
        readings = shelf.of(arm)
        first = readings[0].figures
        cells = [
            f"`{arm}`",
            ARMS[arm].words,
            f"{first['parameters']:,.0f}",
            f"{first['steps']:,.0f}",
            f"{shelf.median(arm, 'seconds') or 0.0:.0f}",
            f"{first['operations'] / 1e6:,.0f}",
            spread(shelf.values(arm, "exact")),
            f"{spread(shelf.values(arm, 'exact:longest'))}, {first['longest']:,.0f} ticks",
        ]
        rows.append(Row(cells, readings))
    return Table(head, rows)


def _thinking(shelf: Shelf, experiment: Experiment, drawn: dict[str, Drawing]) -> Iterator[Block]:
    """Yields accuracy by ticks, then what tries and halting bring and cost."""
    picture = drawings.ticks(shelf, experiment.tasks())
    if picture is not None:
        drawn["thinking"] = picture
        yield Image("thinking", "Without halting; drawn from the runs in the table below")
    picture = drawings.tries(shelf, experiment.tasks())
    if picture is not None:
        drawn["tries"] = picture
        yield Image("tries", "With halting; drawn from the runs in the second table below")
    rows = []
    for arm in experiment.arms:
        known = sorted({int(name[6:]) for one in shelf.of(arm) for name in one.figures if name.startswith("exact@")})
        for tick in known:
            values = [seen(shelf, Side(arm, f"{what}@{tick}")) for what in ("exact", "auroc", "ece")]
            rows.append(Row([ARMS[arm].task, f"{tick}", *values], shelf.of(arm)))
    yield Table(["task", "ticks", "right", "AUROC of reflection", "calibration error"], rows)
    watts = shipped_figures().quantities["watts_per_core"]
    rows = []
    for arm in experiment.arms:
        for name in ("unhalted", *(f"tries@{tries}" for tries in TRIES)):
            readings = readings_of(shelf, Side(arm, name))
            if readings:
                rows.append(Row([ARMS[arm].task, _will(name), *_spent(shelf, arm, name, watts)], readings))
    yield Paragraph(f"Tries and halting, on {WILL_SCENES} scenes, at most {TRY_TICKS} ticks a try; figures a scene:")
    yield Table(["task", "will", "right", "M operations", "ms", "energy"], rows)


def _will(name: str) -> str:
    return "never halts, one try" if name == "unhalted" else f"halts once sure, {name.partition('@')[2]} tries at most"


def _spent(shelf: Shelf, arm: str, name: str, watts: Quantity) -> Iterator[str]:
    yield spread(shelf.values(arm, name))
    yield f"{statistics.median(shelf.values(arm, f'operations:{name}')) / 1e6:,.1f}"
    yield f"{1000 * statistics.median(shelf.values(arm, f'seconds:{name}')):.3g}"
    joules = shelf.values(arm, f"joules:{name}")
    if joules:
        yield f"{1000 * statistics.median(joules):.3g} mJ, measured for the whole processor"
        return
    busy = 1000 * statistics.median(shelf.values(arm, f"cpu_seconds:{name}"))
    low, high = f"{busy * watts.low:.3g}", f"{busy * watts.high:.3g}"
    yield f"{busy * watts.typical:.3g} mJ ({low} to {high}), ESTIMATED: {watts.typical:g} W a busy core"
