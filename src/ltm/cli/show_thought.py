"""Shows what came of a thought: the answer, how sure it is, and what it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ltm.cli.render import (
    Letters,
    board,
    changes,
    confidence_bar,
    plain_of,
    safe,
)

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.brain.thought import StepRecord, Thought
    from ltm.chart.schema import Chart
    from ltm.scenes.scene import Scene
    from ltm.senses.value import ValueSpec


def letters_of(spec: ValueSpec, value: Any) -> list[list[str]]:
    """Returns the letters of a grid, as people write them: numbers where it is written as lists.

    Any other value is one letter: its text; a number that of its bin's centre.
    """
    from ltm.acts.canvas import CanvasSpec
    from ltm.acts.number import NumberActSpec
    from ltm.senses.grid import GridSpec

    if isinstance(spec, NumberActSpec):
        return [[f"{spec.decode(spec.encode(value)):.6g}"]]
    if not isinstance(spec, GridSpec | CanvasSpec):
        return [[str(value)]]
    symbols = spec.encode(value) if isinstance(spec, GridSpec) else spec.grid(value)
    if spec.form == "lists":
        return [[str(int(symbol)) for symbol in row] for row in symbols]
    return [[spec.letters[int(symbol)] for symbol in row] for row in symbols]


def show_thought(brain: Brain, scene: Scene, thought: Thought, console: Console | None = None) -> None:
    """Prints a thought's answer, confidence and cost."""
    from ltm.acts.canvas import CanvasSpec
    from ltm.senses.grid import GridSpec

    console = console or Console(soft_wrap=True)
    plain, chart, scene = plain_of(console), brain.chart, scene.question()
    if any(step.moved is not None for step in thought.steps):
        console.print(steps_table(thought.steps, plain))
    for name, spec in chart.acts.items():
        flat = isinstance(spec, GridSpec | CanvasSpec)
        answer = letters_of(spec, thought.answer[name])
        if flat:
            console.print(board(seen_letters(chart, scene, name), answer, plain=plain, wide=console.width))
        if isinstance(thought.answer[name], str) or not flat:
            line = thought.answer[name] if flat else answer[0][0]
            console.print(Text.assemble((f"{name}  ", "bold"), safe(line, plain)), soft_wrap=True)
        if name in scene.does:
            known = letters_of(spec, scene.does[name])
            wrong = len(changes(answer, known))
            words = f"{wrong} cell{'s differ' if wrong != 1 else ' differs'} from the known answer"
            if not flat:
                words = f"the known answer is {safe(known[0][0], plain)}"
            words = words if wrong else "right"
            console.print(Text(words, "red" if wrong else "green"))
    console.print(confidence_bar(thought.confidence, plain=plain))
    console.print(Text(thought.words(), "bright_black"))
    if thought.paging is not None:
        console.print(Text(f"memory: {thought.paging.words()}", "bright_black"))


def steps_table(steps: Sequence[StepRecord], plain: bool) -> Table:
    """Lists the steps: how far each moved the field, and how much of that was not foreseen."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for words in ("step", "role", "moved the field by", "not foreseen"):
        table.add_column(words, justify="left" if words == "role" else "right", no_wrap=True)
    for record in steps:
        moved = ("", "") if record.moved is None else (f"{record.moved:.2f}", f"{record.missed or 0.0:.2f}")
        table.add_row(str(record.step + 1), safe(record.role, plain), *moved)
    return table


def seen_letters(chart: Chart, scene: Scene, act: str) -> Letters:
    """Returns the letters of what an act's answer lies over; one blank for an answer that lies over nothing."""
    from ltm.senses.grid import GridSpec

    spec, first = chart.acts[act], next(iter(chart.senses))
    if not isinstance(spec, GridSpec):
        return [[" "]]
    sense = spec.place(first) or first
    return letters_of(chart.senses[sense], scene.sees[sense])
