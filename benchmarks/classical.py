"""Models of scikit-learn that brains are measured beside: of pictures, of lists of tokens, and of sentences.

Their parts are scikit-learn's own; it is imported when a model is made, so that benchmarks start without it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BYTE = 255.0
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Inverse strengths of regularisation that are tried."""
FOLDS = 5
WORDS = r"(?u)\w+|[^\w\s]"
"""Signs between words count, as they do for the brain."""
TOKENS = r"[^\s()]+"
"""Round brackets are left out, as they are for the brain."""


def flat(images: Any) -> np.ndarray:
    """Returns pictures of bytes as rows of brightness from 0 to 1 `[n, pixels]`."""
    return np.asarray(images).reshape(len(images), -1) / BYTE


def of_pixels() -> Any:
    """Returns a support vector classifier of pictures of bytes."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import SVC

    return make_pipeline(FunctionTransformer(flat), SVC(C=5.0))


def of_tokens() -> Any:
    """Returns logistic regression on which one to three tokens follow one another."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    counts = CountVectorizer(ngram_range=(1, 3), token_pattern=TOKENS, lowercase=False, min_df=3)
    return make_pipeline(counts, LogisticRegression(max_iter=3000))


def of_words(*, weighted: bool) -> Any:
    """Returns logistic regression on words and pairs of words, its strength found by cross-validation.

    Args:
        weighted: by tf-idf, instead of counted.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import Pipeline

    words = (TfidfVectorizer if weighted else CountVectorizer)(ngram_range=(1, 2), token_pattern=WORDS)
    whole = Pipeline([("words", words), ("model", LogisticRegression(max_iter=1000))])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    return GridSearchCV(whole, {"model__C": STRENGTHS}, cv=folds)
