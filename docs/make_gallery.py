"""Makes docs/gallery.md and its pictures: some ticks of a thought of each skill, by brains fitted by a command each.

python docs/make_gallery.py

Brains that aren't in runs/gallery yet are fitted first, by the commands that the page shows: some minutes each. Others
are those that a benchmark has left in runs/, with data that comes with no package.
"""

from __future__ import annotations

import argparse
import io
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ltm.brain.brain import Brain
from ltm.brain.perceive import Coupled
from ltm.brain.think import think
from ltm.cli.main import run
from ltm.cli.render_picture import picture
from ltm.cli.show_perceived import show_perceived
from ltm.cli.show_scene import show_scene
from ltm.cli.show_thought import steps_table
from ltm.cli.watch_thought import Player
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.scenes.pictured import Picture
from ltm.scenes.rows_made import rows_made
from ltm.scenes.scene import Scene, Step
from ltm.scenes.sources import SOURCES
from ltm.senses.image import ImageSpec

DOCS = Path(__file__).parent
RUNS = Path("runs/gallery")
WIDE = 134


@dataclass(frozen=True)
class Shown:
    """One skill of the gallery.

    Attributes:
        title: of the skill.
        command: that fits the brain, with `OUT` for its folder; or a benchmark; empty for the brain that ships.
        scene: makes what is thought about, from the brain.
        says: what to look at.
        before: Python of docs/five-minutes.md that writes the data first, by the title of its example.
        run: folder in runs/ in which the benchmark leaves the brain.
        page: makes pictures for the brain to read to the mind that ships, instead of a scene.
    """

    title: str
    command: str
    scene: Callable[[Brain], Scene]
    says: str
    before: str = ""
    run: str = ""
    page: Callable[[], list[Picture]] | None = None


def _seen(**sees: Any) -> Callable[[Brain], Scene]:
    return lambda brain: Scene(sees)


def _from_source(name: str, options: dict[str, Any], number: int, seed: int) -> Callable[[Brain], Scene]:
    """Makes a scene of a built-in source that no brain was fitted to: its seed is another."""

    def make(brain: Brain) -> Scene:
        source = SOURCES[name]
        made = (source.test or source.make)(source.options.model_validate(options), number + 1, seed)
        row = list(rows_made(made, source.columns))[number]
        return Scene({column: row[column] for column in source.seen})

    return make


def _steps_of(name: str, options: dict[str, Any], number: int, seed: int, last: int) -> Callable[[Brain], Scene]:
    """Makes a scene of several steps of a built-in source; `last` is the question."""

    def make(brain: Brain) -> Scene:
        source = SOURCES[name]
        row = list(source.make(source.options.model_validate(options), number + 1, seed))[number]
        steps = [Step(step["see"], step["role"], step["do"]) for step in row["steps"][:last]]
        asked = Step(steps[-1].sees, steps[-1].role)
        return Scene({name: value for name, value in row.items() if name != "steps"}, steps=[*steps[:-1], asked])

    return make


def _shown(pairs: Sequence[tuple[str, str]], question: str) -> Callable[[Brain], Scene]:
    """Makes a scene of lines of digits: pairs that show a rule, then a question."""
    steps = [Step({"board": _line(seen)}, "example", {"answer": _line(done)}) for seen, done in pairs]
    return lambda brain: Scene(steps=[*steps, Step({"board": _line(question)}, "question")])


def _line(digits: str) -> list[list[int]]:
    return [[int(digit) for digit in digits]]


def _garbled_board() -> list[Picture]:
    """Pictures that no brain has learned from, a cell each; one of them is half another digit."""
    source = SOURCES["digits"]
    assert source.test is not None
    rows = list(rows_made(source.test(source.options(), 10_000, 0), source.columns))
    images = [source.columns["image"].encode(row["image"]) for row in rows]
    labels = np.array([int(row["label"]) for row in rows])
    draw = np.random.default_rng(63)

    def one(digit: int) -> np.ndarray:
        return images[draw.choice(np.flatnonzero(labels == digit))]

    found: list[Picture] = [None if cell == "." else one(int(cell)) for cell in EASY]
    mixed = GARBLED[1] * one(GARBLED[2]).astype(float) + (1 - GARBLED[1]) * one(int(EASY[GARBLED[0]])).astype(float)
    found[GARBLED[0]] = mixed.astype(np.uint8)
    return found


EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
GARBLED = (0, 0.6, 3)
"""A cell, how much of another digit is in it, and which."""
HARD = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."
GALLERY = {
    "sudoku": Shown("Sudoku", "", _seen(puzzle=HARD), "A hard one. Changed cells are yellow, lamps are roles."),
    "maze": Shown(
        "A maze",
        "ltm fit maze --option 'sizes=[5,9]' --minutes 4 --size 500KB -o OUT",
        _from_source("maze", {"sizes": [9, 9]}, 1, 77),
        "Each tick hears one cell farther, so a path grows from both ends.",
    ),
    "listops": Shown(
        "A nested list",
        "python -m benchmarks.listops DATA --minutes 5 --seeds 1",
        _seen(expression="[MAX 2 [MIN 8 [LAST 3 7 ] 9 ] 4 ]"),
        "The answer changes as values arrive from the inner brackets.",
        run="listops-5min-brain-0",
    ),
    "digits": Shown(
        "A digit",
        "ltm fit digits --minutes 1 --size 500KB -o OUT",
        _from_source("digits", {}, 9, 0),
        "One look is nearly enough.",
    ),
    "text": Shown(
        "A text",
        "ltm fit reviews.tsv --see review:text --do mood --minutes 1 --size 700KB -o OUT",
        _seen(review="nobody says that the plot was clumsy and the film dull"),
        "Blame that is denied.",
        "Text",
    ),
    "table": Shown(
        "A row of a table",
        "ltm fit animals.csv --see '*' --do species --minutes 1 --size 500KB -o OUT",
        _seen(weight="8.5", length="", island="south"),
        "One of the cells is missing.",
        "A table with missing values",
    ),
    "scan": Shown(
        "A command",
        "python -m benchmarks.scan DATA --minutes 5 --seeds 1 --order left-to-right",
        _seen(command="turn left twice after jump right thrice"),
        "Said from left to right: what was said is seen by what comes next.",
        run="scan-left-to-right-5min-brain-0",
    ),
    "rules": Shown(
        "A rule shown by examples",
        "python -m benchmarks.arc TASKS.jsonl --minutes 10 --seeds 1",
        _shown(
            [("0055550000", "0050050000"), ("0777770000", "0700070000"), ("0000022200", "0000020200")], "0333333300"
        ),
        "Three pairs show what to do; then comes the question.",
        run="arc-10min-brain-0",
    ),
    "minigrid": Shown(
        "A walk with a mission",
        "python -m benchmarks.minigrid --level GoToLocal --episodes 2000 --minutes 5 --seeds 1",
        _steps_of("minigrid", {"level": "GoToLocal"}, 2, 77, 4),
        "What is seen before the agent; the mission is the goal. Each step moves the field, in part as foreseen.",
        run="minigrid-GoToLocal-5min-brain-0",
    ),
    "perceive": Shown(
        "A board of pictures",
        "ltm fit digits --minutes 1 --size 500KB -o OUT",
        _seen(),
        "The eye has seen single digits, the mind that ships has seen symbols; neither has seen the other's data. One "
        "picture is garbled and read wrongly (no other is: such a draw was chosen). Pictures in doubt are left "
        "blank, and thought fills in what they show.",
        run="gallery/digits",
        page=_garbled_board,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("skills", nargs="*", help=f"only these of {', '.join(GALLERY)}")
    for name in parser.parse_args().skills or list(GALLERY):
        shown = GALLERY[name]
        brain = _brain(name, shown)
        drawn = _drawn(brain, shown.scene(brain)) if shown.page is None else _perceived(brain, shown.page())
        (DOCS / f"gallery-{name}.svg").write_text(drawn, encoding="utf-8")
    (DOCS / "gallery.md").write_text(page(), encoding="utf-8")


def page() -> str:
    """Returns the page."""
    lines = ["# Gallery", "", "Thoughts as `ltm think --watch` shows them: an early tick, a later one, and the last."]
    for name, shown in GALLERY.items():
        command = f"`{shown.command.replace('OUT', f'{name}/')}`" if shown.command else "the brain that ships"
        after = f", with the data of [that example]({_anchor(shown.before)})" if shown.before else ""
        lines += ["", f"## {shown.title}", "", f"![{shown.title}: a thought](gallery-{name}.svg)", ""]
        lines.append(f"{shown.says} By {command}{after}.")
    return "\n".join([*lines, "", "The pictures and this page are made by `python docs/make_gallery.py`.", ""])


def _anchor(title: str) -> str:
    return "five-minutes.md#" + title.lower().replace(" ", "-")


def _brain(name: str, shown: Shown) -> Brain:
    if not shown.command:
        return load_brain(shipped_brain())[0]
    folder = RUNS.parent / shown.run if shown.run else RUNS / name
    if not (folder / "brain.json").exists():
        if shown.run:
            raise SystemExit(f"{name}: there is no {folder}; first: {shown.command}")
        command = shown.command.replace("OUT", str(folder))
        words = shlex.split(command)[1:]
        if shown.before:
            RUNS.mkdir(parents=True, exist_ok=True)
            words[1] = str(_data(shown.before, words[1]))
        if run(words):
            raise SystemExit(f"{shown.command}: failed")
    return load_brain(folder)[0]


def _data(title: str, name: str) -> Path:
    """Writes the data of an example of the five-minutes page."""
    page = (DOCS / "five-minutes.md").read_text(encoding="utf-8")
    code = page.split(f"## {title}\n", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]
    subprocess.run([sys.executable, "-c", code], cwd=RUNS, check=True)
    return RUNS / name


def _drawn(brain: Brain, scene: Scene) -> str:
    will = brain.chart.will.model_copy(update={"tries": 64 if "puzzle" in scene.sees else 1})
    thought = think(brain, [scene], will, trace=True)[0]
    best = max(thought.trace, key=lambda record: record.confidence or 0.0).attempt
    records = [record for record in thought.trace if record.attempt == best]
    last = len(records) - 1
    picked = {0, max(1, last // 6), last}
    player = Player(scene.question(), brain.chart, False, 42)
    frames = [(number, player.frame(record, 1)) for number, record in enumerate(records)]
    console = Console(record=True, width=WIDE, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    grid = Table.grid(padding=(0, 2))
    grid.add_row(*(frame for number, frame in frames if number in picked))
    if scene.steps:
        names = [*brain.chart.senses, *brain.chart.acts]
        show_scene("a scene", dict(scene.row()), names, {**brain.chart.senses, **brain.chart.acts}, console)
        if any(step.moved is not None for step in thought.steps):
            console.print(steps_table(thought.steps, False))
    else:
        console.print(*_beside(brain, scene, console))
    console.print(grid, Text(thought.words(), "bright_black"))
    return console.export_svg(title="ltm think --watch")


def _perceived(eye: Brain, pictures: list[Picture]) -> str:
    coupled = Coupled(eye, load_brain(shipped_brain())[0])
    found = coupled.think(pictures)
    console = Console(record=True, width=WIDE, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    garbled = pictures[GARBLED[0]]
    assert garbled is not None
    console.print(Text("the garbled picture, in row 1, column 1", "bold"), picture(garbled, console, WIDE), Text(""))
    show_perceived(coupled, found, pictures, console)
    return console.export_svg(title="ltm perceive")


def _beside(brain: Brain, scene: Scene, console: Console) -> list[RenderableType]:
    """What is seen, where the answer doesn't lie over it."""
    parts: list[RenderableType] = []
    for name, value in scene.sees.items():
        spec = brain.chart.senses[name]
        if isinstance(spec, ImageSpec):
            parts += [Text(name, "bold"), picture(spec.encode(value), console, WIDE), Text("")]
        elif spec.kind != "grid":
            parts.append(Text.assemble((f"{name}  ", "bold"), str(value) or "(missing)"))
    return [Group(*parts, Text(""))] if parts else []


if __name__ == "__main__":
    main()
