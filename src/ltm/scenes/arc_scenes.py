"""The built-in source `arc`: tasks of ARC-AGI-1 and -2, or of a file, as scenes of several steps.

To learn from, any pair of a task may be the question and any others the examples, so one task makes many scenes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ltm.acts.canvas import CanvasSpec
from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.scenes.arc import COLOURS, MOST_SIDE, Pair, Task, arc_agi, read_tasks
from ltm.scenes.lines import Row
from ltm.senses.grid import GridSpec

EXAMPLE, QUESTION = "example", "question"
_PATIENCE = 50
"""Draws for each scene that is wanted; tasks of few pairs soon repeat themselves."""


class ArcOptions(Part):
    """Which tasks."""

    version: Annotated[Literal["1", "2"], BeforeValidator(str)] = "1"
    """ARC-AGI-1 or -2."""
    file: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """Tasks of a JSON Lines file instead."""
    examples: tuple[Annotated[int, Field(ge=1, le=20)], Annotated[int, Field(ge=1, le=20)]] = (2, 4)
    """Fewest and most pairs that show the rule; tasks with fewer are left out."""
    largest: Annotated[int, Field(ge=1, le=MOST_SIDE)] = 12
    """Tasks with a side longer than this are left out."""
    sizes: Literal["kept", "any"] = "kept"
    """`kept`: tasks whose outputs have the sizes of their inputs; `any`: others too, answered on a canvas."""

    @model_validator(mode="after")
    def _in_order(self) -> ArcOptions:
        if self.examples[0] > self.examples[1]:
            raise ValueError("examples: the fewest exceed the most")
        return self


BOARD = GridSpec(kind="grid", symbols=COLOURS, form="lists")


def describe(options: ArcOptions, found: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Returns what each column holds: answers lie over the board where all keep its size."""
    board = answer = BOARD.model_dump(exclude_defaults=True)
    if options.sizes == "any":
        side = options.largest
        canvas = CanvasSpec(kind="canvas", rows=side, columns=side, colours=COLOURS, form="lists")
        answer = canvas.model_dump(exclude_defaults=True)
    return {"board": board, "answer": answer}


def learn(options: ArcOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields up to `count` different scenes of the training tasks."""
    return drawn(_tasks(options, "training"), options, count, seed)


def judge(options: ArcOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields up to `count` scenes of the evaluation tasks, or of the file: all examples, then a test."""
    tasks = _tasks(options, "evaluation")
    scenes = [scene_of(task.train, test) for task in tasks for test in task.test if test.output is not None]
    random.Random(seed).shuffle(scenes)
    return iter(scenes[:count])


def scene_of(examples: Sequence[Pair], question: Pair) -> Row:
    """Returns a scene: the examples one after the other, then the question, answered where that is known."""
    return {"steps": [*(_step(pair, EXAMPLE) for pair in examples), _step(question, QUESTION)]}


def drawn(tasks: Sequence[Task], options: ArcOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields up to `count` scenes: a task, one of its pairs as the question, and some others as examples, at random."""
    draw, seen = random.Random(seed), set[tuple[str, tuple[int, ...]]]()
    low, high = options.examples
    for _ in range(_PATIENCE * count):
        task = draw.choice(tasks)
        # The tests of a person's file are kept for judging; those of ARC's training tasks need not be.
        tests = () if options.file is not None else task.test
        pairs = [pair for pair in (*task.train, *tests) if pair.output is not None]
        if len(pairs) <= low:
            continue
        order = draw.sample(range(len(pairs)), draw.randint(low, min(high, len(pairs) - 1)) + 1)
        key = (task.name, (*sorted(order[:-1]), order[-1]))
        if key not in seen:
            seen.add(key)
            yield scene_of([pairs[place] for place in order[:-1]], pairs[order[-1]])
            if len(seen) == count:
                return


def usable(task: Task, options: ArcOptions) -> bool:
    """Returns whether every output has the size of its input, if it must, and no side is too long."""
    pairs = (*task.train, *task.test)
    shapes = [(pair.input.shape, pair.input.shape if pair.output is None else pair.output.shape) for pair in pairs]
    alike = options.sizes == "any" or all(one == other for one, other in shapes)
    return alike and all(max(*one, *other) <= options.largest for one, other in shapes)


def _tasks(options: ArcOptions, part: str) -> list[Task]:
    found = arc_agi(options.version, part) if options.file is None else read_tasks(options.file)
    tasks = [task for task in found if usable(task, options) and len(task.train) >= options.examples[0]]
    if not tasks:
        keeps = "" if options.sizes == "any" else "keeps the size of its grids, "
        raise DataError(
            f"none of {len(found)} tasks {keeps}has sides of at most {options.largest} cells and "
            f"at least {options.examples[0]} examples"
        )
    return tasks


def _step(pair: Pair, role: str) -> dict[str, Any]:
    done = {} if pair.output is None else {"answer": pair.output.tolist()}
    return {"role": role, "see": {"board": pair.input.tolist()}, "do": done}
