"""What stands for a value that isn't there, and how a number is read from a cell."""

from __future__ import annotations

import math
import numbers
from typing import Any

from ltm.errors import DataError

MISSING = ("", "?", "na", "n/a", "nan", "null", "none")
"""What cells of a table hold where a value is missing, in capitals or not; None and NaN mean it too."""


def is_missing(value: Any) -> bool:
    """Returns whether a value stands for one that isn't there."""
    if isinstance(value, str):
        return value.strip().lower() in MISSING
    return value is None or (isinstance(value, numbers.Real) and bool(value != value))


def number_of(value: Any) -> float | None:
    """Returns the number that a cell holds; None for a missing one.

    Raises:
        DataError: it isn't a number, or not a finite one.
    """
    if is_missing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, str | numbers.Real):
        raise DataError(f"expected a number, got {type(value).__name__}")
    try:
        # Python would read 1_000 as a thousand, which nobody writes in a table.
        number = math.nan if isinstance(value, str) and "_" in value else float(value)
    except OverflowError:
        number = math.inf
    except ValueError:
        number = math.nan
    if math.isinf(number):
        raise DataError(f"expected a finite number, got {str(value).strip()[:20]}")
    if math.isnan(number):
        raise DataError(f"expected a number such as -1.5 or 2e3, got {str(value)[:40]!r}")
    return number
