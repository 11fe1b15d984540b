"""Shows a thought while it happens, tick by tick."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from ltm.cli.render import (
    BLANKS,
    Letters,
    board,
    changes,
    confidence_bar,
    is_sudoku,
    percent,
    plain_of,
    thought_frame,
    zones_panel,
)
from ltm.cli.show_thought import letters_of, seen_letters

if TYPE_CHECKING:
    from ltm.brain.thought import TickRecord
    from ltm.chart.schema import Chart
    from ltm.scenes.scene import Scene

FRAME_SECONDS = 1 / 12
UNHURRIED = 60
"""So many ticks stand for a whole frame each, so that eyes can follow; later ones are shown as fast as they come."""


class Watch:
    """Listens to a thought: a moving picture in a terminal, lines at ticks 1, 2, 4, 8, … of each try elsewhere.

    Use as a context manager around `think(..., listen=watch)`.

    Args:
        console: where to.
        scene: what is thought about.
        chart: the brain's.
        sleep: waits some seconds.
        clock: tells seconds.
    """

    def __init__(
        self,
        console: Console,
        scene: Scene,
        chart: Chart,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console, self.sleep, self.clock = console, sleep, clock
        self.player = Player(scene, chart, plain_of(console), console.width)
        self.live: Live | None = None
        self.told = 0
        self.drawn = -math.inf
        self.pending: tuple[TickRecord, int] | None = None

    def __enter__(self) -> Watch:
        if self.console.is_terminal:
            self.live = Live(console=self.console, auto_refresh=False, transient=True, vertical_overflow="crop")
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, where: TracebackType | None
    ) -> None:
        self._flush()
        if self.live is not None:
            self.live.stop()

    def __call__(self, record: TickRecord, beside: int) -> None:
        if self.pending is not None and record.tick <= self.pending[0].tick:
            self._flush()  # a new try begins: the old one's end is always shown
        self.told += 1
        self.player.moved |= record.transition
        self.pending = record, beside
        if self.live is None:
            if (record.tick + 1).bit_count() == 1:
                self._flush()
        elif self.told <= UNHURRIED or self.clock() - self.drawn >= FRAME_SECONDS:
            self._flush()

    def _flush(self) -> None:
        if self.pending is None:
            return
        record, beside = self.pending
        self.pending = None
        if self.live is None:
            self.console.print(self.player.line(record, beside), soft_wrap=True, highlight=False)
            return
        self.live.update(self.player.frame(record, beside), refresh=True)
        self.drawn = self.clock()
        if self.told <= UNHURRIED:
            self.sleep(FRAME_SECONDS)


class Player:
    """Turns records into frames or lines; remembers the previous answer and every role's newest transition."""

    def __init__(self, scene: Scene, chart: Chart, plain: bool, wide: int) -> None:
        self.chart, self.plain, self.wide = chart, plain, wide
        self.roles = [f"{zone}.{role}" for zone, spec in chart.zones.items() for role in spec.roles]
        self.seen = {act: seen_letters(chart, scene, act) for act in chart.acts}
        self.previous: dict[str, Letters] = {}
        self.moved: dict[str, float] = {}
        self.tick = -1

    def _answers(self, record: TickRecord) -> Mapping[str, Letters]:
        if record.tick <= self.tick:
            self.previous = {}  # another try
        self.tick = record.tick
        given = record.answer or {}
        return {act: letters_of(self.chart.acts[act], value) for act, value in given.items() if act in self.seen}

    def frame(self, record: TickRecord, beside: int) -> RenderableType:
        """Returns the picture of one tick."""
        answers = self._answers(record)
        self.moved |= record.transition
        grids = [
            board(self.seen[act], answer, self.previous.get(act), plain=self.plain, wide=self.wide)
            for act, answer in answers.items()
        ]
        self.previous |= answers
        title = Text.assemble((f"try {record.attempt + 1}", "bold"), f"  tick {record.tick + 1}")
        if beside > 1:
            title.append(f"  the surest of {beside} side by side", "bright_black")
        lamps = zones_panel(record.fired, self.roles, self.moved, plain=self.plain)
        return thought_frame(title, grids, lamps, confidence_bar(record.confidence, 20, plain=self.plain), self.wide)

    def line(self, record: TickRecord, beside: int) -> Text:
        """Returns one tick in a line."""
        answers = self._answers(record)
        line = Text(self._words(record, beside, answers))
        self.previous |= answers
        return line

    def _words(self, record: TickRecord, beside: int, answers: Mapping[str, Letters]) -> str:
        fired = " ".join(record.fired[:4]) + (f" +{len(record.fired) - 4}" if len(record.fired) > 4 else "")
        which = f"try {record.attempt + 1}" + (f", surest of {beside}" if beside > 1 else "")
        words = [which, f"tick {record.tick + 1:3}"]
        words.append(f"fired {fired or 'none'}")
        if record.transition:
            words.append(f"moved {math.sqrt(sum(s * s for s in record.transition.values())):.2f}")
        if record.confidence is not None:
            words.append(f"confidence {percent(record.confidence)}")
        for act, answer in answers.items():
            if is_sudoku(self.seen[act]):
                filled = sum(letter not in BLANKS for row in answer for letter in row)
                words.append(f"filled {filled}/81")
            if act in self.previous:
                words.append(f"changed {len(changes(answer, self.previous[act]))}")
        return "  ".join(words)
