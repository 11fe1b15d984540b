"""Result files as runs would leave them, with figures that a test chooses; nothing is trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ltm.chart.schema import WillSpec
from ltm.chart.size import Sizes
from ltm.evidence.arms import Arm
from ltm.evidence.experiments import Planned
from ltm.evidence.looking import segments_to_look
from ltm.evidence.measure import asked
from ltm.evidence.run_file import Look, RunFile, Spent, digest_of, result_file
from ltm.evidence.tasks import chart_of

Exact = Callable[[Arm, int], float]
"""From an arm and a seed to the share of right answers."""


def result(run: Planned, exact: float) -> RunFile:
    """A run's file: so many right, more with longer thinking, all else plausible."""
    chart = chart_of(run.arm.task, run.arm.changes)
    spec, sizes = chart.training, Sizes.of(chart)
    operations = sizes.segment * spec.segments
    looks = []
    for segments in segments_to_look(spec, operations, run.arm.thinks):
        right = min(1.0, exact * (1 + 0.01 * (segments - spec.segments)))
        looks.append(
            Look(ticks=segments * spec.ticks, exact=right, cells=right, confidence=right, ece=0.02, auroc=0.97)
        )
    return RunFile(
        arm=run.arm.name,
        task=run.arm.task,
        seed=run.seed,
        made_for=digest_of(run),
        command="ltm evidence",
        chart=f"name: {chart.name}",
        declared=chart.model_dump(mode="json"),
        learned=run.arm.learned,
        tested=256,
        parameters=sizes.parameters,
        steps=700,
        begun=5600,
        seconds=run.seconds,
        precision="fp32",
        threads=2,
        processor="a processor",
        torch="2",
        ltm="0",
        loops=spec.segments * spec.ticks,
        operations=operations,
        by_ticks=tuple(looks),
        wills=tuple(_spent(will, exact) for will in asked(chart.will)) if run.arm.thinks else (),
    )


def _spent(will: WillSpec, exact: float) -> Spent:
    """What comes of a will: a little more with more tries, a fifth of the operations where it halts."""
    spent = 2e7 * will.ticks * will.tries * (1.0 if will.confidence >= 1 else 0.2)
    return Spent(
        ticks=will.ticks,
        tries=will.tries,
        confidence=will.confidence,
        scenes=128,
        exact=min(1.0, exact + 0.01 * will.tries),
        operations=spent,
        seconds=spent * 1e-11,
        cpu_seconds=spent * 2e-11,
        joules=None,
    )


def fill(folder: Path, runs: Sequence[Planned], exact: Exact) -> None:
    """Writes a result for every run."""
    (folder / "results").mkdir(parents=True, exist_ok=True)
    for run in runs:
        text = result(run, exact(run.arm, run.seed)).model_dump_json(indent=1)
        result_file(folder, run).write_text(text, encoding="utf-8")
