"""Readings of pictures of a sequence, weighed by answers: against all readings, worked out exactly."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.brain.page import GridPage, Reading, SequencePage, page_of
from ltm.brain.purse import Purse
from ltm.brain.thought import Thought
from ltm.brain.weighing import weigh
from ltm.chart.schema import WillSpec
from ltm.errors import DataError
from ltm.scenes.listops import CLOSE, OPERATIONS
from ltm.senses.grid import GridSpec
from ltm.senses.sequence import SequenceSpec

TOKENS = ("0", "1", "2", "[MAX", "[LAST", CLOSE)
LISTS = SequencePage(
    SequenceSpec(kind="sequence", tokens=TOKENS, longest=9, opening=("[MAX", "[LAST"), closing=(CLOSE,))
)


def value(tokens: list[str]) -> str:
    """What a list is worth; what is empty or isn't one list is worth `?`."""
    stack: list[list[Any]] = [[]]
    for token in tokens:
        if token in OPERATIONS:
            stack.append([token])
        elif token == CLOSE:
            operation, *values = stack.pop()
            stack[-1].append(OPERATIONS[operation](values) if values and "?" not in values else "?")
        else:
            stack[-1].append(int(token))
    return str(stack[0][0]) if len(stack[0]) == 1 else "?"


def ponder(readings: Sequence[Reading], confidence: float = 1.0) -> list[Thought]:
    answers = [value([TOKENS[symbol] for symbol in reading]) for reading in readings]
    return [Thought({"answer": answer}, confidence, 4, 1, 0.0, 10, "confident", True) for answer in answers]


def looks(*pictures: dict[str, float]) -> np.ndarray:
    chances = np.full((len(pictures), len(TOKENS)), 1e-12)
    for place, picture in enumerate(pictures):
        for token, chance in picture.items():
            chances[place, TOKENS.index(token)] = chance
    return np.log(chances / chances.sum(1, keepdims=True))


def sure(text: str) -> list[dict[str, float]]:
    return [{token: 1.0} for token in text.split()]


def purse(enough: float = 0.99) -> Purse:
    return Purse(WillSpec(confidence=enough))


def test_what_is_clear_takes_one_thought() -> None:
    found = weigh(LISTS, looks(*sure("[MAX 1 2 ]")), ponder, purse(), 100)
    assert found.thought.answer == {"answer": "2"} and found.readings == 1 and found.confidence > 0.999
    assert LISTS.decode(found.reading) == "[MAX 1 2 ]" and LISTS.place(2) == "picture 3"


def test_a_garbled_picture_matters_only_where_the_answer_hangs_on_it() -> None:
    garbled = {"0": 0.5, "1": 0.3, "2": 0.2}
    matters = weigh(LISTS, looks({"[LAST": 1}, {"1": 1}, garbled, {CLOSE: 1}), ponder, purse(), 100)
    assert (
        matters.thought.answer == {"answer": "0"} and matters.confidence == pytest.approx(0.5) and matters.readings == 3
    )
    idle = weigh(LISTS, looks({"[MAX": 1}, garbled, {"2": 1}, {CLOSE: 1}), ponder, purse(), 100)
    assert idle.thought.answer == {"answer": "2"} and idle.confidence > 0.999 and idle.readings == 3


def test_all_readings_share_what_the_will_allows() -> None:
    allowed = Purse(WillSpec(confidence=1.0, operations=25))
    allowed.price = 10

    def paid(readings: Sequence[Reading]) -> list[Thought]:
        thoughts = ponder(readings, 0.5)
        allowed.pay(thoughts)
        return thoughts

    anything = looks(*[{"0": 0.4, "1": 0.3, "2": 0.3}] * 4)
    found = weigh(LISTS, anything, paid, allowed, 3)
    assert (found.readings, allowed.spent) == (2, 20)  # a third isn't begun: nothing is left that pays it
    assert weigh(LISTS, anything, paid, allowed, 100).readings == 1  # one thought there always is
    assert allowed.pays(9) == 0 and allowed.share(WillSpec(operations=9), 2).operations == 1
    halves = Purse(WillSpec(operations=60))
    assert halves.pays(70) == 60
    halves.price = 7
    assert (halves.pays(70), halves.pays(3)) == (8, 3)
    share = halves.share(WillSpec(ticks=3), 2)
    assert (share.ticks, share.operations, share.ms) == (3, 30, None)
    late, early = Purse(WillSpec(ms=1e-3)), Purse(WillSpec(ms=60_000.0))
    time.sleep(1e-3)
    assert late.pays(5) == 0 and early.pays(5) == 5


def test_likelier_together_beats_likeliest_alone() -> None:
    found = weigh(
        LISTS, looks({"[LAST": 0.4, "[MAX": 0.6}, {"2": 1}, {"0": 0.45, "1": 0.55}, {CLOSE: 1}), ponder, purse(0.9), 9
    )
    assert found.thought.answer == {"answer": "2"} and found.confidence == pytest.approx(0.6)


def test_brackets_that_do_not_match_are_read_again() -> None:
    found = weigh(LISTS, looks({"1": 0.7, "[MAX": 0.3}, {"2": 1}, {"0": 0.6, CLOSE: 0.4}), ponder, purse(), 100)
    # `1 2 0` can be seen; `[MAX 2 0` and `1 2 ]` can't. What is left are these two, weighed against each other.
    assert found.confidence == pytest.approx(0.42 / (0.42 + 0.12))
    other = weigh(LISTS, looks({"[MAX": 1}, {"2": 1}, {"0": 1}), ponder, purse(), 100)  # no reading with it is likely
    assert LISTS.readable(other.reading) and other.thought.answer != {"answer": "0"}
    with pytest.raises(DataError, match="brackets don't match"):
        weigh(LISTS, np.where(np.eye(len(TOKENS))[[3]] > 0, 0.0, -np.inf), ponder, purse(), 100)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(0.5, 1.0), st.integers(1, 300))
def test_never_surer_than_all_readings_together(seed: int, trust: float, most: int) -> None:
    draw = np.random.default_rng(seed)
    log_CV = np.log(draw.dirichlet(np.full(len(TOKENS), 0.4), int(draw.integers(1, 4))) + 1e-9)
    log_CV -= np.log(np.exp(log_CV).sum(1, keepdims=True))
    seen = [
        (reading, float(np.exp(log_CV[np.arange(len(reading)), list(reading)].sum())))
        for reading in itertools.product(range(len(TOKENS)), repeat=len(log_CV))
        if LISTS.readable(reading)
    ]
    found = weigh(LISTS, log_CV, lambda some: ponder(some, trust), purse(0.999), most)
    answer, total = found.thought.answer["answer"], sum(chance for _, chance in seen)
    exact = sum(chance for reading, chance in seen if ponder([reading])[0].answer["answer"] == answer) / total
    assert 0 < found.confidence <= trust * exact + 1e-6 and found.readings <= most


def test_pages() -> None:
    grid = page_of(GridSpec(kind="grid", rows=2, columns=3, symbols=12, form="lists"))
    assert isinstance(grid, GridPage) and grid.symbols[11] == "11" and grid.place(5) == "row 2, column 3"
    assert grid.encode([(1, 2, 3, 4, 5, 11)]).shape == (1, 2, 3) and grid.decode((0, 1, 2, 3, 4, 5)) == [
        [0, 1, 2],
        [3, 4, 5],
    ]
    assert LISTS.encode([(3, 1, 5), (4, 2, 5)]).shape == (2, 3, 3)
    with pytest.raises(DataError, match="expected 1 to 9 pictures"):
        LISTS.check(10)
    with pytest.raises(DataError, match="fixed rows and columns"):
        page_of(GridSpec(kind="grid", symbols=3))
