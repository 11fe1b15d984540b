"""How well `ltm plan` predicts: time, operations and bytes of thoughts beside what is measured, over many charts.

python -m benchmarks.plan [--recalibrate]

Charts of every kind of zone, none of a size that the calibration looked at; thoughts of some segments about one scene,
without halting. Time is the processor time of the thread that thinks, the median of several thoughts.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common import chart_of, console, table, write
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.schema import Chart
from ltm.plan.calibration import calibration, time_thought
from ltm.plan.cortex import cortex_chart, shipped_cortex
from ltm.plan.ladder import ladder
from ltm.plan.predict import Predictor
from ltm.plan.sample import sample
from ltm.plan.skills import SKILLS

SHIPPED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sudoku", ()),
    ("sudoku", ("field.width=64",)),
    ("sudoku", ("field.width=256",)),
    ("plain-stack", ()),
    ("universal-transformer", ()),
    ("universal-transformer", ("field.width=64",)),
    ("trm", ("field.width=256",)),
    ("hrm", ("field.width=128",)),
    ("mixture", ()),
    ("akorn", ()),
    ("maze", ()),
    ("maze", ("field.width=128",)),
    ("rwkv7-tiny", ()),
    ("llama-tiny", ()),
    ("llama-tiny", ("field.width=256",)),
)
PLANNED = ("digits", "listops", "maze", "minigrid")
"""Skills, each at its smallest and its largest size."""


def charts() -> Iterator[tuple[str, Chart]]:
    """Yields what is predicted, by name."""
    for name, settings in SHIPPED:
        yield " ".join((name, *settings)), chart_of(name, settings)
    for skill in PLANNED:
        rungs = ladder(skill, SKILLS[skill], None, Path(), 1.0, 0)
        for chart in (rungs[0], rungs[-1]):
            yield f"plan: {skill}, width {chart.field.width}", chart
    like = ladder("digits", SKILLS["digits"], None, Path(), 1.0, 0)[-1]
    yield "plan: cortex, digits", cortex_chart(like, shipped_cortex(), 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recalibrate", action="store_true")
    parser.add_argument("--segments", type=int, default=3)
    given = parser.parse_args()
    machine = calibration(given.recalibrate, console.print)
    rows, cases = [], []
    for name, chart in charts():
        predictor = Predictor(chart, machine, sample(chart, Path()))
        ticks = given.segments * predictor.work.segment_ticks
        predicted = predictor.prediction(ticks)
        brain = Brain(chart)
        will = chart.will.model_copy(update={"ticks": ticks, "tries": 1, "confidence": 1.0})
        (thought,) = think(brain, predictor.values, will)
        seconds = time_thought(brain, dict(predictor.values), ticks)
        size = 4 * sum(weight.numel() for weight in brain.parameters())
        exact = predicted.bytes == size and predicted.operations == thought.operations
        at_most = brain.circuit.wave is not None and predicted.bytes == size
        ratio = predicted.seconds / seconds
        case = {"name": name, "ticks": ticks, "predicted_s": predicted.seconds, "measured_s": seconds, "exact": exact}
        cases.append(case)
        words = "exact" if exact else "at most" if at_most else "WRONG"
        rows.append([name, f"{1e3 * predicted.seconds:.2f}", f"{1e3 * seconds:.2f}", f"{ratio:.2f}", words])
    errors = [abs(case["predicted_s"] / case["measured_s"] - 1) for case in cases]
    table(
        f"thoughts of {given.segments} segments on {machine.processor}, {machine.threads} threads; "
        f"off by {100 * statistics.median(errors):.0f} % in the median, {100 * max(errors):.0f} % at most",
        ["", "predicted, ms", "measured, ms", "ratio", "bytes and operations"],
        rows,
    )
    command = "python -m benchmarks.plan"
    write("plan", {"command": command, "median_error": statistics.median(errors), "cases": cases})


if __name__ == "__main__":
    main()
