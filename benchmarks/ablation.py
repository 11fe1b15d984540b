"""Do the parts pay their way: ours with each part removed or replaced, at equal size and equal training time.

python -m benchmarks.ablation DATA --steps 1500 --seeds 3 [--only loop field ...]

The part without an own state gets the steps asked for: 1,500 are about five minutes on two cores. Every other part gets
as many as take as long, by its step measured in turns with that one's; so neither a noisy machine nor another one
changes what is compared, and several processes may share the work by `--only`. Resumable: finished runs are kept. Sizes
lie within 1 % of the base's, `loop` within 3; parts of several zones are also to be compared with `ring-of-four`.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RUNS, TIERS, Grid, chart_of, read, spread, sudoku_files, trained, write
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.runtime.record import processor
from ltm.scenes.store import SceneSet, join
from ltm.training.looks import look_at
from ltm.training.machine import rates
from ltm.training.outcome import think_all
from ltm.training.plan import compiled_segment, seconds_a_step

MIXER = "kind: mixer, layers: 1"
PAIR = f"{{first: {{{MIXER}, write: replace}}, second: {{{MIXER}, write: replace}}}}"


def _ring(count: int, width: int, extra: str = "", own: str = "") -> str:
    names = "abcdefghijklmnop"[:count]
    return "{" + ", ".join(f"{n}: {{{MIXER}, width: {width}{extra}{own}}}" for n in names) + "}"


VARIANTS: dict[str, tuple[str, list[str]]] = {
    "base": ("sudoku.yaml: one zone of two layers in two roles, fast and slow, with a state of its own", []),
    "own-state": (
        "no state of its own, so no roles: the zone works on the field alone",
        ["zones.core={kind: mixer, layers: 2, write: replace}"],
    ),
    "roles": (
        "a state of its own, but one role: the zone writes its state and the field at every tick",
        ["zones.core={kind: mixer, layers: 2, state: own, write: replace}"],
    ),
    "shared-weights": (
        "fast and slow are two zones of one layer each, with weights of their own",
        [
            "zones={inner: {kind: mixer, layers: 1, state: own, write: replace,"
            " roles: {fast: {reads: [own, field, input], writes: own, period: 4, phases: [0, 1, 2]}}},"
            " outer: {kind: mixer, layers: 1, write: replace,"
            " roles: {slow: {reads: [field, inner], writes: field, period: 4, phases: [3]}}}}",
            "training.ticks=8",
        ],
    ),
    "loop": (
        "no loop: eight zones of one layer used once, no state carried on (width 64)",
        [
            "field.width=64",
            "zones=" + _ring(8, 64, ", messages: 96, hidden: 136, write: replace"),
            "training.ticks=8",
            "training.segments=1",
            "will.ticks=8",
            "field.noise=0",
        ],
    ),
    "two-zones": ("two zones of one layer in a ring through the field", ["zones=" + PAIR, "training.ticks=8"]),
    "specialists": (
        "three zones in a ring, one each for rows, columns and blocks",
        [
            "zones={rows: {kind: mixer, windows: [rows], messages: 128, hidden: 176, write: replace},"
            " columns: {kind: mixer, windows: [columns], messages: 128, hidden: 176, write: replace},"
            " blocks: {kind: mixer, windows: [blocks], messages: 128, hidden: 176, write: replace}}",
            "training.ticks=9",
        ],
    ),
    "line-roles": (
        "two zones in a ring: `line` in two roles, row and column, with the same weights, and `block`",
        [
            "zones={line: {kind: mixer, windows: [rows], write: replace,"
            " roles: {row: {windows: [rows]}, column: {windows: [columns]}}},"
            " block: {kind: mixer, windows: [blocks], write: replace}}",
            "training.ticks=9",
        ],
    ),
    "field": (
        "no field while thinking: the zone works on its own state and shows the field only the last tick",
        [
            "zones.core={kind: mixer, layers: 2, state: own, write: replace, roles: {"
            "think: {reads: [own, input], writes: own, period: 4, phases: [0, 1, 2]},"
            " show: {reads: [own, input], writes: both, period: 4, phases: [3]}}}"
        ],
    ),
    "ring-of-four": (
        "four zones in a ring through the field, by matrices",
        ["zones=" + _ring(4, 79), "training.ticks=8"],
    ),
    "ring-of-four-own": (
        "the same four with own states",
        ["zones=" + _ring(4, 79, own=", state: own"), "training.ticks=8"],
    ),
    "overlap": (
        "four zones on overlapping windows of the field's channels, without matrices",
        ["zones=" + _ring(4, 96, ", messages: 128, hidden: 168"), "coupling.overlap=0.5", "training.ticks=8"],
    ),
    "wave-all": (
        "four zones, all firing at every tick",
        ["zones=" + _ring(4, 79), "wave.policy=all", "training.ticks=2"],
    ),
    "wave-sync": (
        "four zones, one fires by phase",
        ["zones=" + _ring(4, 79), "wave={policy: sync, fire: 1}", "training.ticks=8"],
    ),
    "wave-top-k": (
        "four zones, a learned router picks one",
        ["zones=" + _ring(4, 79), "wave={policy: top-k, fire: 1}", "training.ticks=8"],
    ),
    "wave-random": (
        "four zones, one fires at random",
        ["zones=" + _ring(4, 79), "wave={policy: random, fire: 1}", "training.ticks=8"],
    ),
    **{
        f"coupling-{pattern}": (
            f"four zones with own states, coupled {pattern} by edges of rank 8",
            ["zones=" + _ring(4, width, own=", state: own"), f"coupling.pattern={pattern}", "training.ticks=8"],
        )
        for pattern, width in (("ring", 78), ("all", 77), ("small-world", 78), ("fractal", 78))
    },
    "coupling-ring-again": (
        "the same ring of edges, its pace measured another time: what two rows differ by that are one brain",
        ["zones=" + _ring(4, 78, own=", state: own"), "coupling.pattern=ring", "training.ticks=8"],
    ),
    "dense": (
        "mixing across all sites by a learned matrix instead of windows",
        ["zones.core.mixing=dense", "zones.core.messages=216", "zones.core.hidden=312"],
    ),
    "attention": (
        "attention instead of windows",
        ["zones.core.kind=attention", "zones.core.windows=[all]", "zones.core.heads=4", "zones.core.hidden=280"],
    ),
    "positions": ("no positions: the brain can't tell sites apart", ["senses.puzzle.positions=none"]),
    "noise": ("no noise in the starting state", ["field.noise=0"]),
    "calm": ("no restlessness: a mind in doubt gets no noise", ["will.noise=0"]),
    "restless-training": ("restlessness while learning too", ["training.noise=0.3"]),
    "reflection-head": ("reflection from the field alone", ["reflection.kind=head"]),
    "reflection-none": ("reflection untrained: the answer's mean log-probability", ["reflection.kind=none"]),
    "archetypes": (
        "an archetype zone fires after the core",
        [
            "zones={core: {kind: mixer, layers: 2, messages: 168, hidden: 224, write: replace},"
            " memory: {kind: archetype, archetypes: 32}}",
            "training.ticks=8",
        ],
    ),
    "ema": ("no averaged weights", ["training.ema=0"]),
    "adamw": ("AdamW for everything", ["training.optimiser=adamw", "training.rate=0.001"]),
}
TRIES = 16
LONGEST_TRY = 128
"""Ticks a try at most, so that measuring stays shorter than training."""
SEVERAL_TRIES = ("base", "noise", "calm", "restless-training", "reflection-head", "reflection-none")
"""The parts that decide what several tries are worth; measuring tries takes as long as training."""
SCENES_A_TIER = 128


ROUNDS = 5
"""How often a part's step is timed beside the reference's."""
STEPS_A_ROUND = 6
REFERENCE = "own-state"
"""The part whose steps are asked for, and whose pace sets the others'."""
HOW = ["training.compile=on"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "--steps", type=int, default=1500, help="of the part without own state: 1,500 take about five minutes"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(VARIANTS), default=list(VARIANTS))
    given = parser.parse_args()
    train, tests = sudoku_files(given.data)
    name = f"ablation-equal-{given.steps}steps"
    command = f"python -m benchmarks.ablation DATA --steps {given.steps}"

    def keep(part: str, key: str, value: Any) -> None:
        result = {"command": command, "pace": {}, "runs": {}} | read(name)
        result[part][key] = value
        write(name, result)

    for label in given.only:
        if label not in read(name).get("pace", {}):
            keep("pace", label, pace(label, train(chart_of("sudoku")).train))
    for seed in range(given.seeds):
        for label in given.only:
            key = f"{label}/{seed}"
            if key in read(name).get("runs", {}):
                continue
            steps = round(given.steps / read(name)["pace"][label]["slower"])
            changes = [*VARIANTS[label][1], *HOW, f"training.steps={steps}", f"training.seed={seed}"]
            chart = chart_of("sudoku", changes)
            brain, record = trained(chart, RUNS / f"{name}-{label}-{seed}", train)
            made = {key: record["provenance"][key] for key in ("precision", "processor")}
            run = {"parameters": record["parameters"], "steps": steps, **made}
            keep("runs", key, run | measure(chart, brain, tests, several=label in SEVERAL_TRIES))
    for grid in tables(read(name)):
        grid.show()


def pace(label: str, scenes: SceneSet) -> dict[str, Any]:
    """Times a step of a part in turns with the reference's: how many times slower it is, as the median of rounds.

    In the precision that is faster on this machine, as training takes it.
    """
    timed, bf16 = [], rates().bf16 > rates().fp32
    for part in (REFERENCE, label):
        chart = chart_of("sudoku", [*VARIANTS[part][1], *HOW])
        segment = compiled_segment(chart)
        seconds_a_step(chart, scenes, bf16, segment, 1)
        timed.append((chart, segment))
    rounds = []
    for _ in range(ROUNDS):
        base, part = (seconds_a_step(chart, scenes, bf16, segment, STEPS_A_ROUND) for chart, segment in timed)
        rounds.append((base, part))
    ratios = sorted(part / base for base, part in rounds)
    return {
        "slower": 1.0 if label == REFERENCE else statistics.median(ratios),
        "lowest": ratios[0],
        "highest": ratios[-1],
        "base_seconds": statistics.median(base for base, _ in rounds),
        "processor": processor(),
        "precision": "bf16" if bf16 else "fp32",
    }


def measure(chart: Chart, brain: Any, tests: dict[str, Any], several: bool) -> dict[str, Any]:
    """Whole boards right over all tiers after one segment and after sixteen; of the hardest tier with tries."""
    scenes = join([tests[tier](chart).take(np.arange(SCENES_A_TIER)) for tier in TIERS])
    looks = look_at(brain, scenes, (1, 16), False, None)  # sixteen even where the training knew only one
    hard = tests["expert"](chart).take(np.arange(SCENES_A_TIER))
    will = chart.will.model_copy(update={"ticks": min(chart.will.ticks, LONGEST_TRY)})
    many = will.model_copy(update={"tries": TRIES})
    once = think_all(brain, hard, will, False, None).summary(will)
    tried = think_all(brain, hard, many, False, None).summary(many) if several else None
    return {
        "one_segment": float(looks.right[0].mean()),
        "exact": float(looks.right[-1].mean()),
        "expert_once": once["exact"],
        "expert_tries": None if tried is None else tried["exact"],
        "auroc": once["auroc"],
        "segment_operations": Sizes.of(chart).segment,
    }


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line a part."""
    rows = []
    for label, (what, _) in VARIANTS.items():
        of = [run for key, run in result["runs"].items() if key.split("/")[0] == label]
        if of:
            columns = [spread([run[key] for run in of]) for key in ("one_segment", "exact", "expert_once")]
            tries = [run["expert_tries"] for run in of if run["expert_tries"] is not None]
            columns.append(spread(tries) if tries else "-")
            made = " or ".join(dict.fromkeys(f"{run['precision']}, {maker(run['processor'])}" for run in of))
            rows.append([label, what, f"{of[0]['parameters']:,}", str(of[0]["steps"]), made, str(len(of)), *columns])
    head = ["part", "change", "weights", "steps", "in", "seeds", "1 segment", "16", "expert once"]
    head.append(f"expert {TRIES} tries")
    yield Grid("Do the parts pay their way? Whole boards right, %", head, rows)


def maker(processor: str) -> str:
    """Returns whose processor it is."""
    return next((name for name in ("AMD", "Intel", "Apple") if name in processor), processor)


if __name__ == "__main__":
    main()
