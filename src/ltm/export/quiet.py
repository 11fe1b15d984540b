"""Keeps what exporters say about themselves from the user: warnings, and the remarks of their loggers."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(*names: str) -> Iterator[None]:
    """Silences warnings and these loggers' remarks; what libraries do to the root logger when imported is undone."""
    loggers = [logging.getLogger(name) for name in names]
    before, handlers = [logger.level for logger in loggers], list(logging.root.handlers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
        finally:
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)
            logging.root.handlers[:] = handlers
