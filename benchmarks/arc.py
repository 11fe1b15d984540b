"""1-D ARC: rules learned from examples in sight, then from a few seconds of practice on each task's own examples.

python -m benchmarks.arc TASKS.jsonl --minutes 10 --seeds 1

Of every family of tasks the last fifth is never learned from. Each of those is answered by a brain that has learned
from the other tasks: at once; after practising on this task's examples (each in turn as the question) for at most ten
seconds; and practising only where it gets one of these examples wrong by the others. The same by a plain stack of its
size, which only carries its field from pair to pair; and by two simple rules, to copy the input and to change it as the
most similar example was changed. With `--unseen` whole families are kept aside instead, every third of them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import BRAIN, MADE, STACK, plain_stack
from benchmarks.common import RUNS, Grid, asked, console, read, spread, trained, write
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.load import chart_from_text
from ltm.chart.schema import Chart
from ltm.scenes.arc import Pair, Task, read_tasks
from ltm.scenes.arc_scenes import ArcOptions, drawn, scene_of
from ltm.scenes.columns import alike_of, columns_of
from ltm.scenes.encode_rows import encode_rows
from ltm.scenes.lines import Row
from ltm.scenes.prepare import Prepared, questions_of
from ltm.scenes.scene import Scene, Step
from ltm.scenes.store import SceneSet
from ltm.training.adapt import adapt

SCENES = 20_000
LEARNED = 0.8
"""Of each family's tasks."""
A_FAMILY = 5
SECONDS = 10.0
"""Of practice on a task's own examples, unless told."""
"""So many of each family's other tasks are asked: ten seconds each add up."""
PRACTICE = ArcOptions(examples=(1, 3), largest=128)

WAYS = {"at_once": "at once", "practised": "practised", "as_needed": "practised as needed"}
CHART = """
name: arc
about: Sees pairs that show a rule, then a question; answers by the rule.
field: {width: 64}
senses: {board: {kind: grid, symbols: 10, form: lists}}
acts: {answer: {kind: grid, symbols: 10, form: lists}}
steps: {roles: [example, question], shows: [example], window: 4}
zones:
  local: {kind: conv, write: replace}
  core: {kind: mixer, layers: 2, windows: [before, after, all], write: replace}
scenes: {symmetries: [relabel, dihedral]}
training: {ticks: 2, segments: 2}
will: {ticks: 16}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--practice", type=float, default=SECONDS, help="seconds on each task's own examples, at most")
    parser.add_argument("--unseen", action="store_true", help="keep whole families aside")
    given = parser.parse_args()
    learned, judged = parted(read_tasks(given.tasks), given.unseen)
    made = f"arc-{'unseen-' if given.unseen else ''}{given.minutes:g}min"
    name = made + ("" if given.practice == SECONDS else f"-{given.practice:g}s")
    command = asked("arc TASKS.jsonl", given, "minutes", "seeds", "practice", "unseen")
    result: dict[str, Any] = {"practice": given.practice, "runs": {}} | read(name) | {"command": command}
    result["rules"] = {family: rules(tasks) for family, tasks in judged.items()}
    for seed in range(given.seeds):
        settings = [f"training.minutes={given.minutes}", f"training.seed={seed}"]
        chart = chart_from_text(CHART, "benchmarks/arc.py", settings)
        for label, declared in ((BRAIN, chart), (STACK, plain_stack(chart))):
            out = RUNS / f"{made}-{label.replace(' ', '-')}-{seed}"
            brain, record = trained(declared, out, lambda chart: prepared(chart, learned))
            about = {"parameters": record["parameters"], **{what: record["provenance"][what] for what in MADE}}
            run = result["runs"].setdefault(f"{label}/{seed}", {**about, "families": {}})
            for family, tasks in judged.items():
                shares = run["families"].setdefault(family, {})
                if "at_once" not in shares:
                    shares |= answered(brain, tasks, given.practice)
                if "as_needed" not in shares:
                    shares |= answered_as_needed(brain, tasks, given.practice)
                    write(name, result)
                    console.print(f"  {label}, {family}: {shares}", highlight=False)
    for grid in tables(result):
        grid.show()


def family_of(task: Task) -> str:
    return task.name.split("/")[0].removeprefix("1d_")


def parted(tasks: Sequence[Task], unseen: bool) -> tuple[list[Task], dict[str, list[Task]]]:
    """Returns the tasks to learn from, and by family those that are asked."""
    families: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        families[family_of(task)].append(task)
    learned: list[Task] = []
    asked: dict[str, list[Task]] = {}
    for number, (family, members) in enumerate(sorted(families.items())):
        count = round(LEARNED * len(members))
        if not unseen:
            learned += members[:count]
        elif number % 3 != 2:
            learned += members
        if not unseen or number % 3 == 2:
            asked[family] = members[count:][:A_FAMILY]
    return learned, asked


def encoded(chart: Chart, rows: Iterator[Row]) -> SceneSet:
    return encode_rows(rows, columns_of(chart), "arc", alike=alike_of(chart))


def prepared(chart: Chart, tasks: Sequence[Task]) -> Prepared:
    """Draws scenes; those of some tasks are set aside, so that validation asks rules at work on other grids."""
    options = ArcOptions(examples=(2, 3), largest=128)
    aside = [task for number, task in enumerate(tasks) if number % 20 == 0]
    others = [task for number, task in enumerate(tasks) if number % 20]
    train, judged = (encoded(chart, drawn(part, options, n, 0)) for part, n in ((others, SCENES), (aside, 256)))
    return Prepared(train, questions_of(chart, judged))


def asked_of(examples: Sequence[Pair], question: Pair) -> Scene:
    steps = scene_of(examples, Pair(question.input, None))["steps"]
    return Scene(steps=[Step(step["see"], step["role"], step["do"]) for step in steps])


def answered(brain: Brain, tasks: Sequence[Task], seconds: float) -> dict[str, float]:
    """Returns how many of some tasks' tests are answered right, at once and after practice, as shares."""
    at_once, after, steps = [], [], []
    for task in tasks:
        learner, taken = practised(brain, task, seconds)
        steps.append(taken)
        at_once += [is_right(brain, task.train, test) for test in task.test]
        after += [is_right(learner, task.train, test) for test in task.test]
    shares = {"at_once": float(np.mean(at_once)), "practised": float(np.mean(after))}
    return {**shares, "steps": float(np.median(steps))}


def answered_as_needed(brain: Brain, tasks: Sequence[Task], seconds: float) -> dict[str, float]:
    """Returns the same where only tasks are practised of whose examples one is answered wrong, by the others."""
    right, needed = [], 0
    for task in tasks:
        others = [(task.train[:place] + task.train[place + 1 :], pair) for place, pair in enumerate(task.train)]
        knows = all(is_right(brain, examples, pair) for examples, pair in others)
        needed += not knows
        who = brain if knows else practised(brain, task, seconds)[0]
        right += [is_right(who, task.train, test) for test in task.test]
    return {"as_needed": float(np.mean(right)), "needed": needed / len(tasks)}


def practised(brain: Brain, task: Task, seconds: float) -> tuple[Brain, int]:
    """Returns a copy of a brain that has learned from a task's examples, each in turn as the question."""
    practice = encoded(brain.chart, drawn([Task(task.name, task.train, ())], PRACTICE, 24, 0))
    return adapt(brain, practice, seconds=seconds, steps=200)


def is_right(brain: Brain, examples: Sequence[Pair], question: Pair) -> bool:
    (thought,) = think(brain, [asked_of(examples, question)])
    return question.output is not None and thought.answer["answer"] == question.output.tolist()


def rules(tasks: Sequence[Task]) -> dict[str, float]:
    """Returns how many are right by copying, and by the most similar example's change."""
    pairs = [(task, test) for task in tasks for test in task.test]
    copied = [np.array_equal(test.input, test.output) for _, test in pairs]
    changed = [np.array_equal(as_nearest(task.train, test.input), test.output) for task, test in pairs]
    return {"copy": float(np.mean(copied)), "nearest": float(np.mean(changed))}


def as_nearest(examples: Sequence[Pair], grid: np.ndarray) -> np.ndarray:
    """Returns a grid with the cells changed that the most similar example of its size changes."""
    alike = [pair for pair in examples if pair.input.shape == grid.shape and pair.output is not None]
    if not alike:
        return grid
    nearest = max(alike, key=lambda pair: int((pair.input == grid).sum()))
    return np.where(nearest.input != nearest.output, nearest.output, grid)


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line a family, and one for all."""
    ways = {
        f"{label}, {words}": [
            {family: shares[way] for family, shares in run["families"].items() if way in shares}
            for key, run in result["runs"].items()
            if key.split("/")[0] == label
        ]
        for label in (BRAIN, STACK)
        for way, words in WAYS.items()
    }
    rows = []
    for family, simple in result["rules"].items():
        known = [[run[family] for run in runs if family in run] for runs in ways.values()]
        rules_said = [f"{100 * simple[rule]:.1f}" for rule in ("copy", "nearest")]
        rows.append([family, *(spread(shares) if shares else "-" for shares in known), *rules_said])
    whole = [[float(np.mean(list(run.values()))) for run in runs if run] for runs in ways.values()]
    simple = [np.mean([one[rule] for one in result["rules"].values()]) for rule in ("copy", "nearest")]
    rows.append(
        ["all", *(spread(shares) if shares else "-" for shares in whole), *(f"{100 * share:.1f}" for share in simple)]
    )
    head = ["family", *ways, "copy the input", "as the nearest example"]
    title = (
        f"1-D ARC, {A_FAMILY} tasks of a family, never learned from, %; practice of {result['practice']:g} s at most"
    )
    yield Grid(title, head, rows)


if __name__ == "__main__":
    main()
