"""Seven skills' scenes, parted into those to learn from and those to judge by; for `benchmarks.skills`."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RUNS
from ltm.scenes import maze
from ltm.scenes.arc import read_tasks
from ltm.scenes.arc_scenes import ArcOptions, drawn, scene_of

EVERY = 8
"""Every eighth row of a file is judged by, once its rows are shuffled: files may be sorted."""
LEARNED_MAZES, MAZES = 4000, 300
RULES = 10_000
"""Scenes drawn from the tasks of 1-D ARC: other pairs of a task make another scene."""
LONGEST = ArcOptions(examples=(2, 3), largest=128)


@dataclass(frozen=True)
class Task:
    """One skill to gain.

    Attributes:
        name: of the skill.
        source: file below the data folder; empty where scenes are made.
        column: what the file calls that which is seen.
        see: what is seen, declared.
        do: what is answered, declared.
        symmetries: what leaves a scene's meaning unchanged; as they are found in the file where absent.
    """

    name: str
    source: str
    column: str
    see: str
    do: str
    symmetries: tuple[str, ...] | None = None

    def train(self) -> str:
        """What it learns from, once `parted` was called."""
        return str(_place(self, "train"))

    def test(self) -> Path:
        """What it is judged by, once `parted` was called."""
        return _place(self, "test")


SEEN = "seen"
"""What is seen is called so in every task: were the names others, each would give its skill away."""
TASKS = (
    Task("digits", "digits/mnist_10k.npz", "images", f"{SEEN}:image", "labels"),
    Task("listops", "listops/d8.tsv", "expression", f"{SEEN}:sequence(ignore=( ))", "answer"),
    Task("sudoku", "sudoku/easy.csv", "puzzle", f"{SEEN}:grid(9x9)", "solution"),
    Task("maze", "", "maze", f"{SEEN}:grid", "path:grid"),
    Task("scan", "scan/length_train.tsv", "command", f"{SEEN}:sequence", "actions:sequence"),
    Task("polarity", "text/sentence_polarity.jsonl", "sentence", f"{SEEN}:text", "polarity"),
    Task("arc-1d", "arc/arc_1d.jsonl", "board", f"{SEEN}:grid", "answer", symmetries=("relabel", "dihedral")),
)


def parted(task: Task, data: Path) -> None:
    """Writes a task's scenes to learn from and to judge by into the folder of runs, unless they are there."""
    test = task.test()
    if test.exists():
        return
    test.parent.mkdir(parents=True, exist_ok=True)
    if not task.source:
        _mazes(_place(task, "train"), LEARNED_MAZES, 1)
        _mazes(test, MAZES, 1_000_003)
    elif task.name == "arc-1d":
        _rules(data / task.source, _place(task, "train"), test)
    elif test.suffix == ".npz":
        with np.load(data / task.source) as arrays:
            whole = {SEEN if name == task.column else name: array for name, array in arrays.items()}
        judged = np.arange(len(next(iter(whole.values())))) % EVERY == 0
        np.savez_compressed(_place(task, "train"), **{name: array[~judged] for name, array in whole.items()})
        np.savez_compressed(test, **{name: array[judged] for name, array in whole.items()})
    else:
        lines = (data / task.source).read_text(encoding="utf-8").splitlines()
        head, rows = ([], lines) if test.suffix == ".jsonl" else (lines[:1], lines[1:])
        rows = [json.dumps(renamed(json.loads(row), task.column)) for row in rows] if test.suffix == ".jsonl" else rows
        head = [re.sub(rf"\b{task.column}\b", SEEN, line, count=1) for line in head]
        random.Random(0).shuffle(rows)
        _place(task, "train").write_text("\n".join([*head, *_rows(rows, False)]) + "\n", encoding="utf-8")
        test.write_text("\n".join([*head, *_rows(rows, True)]) + "\n", encoding="utf-8")


def renamed(row: dict[str, Any], column: str) -> dict[str, Any]:
    """Returns a row whose column, also of every step, is called what all tasks call it."""
    found = {SEEN if name == column else name: value for name, value in row.items()}
    if "steps" in found:
        found["steps"] = [{**step, "see": renamed(step["see"], column)} for step in found["steps"]]
    return found


def _rows(rows: list[str], judged: bool) -> Iterator[str]:
    return (row for number, row in enumerate(rows) if (number % EVERY == 0) == judged)


def _rules(tasks: Path, train: Path, test: Path) -> None:
    """Every eighth rule is judged by, all its examples in sight; of the others any pair may be the question."""
    rules = read_tasks(tasks)
    random.Random(0).shuffle(rules)
    learned = [rule for number, rule in enumerate(rules) if number % EVERY]
    judged = [scene_of(rule.train, question) for rule in rules[::EVERY] for question in rule.test]
    for file, scenes in ((train, drawn(learned, LONGEST, RULES, 0)), (test, judged)):
        _write(file, scenes)


def _write(file: Path, scenes: Iterable[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        for scene in scenes:
            stream.write(json.dumps(renamed(scene, "board")) + "\n")


def _mazes(file: Path, count: int, seed: int) -> None:
    made = maze.generate(count, seed=seed)
    letters = {"maze": maze.MAZE_ALPHABET, "path": maze.PATH_ALPHABET}
    with file.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow((SEEN, "path"))
        for number in range(len(made)):
            rows, columns = made.shapes["maze"][number].tolist()
            table.writerow(
                "/".join("".join(alphabet[cell] for cell in row) for row in made.values[name][number, :rows, :columns])
                for name, alphabet in letters.items()
            )


def _place(task: Task, part: str) -> Path:
    suffix = Path(task.source).suffix or ".csv"
    return RUNS / "skills-seen" / f"{task.name}-{part}{suffix}"
