"""What the project claims, and which runs would support or refute each claim: an explicit table.

Checks about the experiments here were written before any of their runs. Checks about other benchmarks' results
(`ablation/…`, `curve/…`, `shipped/…`, `mazes/…`, `firing/…`, `stream/…`) were written when most of these were known;
they stand beside the others and are never mixed with them. Nobody writes a verdict: `ltm.evidence.rules` comes to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltm.evidence.arms import COUNTS, LOOPS, PATTERNS, REFERENCE, SMALLEST
from ltm.evidence.cited import STREAMS
from ltm.evidence.experiments import EXPERIMENTS, parameters_of
from ltm.evidence.readings import Shelf
from ltm.evidence.rule_of_size import Solves
from ltm.evidence.rules import Above, AsGood, Check, Costs, Outcome, Side, Verdict, Within, together
from ltm.evidence.tasks import LEARNED, TASKS

MOST = 2.5e6
"""Parameters that take 10 MB in fp32."""
SMALLER = 900_000
"""Parameters that are clearly fewer than 1 M; arms called 1M are fitted to it, and some fall just short."""
SMALL = {task: f"{task}-{size}-{LOOPS}" for task, size in SMALLEST.items()}
"""Brains of at most 100 K parameters that loop."""
LARGE = {"sudoku": "sudoku-10m-1", "maze": "maze-1m-1", "listops": "listops-1m-1"}
"""The largest of each task that don't: wide, but of two layers. Beside them stand those that are as deep as loops."""


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        words: the claim, so that runs can decide it.
        checks: what has to hold, all of it.
        untested: why nothing here tests it, where that is so.
    """

    words: str
    checks: tuple[Check, ...] = ()
    untested: str = ""


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict."""

    name: str
    claim: Claim
    verdict: Verdict
    outcomes: Sequence[Outcome]


def _sizes(task: str) -> tuple[str, ...]:
    return tuple(arm for arm in EXPERIMENTS["coupling"].arms if arm.startswith(f"{task}-"))


def _above(first: str, second: str, figure: str = "exact", other: str | None = None) -> Above:
    return Above(Side(first, figure), Side(second, figure if other is None else other))


CLAIMS: dict[str, Claim] = {
    "coupling-over-mass": Claim(
        "Coupling matters more than mass: at equal training time, a small brain that loops beats one of ten to a "
        "hundred times its parameters that doesn't, be these wide, or as deep as the loops.",
        tuple(_above(SMALL[task], mass) for task in TASKS for mass in (f"{task}-deep", LARGE[task])),
    ),
    "loop": Claim(
        "The loop: the same parameters, looped, beat layers that are used once each.",
        (
            *(_above(REFERENCE[task], f"{task}-stack") for task in TASKS),
            _above("ablation/base", "ablation/loop"),
            _above("curve/ours", "curve/plain-stack"),
        ),
    ),
    "mind-size": Claim(
        "A mind starts at 10 MB, not at 10 T tokens: at most 10 MB (2.5 M parameters in fp32) solve a task.",
        tuple(Solves(task, _sizes(task), MOST, parameters_of) for task in TASKS),
    ),
    "mind-needs": Claim(
        "A thinking module needs at least 1 M parameters (1 MB at a byte each): none that is clearly smaller, of at "
        f"most {SMALLER:,}, solves its task.",
        tuple(Solves(task, _sizes(task), SMALLER, parameters_of, wanted=False) for task in TASKS),
    ),
    "zones": Claim(
        "Several small zones beat one zone of the same parameters.",
        tuple(_above(f"{task}-zones-4", REFERENCE[task]) for task in TASKS),
    ),
    "edges": Claim(
        "Zones that hear one another directly beat zones coupled by the field alone.",
        tuple(_above(f"sudoku-coupled-{pattern}", "sudoku-own-8") for pattern in PATTERNS),
    ),
    "fractal": Claim(
        "Fractal coupling beats ring, all to all and small-world.",
        tuple(_above("sudoku-coupled-fractal", f"sudoku-coupled-{pattern}") for pattern in PATTERNS[:3]),
    ),
    "overlap": Claim(
        "Zones whose channels overlap beat zones on channels of their own, at equal parameters: overlapping ones are "
        "wider, with fewer messages and hidden units.",
        (_above("sudoku-overlap-4", "sudoku-apart-4"),),
    ),
    "waves-choose": Claim(
        "Waves: oscillators that the scene pushes choose better than chance, than taking turns, and than all firing, "
        "at equal operations.",
        tuple(
            _above(f"{task}-wave-sync", f"{task}-{other}")
            for task in ("sudoku", "listops")
            for other in ("wave-random", "zones-4", "wave-all")
        ),
    ),
    "waves-route": Claim(
        "A learned router chooses better than chance and than taking turns, at equal operations.",
        tuple(
            _above(f"{task}-wave-top-k", f"{task}-{other}")
            for task in ("sudoku", "listops")
            for other in ("wave-random", "zones-4")
        ),
    ),
    "waves-save": Claim(
        "Only what is needed: with 4 of 64 zones firing a thought takes at most a sixth of the time of all 64.",
        (Costs(Side("firing/top-k-4-of-64", "seconds"), Side("firing/all-64-of-64", "seconds"), 1 / 6),),
    ),
    "repetition": Claim(
        "Repetition: few scenes seen in symmetric forms teach more than the same scenes as they are.",
        tuple(_above(f"{task}-with-{n}", f"{task}-without-{n}") for task in COUNTS for n in COUNTS[task][:-1]),
    ),
    "every-loop": Claim(
        "Learning from the answer at every segment, with an optimiser step at each, beats learning from the last one "
        "only, with one step a scene.",
        (_above(REFERENCE["sudoku"], "sudoku-end-only"),),
    ),
    "few-examples": Claim(
        f"A thousand scenes, repeated in symmetric forms, are as good as {LEARNED:,}.",
        tuple(AsGood(Side(f"{task}-with-1000"), Side(REFERENCE[task]), 0.02) for task in COUNTS),
    ),
    "roles": Claim(
        "Roles: one zone in two roles beats the same zone in one.",
        (_above("sudoku-two-roles", "sudoku-one-role"),),
    ),
    "own-state": Claim(
        "States of their own beat none: for one zone in two roles, and for zones that take turns.",
        (
            _above("sudoku-two-roles", REFERENCE["sudoku"]),
            _above("sudoku-own-8", "sudoku-zones-8"),
            _above("ablation/base", "ablation/own-state"),
            _above("ablation/ring-of-four-own", "ablation/ring-of-four"),
        ),
    ),
    "archetypes": Claim(
        "Archetypes: a part that recalls prototypes beats the same parameters without.",
        (_above("sudoku-archetypes", REFERENCE["sudoku"]),),
    ),
    "transitions": Claim(
        "Transition vectors: a brain that foresees where its field moves next acts better.",
        untested="no experiment here has scenes of several steps",
    ),
    "longer": Claim(
        "Thinking longer than in training helps.",
        (
            *(_above(f"{task}-thinking", f"{task}-thinking", "exact@256", "exact@16") for task in TASKS),
            _above("shipped/expert", "shipped/expert", "exact@1024", "exact@64"),
            _above("mazes/21-21", "mazes/21-21", "segments@32", "segments@1"),
        ),
    ),
    "tries": Claim(
        "Several tries, of which reflection keeps one, beat one try that ends as soon.",
        (
            *(_above(f"{task}-thinking", f"{task}-thinking", "tries@16", "tries@1") for task in TASKS),
            _above("shipped/expert", "shipped/expert", "tries@64", "halting"),
        ),
    ),
    "halting": Claim(
        "Will: halting once sure costs at most a point of accuracy and saves half of the operations of thinking on to "
        "the end of the will: 64 ticks, or 1,024 of the brain that ships.",
        (
            *(
                check
                for task in TASKS
                for check in (
                    AsGood(Side(f"{task}-thinking", "tries@1"), Side(f"{task}-thinking", "unhalted")),
                    Costs(
                        Side(f"{task}-thinking", "operations:tries@1"),
                        Side(f"{task}-thinking", "operations:unhalted"),
                        0.5,
                    ),
                )
            ),
            AsGood(Side("shipped/expert", "halting"), Side("shipped/expert")),
            Costs(Side("shipped/expert", "operations:halting"), Side("shipped/expert", "operations:unhalted"), 0.5),
        ),
    ),
    "reflection": Claim(
        "Reflection tells right answers from wrong ones: AUROC of at least 90 %, calibration error of at most 5 %.",
        (
            *(
                check
                for task in TASKS
                for check in (
                    Within(Side(f"{task}-thinking", "auroc"), low=0.9),
                    Within(Side(f"{task}-thinking", "ece"), high=0.05),
                )
            ),
            Within(Side("shipped/expert", "auroc"), low=0.9),
            Within(Side("shipped/expert", "ece"), high=0.05),
        ),
    ),
    "stream": Claim(
        "A stream of any length through a brain of fixed size: memory grows by at most a tenth while it learns, "
        "after the first tenth of the scenes.",
        tuple(Within(Side(f"stream/{setting}", "growth"), high=0.1) for setting in STREAMS),
    ),
}
"""Every claim of the project that runs can decide, and those that they could but don't."""


def judged(shelf: Shelf) -> list[Judged]:
    """Returns every claim with what the runs on a shelf say of it."""
    found = []
    for name, claim in CLAIMS.items():
        outcomes = [check.decide(shelf) for check in claim.checks]
        found.append(Judged(name, claim, together(outcomes), outcomes))
    return found
