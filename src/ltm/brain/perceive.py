"""Perception coupled to reasoning: one skill reads pictures, another thinks about what they say, and doubts both.

The cells of a grid are given as pictures. A seeing brain gives each the probabilities of its readings; a reasoning
brain thinks about the likeliest board. Where the answer isn't sure, or contradicts what was read, the pictures in doubt
are left blank for thought to fill in, and after that read differently, likelier readings first. Of all boards tried,
the one is kept whose answer explains the pictures best. Neither brain was trained with the other.

Shapes: B boards, C cells, V labels, R rows.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.acts.label import LabelActSpec
from ltm.brain.brain import Brain
from ltm.brain.readings import doubtful, likeliest
from ltm.brain.think import think
from ltm.brain.thought import Thought
from ltm.chart.schema import WillSpec
from ltm.errors import DataError
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec

AT_ONCE = 32
"""Readings thought about side by side."""
LEAST = 1e-12
"""No reading is taken to be less likely than this."""
PARTS, SHOWN, AGAIN_TICKS, ENOUGH = 8, 0.7, 48, 0.5
"""An answer is checked by showing the mind so many times so large a part of it, for so many ticks;
it holds if so many of the parts lead back to it."""
SETTLED = math.log(0.3)
"""An answer that is worth at least so much ends the search."""
HARDLY = 1e-3
"""An answer that gives a picture a less likely meaning is believed less, in proportion."""
CONTRADICTED = math.log(1e3)
"""How much likelier other readings become of a picture that the answer contradicts."""
RETRY_TICKS = 64
"""Ticks for a board that isn't the likeliest: what is read right is mostly solved by then."""


@dataclass(frozen=True)
class Perceived:
    """A thought about pictures.

    Attributes:
        thought: the answer; its confidence covers reading and reasoning.
        reading: the board as it was read, in the form in which the reasoning brain sees it.
        readings: boards tried.
        first: whether the likeliest reading of every picture was kept.
    """

    thought: Thought
    reading: Any
    readings: int
    first: bool


@dataclass(frozen=True, eq=False)
class Coupled:
    """A seeing and a reasoning brain.

    Attributes:
        eye: sees one picture and says a label.
        mind: sees a grid whose symbols are those labels.
        sense: the grid's name among the mind's senses.
        keeps: whether a right answer repeats what is seen wherever that isn't blank (symbol 0), as in Sudoku.

    Raises:
        DataError: the two don't fit.
    """

    eye: Brain
    mind: Brain
    sense: str
    keeps: bool = True

    def __post_init__(self) -> None:
        seen, said = list(self.eye.chart.senses.values()), list(self.eye.chart.acts.values())
        if (
            len(seen) != 1
            or not isinstance(seen[0], ImageSpec)
            or len(said) != 1
            or not isinstance(said[0], LabelActSpec)
        ):
            raise DataError("the brain that sees must see one picture and answer with one label")
        if list(self.mind.chart.senses) != [self.sense] or not isinstance(self.grid, GridSpec):
            raise DataError(f"the brain that thinks must see one grid, called {self.sense!r}")
        if not self.grid.rows or not self.grid.columns:
            raise DataError("the grid must have fixed rows and columns")
        if not set(said[0].labels) & set(self.grid.letters):
            raise DataError(
                f"none of the labels {', '.join(said[0].labels[:12])} is a symbol of the grid ({self.grid.letters})"
            )

        acts = list(self.mind.chart.acts.values())
        if self.keeps and not (isinstance(acts[0], GridSpec) and acts[0].letters == self.grid.letters):
            raise DataError("an answer can only repeat what is seen if it is a grid of the same symbols")

    @property
    def grid(self) -> Any:
        """What the mind sees."""
        return self.mind.chart.senses[self.sense]

    def read(self, pictures: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Returns the log-probability of each symbol for each cell `[C, V]`; a cell without a picture is symbol 0.

        Raises:
            DataError: too many or too few cells, or a picture that isn't one.
        """
        rows, columns = self.grid.rows, self.grid.columns
        if len(pictures) != rows * columns:
            raise DataError(f"expected {rows * columns} pictures ({rows} rows of {columns}), got {len(pictures)}")
        ((name, spec),) = self.eye.chart.senses.items()
        (label,) = self.eye.chart.acts.values()
        assert isinstance(label, LabelActSpec)  # checked when the two were coupled
        log_CV = np.full((len(pictures), self.grid.symbols), -np.inf)
        there = [cell for cell, picture in enumerate(pictures) if picture is not None]
        log_CV[[cell for cell in range(len(pictures)) if pictures[cell] is None], 0] = 0.0
        if there:
            encoded = []
            for cell in there:
                try:
                    encoded.append(spec.encode(pictures[cell]))
                except DataError as problem:
                    where = f"row {cell // columns + 1}, column {cell % columns + 1}"
                    raise DataError(f"{where}: {problem}") from None
            logits_BV = self._logits({name: torch.from_numpy(np.stack(encoded))})
            letters = list(self.grid.letters)
            symbols = [letters.index(text) if text in letters else -1 for text in label.labels]
            known = [place for place, symbol in enumerate(symbols) if symbol >= 0]
            log_BK = logits_BV[:, known].log_softmax(-1).double().numpy()
            log_CV[np.ix_(there, [symbols[place] for place in known])] = log_BK
        return log_CV

    def _logits(self, values: dict[str, Tensor]) -> Tensor:
        training = self.eye.chart.training
        with torch.inference_mode():
            mind = self.eye.begin(values, torch.Generator().manual_seed(0))
            reading = self.eye.think_on(mind, training.ticks * training.segments)
        (logits_B1V,) = reading.logits.values()
        return logits_B1V[:, 0].clone()

    def think(
        self,
        pictures: Sequence[Any] | npt.NDArray[Any],
        will: WillSpec | None = None,
        *,
        readings: int = 128,
        seed: int = 0,
    ) -> Perceived:
        """Thinks about a board of pictures.

        Args:
            pictures: one a cell, row by row; None where there is none.
            will: of the mind; its chart's when absent.
            readings: boards that are tried at most.
            seed: of the noise in starting states.

        Raises:
            DataError: too many or too few pictures, or one that can't be read.
        """
        will = will or self.mind.chart.will
        log_CV = self.read(pictures)
        tried: dict[tuple[int, ...], _Tried] = {}
        checked: dict[tuple[int, ...], float] = {}
        doubts = np.zeros(len(log_CV))
        short = will.model_copy(update={"ticks": min(will.ticks, RETRY_TICKS)})

        def attempt(boards: Sequence[tuple[int, ...]], spend: WillSpec) -> _Tried:
            fresh = [board for board in dict.fromkeys(boards) if board not in tried]
            if fresh:
                for one in self._try(fresh, log_CV, spend, seed):
                    answer = tuple(self._answer(one.thought).tolist()) if self.keeps else ()
                    tried[one.board] = one.held(checked.get(answer, 1.0))
            return self._best(tried, checked, seed)

        best = attempt(list(itertools.islice(likeliest(log_CV, doubts), 1)), will)
        if not best.settled(will) and self.keeps:
            best = attempt(list(itertools.islice(doubtful(log_CV, best.contradicted), readings - len(tried))), short)
        doubts[list(best.contradicted)] = CONTRADICTED
        others = likeliest(log_CV, doubts)
        while not best.settled(will) and len(tried) < readings:
            some = list(itertools.islice(others, min(AT_ONCE, readings - len(tried))))
            if not some:
                break
            best = attempt(some, short)
        return self._kept(list(tried.values()), best, will)

    def _try(
        self, boards: Sequence[tuple[int, ...]], log_CV: npt.NDArray[np.float64], will: WillSpec, seed: int
    ) -> Iterator[_Tried]:
        grids = np.array(boards, dtype=np.uint8).reshape(len(boards), self.grid.rows, self.grid.columns)
        thoughts = think(self.mind, {self.sense: torch.from_numpy(grids)}, will, seed=seed)
        cells = np.arange(len(log_CV))
        for board, thought in zip(boards, thoughts, strict=True):
            log_C = log_CV[cells, list(board)]
            contradicted: tuple[int, ...] = ()
            if self.keeps:
                # A picture shows what the answer has in its place, or nothing.
                answer = self._answer(thought)
                log_C = np.maximum(log_CV[cells, answer], log_CV[:, 0])
                likeliest_C = log_CV.argmax(1)
                contradicted = tuple(np.flatnonzero((likeliest_C != 0) & (likeliest_C != answer)).tolist())
            log_C = np.maximum(log_C, math.log(LEAST))
            worth = float((log_C - log_CV.max(1)).sum()) + math.log(max(thought.confidence, LEAST))
            yield _Tried(board, thought, worth, float(np.exp(log_C.min())), contradicted)

    def _best(self, tried: dict[tuple[int, ...], _Tried], checked: dict[tuple[int, ...], float], seed: int) -> _Tried:
        """Returns the board whose answer is worth most, once that answer has been checked; changes both."""
        while True:
            best = max(tried.values(), key=lambda one: one.worth)
            answer = tuple(self._answer(best.thought).tolist()) if self.keeps else ()
            if not self.keeps or answer in checked:
                return best
            checked[answer] = self._again(answer, seed)
            for board, one in tried.items():
                if tuple(self._answer(one.thought).tolist()) == answer:
                    tried[board] = one.held(checked[answer])

    def _again(self, answer: tuple[int, ...], seed: int) -> float:
        """Returns how well an answer holds: 1 if the mind comes to it again from half of some parts of it, or more.

        A board that was misread may have no solution; the mind, which has only ever seen boards that have one, may then
        be sure of an answer that breaks the rules. Parts of such an answer lead it elsewhere.
        """
        shown = np.random.default_rng(seed).random((PARTS, len(answer))) < SHOWN
        boards = np.where(shown, np.array(answer), 0).astype(np.uint8)
        values = torch.from_numpy(boards.reshape(-1, self.grid.rows, self.grid.columns))
        short = WillSpec(ticks=AGAIN_TICKS, confidence=self.mind.chart.will.confidence)
        found = [tuple(self._answer(t).tolist()) for t in think(self.mind, {self.sense: values}, short, seed=seed)]
        return min(1.0, found.count(answer) / (ENOUGH * PARTS))

    def _answer(self, thought: Thought) -> npt.NDArray[np.int64]:
        (name, act) = next(iter(self.mind.chart.acts.items()))
        assert isinstance(act, GridSpec)  # checked when the two were coupled
        return act.encode(thought.answer[name]).reshape(-1).astype(np.int64)

    def _kept(self, tried: Sequence[_Tried], best: _Tried, will: WillSpec) -> Perceived:
        # Of all that explains the pictures among the boards tried, how much speaks for this answer.
        worth: dict[str, float] = {}
        for one in tried:
            answer = repr(one.thought.answer)
            worth[answer] = max(worth.get(answer, -math.inf), one.worth)
        most = max(worth.values())
        share = math.exp(best.worth - most) / sum(math.exp(value - most) for value in worth.values())
        # An answer that takes a picture for what it hardly can be is hardly right.
        confidence = best.thought.confidence * share * min(1.0, best.least / HARDLY)
        thought = dataclasses.replace(
            best.thought,
            confidence=confidence,
            sure=confidence >= will.confidence,
            operations=sum(one.thought.operations for one in tried),
        )
        grid = np.array(best.board, dtype=np.uint8).reshape(self.grid.rows, self.grid.columns)
        return Perceived(thought, self.grid.decode(grid), len(tried), best is tried[0])


@dataclass(frozen=True, eq=False)
class _Tried:
    """One board that was thought about.

    Attributes:
        board: its symbols, cell by cell.
        thought: what came of it.
        worth: log-probability of the answer, and of the pictures if it is right beside their likeliest reading's.
        least: probability of the picture that the answer explains worst.
        contradicted: cells whose likeliest reading isn't what the answer has there.
    """

    board: tuple[int, ...]
    thought: Thought
    worth: float
    least: float
    contradicted: tuple[int, ...]

    def held(self, share: float) -> _Tried:
        """Returns the same with an answer that is believed less."""
        thought = dataclasses.replace(self.thought, confidence=self.thought.confidence * share)
        return dataclasses.replace(self, thought=thought, worth=self.worth + math.log(max(share, LEAST)))

    def settled(self, will: WillSpec) -> bool:
        return self.thought.confidence >= will.confidence and self.worth >= SETTLED
