"""Living through an episode: a brain sees, does, and carries its field on to what comes next, for as long as it lasts.

Shapes: B worlds side by side.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.mind import Mind
from ltm.brain.steps import DID, SHOWN
from ltm.brain.walk import aimed, shows
from ltm.chart.schema import Chart, WillSpec
from ltm.errors import DataError
from ltm.scenes.scene import Scene, Step, encode
from ltm.scenes.step_rows import ROLE
from ltm.senses.layout import void_of


def nothing_done(chart: Chart, act: str, batch: int) -> Tensor:
    """Returns what an act has done before the first step: nothing `[B, 1]`."""
    layout = chart.acts[act].layout
    return torch.from_numpy(np.full((batch, 1), layout.void, dtype=layout.dtype))


@dataclass(frozen=True)
class Deed:
    """What a brain does at a step.

    Attributes:
        answer: one value for each act.
        confidence: calibrated probability that it is what should be done.
    """

    answer: dict[str, Any]
    confidence: float


class Episode:
    """One or more episodes lived side by side, of any length, in constant memory.

    Args:
        brain: of scenes of several steps.
        will: goal, `ticks`, `ms` and `confidence` at each step; the chart's when absent. An episode is one thought that
            goes on, so tries, operations and restlessness have no say in it.
        seed: of the noise in the starting state.

    Raises:
        DataError: the brain thinks about scenes of one step.
    """

    def __init__(self, brain: Brain, will: WillSpec | None = None, seed: int = 0) -> None:
        if brain.steps is None:
            raise DataError("this brain thinks about scenes of one step; episodes have several")
        self.brain, self.will = brain, will or brain.chart.will
        self._generator = torch.Generator().manual_seed(seed)
        self._mind: Mind | None = None
        self._did: dict[str, Tensor] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}

    def step(
        self,
        sees: Sequence[Mapping[str, Any]],
        role: str | None = None,
        shown: Sequence[Mapping[str, Any]] | None = None,
    ) -> list[Deed]:
        """Sees the next step of each world and decides what to do.

        Args:
            sees: of each world the value of each sense; what stays in sight, such as a goal, at every step.
            role: in which it is seen; the chart's first when absent.
            shown: of each world what was done, in roles that show it, such as `example`.

        Returns:
            A deed for each world. It is felt at the next step; in roles that show what was done, that is felt.

        Raises:
            DataError: values that don't fit the senses, or worlds that change in number or shape on the way.
        """
        chart = self.brain.chart
        assert chart.steps is not None
        role = role or chart.steps.roles[0]
        if (shown is not None) != (role in chart.steps.shows):
            wanted = "shows what was done: give `shown`" if shown is None else "asks what to do: nothing is shown"
            raise DataError(f"role {role!r} {wanted}")
        done = shown or [{}] * len(sees)
        if len(done) != len(sees):
            raise DataError(f"shown: {len(done)} worlds, but {len(sees)} are seen")
        values = encode(chart, [Scene(steps=[Step(*one)]) for one in zip(sees, [role] * len(sees), done, strict=True)])
        values = aimed(chart, values, self.will.goal)
        shapes = {name: tuple(values[name].shape) for name in chart.senses}
        if self._mind is not None and shapes != self._shapes:
            changed = next(name for name in shapes if shapes[name] != self._shapes[name])
            raise DataError(f"{changed}: worlds keep their number and shape while an episode lasts")
        with torch.inference_mode():
            return self._decide(values, shapes)

    def _decide(self, values: dict[str, Tensor], shapes: dict[str, tuple[int, ...]]) -> list[Deed]:
        brain, batch = self.brain, len(next(iter(values.values())))
        assert brain.steps is not None
        if self._mind is None:
            self._mind, self._shapes = brain.begin(values, self._generator), shapes
            self._did = {name: nothing_done(brain.chart, name, batch) for name in brain.steps.felt}
        mind = self._mind
        now = {name: value[:, 0] for name, value in values.items()}
        now |= {DID + name: did for name, did in self._did.items()}
        shows_B1 = shows(brain.chart, values[ROLE])
        kept = shows_B1 is not None and bool(shows_B1.all())
        for name in brain.steps.shown_acts:
            now[SHOWN + name] = now[name] if kept else torch.full_like(now[name], int(void_of(now[name].dtype)))
        mind.places = brain.layout.widened(mind.places, now)
        mind.input = brain.sense(now, mind.places)
        spent, began = 0, time.monotonic()
        while True:
            ticks = min(brain.chart.training.ticks, self.will.ticks - spent)
            reading = brain.think_on(mind, ticks)
            spent += ticks
            late = self.will.ms is not None and 1000 * (time.monotonic() - began) >= self.will.ms
            confidence_B = brain.reflection.confidence(reading.right)
            # As when thinking, a will that asks for 1 asks to think to the end.
            sure = self.will.confidence < 1 and bool((confidence_B >= self.will.confidence).all())
            if spent >= self.will.ticks or sure or late:
                break
        for name, did in self._did.items():
            self._did[name] = now[name] if kept else reading.answers[name].to(did.dtype)
        seen = {name: now[name].numpy() for name in brain.chart.senses}
        return [
            Deed({name: self._said(name, reading.answers[name][row], seen, row) for name in reading.answers}, sure)
            for row, sure in enumerate(confidence_B.tolist())
        ]

    def _said(self, name: str, answer_N: Tensor, seen: Mapping[str, np.ndarray], row: int) -> Any:
        spec, first = self.brain.chart.acts[name], next(iter(self.brain.chart.senses))
        return spec.answer(answer_N.numpy(), seen[spec.place(first) or first][row])
