"""Scenes that are alike: repeated, contradicting one another, or in both of two tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Lines = npt.NDArray[np.int64]
SHOWN = 10
"""Groups of lines that are kept for showing."""
_SHOWN_LINES = 6


@dataclass(frozen=True)
class Alike:
    """Groups of rows that belong together.

    Attributes:
        rows: how many rows there are in all groups.
        groups: how many groups.
        lines: of the first groups, the first few rows of each.
    """

    rows: int
    groups: int
    lines: tuple[tuple[int, ...], ...]


def repeated(keys: Keys, lines: Lines) -> Alike:
    """Returns rows that share their key with another."""
    order, starts = _groups(keys)
    sizes = np.diff(np.append(starts, len(keys)))
    return _alike(order, starts, sizes, sizes > 1, lines)


def contradicting(seen: Keys, whole: Keys, lines: Lines) -> Alike:
    """Returns rows whose scenes are seen alike, where not all are answered alike.

    Args:
        seen: a key of what is seen in each row.
        whole: a key of what is seen and answered.
        lines: where the rows are.
    """
    order, starts = _groups(seen)
    if not len(order):
        return Alike(0, 0, ())
    sizes = np.diff(np.append(starts, len(seen)))
    answers = whole[order]
    differs = np.maximum.reduceat(answers, starts) != np.minimum.reduceat(answers, starts)
    return _alike(order, starts, sizes, differs, lines)


def shared(train: Keys, train_lines: Lines, test: Keys, test_lines: Lines) -> tuple[int, list[tuple[int, int]]]:
    """Returns how many rows of `test` have a key of `train`, and for the first of them the line of each."""
    found = np.isin(test, train)
    order = np.argsort(train, kind="stable")
    some = np.flatnonzero(found)[:SHOWN]
    first = order[np.searchsorted(train, test[some], sorter=order)]
    return int(found.sum()), [
        (int(here), int(there)) for here, there in zip(test_lines[some], train_lines[first], strict=True)
    ]


def _groups(keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns an order in which equal keys follow one another, and where in it each group begins."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.ones(len(keys), dtype=bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    return order, np.flatnonzero(begins)


def _alike(
    order: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    chosen: npt.NDArray[np.bool_],
    lines: Lines,
) -> Alike:
    # The sort is stable, so a group begins with its first row in the file; the earliest groups are shown.
    firsts = order[starts[chosen]]
    some = np.flatnonzero(chosen)[np.argsort(firsts)[:SHOWN]]
    shown: Sequence[tuple[int, ...]] = [
        tuple(lines[order[start : start + min(size, _SHOWN_LINES)]].tolist())
        for start, size in zip(starts[some].tolist(), sizes[some].tolist(), strict=True)
    ]
    return Alike(int(sizes[chosen].sum()), int(chosen.sum()), tuple(shown))
