"""What a picture shows, as data taken from a shelf; `ltm.cli.plot_evidence` draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltm.evidence.arms import ARMS, COUNTS, REFERENCE, SURFACE
from ltm.evidence.energy import energy
from ltm.evidence.experiments import EXPERIMENTS, axes
from ltm.evidence.looking import SURE, TRIES, UNHALTED_TICKS
from ltm.evidence.readings import Shelf
from ltm.evidence.rules import hardly_trained
from ltm.evidence.tasks import LEARNED


@dataclass(frozen=True)
class Spot:
    """One arm on the surface.

    Attributes:
        parameters: of the brain.
        loops: that it was trained and asked for.
        operations: of a thought.
        exact: the median share of right answers.
        starved: whether it had so few steps that these may be what it lacks.
    """

    parameters: float
    loops: float
    operations: float
    exact: float
    starved: bool = False


@dataclass(frozen=True)
class Surface:
    """Accuracy over parameters and loops, with lines of equal operations.

    Attributes:
        title: of the picture.
        spots: what ran.
        filled: whether spots cover the plane, so that what lies between may be shaded.
    """

    title: str
    spots: Sequence[Spot]
    filled: bool


@dataclass(frozen=True)
class Bars:
    """Arms beneath one another, each with its runs."""

    title: str
    rows: Sequence[tuple[str, Sequence[float]]]


@dataclass(frozen=True)
class Line:
    """One line: for each place on the horizontal axis the values of its runs."""

    label: str
    points: Sequence[tuple[float, Sequence[float]]]


@dataclass(frozen=True)
class Lines:
    """Accuracy along something that doubles."""

    title: str
    across: str
    lines: Sequence[Line]


Drawing = Surface | Bars | Lines


def surface(shelf: Shelf, task: str) -> Surface | None:
    """Returns a task's surface of sizes and loops; None before anything has run."""
    spots = []
    for arm in EXPERIMENTS["coupling"].arms:
        exact = shelf.median(arm, "exact")
        if ARMS[arm].task == task and axes(arm) is not None and exact is not None:
            figures = shelf.of(arm)[0].figures
            starved = hardly_trained(shelf, arm)
            spots.append(Spot(figures["parameters"], figures["loops"], figures["operations"], exact, starved))
    return Surface(f"{task}: whole answers right", spots, task == SURFACE) if spots else None


def bars(shelf: Shelf, experiment: str, task: str) -> Bars | None:
    """Returns an experiment's arms of a task, each with its runs; None before anything has run."""
    arms = [arm for arm in EXPERIMENTS[experiment].arms if ARMS[arm].task == task]
    rows = [(arm.removeprefix(f"{task}-"), values) for arm in arms if (values := shelf.values(arm, "exact"))]
    return Bars(f"{task}: whole answers right", rows) if rows else None


def counts(shelf: Shelf, task: str) -> Lines | None:
    """Returns accuracy by the number of scenes, with repetition and without; None before anything has run."""
    lines = []
    for word, label in (("with", "repeated in symmetric forms"), ("without", "as they are"), ("once", "each once")):
        points = []
        for count in COUNTS[task]:
            arm = REFERENCE[task] if (word, count) == ("with", LEARNED) else f"{task}-{word}-{count}"
            values = shelf.values(arm, "exact")
            if values:
                points.append((float(count), values))
        if points:
            lines.append(Line(label, points))
    return Lines(f"{task}: whole answers right", "scenes to learn from", lines) if lines else None


def ticks(shelf: Shelf, tasks: Sequence[str]) -> Lines | None:
    """Returns accuracy by ticks of thinking without halting, a line a task; None before anything has run."""
    lines = []
    for task in tasks:
        arm = f"{task}-thinking"
        known = sorted({int(name[6:]) for one in shelf.of(arm) for name in one.figures if name.startswith("exact@")})
        if known:
            lines.append(Line(task, [(float(tick), shelf.values(arm, f"exact@{tick}")) for tick in known]))
    return Lines("Thinking longer: whole answers right", "ticks", lines) if lines else None


def cost(shelf: Shelf, task: str) -> Lines | None:
    """Returns accuracy by the joules of thinking longer, of halting sooner, and of tries; None before anything ran."""
    arm, lines, estimated = f"{task}-thinking", [], False
    for label, wills in (
        ("never halts: more ticks", [f"unhalted@{ticks}" for ticks in UNHALTED_TICKS]),
        ("halts: more certainty", [*(f"sure@{sure:g}" for sure in SURE), "tries@1"]),
        ("halts: more tries", [f"tries@{count}" for count in TRIES]),
    ):
        spent = [(energy(shelf, arm, will), shelf.values(arm, will)) for will in wills]
        points = sorted((joules.typical, values) for joules, values in spent if joules is not None and values)
        estimated |= any(joules is not None and joules.estimated for joules, _ in spent)
        if points:
            lines.append(Line(label, points))
    across = "joules a scene" + (", ESTIMATED from processor time" if estimated else "")
    return Lines(f"{task}: whole answers right", across, lines) if lines else None
