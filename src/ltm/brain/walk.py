"""Walking through scenes of several steps: the field is carried from each step to the next.

Shapes: B batch, T steps of a scene, W steps of a window, S sites, D field width, N cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.circuit import Recorder
from ltm.brain.mind import Mind, Reading
from ltm.brain.steps import DID, SHOWN, felt_acts
from ltm.brain.telling import Teller
from ltm.brain.thought import StepRecord
from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.step_rows import ROLE
from ltm.senses.layout import void_of
from ltm.zones.places import Places

Think = Callable[[Brain, Mind, dict[str, Tensor]], Reading]
"""Thinks about one step's values `[B, *sides]` for a segment, and reads."""


@dataclass
class Move:
    """Where the field went from one step to the next, and where it was expected to go, both `[B, S, D]`.

    Attributes:
        made: the move itself, without gradient.
        foreseen: what was expected of it.
        mask_BS: at which sites there was something by then; None where all exist.
    """

    made: Tensor
    foreseen: Tensor
    mask_BS: Tensor | None = None

    def there(self, move_BSD: Tensor) -> Tensor:
        """Returns a move at the sites that exist, and none elsewhere."""
        return move_BSD if self.mask_BS is None else move_BSD * self.mask_BS[..., None]

    @property
    def numbers_B(self) -> Tensor:
        """How many numbers each scene's move consists of."""
        batch, sites, width = self.made.shape
        return width * (torch.full((batch,), sites) if self.mask_BS is None else self.mask_BS.sum(1))

    def missed(self) -> tuple[Tensor, Tensor]:
        """Returns the squared error and the squared length of each scene's move, both `[B]`."""
        error = self.there(self.foreseen.float() - self.made.float()).square().sum((1, 2))
        return error, self.there(self.made.float()).square().sum((1, 2))


@dataclass
class Walk:
    """What came of walking through steps.

    Attributes:
        readings: one for each step.
        moves: one for each pair of steps; empty where nothing is foreseen.
        ahead: the field before the step that follows, and its move that is foreseen, both `[B, S, D]`; None where
            nothing is foreseen, or no step follows.
    """

    readings: list[Reading] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    ahead: tuple[Tensor, Tensor] | None = None

    def arrive(self, reading: Reading, field_BSD: Tensor | None, mask_BS: Tensor | None) -> None:
        """Adds the step that followed.

        Args:
            reading: of it, after a segment.
            field_BSD: as it was then; None where it was thought about for less than a segment.
            mask_BS: which sites existed by then; None where all did.
        """
        self.readings.append(reading)
        if self.ahead is not None and field_BSD is not None:
            before, foreseen = self.ahead
            self.moves.append(Move((field_BSD - before).detach(), foreseen, mask_BS))
        self.ahead = None


def columns_at_steps(chart: Chart, values: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Returns the columns that have an axis of steps: all that are there of senses, roles and acts."""
    return tuple(name for name in (*chart.senses, ROLE, *chart.acts) if name in values)


def lengths(values: Mapping[str, Tensor]) -> Tensor:
    """Returns how many steps each scene has `[B]`."""
    roles_BT = values[ROLE]
    return (roles_BT != void_of(roles_BT.dtype)).sum(1)


def window(chart: Chart, values: Mapping[str, Tensor], first_B: Tensor, width: int) -> dict[str, Tensor]:
    """Returns some steps of each scene, `[B, W, *sides]`, with what was done before each.

    Where a scene ends within the window, its last step goes on.

    Args:
        chart: of the brain.
        values: whole scenes `[B, T, *sides]`.
        first_B: the first step, of each scene its own.
        width: how many steps.
    """
    wanted_BW = first_B[:, None] + torch.arange(width)
    index_BW = torch.minimum(wanted_BW, lengths(values)[:, None] - 1)
    rows_B1 = torch.arange(len(first_B))[:, None]
    found = {name: values[name][rows_B1, index_BW] for name in columns_at_steps(chart, values)}
    shows_BW = shows(chart, found[ROLE])
    if shows_BW is not None:
        found |= {SHOWN + name: _only(values[name][rows_B1, index_BW], shows_BW) for name in chart.acts}
    for name in felt_acts(chart):
        before = values[name][rows_B1, (index_BW - 1).clamp_min(0)]
        found[DID + name] = _only(before, index_BW > 0)
    return found


def shows(chart: Chart, role: Tensor) -> Tensor | None:
    """Returns at which steps what was done is shown; None where no role shows it."""
    assert chart.steps is not None
    if not chart.steps.shows:
        return None
    return torch.isin(role, torch.tensor([chart.steps.roles.index(name) for name in chart.steps.shows]))


def _only(values: Tensor, where_BW: Tensor) -> Tensor:
    """Returns values `[B, W, *sides]` where they count, elsewhere what pads them."""
    others = ~where_BW.reshape(*where_BW.shape, *[1] * (values.ndim - 2))
    return values.masked_fill(others, int(void_of(values.dtype)))


def each(steps: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """Yields the values of one step after the other."""
    for number in range(steps[ROLE].shape[1]):
        yield {name: value[:, number] for name, value in steps.items()}


def walk(
    brain: Brain, mind: Mind, steps: Mapping[str, Tensor], think: Think, following: Mapping[str, Tensor] | None = None
) -> Walk:
    """Thinks about some steps one after the other; changes `mind`.

    Args:
        brain: who thinks.
        mind: as it is before the first of them.
        steps: their values `[B, W, *sides]`, as `window` gives them.
        think: what is done at each step.
        following: the values of the step after them, which the move into is foreseen; without it none is.
    """
    found = Walk()
    listed = list(each(steps))
    for number, values in enumerate(listed):
        mind.places = brain.layout.widened(mind.places, values)
        found.arrive(think(brain, mind, values), mind.lanes.field, mind.places.mask_BS)
        upcoming = listed[number + 1] if number + 1 < len(listed) else following
        if brain.steps is not None and brain.steps.transition is not None and upcoming is not None:
            now = mind.lanes.field
            found.ahead = now, brain.steps.foresee(now, upcoming, mind.places)
    return found


def begin(
    brain: Brain,
    values: Mapping[str, Tensor],
    generator: torch.Generator | None,
    dtype: torch.dtype,
    think: Think | None = None,
) -> tuple[Mind, dict[str, Tensor], Walk]:
    """Starts thoughts; of scenes of several steps, all but the last are walked through, a segment each.

    Args:
        brain: who thinks.
        values: `[B, *sides]`, or scenes of equally many steps `[B, T, *sides]`.
        generator: of the noise in starting states.
        dtype: of the field.
        think: what is done at each of the others; `think_segment` when absent.

    Returns:
        The mind, which sees the last step; that step's values; and what came of the others.
    """
    mind = brain.begin(values, generator, dtype)
    if brain.chart.steps is None:
        return mind, dict(values), Walk()
    batch, count = values[ROLE].shape
    steps = window(brain.chart, values, torch.zeros(batch, dtype=torch.long), count)
    last = {name: value[:, -1] for name, value in steps.items()}
    earlier = {name: value[:, :-1] for name, value in steps.items()}
    found = walk(brain, mind, earlier, think or think_segment, last)
    mind.places = brain.layout.widened(mind.places, last)
    mind.input = brain.sense(last, mind.places)
    return mind, last, found


def think_segment(brain: Brain, mind: Mind, values: dict[str, Tensor], recorder: Recorder | None = None) -> Reading:
    """Sees a step's values and thinks about them for one segment."""
    mind.input = brain.sense(values, mind.places)
    return brain.think_on(mind, brain.chart.training.ticks, recorder)


def foreseeing_operations(brain: Brain, places: Places) -> int:
    """Returns the operations of foreseeing one move for one scene."""
    ahead = None if brain.steps is None else brain.steps.transition
    return 0 if ahead is None else ahead.operations(next(iter(ahead.spec.roles)), places)


def segment_operations(brain: Brain, places: Places) -> int:
    """Returns the operations of a step's segment, reading and foreseeing included; at most, where the wave chooses."""
    ticks = sum(brain.circuit.operations(places, tick) for tick in range(brain.chart.training.ticks))
    return ticks + brain.reading_operations(places) + foreseeing_operations(brain, places)


def aimed(chart: Chart, values: Mapping[str, Tensor], goal: str | None) -> dict[str, Tensor]:
    """Returns what thinking needs of the values; with a goal, that in place of the one in the scenes.

    Raises:
        DataError: a goal for a brain that hears none, or that its sense can't read.
    """
    steps = chart.steps
    needed = [*chart.senses]
    if steps is not None:
        needed += [ROLE, *(chart.acts if steps.shows else felt_acts(chart))]
    chosen = {name: values[name] for name in needed}
    if goal is None:
        return chosen
    if steps is None or steps.goal is None:
        raise DataError("this brain hears no goal: its chart names no sense under steps.goal")
    try:
        heard = torch.from_numpy(np.array(chart.senses[steps.goal].encode(goal)))
    except DataError as problem:
        raise DataError(f"goal: {problem}") from None
    return chosen | {steps.goal: heard.expand(*chosen[ROLE].shape, *heard.shape).clone()}


def last_step(chart: Chart, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the values of the last step; of scenes of one step the values themselves."""
    return dict(values) if chart.steps is None else {name: value[:, -1] for name, value in values.items()}


def step_records(
    brain: Brain, teller: Teller, values: Mapping[str, Tensor], walked: Walk, row: int, scene: int
) -> tuple[StepRecord, ...]:
    """Returns how steps went in one row of a batch.

    Args:
        brain: who thought.
        teller: decodes answers.
        values: of all scenes.
        walked: what came of the walk.
        row: of the batch.
        scene: that it belongs to.
    """
    assert brain.chart.steps is not None
    records = []
    for number, reading in enumerate(walked.readings):
        moved: tuple[float | None, float | None] = (None, None)
        if 0 < number <= len(walked.moves):
            move = walked.moves[number - 1]
            missed_B, length_B = move.missed()
            size = int(move.numbers_B[row])
            moved = (float((length_B[row] / size).sqrt()), float((missed_B[row] / size).sqrt()))
        answers = {name: answer[row] for name, answer in reading.answers.items()}
        seen = {name: values[name][scene, number] for name in brain.chart.senses}
        role = brain.chart.steps.roles[int(values[ROLE][scene, number])]
        confidence = float(brain.reflection.confidence(reading.right)[row])
        records.append(StepRecord(number, role, teller.decode(answers, seen), confidence, *moved))
    return tuple(records)
