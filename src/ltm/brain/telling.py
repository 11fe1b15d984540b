"""Telling what happens while thinking: ticks become records, for traces and for whoever listens.

Shapes: B scenes or attempts in the batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.circuit import Recorder
from ltm.brain.mind import Reading
from ltm.brain.thought import TickRecord

Listener = Callable[[TickRecord, int], None]
"""Is told of every tick of the first scene: the surest of its tries that run side by side, and how many these are."""


@dataclass(frozen=True)
class Look:
    """How things stood after one tick of some attempts.

    Attributes:
        who: scene and try of each row.
        tick: within the try, from 0.
        recorder: what fired, and how far it moved what it writes.
        confidence_B: reflection's, of each row.
        reading: the answers of each row.
        costs: operations of each row at this tick.
    """

    who: Sequence[tuple[int, int]]
    tick: int
    recorder: Recorder
    confidence_B: Tensor
    reading: Reading
    costs: Sequence[int]


class Teller:
    """Turns looks into records.

    Args:
        brain: who thinks.
        values: what is seen: `[B, *sides]` for each sense.
        trace: whether every look at every scene is kept.
        listen: told of every look at the first scene.

    Attributes:
        wanted: whether anyone wants to be told; without, ticks needn't be looked at one by one.
        traces: records kept, for each scene.
        paused: seconds that the listener took, which don't count as thinking.
    """

    def __init__(self, brain: Brain, values: Mapping[str, Tensor], trace: bool, listen: Listener | None) -> None:
        self.brain, self.trace, self.listen = brain, trace, listen
        self.values = dict(values)
        self.wanted = trace or listen is not None
        self.traces: list[list[TickRecord]] = [[] for _ in next(iter(values.values()))]
        self.paused = 0.0

    def tell(self, look: Look) -> None:
        """Keeps a look in the traces, if they were asked for, and tells who listens."""
        if self.trace:
            for place, (scene, _) in enumerate(look.who):
                self.traces[scene].append(self._record(look, place))
        first = [place for place, (scene, _) in enumerate(look.who) if scene == 0]
        if self.listen is not None and first:
            start = time.perf_counter()
            self.listen(self._record(look, max(first, key=look.confidence_B.tolist().__getitem__)), len(first))
            self.paused += time.perf_counter() - start

    def _record(self, look: Look, place: int) -> TickRecord:
        scene, attempt = look.who[place]
        fired = [role for role, on in enumerate(look.recorder.fired[-1][place].tolist()) if on]
        names = {role: ".".join(self.brain.circuit.labels[role]) for role in fired}
        return TickRecord(
            attempt,
            look.tick,
            tuple(names.values()),
            {name: float(look.recorder.moved[-1][place, role]) for role, name in names.items()},
            float(look.confidence_B[place]),
            self.decode({name: answer[place] for name, answer in look.reading.answers.items()}, self.seen(scene)),
            look.costs[place],
        )

    def seen(self, scene: int) -> dict[str, Tensor]:
        """Returns what is seen of one scene."""
        return {name: self.values[name][scene] for name in self.brain.chart.senses}

    def decode(self, answers: Mapping[str, Tensor], seen: Mapping[str, Tensor]) -> dict[str, Any]:
        """Returns one scene's answers in the form in which they were taught; grids as large as what is seen."""
        first = next(iter(seen))
        decoded = {}
        for name, answer_N in answers.items():
            spec = self.brain.chart.acts[name]
            under = seen[spec.place(first) or first].numpy()
            decoded[name] = spec.answer(np.asarray(answer_N.numpy()), under)
        return decoded
