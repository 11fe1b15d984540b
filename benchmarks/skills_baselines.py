"""Models of scikit-learn beside those of the seven skills that one is made for; for `benchmarks.skills`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.classical import of_pixels, of_tokens, of_words
from benchmarks.skills_data import SEEN, Task
from ltm.scenes.lines import rows

MODELS: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "digits": ("SVC", of_pixels),
    "listops": ("regression on one to three tokens", of_tokens),
    "polarity": ("regression on words and pairs, tf-idf", lambda: of_words(weighted=True)),
}
"""By skill: what the model is called, and how it is made."""


def baseline(task: Task, limit: int) -> dict[str, Any] | None:
    """Returns how often a model is right that learned the skill's very scenes; None where there is none for it."""
    if task.name not in MODELS:
        return None
    name, make = MODELS[task.name]
    model = make().fit(*_read(Path(task.train()), task))
    seen, done = _read(task.test(), task)
    right = model.predict(seen[:limit]) == np.array(done[:limit])
    return {"model": name, "exact": float(right.mean())}


def _read(file: Path, task: Task) -> tuple[list[Any], list[Any]]:
    found = [row for _, row in rows(file)]
    return [row[SEEN] for row in found], [row[task.do.partition(":")[0]] for row in found]
