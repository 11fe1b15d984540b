"""Shows a training run while it happens: a moving bar in a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.text import Text

from ltm.chart.base import format_bytes
from ltm.cli.render import clock, percent, plain_of, safe

if TYPE_CHECKING:
    from ltm.training.metrics import Progress as Standing

LINE_SECONDS = 15.0
"""Seconds between lines where there is no terminal."""
_REDRAWS = 8


def progress(console: Console) -> Progress:
    """Returns a bar with steps done and the time left, which the task's field `left` carries as text."""
    return Progress(
        SpinnerColumn("line" if plain_of(console) else "dots", style="cyan"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=32, complete_style="cyan", finished_style="green"),
        MofNCompleteColumn(),
        TextColumn("[bright_black]{task.fields[left]}"),
        console=console,
        auto_refresh=False,
    )


def standing_words(standing: Standing) -> str:
    """Says in one line how a run stands."""
    words = [f"loss {standing.loss:.4f}", f"right {percent(standing.right)}"]
    if standing.validation is not None:
        best = "" if standing.best is None else f" (best {percent(standing.best)})"
        words.append(f"validation {percent(standing.validation)}{best}")
    words += [f"{standing.thoughts:,.0f} thoughts/s", format_bytes(standing.memory)]
    return "  ".join(words)


class StepLine:
    """Decides when a run without a terminal gets its next line, and writes it.

    Args:
        seconds: between lines; the first and the last step always get one.
        now: tells the time in seconds.
    """

    def __init__(self, seconds: float = LINE_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.now = seconds, now
        self.next: float | None = None

    def line(self, standing: Standing) -> str | None:
        """Returns the line for this step, or None where it is too early."""
        moment = self.now()
        if self.next is not None and moment < self.next and standing.step < standing.steps:
            return None
        self.next = moment + self.seconds
        done = f"step {standing.step:,}/{standing.steps:,}"
        return f"{done}  {standing_words(standing)}  {clock(standing.seconds_left)} left"


class TrainingDisplay:
    """Shows a run: `update` after every step, `say` for what is going on beside; a context manager."""

    def __init__(self, console: Console, lines: StepLine | None = None) -> None:
        self.console, self.lines = console, lines or StepLine()
        self.plain = plain_of(console)
        self.progress = progress(console)
        self.task: TaskID | None = None
        self.standing: Standing | None = None
        self.live = Live(console=console, get_renderable=self._picture, refresh_per_second=_REDRAWS, transient=True)

    def __enter__(self) -> TrainingDisplay:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()
            if self.standing is not None:
                self.console.print(Text(self._summary(self.standing), "bright_black"))

    def update(self, standing: Standing) -> None:
        """Takes in how the run stands after a step."""
        if not self.console.is_terminal:
            line = self.lines.line(standing)
            if line is not None:
                self.console.print(Text(line), soft_wrap=True)
            return
        left = f"{clock(standing.seconds_left)} left"
        if self.task is None:
            self.task = self.progress.add_task("learning", total=standing.steps, left=left)
        self.progress.update(self.task, completed=standing.step, total=standing.steps, left=left)
        self.standing = standing

    def say(self, words: str) -> None:
        """Prints a line about what is going on, above the moving picture where there is one."""
        mark = "-" if self.plain else "·"
        self.console.print(Text(f"{mark} {safe(words, self.plain)}", "bright_black"), soft_wrap=True)

    def _picture(self) -> RenderableType:
        if self.standing is None:
            return Text("")
        return Group(self.progress, Text(f"  {standing_words(self.standing)}", no_wrap=True, overflow="ellipsis"))

    def _summary(self, standing: Standing) -> str:
        return f"{standing.step:,} of {standing.steps:,} steps  {standing_words(standing)}"
