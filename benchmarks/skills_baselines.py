"""Models of scikit-learn beside those of the seven skills that one is made for; for `benchmarks.skills`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.skills_data import SEEN, Task
from ltm.scenes.lines import rows

BYTE = 255.0


def _pictures() -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import SVC

    return make_pipeline(
        FunctionTransformer(lambda images: np.asarray(images).reshape(len(images), -1) / BYTE), SVC(C=5.0)
    )


def _tokens() -> Any:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    counts = CountVectorizer(ngram_range=(1, 3), token_pattern=r"[^\s()]+", lowercase=False, min_df=3)
    return make_pipeline(counts, LogisticRegression(max_iter=300))


def _words() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+"), LogisticRegression(max_iter=1000))


MODELS: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "digits": ("SVC", _pictures),
    "listops": ("regression on one to three tokens", _tokens),
    "polarity": ("regression on words and pairs", _words),
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
