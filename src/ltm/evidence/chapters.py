"""The chapters of the report: one an experiment, with pictures, tables, and what cost how much."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from ltm.evidence import drawings
from ltm.evidence.arms import ARMS, REFERENCE
from ltm.evidence.document import Block, Heading, Image, Paragraph, Row, Table
from ltm.evidence.drawings import Drawing
from ltm.evidence.energy import energy
from ltm.evidence.experiments import EXPERIMENTS, Experiment
from ltm.evidence.looking import SURE, TRIES, TRY_TICKS, UNHALTED_TICKS, WILL_SCENES
from ltm.evidence.outcome import Side, readings_of, seen, shown, spread
from ltm.evidence.readings import Shelf
from ltm.evidence.rule_of_size import SOLVED, smallest
from ltm.evidence.rules import FEW_STEPS, LEAST
from ltm.evidence.tasks import TASKS

UNEQUAL = 0.15
"""Share by which training times may differ before it is said."""


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
        yield from _unequal(shelf, task, arms)


def _unequal(shelf: Shelf, task: str, arms: Sequence[str]) -> Iterator[Block]:
    """Yields which arms got too few steps to learn much, and which a time that isn't their task's."""
    usual = shelf.median(REFERENCE[task], "seconds")
    few = [f"`{arm}`" for arm in arms if shelf.of(arm)[0].figures["steps"] < FEW_STEPS]
    if few:
        yield Paragraph(f"Fewer than {FEW_STEPS} steps, so hardly trained: {', '.join(few)}.")
    # Who sees each scene once is done sooner, and so is who failed: neither is the machine's doing.
    timed = [arm for arm in arms if not ARMS[arm].once and not any(one.raw.get("failed") for one in shelf.of(arm))]
    times = {arm: (shelf.median(arm, "seconds") or 0.0) / ARMS[arm].longer for arm in timed}
    off = [f"`{arm}` ({seconds / usual:.2f})" for arm, seconds in times.items() if usual and _far(seconds / usual)]
    if off:
        words = f"Times more than {100 * UNEQUAL:g} % from the reference's, as shares of it"
        why = "The machine was paced in another mood, or busy meanwhile, which changes the seconds and not the steps."
        yield Paragraph(f"{words}: {', '.join(off)}. {why}")


def _far(share: float) -> bool:
    return abs(share - 1) > UNEQUAL


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
        "scenes begun",
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
            f"{_counts(shelf.values(arm, 'steps'))}{' (few)' if first['steps'] < FEW_STEPS else ''}",
            f"{_counts(shelf.values(arm, 'begun'))}, each {first['begun'] / first['learned']:.1f} times",
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
    for task in experiment.tasks():
        picture = drawings.cost(shelf, task)
        if picture is not None:
            drawn[f"cost-{task}"] = picture
            yield Image(f"cost-{task}", "What thinking longer, halting and tries cost; from the second table below")
    rows = []
    for arm in experiment.arms:
        known = sorted({int(name[6:]) for one in shelf.of(arm) for name in one.figures if name.startswith("exact@")})
        for tick in known:
            values = [seen(shelf, Side(arm, f"{what}@{tick}")) for what in ("exact", "auroc", "ece")]
            rows.append(Row([ARMS[arm].task, f"{tick}", *values], shelf.of(arm)))
    yield Table(["task", "ticks", "right", "AUROC of reflection", "calibration error"], rows)
    rows = []
    for arm in experiment.arms:
        for name, words in WILLS.items():
            readings = readings_of(shelf, Side(arm, name))
            if readings:
                rows.append(Row([ARMS[arm].task, words, *_spent(shelf, arm, name)], readings))
    yield Paragraph(f"What it costs, on {WILL_SCENES} scenes; figures a scene:")
    yield Table(["task", "will", "right", "M operations", "ms", "energy"], rows)


WILLS: dict[str, str] = {
    **{f"unhalted@{ticks}": f"never halts, one try of {ticks} ticks" for ticks in UNHALTED_TICKS},
    **{f"sure@{sure:g}": f"halts once {sure:g} sure, one try of at most {TRY_TICKS} ticks" for sure in SURE},
    **{f"tries@{tries}": f"halts once as sure as its chart says, tries: {tries}" for tries in TRIES},
}
"""The wills that are compared, in words."""


def _spent(shelf: Shelf, arm: str, name: str) -> Iterator[str]:
    yield spread(shelf.values(arm, name))
    yield f"{statistics.median(shelf.values(arm, f'operations:{name}')) / 1e6:,.1f}"
    yield f"{1000 * statistics.median(shelf.values(arm, f'seconds:{name}')):.3g}"
    yield str(energy(shelf, arm, name) or "-")


def _counts(values: Sequence[float]) -> str:
    """Returns one count, or the least and the most where seeds differ."""
    low, high = min(values), max(values)
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
