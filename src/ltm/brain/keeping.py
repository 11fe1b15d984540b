"""Searches readings of a grid whose answer repeats what is seen, as in Sudoku: an answer may contradict a picture.

Where the answer isn't sure, or contradicts what was read, the pictures in doubt are left blank for thought to fill in,
and after that read differently, likelier readings first. Of all that were tried, the one is kept whose answer explains
the pictures best.

Shapes: N boards, C cells, V symbols.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ltm.brain.found import AT_ONCE, Found
from ltm.brain.page import Reading
from ltm.brain.purse import Purse
from ltm.brain.readings import doubtful, likeliest
from ltm.brain.thought import Thought
from ltm.chart.schema import WillSpec

LEAST = 1e-12
"""No reading is taken to be less likely than this."""
PARTS, SHOWN, AGAIN_TICKS, ENOUGH = 8, 0.7, 48, 0.5
"""An answer is checked by showing the mind so many times so large a part of it, for so many ticks;
it holds if so many of the parts lead back to it."""
SETTLED = math.log(0.3)
"""An answer that is worth at least so much ends the search."""
UNCHECKED = 0.5
"""An answer for whose check nothing is left is believed so much."""
CUT = ("operations", "milliseconds")
"""What ends a thought before its time."""
HARDLY = 1e-3
"""An answer that gives a picture a less likely meaning is believed less, in proportion."""
CONTRADICTED = math.log(1e3)
"""How much likelier other readings become of a picture that the answer contradicts."""
RETRY_TICKS = 64
"""Ticks for a board that isn't the likeliest: what is read right is mostly solved by then."""


@dataclass(frozen=True, eq=False)
class _Tried:
    """One board that was thought about.

    Attributes:
        board: its symbols, cell by cell.
        answer: the symbols of what came of it.
        thought: what came of it.
        worth: log-probability of the answer, and of the pictures if it is right beside their likeliest reading's.
        least: probability of the picture that the answer explains worst.
        contradicted: cells whose likeliest reading isn't what the answer has there.
    """

    board: Reading
    answer: Reading
    thought: Thought
    worth: float
    least: float
    contradicted: tuple[int, ...]

    def held(self, share: float) -> _Tried:
        """Returns the same with an answer that is believed less."""
        thought = dataclasses.replace(self.thought, confidence=self.thought.confidence * share)
        return dataclasses.replace(self, thought=thought, worth=self.worth + math.log(max(share, LEAST)))

    def settled(self, will: WillSpec) -> bool:
        """Whether it ends the search."""
        return self.thought.confidence >= will.confidence and self.worth >= SETTLED


class Keeping:
    """A search.

    Args:
        log_CV: log-probability of each symbol for each cell; symbol 0 is blank.
        ponder: thinks about some boards with a will.
        answer: the symbols `[C]` of a thought's answer.
        seed: of the parts by which answers are checked.
        purse: says for how many further boards something is left.
    """

    def __init__(
        self,
        log_CV: npt.NDArray[np.float64],
        ponder: Callable[[Sequence[Reading], WillSpec], Sequence[Thought]],
        answer: Callable[[Thought], Reading],
        seed: int,
        purse: Purse,
    ) -> None:
        self._purse = purse
        self._log_CV, self._ponder, self._answer, self._seed = log_CV, ponder, answer, seed
        self._tried: dict[Reading, _Tried] = {}
        self._checked: dict[Reading, float] = {}

    def search(self, will: WillSpec, most: int) -> Found:
        """Returns the answer that explains the pictures best, after at most so many boards."""
        doubts = np.zeros(len(self._log_CV))
        short = will.model_copy(update={"ticks": min(will.ticks, RETRY_TICKS)})
        best = self._attempt(list(itertools.islice(likeliest(self._log_CV, doubts), 1)), will)
        if not best.settled(will):
            blanked = itertools.islice(doubtful(self._log_CV, best.contradicted), self._further(most))
            best = self._attempt(list(blanked), short)
        doubts[list(best.contradicted)] = CONTRADICTED
        others = likeliest(self._log_CV, doubts)
        while not best.settled(will) and (some := list(itertools.islice(others, self._further(most)))):
            best = self._attempt(some, short)
        return self._kept(best)

    def _further(self, most: int) -> int:
        """Returns how many more boards may be thought about at once."""
        return self._purse.pays(min(AT_ONCE, most - len(self._tried)))

    def _attempt(self, boards: Sequence[Reading], will: WillSpec) -> _Tried:
        fresh = [board for board in dict.fromkeys(boards) if board not in self._tried]
        for one in self._try(fresh, will) if fresh else ():
            self._tried[one.board] = one.held(self._checked.get(one.answer, 1.0))
        return self._best(will)

    def _try(self, boards: Sequence[Reading], will: WillSpec) -> Iterator[_Tried]:
        log_CV, cells, likeliest_C = self._log_CV, np.arange(len(self._log_CV)), self._log_CV.argmax(1)
        for board, thought in zip(boards, self._ponder(boards, will), strict=True):
            answer = self._answer(thought)
            # A picture shows what the answer has in its place, or nothing.
            log_C = np.maximum(np.maximum(log_CV[cells, list(answer)], log_CV[:, 0]), math.log(LEAST))
            contradicted = tuple(np.flatnonzero((likeliest_C != 0) & (likeliest_C != answer)).tolist())
            worth = float((log_C - log_CV.max(1)).sum()) + math.log(max(thought.confidence, LEAST))
            yield _Tried(board, answer, thought, worth, float(np.exp(log_C.min())), contradicted)

    def _best(self, will: WillSpec) -> _Tried:
        """Returns the board whose answer is worth most, once that answer has been checked."""
        while True:
            best = max(self._tried.values(), key=lambda one: one.worth)
            if best.answer in self._checked:
                return best
            self._checked[best.answer] = self._again(best.answer, will)
            for board, one in self._tried.items():
                if one.answer == best.answer:
                    self._tried[board] = one.held(self._checked[best.answer])

    def _again(self, answer: Reading, will: WillSpec) -> float:
        """Returns how well an answer holds: 1 if the mind comes to it again from half of some parts of it, or more.

        A board that was misread may have no solution; the mind, which has only ever seen boards that have one, may then
        be sure of an answer that breaks the rules. Parts of such an answer lead it elsewhere.
        """
        if self._purse.pays(PARTS) < PARTS:
            return UNCHECKED
        shown = np.random.default_rng(self._seed).random((PARTS, len(answer))) < SHOWN
        boards = [tuple(board) for board in np.where(shown, np.array(answer), 0).tolist()]
        short = WillSpec(ticks=AGAIN_TICKS, confidence=will.confidence)
        thoughts = self._ponder(boards, short)
        held = sum(self._answer(thought) == answer for thought in thoughts)
        # What ran out of its share on the way elsewhere has said nothing.
        cut = sum(thought.stopped_by in CUT and self._answer(thought) != answer for thought in thoughts)
        checked = (PARTS - cut) / PARTS
        return UNCHECKED * (1 - checked) + (min(1.0, held / (ENOUGH * PARTS * checked)) * checked if checked else 0.0)

    def _kept(self, best: _Tried) -> Found:
        # Of all that explains the pictures among the boards tried, how much speaks for this answer.
        tried = list(self._tried.values())
        worth: dict[Reading, float] = {}
        for one in tried:
            worth[one.answer] = max(worth.get(one.answer, -math.inf), one.worth)
        most = max(worth.values())
        share = math.exp(best.worth - most) / sum(math.exp(value - most) for value in worth.values())
        # An answer that takes a picture for what it hardly can be is hardly right.
        confidence = best.thought.confidence * share * min(1.0, best.least / HARDLY)
        return Found(best.board, best.thought, confidence, len(tried))
