"""An eye learns from the mind behind it: what a solved board says its pictures show, becomes what the eye learns.

Nobody tells what the pictures show. Where thought is sure of a whole page, its answer names every picture on it, also
those that were misread; on these labels of its own the eye is trained a little, and reads the pages again. This is
self-training (Scudder 1965; Yarowsky 1995; Xie et al. 2020, noisy student) with a reasoning brain in the teacher's
place, as in abductive learning (Dai et al. 2019).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ltm.acts.label import LabelActSpec
from ltm.brain.brain import Brain
from ltm.brain.perceive import Coupled
from ltm.brain.perceived import Perceived
from ltm.chart.schema import WillSpec
from ltm.errors import DataError
from ltm.runtime.int8 import round_weights
from ltm.scenes.store import SceneSet, SceneWriter, join
from ltm.training.adapt import adapt
from ltm.training.familiar import familiarity_with
from ltm.training.looks import calibrate, quick_accuracy

Pictures = Sequence[Any]
PASSES = 4
"""So often an eye sees each picture in a round at most: labels of its own may be wrong."""
BATCH = 64
RATE = 0.1
"""Of learning, as a share of the rate that the eye's chart begins with."""


@dataclass(frozen=True)
class Round:
    """What one round of reading and learning came to.

    Attributes:
        pages: that were read.
        sure: pages that thought was sure of; the eye learns from these.
        pictures: on them.
        otherwise: pictures among these that looked like something else than they were taken for.
        steps: of training.
    """

    pages: int
    sure: int
    pictures: int
    otherwise: int
    steps: int


@dataclass(frozen=True, eq=False)
class Taught:
    """An eye that has learned from a mind.

    Attributes:
        eye: with new weights.
        rounds: in order.
        before: share of the scenes that the eye kept aside which it told right before; None where it kept none.
        after: the same afterwards.
    """

    eye: Brain
    rounds: tuple[Round, ...]
    before: float | None
    after: float | None


def teach_eye(
    coupled: Coupled,
    pages: Sequence[Pictures],
    *,
    seconds: float,
    sure: float = 0.95,
    rounds: int = 3,
    readings: int = 64,
    will: WillSpec | None = None,
    known: Sequence[Perceived] | None = None,
    seed: int = 0,
    told: Callable[[Round], None] | None = None,
) -> Taught:
    """Reads pages, learns from those it is sure of, and reads again; the eye that was given stays as it is.

    The scenes that the eye kept from its own training are rehearsed beside the new pictures.

    Args:
        coupled: an eye and the mind behind it.
        pages: the pictures of each, as `Coupled.think` takes them.
        seconds: for everything; the first reading is always finished.
        sure: pages of which thought is less sure teach nothing.
        rounds: of reading and learning at most.
        readings: of a page that are tried at most.
        will: of the mind; its chart's when absent.
        known: what came of the pages where they have been thought about already, in order.
        seed: of order, noise and symmetries.
        told: told of every round.

    Raises:
        DataError: no page that thought is sure of, or a picture that can't be read.
    """
    deadline = time.monotonic() + seconds
    will = will or coupled.mind.chart.will
    done: list[Round] = []
    now, learned = coupled, None
    before = _kept_right(coupled.eye)
    for number in range(rounds):
        start = time.monotonic()
        found = known if known is not None and not number else _read(now, pages, will, readings, seed)
        pupils, sums = _lesson(now, pages, found, sure)
        looking = time.monotonic() - start
        left = deadline - time.monotonic()
        if pupils is None:
            break
        following = rounds - number - 1
        share = max(1.0, (left - following * looking) / (following + 1))
        kept = coupled.eye.rehearsal
        steps = max(1, PASSES * len(pupils) // BATCH)
        learned = pupils if kept is None else join([pupils, kept.replay])
        rate = RATE * now.eye.chart.training.rate
        eye, taken = adapt(now.eye, learned, seconds=share, steps=steps, rate=rate, batch=BATCH, seed=seed + number)
        now = dataclasses.replace(now, eye=eye)
        done.append(dataclasses.replace(sums, steps=taken))
        if told is not None:
            told(done[-1])
        if time.monotonic() + looking > deadline:
            break
    if not done or learned is None:
        raise DataError(f"thought was never as sure as {sure:g} of a page, so there is nothing to learn from")
    return Taught(_settled(now.eye, learned), tuple(done), before, _kept_right(now.eye))


def labels_of(coupled: Coupled, pictures: Pictures, found: Perceived) -> list[int]:
    """Returns what each picture of a page was taken for in the end, as the number of its symbol."""
    symbols: list[int] = coupled.read(pictures).argmax(1).tolist()
    for doubt in found.doubts:
        symbols[doubt.cell] = coupled.page.symbols.index(doubt.taken)
    return symbols


def _read(coupled: Coupled, pages: Sequence[Pictures], will: WillSpec, readings: int, seed: int) -> Iterator[Perceived]:
    return (coupled.think(pictures, will, readings=readings, seed=seed) for pictures in pages)


def _lesson(
    coupled: Coupled, pages: Sequence[Pictures], thought: Iterable[Perceived], sure: float
) -> tuple[SceneSet | None, Round]:
    """Returns the pictures of those pages that thought was sure of, with what they show."""
    ((sense, spec),), ((act, said),) = coupled.eye.chart.senses.items(), coupled.eye.chart.acts.items()
    assert isinstance(said, LabelActSpec)  # checked when the two were coupled
    writer = SceneWriter({sense: spec.layout, act: said.layout})
    sure_of = otherwise = 0
    for pictures, found in zip(pages, thought, strict=True):
        if found.thought.confidence < sure:
            continue
        sure_of += 1
        for picture, symbol in zip(pictures, labels_of(coupled, pictures, found), strict=True):
            # A mind may know symbols that the eye has no name for.
            if picture is not None and coupled.page.symbols[symbol] in said.labels:
                writer.append({sense: spec.encode(picture), act: said.encode(coupled.page.symbols[symbol])})
        otherwise += sum(doubt.changed for doubt in found.doubts)
    sums = Round(len(pages), sure_of, len(writer), otherwise, 0)
    return (writer.finish() if len(writer) else None), sums


def _kept_right(eye: Brain) -> float | None:
    if eye.rehearsal is None or not len(eye.rehearsal.aside):
        return None
    return quick_accuracy(eye, eye.rehearsal.aside, False, None)


def _settled(eye: Brain, learned: SceneSet) -> Brain:
    """Brings confidence and familiarity, which went with the old weights, in line with the new."""
    kept = eye.rehearsal
    if eye.int8:
        round_weights(eye)  # as it will be written
    if kept is not None and len(kept.aside):
        calibrate(eye, kept.aside, False, None)
    aside = learned if kept is None or not len(kept.aside) else kept.aside
    some = np.random.default_rng(0).permutation(len(learned))
    eye.familiarity = familiarity_with(eye, learned.take(np.sort(some[:2000])), aside)
    return eye
