"""The built-in sources `reasoning-gym:NAME`: any generator of the package reasoning-gym (Stojanovski et al. 2025).

A question is text; an answer is a label where few different ones recur, and otherwise a sequence of characters.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from pydantic import ConfigDict

from ltm.chart.base import Part
from ltm.errors import DataError, nearest
from ltm.scenes.declare import Declared
from ltm.scenes.extras import library
from ltm.scenes.lines import Row
from ltm.scenes.look import look
from ltm.scenes.look_label import come_again
from ltm.senses.value import ValueSpec

FAMILY = "reasoning-gym"
MOST_LABELS = 100
"""More different answers are written out, character by character, even where they recur."""
_OURS = ("seed", "size")
"""Settings of every generator that the chart's seed and count decide."""


class ReasoningOptions(Part):
    """Settings of the generator, by the names of its own configuration."""

    model_config = ConfigDict(extra="allow")


def rows(name: str, options: ReasoningOptions, count: int, seed: int) -> tuple[Row, ...]:
    """Returns `question` and `answer` of different scenes, `count` of them or fewer where a generator repeats itself.

    Raises:
        DataError: no such generator, a setting that it doesn't have, or one that has no single answer.
    """
    return _rows(name, json.dumps(options.model_extra, sort_keys=True), count, seed)


@functools.lru_cache(maxsize=2)
def _rows(name: str, options: str, count: int, seed: int) -> tuple[Row, ...]:
    # Remembered, because proposing a chart looks at the scenes that training then makes.
    dataset = _dataset(name, json.loads(options), count, seed)
    found: dict[str, Row] = {}
    for number in range(count):
        try:
            item = dataset[number]
        except Exception as problem:  # a generator may raise anything
            raise DataError(
                f"{FAMILY}:{name}: scene {number + 1:,}: {type(problem).__name__}: {problem}"[:300]
            ) from None
        if not isinstance(item["answer"], str):
            raise DataError(f"{FAMILY}:{name}: its questions have no single answer, so no brain can learn from them")
        found.setdefault(item["question"], {"question": item["question"], "answer": item["answer"].strip()})
    return tuple(found.values())


def _dataset(name: str, options: Mapping[str, Any], count: int, seed: int) -> Any:
    what = f"the source {FAMILY}:{name}"
    gym, known = library("reasoning_gym", what), library("reasoning_gym.factory", what).DATASETS
    if name not in known:
        close = nearest(name, known) or f"; it has {len(known)}: {', '.join(sorted(known))}"
        raise DataError(f"{FAMILY}: no generator called {name!r}{close}")
    settings = [part.name for part in fields(known[name][1]) if part.name not in _OURS]
    for key in options:
        if key not in settings:
            close = nearest(key, settings)
            raise DataError(f"scenes.options.{key}: no setting of {FAMILY}:{name} ({', '.join(settings)}){close}")
    # Its scenes are numbered on from the seed: neighbouring seeds would share nearly all of them.
    apart = int.from_bytes(hashlib.blake2b(f"{seed}".encode(), digest_size=3).digest(), "little") << 7
    try:
        return gym.create_dataset(name, size=count, seed=apart, **options)
    except Exception as problem:  # a configuration may raise anything
        raise DataError(f"{FAMILY}:{name}: its settings are refused: {problem}"[:300]) from None


def describe(options: ReasoningOptions, found: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Returns the declarations of questions and answers such as these."""
    answers = [row["answer"] for row in found]
    few = come_again(answers) and 1 < len(set(answers)) <= MOST_LABELS and "" not in answers
    return {
        "question": look([row["question"] for row in found], Declared(kind="text")),
        "answer": look(answers, Declared(kind="label", done=True))
        if few
        else look([list(answer) for answer in answers], Declared(kind="sequence", done=True)),
    }


def written(value: Any, spec: ValueSpec) -> Any:
    """Returns a text as a list of characters where a sequence is read."""
    return list(value) if spec.kind == "sequence" else value
