"""Shows one thought: how it went, tick by tick, and what came of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from ltm.cli.render import (
    BLANKS,
    Letters,
    board,
    changes,
    confidence_bar,
    count,
    is_sudoku,
    percent,
    plain_of,
    safe,
    thought_frame,
    zones_panel,
)

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.brain.thought import Thought, TickRecord
    from ltm.chart.schema import Chart
    from ltm.scenes.scene import Scene
    from ltm.senses.grid import GridSpec

FRAME_SECONDS = 1 / 12
MOST_FRAMES = 180
"""A longer thought is shown in even steps, so that watching takes some fifteen seconds at most."""
MOST_LINES = 16
"""Lines a try where there is no terminal to draw in."""


def letters_of(spec: GridSpec, value: Any) -> list[list[str]]:
    """Returns the letters of a grid, as people write them; numbers where the grid is written as nested lists."""
    symbols = spec.encode(value)
    if spec.form == "lists":
        return [[str(int(symbol)) for symbol in row] for row in symbols]
    return [[spec.letters[int(symbol)] for symbol in row] for row in symbols]


def show_thought(
    brain: Brain, scene: Scene, thought: Thought, watch: bool = False, console: Console | None = None
) -> None:
    """Prints a thought's answer, confidence and cost; with `watch`, first plays its trace."""
    console = console or Console(soft_wrap=True)
    plain, chart = plain_of(console), brain.chart
    if watch and thought.trace:
        watch_trace(thought.trace, console, scene, chart)
    for name, spec in chart.acts.items():
        answer = letters_of(spec, thought.answer[name])
        console.print(board(_seen(chart, scene, name), answer, plain=plain, wide=console.width))
        if isinstance(thought.answer[name], str):
            console.print(Text.assemble((f"{name}  ", "bold"), safe(thought.answer[name], plain)), soft_wrap=True)
        if name in scene.does:
            wrong = len(changes(answer, letters_of(spec, scene.does[name])))
            words = (
                f"{wrong} cell{'s differ' if wrong != 1 else ' differs'} from the known answer" if wrong else "right"
            )
            console.print(Text(words, "red" if wrong else "green"))
    console.print(confidence_bar(thought.confidence, plain=plain))
    console.print(Text(cost_words(thought), "bright_black"))


def cost_words(thought: Thought) -> str:
    """Says in one line what a thought took and what ended it."""
    ended = "sure enough" if thought.stopped_by == "confident" else f"out of {thought.stopped_by}"
    many = f"{thought.tries} {'try' if thought.tries == 1 else 'tries'}"
    spent = f"{count(thought.operations)} operations" if thought.operations else "operations not counted"
    return f"{ended}: {thought.ticks} ticks in the kept try, {many}, {thought.seconds:.2f} s, {spent}"


def _seen(chart: Chart, scene: Scene, act: str) -> Letters:
    sense = chart.acts[act].at or next(iter(chart.senses))
    return letters_of(chart.senses[sense], scene.sees[sense])


def watch_trace(
    trace: Iterable[TickRecord],
    console: Console,
    scene: Scene,
    chart: Chart,
    *,
    pause: float = FRAME_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Plays a trace: a moving picture in a terminal, a line every few ticks elsewhere.

    Args:
        trace: what happened; tries that ran side by side are shown as one, always the surest of them.
        console: where to.
        scene: what was thought about.
        chart: the brain's.
        pause: seconds that a picture stands at least; never shorter than a twelfth.
        sleep: waits.
    """
    player = Player(scene, chart, plain_of(console), console.width)
    looks = list(_surest(trace))
    if not console.is_terminal:
        for line in player.lines(looks):
            console.print(line, soft_wrap=True, highlight=False)
        return
    every = max(1, math.ceil(len(looks) / MOST_FRAMES))
    with Live(console=console, auto_refresh=False, transient=True, vertical_overflow="crop") as live:
        for number, (record, beside) in enumerate(looks):
            frame = player.frame(record, beside)
            if number % every == 0 or number == len(looks) - 1:
                live.update(frame, refresh=True)
                sleep(max(pause, FRAME_SECONDS))


def _surest(trace: Iterable[TickRecord]) -> Iterator[tuple[TickRecord, int]]:
    """Yields one record a tick, the surest of the tries that ran side by side, and how many these were."""
    group: list[TickRecord] = []
    for record in trace:
        # Tries side by side are recorded tick by tick, so a tick is over when its number changes or a try comes again.
        if group and (record.tick != group[0].tick or record.attempt <= group[-1].attempt):
            yield max(group, key=lambda one: one.confidence or 0.0), len(group)
            group = []
        group.append(record)
    if group:
        yield max(group, key=lambda one: one.confidence or 0.0), len(group)


class Player:
    """Turns records into frames or lines; remembers the previous answer and every role's newest transition."""

    def __init__(self, scene: Scene, chart: Chart, plain: bool, wide: int) -> None:
        self.chart, self.plain, self.wide = chart, plain, wide
        self.roles = [f"{zone}.{role}" for zone, spec in chart.zones.items() for role in spec.roles]
        self.seen = {act: _seen(chart, scene, act) for act in chart.acts}
        self.previous: dict[str, Letters] = {}
        self.moved: dict[str, float] = {}

    def _answers(self, record: TickRecord) -> Mapping[str, Letters]:
        if record.tick == 0:
            self.previous = {}
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

    def lines(self, looks: Sequence[tuple[TickRecord, int]]) -> Iterator[Text]:
        """Yields a line every few ticks, and always the last tick of a try."""
        every = max(1, math.ceil(len(looks) / MOST_LINES))
        for number, (record, beside) in enumerate(looks):
            answers = self._answers(record)
            last = number + 1 == len(looks) or looks[number + 1][0].tick <= record.tick
            if number % every == 0 or last:
                yield Text(self._line(record, beside, answers))
                self.previous |= answers

    def _line(self, record: TickRecord, beside: int, answers: Mapping[str, Letters]) -> str:
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
