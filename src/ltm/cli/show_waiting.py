"""Shows work of a known length before training: a moving bar in a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ltm.cli.render import clock, percent, plain_of, safe
from ltm.cli.show_training import LINE_SECONDS


class Waiting:
    """A context manager that is called with what is going on and how much of it is done, from 0 to 1.

    What takes a moment leaves no line behind: the bar goes when all is done, and lines begin after `seconds`.

    Args:
        console: where to show it.
        seconds: between lines where there is no terminal.
        now: tells the time in seconds.
    """

    def __init__(
        self, console: Console, seconds: float = LINE_SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.console, self.seconds, self.now = console, seconds, now
        self.plain = plain_of(console)
        self.progress = Progress(
            SpinnerColumn("line" if self.plain else "dots", style="cyan"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=32, complete_style="cyan", finished_style="green"),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self.what: str | None = None
        self.task: TaskID | None = None
        self.began = self.next = 0.0

    def __enter__(self) -> Waiting:
        if self.console.is_terminal:
            self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.progress.stop()

    def __call__(self, what: str, share: float) -> None:
        """Takes in how far the work is."""
        moment = self.now()
        if what != self.what:
            self.what, self.began, self.next = what, moment, moment + self.seconds
            if self.console.is_terminal:
                if self.task is not None:
                    self.progress.remove_task(self.task)
                self.task = self.progress.add_task(safe(what, self.plain), total=1.0)
        if self.console.is_terminal:
            assert self.task is not None
            self.progress.update(self.task, completed=share)
        elif moment >= self.next:
            self.next = moment + self.seconds
            left = f"{clock((moment - self.began) * (1 - share) / share)} left" if share > 0 else ""
            self.console.print(Text(f"{safe(what, self.plain)}  {percent(share)}  {left}"), soft_wrap=True)
