"""The experiments: what each asks, what is held equal, and which arms answer it, in an explicit table."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ltm.chart.size import Sizes
from ltm.errors import LtmError, nearest
from ltm.evidence.arms import (
    ARMS,
    COUNTS,
    COUPLED,
    LONG,
    MASS,
    PATTERNS,
    REFERENCE,
    REPEATED,
    TICKS,
    WHOLE,
    WIDTHS,
    Arm,
)
from ltm.evidence.looking import WILL_SCENES, segments_to_look, will_ticks
from ltm.evidence.tasks import ASIDE, LEARNED, TASKS, TESTED, chart_of

SEEDS = (0, 1, 2)
QUICK_SEEDS = (0,)
PACING = 10.0
"""Seconds that finding an arm's pace takes, for the plan."""
RATE = 1.5e11
"""Operations a second of thinking, for the plan: what two cores do without bf16."""
LEAST_MEASURING = 3.0
"""Seconds that measuring takes beside operations, for the plan."""
MAKING = 20.0
"""Seconds that a task's scenes take, for the plan."""

Drawn = Literal["surface", "bars", "counts", "thinking"]
"""How an experiment's results are drawn; see `ltm.cli.plot_evidence`."""


@dataclass(frozen=True)
class Experiment:
    """One question and the arms that answer it.

    Attributes:
        title: of its chapter.
        question: in a sentence or two.
        equal: what is held equal, and what isn't.
        arms: names, in the order of the report.
        quick: those of the quick version.
        drawn: how.
    """

    title: str
    question: str
    equal: str
    arms: tuple[str, ...]
    quick: tuple[str, ...]
    drawn: Drawn = "bars"

    def tasks(self) -> tuple[str, ...]:
        """Returns the tasks that its arms learn, in order."""
        return tuple(dict.fromkeys(ARMS[name].task for name in self.arms))


def _arms(chosen: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chosen))


LOOP_COUNTS = (1, 4, 16, 48)
_SIZES = _arms(
    name
    for task in TASKS
    for name in (
        *(f"{task}-{size}-{loops}" for size in WIDTHS[task] for loops in LOOP_COUNTS),
        f"{task}-{MASS[task]}-1-longer",
        f"{task}-deep",
        f"{task}-stack",
        *(f"{task}-{size}-{WHOLE}" for size in WIDTHS[task]),
    )
    if name in ARMS
)
CHOICE = "one part in five hundred"
_TIME = "training time of a task's arms, as steps by their measured pace"

EXPERIMENTS: dict[str, Experiment] = {
    "coupling": Experiment(
        "Coupling against mass",
        "Is it loops or parameters that solve a task? Where is the smallest brain that does?",
        f"Equal: {_TIME}. Varied: parameters of one zone, and how often it is applied to its own result, in training "
        "and when asked. The deep brain is a small one unrolled: as many layers and operations as its loops, each with "
        "parameters of its own. The stack has the base's parameters, apart instead of looped. Not equal: the deep "
        f"brain, and a large one a task (`…-longer`), learn {LONG:g} times as long, since mass gets few steps in the "
        "time of the small. Parameters that are used once each are learned from at their end: one loss and one "
        f"optimiser step a scene, where loops get one after every {TICKS}; loops that are learned from at their end "
        f"alone (`…-{WHOLE}`) stand beside them. Sizes and loops span a surface on Sudoku only, with few loops for "
        "the largest; on the others a cross, without these.",
        _SIZES,
        (
            "sudoku-30k-16",
            "sudoku-350k-1",
            "sudoku-350k-16",
            "sudoku-1m-1",
            "maze-88k-1",
            "maze-88k-16",
            "listops-92k-1",
            "listops-92k-16",
        ),
        "surface",
    ),
    "structure": Experiment(
        "Structure",
        "Is a brain of many zones better than one zone of the same size, and does it matter how they are coupled?",
        f"Equal: parameters within 3 %, and {_TIME}. A narrower zone takes fewer operations, so more zones get more "
        "steps. Brains of 16 zones are read after 16 ticks, so that each fires before; of other numbers after 8; one "
        f"zone as elsewhere after {TICKS}. Several zones add to the field, which one replaces; one that adds and is "
        "read after 8 stands beside them (`…-zones-1`). Not equal: to have the same parameters, zones whose channels "
        "overlap have twice the width of those that stand apart (64 for 32), with half as many messages (192 for 384) "
        "and hidden units (256 for 512). To stay within six hours, patterns of edges are tried on Sudoku and lists, "
        "and channels on Sudoku alone.",
        _arms(
            [
                *(
                    name
                    for task in TASKS
                    for name in (REFERENCE[task], *(f"{task}-zones-{count}" for count in (1, 2, 4, 8, 16)))
                    if name in ARMS
                ),
                *(
                    f"{task}-{name}"
                    for task in COUPLED
                    for name in ("own-8", *(f"coupled-{pattern}" for pattern in PATTERNS), "coupled-ring-dynamic")
                ),
                "sudoku-apart-4",
                "sudoku-overlap-4",
            ]
        ),
        ("sudoku-350k-16", "sudoku-zones-4", "sudoku-zones-8"),
    ),
    "waves": Experiment(
        "Waves",
        "Does it pay to choose by the scene which zone fires, beside all, in turn, and at random?",
        f"Equal: parameters, operations of zones a thought (32 firings), and {_TIME}. The choice itself costs less "
        f"than {CHOICE} of them. Mazes are left out to stay within six hours.",
        _arms(
            name
            for task in ("sudoku", "listops")
            for name in (f"{task}-zones-4", *(f"{task}-wave-{policy}" for policy in ("all", "sync", "top-k", "random")))
        ),
        ("sudoku-zones-4", "sudoku-wave-all", "sudoku-wave-sync", "sudoku-wave-random"),
    ),
    "few": Experiment(
        "Few examples",
        "How many scenes does a brain need, and what is repetition worth? With it, a scene comes back in symmetric "
        "forms, or only as it is; without, it is seen once.",
        f"Equal: parameters, loops, and {_TIME}. So the fewer the scenes, the oftener each is seen; how many were "
        f"begun in all, the table says. Beyond a thousand or so there is hardly time to repeat any. Not equal: whoever "
        f"sees {REPEATED:,} scenes once is done with them sooner.",
        _arms(
            [
                *(
                    name
                    for task, counts in COUNTS.items()
                    for count in counts
                    for name in (
                        REFERENCE[task] if count == LEARNED else f"{task}-with-{count}",
                        f"{task}-without-{count}",
                    )
                ),
                *(f"{task}-once-{REPEATED}" for task in COUNTS),
            ]
        ),
        ("sudoku-with-300", "sudoku-without-300"),
        "counts",
    ),
    "thinking": Experiment(
        "Thinking time",
        "What do more ticks and more tries bring, what do they cost, and does reflection know when to stop?",
        "One brain a task and seed, trained three times as long as the others; only the will differs. Restless after "
        "48 ticks.",
        tuple(f"{task}-thinking" for task in TASKS),
        ("listops-thinking",),
        "thinking",
    ),
    "parts": Experiment(
        "Single parts",
        "Do roles, a state of its own, archetypes, and a loss at every segment pay their way? On Sudoku alone.",
        f"Equal: parameters within 3 %, and {_TIME}. Not equal: a brain that learns only at the end of its 16 loops "
        f"gets one optimiser step a scene instead of four; either gets gradient through {TICKS} loops a step.",
        (
            REFERENCE["sudoku"],
            "sudoku-two-roles",
            "sudoku-one-role",
            "sudoku-archetypes",
            "sudoku-end-only",
        ),
        (),
    ),
}
"""Every experiment, in the order in which they are run and told."""


def chosen(only: Sequence[str]) -> dict[str, Experiment]:
    """Returns the experiments of these names; all where none are given.

    Raises:
        LtmError: there is no such experiment; names the nearest.
    """
    for name in only:
        if name not in EXPERIMENTS:
            known = ", ".join(EXPERIMENTS)
            raise LtmError(f"--only {name}: no such experiment (there are {known}){nearest(name, EXPERIMENTS)}")
    return {name: EXPERIMENTS[name] for name in EXPERIMENTS if not only or name in only}


@dataclass(frozen=True)
class Planned:
    """One run: an arm with a seed, and its seconds of training."""

    arm: Arm
    seed: int
    seconds: float

    @property
    def key(self) -> str:
        """What its result's file is called."""
        return f"{self.arm.name}-seed{self.seed}"

    @property
    def whole(self) -> float:
        """Seconds of training and measuring."""
        return self.seconds + measuring(self.arm)


@functools.cache
def parameters_of(name: str) -> int:
    """Returns the parameters of an arm by its chart, whether or not it has run."""
    return Sizes.of(chart_of(ARMS[name].task, ARMS[name].changes)).parameters


@functools.cache
def measuring(arm: Arm) -> float:
    """Returns how many seconds measuring an arm takes, for the plan: by its operations, generously."""
    chart = chart_of(arm.task, arm.changes)
    segment, segments = Sizes.of(chart).segment, chart.training.segments
    asked = will_ticks() * WILL_SCENES if arm.thinks else 0
    longest = max(segments_to_look(chart.training, segments * segment, arm.thinks))
    calibrated = 2 * segments * ASIDE
    thought = (longest * TESTED + calibrated + asked / chart.training.ticks) * segment
    return LEAST_MEASURING + thought / RATE


def plan(experiments: Iterable[Experiment], quick: bool = False) -> list[Planned]:
    """Returns the runs that experiments need, each once; all arms of the first seed come first."""
    names = _arms(name for experiment in experiments for name in (experiment.quick if quick else experiment.arms))
    return [
        Planned(arm, seed, arm.longer * (TASKS[arm.task].quick if quick else TASKS[arm.task].seconds))
        for seed in (QUICK_SEEDS if quick else SEEDS)
        for arm in (ARMS[name] for name in names)
    ]


def minutes(runs: Sequence[Planned]) -> float:
    """Returns how long runs take on the machine that paces them: scenes, paces, training and measuring."""
    tasks, arms = {run.arm.task for run in runs}, {run.arm.name for run in runs}
    return (MAKING * len(tasks) + PACING * len(arms) + sum(run.whole for run in runs)) / 60


def axes(name: str) -> tuple[str, int] | None:
    """Returns size and loops of an arm of one zone that is about them; None of others."""
    task, *rest = name.split("-")
    if len(rest) == 2 and rest[0] in WIDTHS[task] and rest[1].isdigit():
        return rest[0], int(rest[1])
    return None
