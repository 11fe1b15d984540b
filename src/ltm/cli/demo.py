"""`ltm demo`: the shipped brain thinks, a new one is fitted in two minutes and tested, and what to type next."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

HARD = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."
"""Arto Inkala's puzzle of 2012, which newspapers called the hardest in the world."""
MOST_TICKS = 256
"""That the new brain thinks about a puzzle: after two minutes of learning, more would hardly be worth the wait."""
LONGEST_MS = 60_000
"""However slow the machine, the demo goes on after a minute."""
PLACE = Path("runs/demo")
"""What lies here is an earlier demo's, and goes; elsewhere brains and runs may be somebody's work."""


def demo(
    minutes: Annotated[float, typer.Option(min=0.05, help="Minutes of fitting.")] = 2.0,
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")] = PLACE,
) -> None:
    """Watch the shipped brain think, then fit a new one in two minutes.

    Example: ltm demo
    """
    from ltm.brain.think import think
    from ltm.chart.schema import WillSpec
    from ltm.chart.size import Sizes
    from ltm.cli.show_brain import show_brain
    from ltm.cli.show_thought import show_thought
    from ltm.cli.training import console_of, run_training
    from ltm.cli.watch_thought import Watch
    from ltm.runtime.alone import alone
    from ltm.runtime.brains import load_brain
    from ltm.runtime.shipped import shipped_brain
    from ltm.scenes.scene import Scene
    from ltm.training.from_data import propose_for

    console = console_of()
    console.rule("[bold]1. A shipped brain thinks")
    brain, _ = load_brain(shipped_brain())
    show_brain(brain.chart, Sizes.of(brain.chart), console)
    scene = Scene({next(iter(brain.chart.senses)): HARD})
    will = WillSpec.model_validate({**brain.chart.will.model_dump(), "tries": 64, "ms": LONGEST_MS})
    with Watch(console, scene, brain.chart) as listen:
        thought = think(brain, [scene], will, listen=listen)[0]
    show_thought(brain, scene, thought, console=console)
    console.rule(f"[bold]2. A new brain learns from scratch, in {minutes:g} minutes")
    chart, notes = propose_for("sudoku", [], [], minutes=minutes, size="1MB", out=out)
    chart = chart.model_copy(update={"will": chart.will.model_copy(update={"ticks": MOST_TICKS})})
    for note in notes:
        console.print(f"  {note}", highlight=False, markup=False)
    with alone(out, "trains it"):
        if out == PLACE:
            _forget(out)
        run_training(chart, out, Path(), fresh=True, console=console)
    console.rule("[bold]3. Next")
    program = _program()
    for line in (
        f"{program} think {shlex.quote(str(out))} --watch '{HARD}'",
        f"{program} fit your.csv --see question --do answer --minutes 15 -o brain/",
        f"{program} chart draw sudoku -o brain.svg",
        f"{program} --help",
    ):
        console.print(f"  {line}", highlight=False, markup=False)


def _program() -> str:
    """Returns how this program is called from here: by its name where that finds it, else by its place."""
    own = Path(sys.prefix) / "bin" / "ltm"
    found = shutil.which("ltm")
    if not own.exists() or (found is not None and Path(found).resolve() == own.resolve()):
        return "ltm"
    near = f"./{own.relative_to(Path.cwd())}" if own.is_relative_to(Path.cwd()) else str(own)
    return shlex.quote(near)


def _forget(out: Path) -> None:
    """Removes an earlier demo's brain and run, so that the demo always starts from scratch."""
    from ltm.runtime.folder import inspect_folder
    from ltm.training.plan import PLAN
    from ltm.training.run_folder import run_folder

    if (out / "brain.json").exists():
        inspect_folder(out)  # refuses to remove what is not a brain
        shutil.rmtree(out)
    if (run_folder(out) / PLAN).exists():
        shutil.rmtree(run_folder(out))
