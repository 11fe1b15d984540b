"""Perception coupled to reasoning: one skill reads pictures, another thinks about what they say, and doubts both.

The cells of a grid, or the tokens of a sequence, are given as pictures. A seeing brain gives each the probabilities of
its readings; a reasoning brain thinks about the likeliest, and where that isn't sure, about others. Neither brain was
trained with the other. How readings are searched depends on whether an answer repeats what is seen and so may
contradict it (`ltm.brain.keeping`) or not (`ltm.brain.weighing`).

Shapes: B pictures at once, C cells (or tokens), V symbols, K labels that are symbols.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.acts.label import LabelActSpec
from ltm.brain.brain import Brain
from ltm.brain.found import Found
from ltm.brain.keeping import Keeping
from ltm.brain.page import Page, Reading, page_of
from ltm.brain.perceived import Doubt, Perceived
from ltm.brain.purse import Purse
from ltm.brain.think import think
from ltm.brain.thought import Thought
from ltm.brain.walk import segment_operations
from ltm.brain.weighing import weigh
from ltm.chart.schema import WillSpec
from ltm.errors import DataError
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec

DOUBTED = 0.9
"""A picture whose likeliest reading is less likely than this is in doubt."""
NOUGHT = 0.05
"""A picture that is so likely to show a blank isn't taken for something that is less likely."""


@dataclass(frozen=True, eq=False)
class Coupled:
    """A seeing and a reasoning brain.

    Attributes:
        eye: sees one picture and says a label.
        mind: sees a grid of fixed size, or a sequence, whose symbols are those labels.
        sense: its name among the mind's senses; the only one when empty.
        keeps: whether a right answer repeats what is seen wherever that isn't blank (symbol 0), as in Sudoku; when
            absent, if the answer is a grid of the same symbols.

    Raises:
        DataError: the two don't fit.
    """

    eye: Brain
    mind: Brain
    sense: str = ""
    keeps: bool | None = None

    def __post_init__(self) -> None:
        seen, said = list(self.eye.chart.senses.values()), list(self.eye.chart.acts.values())
        fits = len(seen) == len(said) == 1 and isinstance(seen[0], ImageSpec)
        if not fits or not isinstance(said[0], LabelActSpec):
            raise DataError("the brain that sees must see one picture and answer with one label")
        senses = list(self.mind.chart.senses)
        if len(senses) != 1 or self.sense not in ("", senses[0]):
            called = f", called {self.sense!r}" if self.sense else ""
            raise DataError(f"the brain that thinks must see one value{called}; it sees {', '.join(senses)}")
        if not set(said[0].labels) & set(self.page.symbols):
            known = ", ".join(self.page.symbols[:12])
            raise DataError(
                f"none of the labels {', '.join(said[0].labels[:12])} is a symbol of what the other sees: {known}"
            )
        if self.keeps and not self._same_symbols:
            raise DataError("an answer can only repeat what is seen if it is a grid of the same symbols")

    @property
    def page(self) -> Page:
        """What pictures are read into."""
        return page_of(next(iter(self.mind.chart.senses.values())))

    @property
    def repeats(self) -> bool:
        """Whether a right answer repeats what is seen."""
        return self._same_symbols if self.keeps is None else self.keeps

    @property
    def _same_symbols(self) -> bool:
        act, sense = next(iter(self.mind.chart.acts.values())), next(iter(self.mind.chart.senses.values()))
        if not (isinstance(act, GridSpec) and isinstance(sense, GridSpec)):
            return False
        return (act.symbols, act.letters) == (sense.symbols, sense.letters)

    def read(self, pictures: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Returns the log-probability of each symbol for each picture `[C, V]`; a cell without a picture is blank.

        Raises:
            DataError: too many or too few, or a picture that isn't one.
        """
        page = self.page
        page.check(len(pictures))
        ((name, spec),) = self.eye.chart.senses.items()
        (label,) = self.eye.chart.acts.values()
        assert isinstance(label, LabelActSpec)  # checked when the two were coupled
        log_CV = np.full((len(pictures), len(page.symbols)), -np.inf)
        there, encoded = [], []
        for cell, picture in enumerate(pictures):
            try:
                if picture is None and page.blank is None:
                    raise DataError("there is no picture")
                if picture is None:
                    log_CV[cell, page.blank] = 0.0
                    continue
                encoded.append(spec.encode(picture))
            except DataError as problem:
                raise DataError(f"{page.place(cell)}: {problem}") from None
            there.append(cell)
        if there:
            logits_BV = self._logits({name: torch.from_numpy(np.stack(encoded))})
            symbols = [page.symbols.index(text) if text in page.symbols else -1 for text in label.labels]
            known = [place for place, symbol in enumerate(symbols) if symbol >= 0]
            log_BK = logits_BV[:, known].log_softmax(-1).double().numpy()
            log_CV[np.ix_(there, [symbols[place] for place in known])] = log_BK
        return log_CV

    def _logits(self, values: dict[str, Tensor]) -> Tensor:
        training, most = self.eye.chart.training, self.eye.chart.will.ticks
        with torch.inference_mode():
            mind = self.eye.begin(values, torch.Generator().manual_seed(0))
            reading = self.eye.think_on(mind, min(most, training.ticks * training.segments))
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
        """Thinks about pictures.

        Args:
            pictures: one a cell, row by row, None where there is none; or one a token.
            will: of the mind, its operations and milliseconds for all readings together; its chart's when absent.
            readings: that are tried at most.
            seed: of the noise in starting states.

        Raises:
            DataError: too many or too few pictures, or one that can't be read.
        """
        will = will or self.mind.chart.will
        purse = Purse(will)
        log_CV = self.read(pictures)
        page, (sense,) = self.page, self.mind.chart.senses

        def ponder(some: Sequence[Reading], spend: WillSpec) -> list[Thought]:
            values = {sense: page.encode(some)}
            purse.price = segment_operations(self.mind, self.mind.layout.places(values))
            thoughts = think(self.mind, values, purse.share(spend, len(some)), seed=seed)
            purse.pay(thoughts)
            return thoughts

        if self.repeats:
            found = Keeping(log_CV, ponder, self._answer, seed, purse).search(will, readings)
        else:
            found = weigh(page, log_CV, lambda some: ponder(some, will), purse, readings)
        return self._perceived(found, log_CV, purse)

    def _answer(self, thought: Thought) -> Reading:
        name, act = next(iter(self.mind.chart.acts.items()))
        assert isinstance(act, GridSpec)  # checked when the two were coupled
        return tuple(act.encode(thought.answer[name]).reshape(-1).tolist())

    def _perceived(self, found: Found, log_CV: npt.NDArray[np.float64], purse: Purse) -> Perceived:
        page, first_C = self.page, log_CV.argmax(1)
        taken = found.reading
        if self.repeats:
            taken = tuple(
                _shown(log_V, symbol) for log_V, symbol in zip(log_CV, self._answer(found.thought), strict=True)
            )
        doubts = []
        for cell, (first, last) in enumerate(zip(first_C.tolist(), taken, strict=True)):
            likely, chance = (float(np.exp(log_CV[cell, symbol])) for symbol in (first, last))
            if likely < DOUBTED or last != first:
                words = page.symbols[first], page.symbols[last]
                doubts.append(Doubt(cell, page.place(cell), words[0], likely, words[1], chance))
        thought = dataclasses.replace(
            found.thought,
            confidence=found.confidence,
            sure=found.confidence >= purse.will.confidence,
            operations=purse.spent,
        )
        doubts.sort(key=lambda doubt: doubt.chance)
        first = bool((np.array(found.reading) == first_C).all())
        return Perceived(thought, page.decode(found.reading), found.readings, first, tuple(doubts))


def _shown(log_V: npt.NDArray[np.float64], answer: int) -> int:
    """Returns what a picture was taken for: what the answer has in its place, unless it rather shows a blank."""
    return 0 if log_V[0] > max(log_V[answer], math.log(NOUGHT)) else answer
