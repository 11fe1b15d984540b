"""Makes docs/thought.svg: some ticks of the shipped brain's thought about a hard Sudoku.

python docs/make_pictures.py
"""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ltm.brain.think import think
from ltm.cli.demo import HARD
from ltm.cli.watch_thought import Player
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.scenes.scene import Scene

WIDE = 118


def main() -> None:
    brain, _ = load_brain(shipped_brain())
    scene = Scene({"puzzle": HARD})
    will = brain.chart.will.model_copy(update={"tries": 64})
    thought = think(brain, [scene], will, trace=True)[0]
    best = max(thought.trace, key=lambda record: record.confidence or 0.0).attempt
    records = [record for record in thought.trace if record.attempt == best]
    last = len(records) - 1
    picked = {0, max(1, last // 6), last}
    player = Player(scene, brain.chart, False, 40)
    frames = []
    for number, record in enumerate(records):
        frame = player.frame(record, 1)
        if number in picked:
            frames.append(frame)
    grid = Table.grid(padding=(0, 2))
    grid.add_row(*frames)
    console = Console(record=True, width=WIDE, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Group(grid, Text(thought.words(), "bright_black")))
    Path(__file__).with_name("thought.svg").write_text(console.export_svg(title="ltm think --watch"), encoding="utf-8")


if __name__ == "__main__":
    main()
