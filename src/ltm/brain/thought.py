"""What thinking returns: the answer, how sure the brain is, what it cost, and what happened at each tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from ltm.brain.choice import Choice
from ltm.brain.residence import Paging
from ltm.chart.base import format_count

Stop = Literal["confident", "ticks", "tries", "milliseconds", "operations"]
"""What ended the thought: reflection was sure enough, or which part of the budget ran out first."""


@dataclass(frozen=True)
class TickRecord:
    """One tick of one try.

    Attributes:
        attempt: which try, from 0.
        tick: which tick of that try, from 0.
        fired: the roles that fired, as `zone.role`.
        transition: root mean square by which each of them moved what it writes, by the same names.
        confidence: reflection's estimate after this tick, where it was asked for; otherwise None.
        answer: the acts' answers after this tick, where asked for: name to nested lists; otherwise None.
        operations: operations spent at this tick (multiply-adds times two).
    """

    attempt: int
    tick: int
    fired: tuple[str, ...]
    transition: dict[str, float]
    confidence: float | None
    answer: dict[str, Any] | None
    operations: int


@dataclass(frozen=True)
class StepRecord:
    """One of the steps of a scene of several; the last as it was after its first segment of thinking.

    Attributes:
        step: which step, from 0.
        role: in which role it was seen.
        answer: what the brain would have answered there.
        confidence: in that answer.
        moved: root mean square by which the field moved since the step before; None at the first step, and where
            nothing is foreseen.
        missed: root mean square of the difference between that move and the one foreseen.
    """

    step: int
    role: str
    answer: dict[str, Any]
    confidence: float
    moved: float | None
    missed: float | None

    def to_json(self) -> dict[str, Any]:
        """Returns plain dictionaries, strings and numbers."""
        numbers = {"confidence": self.confidence, "moved": self.moved, "missed": self.missed}
        rounded = {name: None if value is None else round(value, 6) for name, value in numbers.items()}
        return {"step": self.step, "role": self.role, "answer": self.answer, **rounded}


@dataclass(frozen=True)
class Thought:
    """The result of thinking about one scene.

    Attributes:
        answer: one value for each act, in the form in which the brain was taught it (grids as text stay text).
        confidence: calibrated probability in [0, 1] that the whole answer is right.
        ticks: ticks after which the kept answer stood, within its try; a try that never got sure went on to its end.
        tries: tries begun.
        seconds: wall time of the whole thought (of the batch, where several scenes were thought about at once).
        operations: operations spent over all tries (multiply-adds times two).
        stopped_by: what ended it.
        sure: whether the confidence reached the will's.
        trace: one record a tick; empty unless a trace was asked for.
        choice: which skill thought it, and why that one, in a brain that has several; otherwise None.
        steps: of scenes of several steps; empty unless they were asked for, or a trace.
        paging: what calling zones in came to, where they are kept on disk; of the batch, where scenes shared one.
        symbols: for each act the kept answer as numbers `[cells]`, laid out as in the batch; words that it was put into
            don't always give it back.
        logits: for each act what the kept answer was chosen by `[cells, symbols]`; empty unless they were asked for.
    """

    answer: dict[str, Any]
    confidence: float
    ticks: int
    tries: int
    seconds: float
    operations: int
    stopped_by: Stop
    sure: bool
    trace: tuple[TickRecord, ...] = field(default=())
    choice: Choice | None = None
    steps: tuple[StepRecord, ...] = field(default=())
    paging: Paging | None = None
    # Left out of comparisons, which tensors can't answer by yes or no; equal answers have equal symbols.
    symbols: dict[str, Tensor] = field(default_factory=dict, repr=False, compare=False)
    logits: dict[str, Tensor] = field(default_factory=dict, repr=False, compare=False)

    @property
    def skill(self) -> str:
        """Which skill thought it, in a brain that has several; otherwise empty."""
        return "" if self.choice is None else self.choice.skill

    def words(self) -> str:
        """Says in one line what it took and what ended it."""
        ended = "sure enough" if self.stopped_by == "confident" else f"out of {self.stopped_by}"
        many = f"{self.tries} {'try' if self.tries == 1 else 'tries'}"
        spent = f"{format_count(self.operations)} operations" if self.operations else "operations not counted"
        who = f"{self.skill}, " if self.skill else ""
        return f"{who}{ended}: {self.ticks} ticks until the kept answer, {many}, {self.seconds:.2f} s, {spent}"

    def __str__(self) -> str:
        """Returns the answers, one a line, how sure the brain is, and `words`."""
        sure = f"{100 * self.confidence:.4g} % sure"
        return "\n".join([*(f"{name}: {value}" for name, value in self.answer.items()), sure, self.words()])

    def _repr_html_(self) -> str:
        """Returns what a notebook shows."""
        from ltm.brain.thought_html import thought_html

        return thought_html(self)

    def to_json(self) -> dict[str, Any]:
        """Returns plain dictionaries, lists, strings and numbers, ready for `json.dumps`."""
        return {
            **({"skill": self.skill, "choice": self.choice.to_json()} if self.choice else {}),
            "answer": self.answer,
            "confidence": round(self.confidence, 6),
            "sure": self.sure,
            "ticks": self.ticks,
            "tries": self.tries,
            "seconds": round(self.seconds, 6),
            "operations": self.operations,
            "stopped_by": self.stopped_by,
            **({"paging": self.paging.to_json()} if self.paging else {}),
            **({"steps": [record.to_json() for record in self.steps]} if self.steps else {}),
            "trace": [
                {
                    "attempt": record.attempt,
                    "tick": record.tick,
                    "fired": list(record.fired),
                    "transition": {name: round(size, 6) for name, size in record.transition.items()},
                    "confidence": record.confidence,
                    "answer": record.answer,
                    "operations": record.operations,
                }
                for record in self.trace
            ],
        }
