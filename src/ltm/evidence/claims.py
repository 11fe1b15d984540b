"""What the project claims, and which runs would support or refute each claim: an explicit table.

Checks about the experiments here were written before any of their runs, but for a pilot of eleven arms on one seed, by
which mass and depth got three times the time, and four runs of the smallest brains. Checks about other benchmarks'
results (`ablation/…`, `skills/…` and the like, listed in `ltm.evidence.cited`) were written when most of these were
known; they stand beside the others and are never mixed with them. Nobody writes a verdict: `ltm.evidence.rules` comes
to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ltm.evidence.arms import (
    ARMS,
    BASE,
    COUNTS,
    COUPLED,
    LOOPS,
    MASS,
    PATTERNS,
    REFERENCE,
    REPEATED,
    RING,
    SMALLEST,
    WHOLE,
)
from ltm.evidence.cited import STREAMS
from ltm.evidence.experiments import EXPERIMENTS, parameters_of
from ltm.evidence.looking import TRY_TICKS, UNHALTED_TICKS
from ltm.evidence.outcome import Check, Outcome, Side, Verdict
from ltm.evidence.readings import Shelf
from ltm.evidence.rule_of_size import Solves
from ltm.evidence.rules import Above, AsGood, Costs, Gains, Within, together
from ltm.evidence.tasks import LEARNED, TASKS

MOST = 2.5e6
"""Parameters that take 10 MB in fp32."""
UNHALTED = f"unhalted@{TRY_TICKS}"
SMALLER = 900_000
"""Parameters that are clearly fewer than 1 M; arms called 1M are fitted to it, and some fall just short."""
SMALL = {task: f"{task}-{size}-{LOOPS}" for task, size in SMALLEST.items()}
"""Brains of at most 100 K parameters that loop."""
LARGE = {task: f"{task}-{size}-1-longer" for task, size in MASS.items()}
"""Large ones that don't: wide, but of two layers. Beside them stand those that are as deep as loops."""


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


def _alike_trained(task: str) -> tuple[str, ...]:
    """Returns every arm of a task that learned for as long as the others."""
    arms = dict.fromkeys(arm for experiment in EXPERIMENTS.values() for arm in experiment.arms)
    return tuple(arm for arm in arms if ARMS[arm].task == task and ARMS[arm].longer == 1)


def _above(first: str, second: str, figure: str = "exact") -> Above:
    return Above(Side(first, figure), Side(second, figure))


CLAIMS: dict[str, Claim] = {
    "coupling-over-mass": Claim(
        "Coupling matters more than mass: a small brain that loops beats one of ten to thirty times its parameters "
        "that doesn't, be these wide, or as deep as the loops, though that learns three times as long.",
        tuple(_above(SMALL[task], mass) for task in TASKS for mass in (f"{task}-deep", LARGE[task])),
    ),
    "loop-alone": Claim(
        "The loop without a loss at every segment: learned from only at its end, as what is used once is, it still "
        "beats the same parameters as layers, and as many layers as it has loops.",
        tuple(
            check
            for task in TASKS
            for check in (
                _above(f"{task}-{BASE[task]}-{WHOLE}", f"{task}-stack"),
                _above(f"{task}-{SMALLEST[task]}-{WHOLE}", f"{task}-deep"),
            )
        ),
    ),
    "loop": Claim(
        "The loop: the same parameters, looped, beat layers that are used once each.",
        (
            *(_above(REFERENCE[task], f"{task}-stack") for task in TASKS),
            Above(Side("ablation/own-state", "segments@16"), Side("ablation/loop", "segments@1")),
            _above("curve/ours", "curve/plain-stack"),
        ),
    ),
    "mind-size": Claim(
        "Of 'a mind starts at 10 MB, not at 10 T tokens' what can be tried here: at most 10 MB (2.5 M parameters in "
        f"fp32) that learn for about a minute from {LEARNED:,} scenes or fewer solve these tasks.",
        tuple(Solves(task, _alike_trained(task), MOST, parameters_of) for task in TASKS),
    ),
    "mind-needs": Claim(
        "A thinking module needs at least 1 M parameters (1 MB at a byte each): none that is clearly smaller, of at "
        f"most {SMALLER:,}, solves its task.",
        tuple(Solves(task, _alike_trained(task), SMALLER, parameters_of, wanted=False) for task in TASKS),
    ),
    "zones": Claim(
        "Several small zones, however many, beat one zone of the same parameters, whether it replaces the field or "
        "adds to it as they do.",
        tuple(
            _above(f"{task}-zones-{count}", one)
            for task in TASKS
            for count in RING[task]
            for one in (REFERENCE[task], f"{task}-zones-1")
        ),
    ),
    "edges": Claim(
        "Zones that hear one another directly beat zones coupled by the field alone.",
        tuple(_above(f"{task}-coupled-{pattern}", f"{task}-own-8") for task in COUPLED for pattern in PATTERNS),
    ),
    "fractal": Claim(
        "Fractal coupling beats ring, all to all and small-world.",
        tuple(
            _above(f"{task}-coupled-fractal", f"{task}-coupled-{pattern}")
            for task in COUPLED
            for pattern in PATTERNS
            if pattern != "fractal"
        ),
    ),
    "dynamic": Claim(
        "Dynamic coupling: edges whose strength follows from what both ends hold beat edges of one learned strength.",
        tuple(_above(f"{task}-coupled-ring-dynamic", f"{task}-coupled-ring") for task in COUPLED),
    ),
    "nesting": Claim(
        "Self-similar brains: zones that hold whole brains, of the same make at every scale, beat flat ones.",
        untested="`nested` zones exist, and no experiment here has any",
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
        "A learned router chooses better than chance, than taking turns, and than all firing, at equal operations.",
        tuple(
            _above(f"{task}-wave-top-k", f"{task}-{other}")
            for task in ("sudoku", "listops")
            for other in ("wave-random", "zones-4", "wave-all")
        ),
    ),
    "turns": Claim(
        "Not everything at once: zones that fire in turn beat zones that all fire at every tick, at equal operations.",
        tuple(_above(f"{task}-zones-4", f"{task}-wave-all") for task in ("sudoku", "listops")),
    ),
    "waves-save": Claim(
        "Only what is needed: with 4 of 64 zones firing, eight ticks take at most a sixth of the time of all 64.",
        (Costs(Side("firing/top-k-4-of-64", "seconds"), Side("firing/all-64-of-64", "seconds"), 1 / 6),),
    ),
    "repetition": Claim(
        f"Repetition: few scenes, at most {REPEATED:,}, that come back in symmetric forms teach more than the same "
        "scenes that come back as they are, and more than seeing each of them once.",
        (
            *(
                _above(f"{task}-with-{count}", f"{task}-without-{count}")
                for task in COUNTS
                for count in COUNTS[task]
                if count <= REPEATED
            ),
            *(_above(f"{task}-with-{REPEATED}", f"{task}-once-{REPEATED}") for task in COUNTS),
        ),
    ),
    "replay": Claim(
        "Repetition: scenes that were answered wrong, brought back sooner, teach more than scenes in any order.",
        untested="`scenes.replay` brings them back, and experiments here leave it out",
    ),
    "every-loop": Claim(
        "Learning from the answer at every segment, with an optimiser step at each, beats learning from the last one "
        "only, with one step a scene.",
        (_above(REFERENCE["sudoku"], "sudoku-end-only"),),
    ),
    "few-examples": Claim(
        f"{REPEATED:,} scenes, repeated in symmetric forms, teach as much in the same time as ever new ones: the "
        f"first of {LEARNED:,}, of which a run gets to some thousands.",
        tuple(AsGood(Side(f"{task}-with-{REPEATED}"), Side(REFERENCE[task]), 0.02) for task in COUNTS),
    ),
    "roles": Claim(
        "Roles: one zone in two roles beats the same zone in one.",
        (_above("sudoku-two-roles", "sudoku-one-role"),),
    ),
    "own-state": Claim(
        "States of their own beat none: for one zone in two roles, and for zones that take turns.",
        (
            _above("sudoku-two-roles", REFERENCE["sudoku"]),
            *(_above(f"{task}-own-8", f"{task}-zones-8") for task in COUPLED),
            *(
                Above(Side(f"ablation/{one}", "segments@16"), Side(f"ablation/{other}", "segments@16"))
                for one, other in (("base", "own-state"), ("ring-of-four-own", "ring-of-four"))
            ),
        ),
    ),
    "archetypes": Claim(
        "Archetypes: a part that recalls prototypes beats the same parameters without.",
        (_above("sudoku-archetypes", REFERENCE["sudoku"]),),
    ),
    "field": Claim(
        "A shared field: a zone that works on the field beats one that works on its own state and shows the field only "
        "the last tick.",
        (Above(Side("ablation/base", "segments@16"), Side("ablation/field", "segments@16")),),
    ),
    "foresight": Claim(
        "Transition vectors: a brain foresees where its field moves next, better than that nothing changes, and better "
        "than the mean of all moves.",
        (
            Gains("walker/brain", "foreseen", "foreseen_by_nothing"),
            Gains("walker/brain", "foreseen", "foreseen_by_mean"),
        ),
    ),
    "transitions": Claim(
        "A brain that foresees where its field moves next acts better.",
        untested="no experiment here lets one act that doesn't",
    ),
    "goals": Claim(
        "A goal as part of the will: the same brain in the same world does what another goal asks for.",
        (Gains("walker/brain", "success", "other_mission"), _above("walker/brain", "walker/plain", "success")),
    ),
    "skills": Claim(
        "One brain gains skill after skill and forgets nothing of any, or a point at most where it rehearses; and who "
        "is to think is told by the scene alone; one brain of seven skills a way decides.",
        (
            Within(Side("skills/frozen", "forgotten"), high=0.0, least=1),
            Within(Side("skills/rehearse", "forgotten"), high=0.01, least=1),
            Within(Side("skills/frozen", "routed"), low=0.95, least=1),
        ),
    ),
    "frozen-models": Claim(
        "A model from elsewhere as a frozen zone: sentences are judged better through MiniLM than from scratch.",
        (_above("polarity/frozen-zone", "polarity/from-scratch"),),
    ),
    "resident": Claim(
        "A brain larger than memory: zones that come when they are called give the same answers, in at most half as "
        "much again as the budget beside the framework.",
        tuple(
            Within(Side(f"paging/{wave}-paged", figure), low, high, least=1)
            for wave in ("top-k", "random")
            for figure, low, high in (("same_answers", 1.0, math.inf), ("above_budget", -math.inf, 0.5))
        ),
    ),
    "longer": Claim(
        "Thinking longer than in training helps.",
        (
            *(Gains(f"{task}-thinking", "exact@256", "exact@16") for task in TASKS),
            Gains("sudoku-30min/expert", "exact@1024", "exact@64"),
            Gains("mazes/21-21", "segments@32", "segments@8"),
        ),
    ),
    "tries": Claim(
        "Several tries, of which reflection keeps one, beat one try that ends as soon.",
        (
            *(Gains(f"{task}-thinking", "tries@16", "tries@1") for task in TASKS),
            Gains("sudoku-30min/expert", "tries@64", "halting"),
        ),
    ),
    "tries-or-time": Claim(
        f"Tries instead of time: {UNHALTED_TICKS[-1] // TRY_TICKS} tries of at most {TRY_TICKS} ticks beat one that "
        f"thinks for {UNHALTED_TICKS[-1]} without halting.",
        tuple(
            Gains(f"{task}-thinking", f"tries@{UNHALTED_TICKS[-1] // TRY_TICKS}", f"unhalted@{UNHALTED_TICKS[-1]}")
            for task in TASKS
        ),
    ),
    "halting": Claim(
        "Will: halting once sure costs at most a point of accuracy and saves half of the operations of thinking on to "
        f"the end of the will, {TRY_TICKS} ticks.",
        (
            *(
                check
                for task in TASKS
                for check in (
                    AsGood(Side(f"{task}-thinking", "tries@1"), Side(f"{task}-thinking", UNHALTED)),
                    Costs(
                        Side(f"{task}-thinking", "operations:tries@1"),
                        Side(f"{task}-thinking", f"operations:{UNHALTED}"),
                        0.5,
                        Side(f"{task}-thinking", "tries@1"),
                    ),
                )
            ),
        ),
    ),
    "reflection": Claim(
        "Reflection tells right answers from wrong ones: AUROC of at least 90 %, calibration error of at most 5 %.",
        (
            *(
                check
                for task in TASKS
                for check in (
                    Within(Side(f"{task}-thinking", "auroc"), low=0.9, right=Side(f"{task}-thinking")),
                    Within(Side(f"{task}-thinking", "ece"), high=0.05, right=Side(f"{task}-thinking")),
                )
            ),
            Within(Side("sudoku-30min/expert", "auroc@1024"), low=0.9),
            Within(Side("sudoku-30min/expert", "ece@1024"), high=0.05),
        ),
    ),
    "stream": Claim(
        "A stream of any length through a brain of fixed size: after the first tenth of the scenes, memory at the end "
        "is at most a tenth more than at the beginning, and never more than a quarter (medians of tenths of the run; "
        "until 5 GB were measured the highest single moment counted, which flickers by more); one run a setting "
        "decides.",
        tuple(
            Within(Side(f"stream/{setting}", figure), high=high, least=1)
            for setting in STREAMS
            for figure, high in (("growth", 0.1), ("swing", 0.25))
        ),
    ),
}
"""Every claim of the project that runs can decide, and those that they could but don't."""


def judged(shelf: Shelf, quick: bool = False) -> list[Judged]:
    """Returns every claim with what the runs on a shelf say of it; those of a quick report say nothing."""
    if quick:
        shelf = replace(shelf, readings={arm: found for arm, found in shelf.readings.items() if arm not in ARMS})
    found = []
    for name, claim in CLAIMS.items():
        outcomes = [check.decide(shelf) for check in claim.checks]
        found.append(Judged(name, claim, together(outcomes), outcomes))
    return found
