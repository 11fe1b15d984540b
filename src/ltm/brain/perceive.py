"""Perception coupled to reasoning: one skill reads pictures, another thinks about what they say, and doubts both.

The cells of a grid are given as pictures. A seeing brain gives each the probabilities of its readings; a reasoning
brain thinks about the likeliest board. Where it isn't sure, other boards are tried, in which a few pictures are read
differently: likelier ones first, and first of all those pictures that the answer contradicts. Of all boards tried, the
one is kept whose reading and answer are likeliest together. Neither brain was trained with the other.

Shapes: B boards, C cells, V labels, R rows.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.brain.thought import Thought
from ltm.chart.schema import WillSpec
from ltm.errors import DataError
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.label import LabelSpec

AT_ONCE = 32
"""Readings thought about side by side."""
LEAST = 1e-12
"""No reading is taken to be less likely than this."""
UNLIKELY = 1e-5
"""Second readings less likely than this are not tried, unless the answer contradicts the first."""
CONTRADICTED = math.log(1e3)
"""How much likelier other readings become of a picture that the answer contradicts."""
LEAST_STEP = 0.05
"""In the order of boards, no reading comes cheaper than this: few changes come before many."""
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
        if len(seen) != 1 or not isinstance(seen[0], ImageSpec) or len(said) != 1 or not isinstance(said[0], LabelSpec):
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

    def read(self, pictures: Sequence[Any]) -> npt.NDArray[np.float64]:
        """Returns the log-probability of each symbol for each cell `[C, V]`; a cell without a picture is symbol 0.

        Raises:
            DataError: too many or too few cells, or a picture that isn't one.
        """
        rows, columns = self.grid.rows, self.grid.columns
        if len(pictures) != rows * columns:
            raise DataError(f"expected {rows * columns} pictures ({rows} rows of {columns}), got {len(pictures)}")
        ((name, spec),) = self.eye.chart.senses.items()
        (label,) = self.eye.chart.acts.values()
        assert isinstance(label, LabelSpec)  # checked when the two were coupled
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
            symbols = [self.grid.letters.find(text) for text in label.labels]
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
        self, pictures: Sequence[Any], will: WillSpec | None = None, *, readings: int = 256, seed: int = 0
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
        doubts = np.zeros(len(log_CV))
        short = will.model_copy(update={"ticks": min(will.ticks, RETRY_TICKS)})
        # The likeliest board first, by itself; what its answer contradicts tells which pictures to doubt.
        for number, spend in ((1, will), (readings - 1, short)):
            boards = itertools.islice(likeliest(log_CV, doubts), number + len(tried))
            fresh = [board for board in boards if board not in tried][:number]
            for start in range(0, len(fresh), AT_ONCE):
                for one in self._try(fresh[start : start + AT_ONCE], log_CV, spend, seed):
                    tried[one.board] = one
                best = max(tried.values(), key=lambda one: one.worth)
                if best.settled(will):
                    break
            if best.settled(will):
                break
            doubts[list(best.contradicted)] = CONTRADICTED
        return self._kept(list(tried.values()), best, will)

    def _try(
        self, boards: Sequence[tuple[int, ...]], log_CV: npt.NDArray[np.float64], will: WillSpec, seed: int
    ) -> Iterator[_Tried]:
        grids = np.array(boards, dtype=np.uint8).reshape(len(boards), self.grid.rows, self.grid.columns)
        thoughts = think(self.mind, {self.sense: torch.from_numpy(grids)}, will, seed=seed)
        for board, thought in zip(boards, thoughts, strict=True):
            meant = np.array(board)
            if self.keeps:
                # A picture says what the answer has in its place; where none is read, that nothing is there.
                meant = np.where(meant == 0, 0, self._answer(thought))
            log_p = float(np.maximum(log_CV[np.arange(len(meant)), meant], math.log(LEAST)).sum())
            contradicted = tuple(np.flatnonzero(meant != np.array(board)).tolist())
            yield _Tried(board, thought, log_p + math.log(max(thought.confidence, LEAST)), contradicted)

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
        # An answer that takes a picture for what it hardly can be is no more likely right than the picture is that.
        believed = 1.0 if not best.contradicted else math.exp(max(best.worth, math.log(LEAST)))
        confidence = best.thought.confidence * share * believed
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
    """One board that was thought about: what came of it, how well that explains the pictures, and where it doesn't."""

    board: tuple[int, ...]
    thought: Thought
    worth: float
    contradicted: tuple[int, ...]

    def settled(self, will: WillSpec) -> bool:
        return self.thought.confidence >= will.confidence and not self.contradicted


def likeliest(log_CV: npt.NDArray[np.float64], doubts_C: npt.NDArray[np.float64]) -> Iterator[tuple[int, ...]]:
    """Yields boards from the likeliest down.

    Args:
        log_CV: log-probability of each symbol for each cell.
        doubts_C: what other readings of a cell gain in the order.

    Best first over how many cells are read as their second, third, … choice (Lawler 1972): each board is made from an
    earlier one by reading one cell, no earlier one in the order of cells, one choice further down.
    """
    order_CV = np.argsort(-log_CV, axis=1, kind="stable")
    sorted_CV = np.take_along_axis(log_CV, order_CV, axis=1)
    cells = [int(cell) for cell in np.argsort(sorted_CV[:, 1] - sorted_CV[:, 0] + doubts_C)[::-1]]
    cells = [cell for cell in cells if np.isfinite(sorted_CV[cell, 1])]
    cells = [cell for cell in cells if doubts_C[cell] > 0 or sorted_CV[cell, 1] > math.log(UNLIKELY)]
    # A state: choice of each changed cell, as pairs of place in `cells` and depth; the last may go deeper or on.
    heap: list[tuple[float, tuple[tuple[int, int], ...]]] = [(0.0, ())]
    while heap:
        cost, changed = heapq.heappop(heap)
        board = order_CV[:, 0].copy()
        for place, depth in changed:
            cell = cells[place]
            board[cell] = order_CV[cell, depth]
        yield tuple(int(symbol) for symbol in board)
        first = changed[-1][0] if changed else -1
        for place in range(first, len(cells)):
            if place < 0:
                continue
            cell = cells[place]
            depth = changed[-1][1] + 1 if place == first else 1
            if depth >= log_CV.shape[1] or not np.isfinite(sorted_CV[cell, depth]):
                continue
            step = float(sorted_CV[cell, depth - 1] - sorted_CV[cell, depth]) - (doubts_C[cell] if depth == 1 else 0.0)
            step = max(LEAST_STEP, step)
            kept = changed[:-1] if place == first else changed
            heapq.heappush(heap, (cost + step, (*kept, (place, depth))))
