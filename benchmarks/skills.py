"""Skills gained one after another: what each does to the others, who is asked, what is carried over, what it takes.

python -m benchmarks.skills DATA --minutes 5

DATA is a folder with digits/, listops/, sudoku/, scan/, text/ and arc/; mazes are made. An eighth of the rows is judged
by. Four ways to grow: `frozen` (each skill from scratch: the same weights as separate brains would have), `reuse`
(frozen, and the newest earlier skill's zones are used beside the own ones, in the same time), `rehearse` (zones of the
same make are shared where there are any with which the skill learns hardly worse, as `ltm grow` tries it, and some kept
scenes of earlier skills are rehearsed) and `joint` (the same
with every scene of every skill kept: training on all of them together; skills without zones of one make stay apart, and
the result says which). Beside them stands a plain stack of each skill's own size, trained alone for the same time. All
skills see a column of one name, so that who acts is told by the scene alone. What is there
already is kept, so that it can be gone on with.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import STACK, first, plain_stack, proposed
from benchmarks.common import RUNS, console, read, trained, write
from benchmarks.skills_baselines import baseline
from benchmarks.skills_data import TASKS, Task, parted
from benchmarks.skills_tables import tables
from ltm.brain.skills import SkilledBrain
from ltm.runtime.brains import load_brain
from ltm.runtime.listing import RECORD
from ltm.runtime.record import REHEARSAL, BrainRecord
from ltm.runtime.skills import folders_of, load_skills, records_of, write_skills
from ltm.runtime.weights import sha256
from ltm.scenes.columns import seen_columns
from ltm.scenes.prepare import read_scenes, scorer_of
from ltm.scenes.prepare_stream import scenes_of
from ltm.scenes.skilled import skilled_questions
from ltm.scenes.stream import sample_of
from ltm.training.fit import train_chart
from ltm.training.forgetting import EARLIER, changes
from ltm.training.from_data import name_of, propose_for
from ltm.training.grow import add_skill, forget_attempt, nursery
from ltm.training.growth import Growth
from ltm.training.outcome import think_all
from ltm.training.routing import routing
from ltm.training.run_folder import run_folder

LOSS = 1.0
"""Points that an earlier skill should lose at most; what it does lose is measured, and never refused here."""
REPLAY, LIMIT = "200KB", 300
"""What a skill keeps, and rows that it is judged by, unless told."""
WAYS = ("frozen", "reuse", "rehearse", "joint")
EVERYTHING = "10GB"
"""Of scenes are kept by skills that are trained jointly."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0, help="of training a skill")
    parser.add_argument("--size", default="1MB", help="of a skill's weights")
    parser.add_argument("--replay", default=REPLAY, help="of the scenes that a skill keeps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skills", nargs="+", choices=[task.name for task in TASKS])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--limit", type=int, default=LIMIT, help="test rows a skill")
    given = parser.parse_args()
    chosen = [task for task in TASKS if task.name in (given.skills or [t.name for t in TASKS])]
    name = f"skills-{given.minutes:g}min-{given.size}-{given.seed}"
    name += "" if given.skills is None else "-" + "-".join(task.name for task in chosen)
    name += "" if given.replay == REPLAY else f"-{given.replay}"
    grown, name = name, name + ("" if given.limit == LIMIT else f"-of-{given.limit}")
    command = f"python -m benchmarks.skills DATA --minutes {given.minutes:g} --size {given.size} --seed {given.seed}"
    command += "" if given.skills is None else f" --skills {' '.join(task.name for task in chosen)}"
    result: dict[str, Any] = {"command": command, "ways": {}} | read(name)
    for task in chosen:
        parted(task, given.data)
    for way in given.ways:
        for number, task in enumerate(chosen):
            steps = result["ways"].setdefault(way, {})
            if task.name in steps:
                continue
            console.print(f"{name}: {way}: {task.name}", highlight=False)
            brain = RUNS / f"{grown}-{way}"
            if beyond := set(folders_of(brain) if brain.exists() else ()) - {*steps, task.name}:
                raise SystemExit(
                    f"{brain}: has {', '.join(beyond)} already, of which {name}.json says nothing: remove it"
                )
            how = gain(brain, task, way, given) if number or not brain.exists() else {}
            before = list(steps.values())[-1] if steps else {"exact": {}, "marks": {}}
            steps[task.name] = {"how": how, **standing(brain, chosen[: number + 1], given.limit, before)}
            write(name, result)
        last = result["ways"][way][chosen[-1].name]
        if "made" not in last:
            last["made"] = {skill: about(record) for skill, record in records_of(RUNS / f"{grown}-{way}").items()}
            write(name, result)
        if "routing" not in last:
            found = load_skills(RUNS / f"{grown}-{way}")
            last["routing"] = {task.name: routed(found, task, given.limit) for task in chosen}
            write(name, result)
    for task in chosen:
        if task.name not in result.setdefault("stacks", {}):
            console.print(f"{name}: {STACK}: {task.name}", highlight=False)
            result["stacks"][task.name] = stacked(task, RUNS / f"{grown}-plain-stack-{task.name}", given)
            write(name, result)
        if task.name not in result.setdefault("baselines", {}):
            result["baselines"][task.name] = baseline(task, given.limit)
            write(name, result)
    for grid in tables(read(name)):
        grid.show()


def about(record: BrainRecord) -> dict[str, Any]:
    """Returns the size of a skill, what it learned for, and the bytes of the scenes that it keeps."""
    kept = sum(file.bytes for part, file in record.files.items() if part == REHEARSAL)
    made = record.provenance
    return {"parameters": record.parameters, "steps": made.steps, "seconds": made.seconds, "kept": kept}


def stacked(task: Task, out: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Returns how often a plain stack of a skill's size is right that learned the skill alone, as long."""
    data = Path(task.train())
    chart = proposed(data, task.see, task.do, given.minutes, given.seed, given.size, task.symmetries)
    trained(plain_stack(chart), out)
    right = float(np.mean(list(answered(out, task, given.limit).values())))
    (record,) = records_of(out).values()
    return {"exact": right, **about(record)}


def gain(brain: Path, task: Task, way: str, given: argparse.Namespace) -> dict[str, Any]:
    """Lets a brain gain a skill, or makes it with that one; goes on where it was interrupted. Returns how."""
    folders = folders_of(brain) if brain.exists() else {}
    if task.name in folders:
        return {}
    place = nursery(brain, task.name)
    newest = list(folders)[-1:]
    replay = EVERYTHING if way == "joint" else given.replay
    shares = way in ("rehearse", "joint") and bool(folders)
    growth = Growth(folders, rehearse=shares, reuse=newest if way == "reuse" else [])
    asked = {"way": way, "minutes": f"{given.minutes:g}", "size": given.size, "replay": replay}

    def propose(room: int | str) -> Any:
        see, do = [task.see], [task.do]
        settings = {"minutes": given.minutes, "seed": given.seed, "out": place, "replay": replay}
        return propose_for(task.train(), see, do, size=room, symmetries=task.symmetries, **settings)

    run = run_folder(place)
    why = ""
    if not growth.begun(run, asked):
        # Who learns jointly shares in any case.
        learned = None if way == "joint" else lambda chart: sample_of(scenes_of(chart, run).train)
        tried = growth.begin(run, asked, propose, given.size, learned)
        why = " ".join(note for note in tried if "sharing" in note)
        say(why)
    together = growth.together(LOSS)
    weights, notes = growth.weights()
    if not (place / RECORD).exists():
        train_chart(growth.chart, place, folder=run, say=say, start=weights, together=together, speed=False)
    moved = {change.skill: change.folder for change in changes(task.name, run / EARLIER)}
    if folders:
        add_skill(brain, task.name, place, moved)
    else:
        write_skills(brain, name_of(brain), {task.name: place})
        forget_attempt(place)
    return {"notes": [note for note in (why, *notes) if note], "rehearsed": sorted(moved)}


def standing(brain: Path, tasks: Sequence[Task], limit: int, before: dict[str, Any]) -> dict[str, Any]:
    """Returns how good each skill is, and its bytes; what has the same files as before is as good as before."""
    exact, marks = dict(before["exact"]), {}
    folders = folders_of(brain)
    for task in tasks:
        marks[task.name] = sha256(folders[task.name] / RECORD)
        if before["marks"].get(task.name) != marks[task.name]:
            exact[task.name] = float(np.mean(list(answered(folders[task.name], task, limit).values())))
    sizes = {
        name: sum(file.bytes for part, file in record.files.items() if part != REHEARSAL)
        for name, record in records_of(brain).items()
    }
    return {"exact": exact, "marks": marks, "bytes": sizes}


def answered(folder: Path, task: Task, limit: int) -> dict[int, bool]:
    """Returns which test scenes a skill answers right, by the line they stand at."""
    brain, _ = load_brain(folder)
    scenes = first(read_scenes(brain.chart, task.test(), skip_bad=True).train, limit)
    right = think_all(brain, scenes, brain.chart.will, False, scorer_of(brain.chart)).right
    return dict(zip(scenes.lines.tolist(), right.tolist(), strict=True))


def routed(brain: SkilledBrain, task: Task, limit: int) -> dict[str, Any]:
    """Shows a skill's test scenes to all skills: how many find it, and how many right answers are lost otherwise."""
    skill = brain.skills[task.name]
    scenes = first(read_scenes(skill.chart, task.test(), skip_bad=True).train, limit)
    senses = {name: seen_columns(other.chart) for name, other in brain.skills.items()}
    return routing(brain, task.name, scenes, skilled_questions(senses, str(task.test()), lambda problem: None))


def say(words: str) -> None:
    console.print(f"  {words}", highlight=False, markup=False)


if __name__ == "__main__":
    main()
