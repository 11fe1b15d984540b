"""Counts what one column of a table holds, value by value, in constant memory but for eight bytes a value."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError
from ltm.scenes.look_label import PLAIN, is_empty
from ltm.scenes.read import cell
from ltm.scenes.spool import SPOOL_BYTES, Spool
from ltm.senses.audio import AudioSpec
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.label import MOST_LABELS, Labels, label_text
from ltm.senses.missing import is_missing, number_of
from ltm.senses.value import ValueSpec
from ltm.senses.vector import VectorSpec, flat_list, numbers_of

MOST_SHAPES = 10_000
"""Shapes that are told apart; more are counted together."""


@dataclass(frozen=True)
class Shapes:
    """The sizes of a column's values, each as sides.

    Attributes:
        smallest: by the number of places.
        largest: likewise.
        commonest: the most frequent.
        share: of values that have the most frequent.
        different: how many sizes there are.
    """

    smallest: tuple[int, ...]
    largest: tuple[int, ...]
    commonest: tuple[int, ...]
    share: float
    different: int


@dataclass(frozen=True)
class Column:
    """What one column holds.

    Attributes:
        kind: that was found.
        words: the kind in a few words.
        usable: whether a sense reads such values.
        values: how many could be read.
        distinct: how many of these differ.
        missing: empty cells; of numbers also those that say that nothing is there, such as `?`.
        shapes: of grids, pictures and sounds; lengths of sequences and texts.
        counts: of symbols or labels, the most frequent first.
        span: least, mean and largest: of numbers, also those of lists, of brightnesses, or of the lengths of texts.
    """

    kind: str
    words: str
    usable: bool
    values: int
    distinct: int
    missing: int
    shapes: Shapes | None
    counts: dict[str, int]
    span: tuple[float, float, float] | None


class Tally:
    """Reads the values of one column and counts them.

    Args:
        name: of the column.
        kind: of its values.
        spec: how to read them, where a sense does.
    """

    def __init__(self, name: str, kind: str, spec: ValueSpec | None) -> None:
        self.name, self.kind, self.spec = name, kind, spec
        self.values = self.missing = 0
        self.shapes = Counter[tuple[int, ...]]()
        self.labels = Counter[str]()
        self.symbols = np.zeros(spec.symbols if isinstance(spec, GridSpec) else 256, dtype=np.int64)
        self.counted = isinstance(spec, GridSpec | ImageSpec | AudioSpec)
        self.low, self.high, self.total, self.numbers = math.inf, -math.inf, 0.0, 0
        self._keys = Spool(SPOOL_BYTES)

    def read(self, row: dict[str, Any], folder: Path) -> npt.NDArray[Any] | str | None:
        """Counts the value of a row and returns it encoded; its text where no sense reads it; None where it is missing.

        Raises:
            DataError: it isn't of the column's kind.
        """
        given = row.get(self.name)
        if (is_missing if self.kind == "number" else is_empty)(given):
            self.missing += 1
            return None
        value = self._encoded(row, folder)
        # Numbers that are answered alike, in one bin, are still different numbers.
        self._keys.write(key_of(np.array(number_of(given)) if self.kind == "number" else value))
        self.values += 1
        return value

    def _encoded(self, row: dict[str, Any], folder: Path) -> npt.NDArray[Any] | str:
        if isinstance(self.spec, Labels):
            return self._label(row[self.name])
        if self.spec is None:
            return self._plain(row[self.name])
        given = cell(row, self.name, self.spec.written, folder)
        value = self.spec.encode(given)
        if self.kind == "number":
            self._count(np.array([number_of(given)]))
            return value
        if isinstance(self.spec, VectorSpec):
            self._count(numbers_of(flat_list(given) or []))
            return value
        if len(self.shapes) < MOST_SHAPES or value.shape in self.shapes:
            self.shapes[value.shape] += 1
        if self.counted:
            self.symbols += np.bincount(value.reshape(-1), minlength=len(self.symbols))
        return value

    def _label(self, value: Any) -> str:
        """Takes any label: one that comes late in the file is a label as well."""
        if not isinstance(value, PLAIN):
            raise DataError(f"expected a label, got {type(value).__name__}")
        text = label_text(value)
        if text not in self.labels and len(self.labels) >= MOST_LABELS:
            raise DataError(f"{text[:60]!r} is one label too many (at most {MOST_LABELS:,})")
        self.labels[text] += 1
        return text

    def _plain(self, value: Any) -> str:
        text = value if isinstance(value, str) else _text(value)
        self._count(np.array([number_of(value) if self.kind == "number" else len(text)], dtype=np.float64))
        return text

    def _count(self, numbers: npt.NDArray[np.float64]) -> None:
        there = numbers[~np.isnan(numbers)]
        if there.size:
            self.low, self.high = min(self.low, float(there.min())), max(self.high, float(there.max()))
            self.total, self.numbers = self.total + float(there.sum()), self.numbers + there.size

    def summary(self) -> Column:
        """Returns what was counted."""
        keys = self._keys.array(np.uint64, (self.values,))
        return Column(
            self.kind,
            self._words(),
            self.spec is not None,
            self.values,
            len(np.unique(keys)),
            self.missing,
            self._shapes(),
            self._counts(),
            self._span(),
        )

    def _words(self) -> str:
        if isinstance(self.spec, Labels):
            return f"{len(self.labels)} labels"
        return "" if self.spec is None else self.spec.words()

    def _shapes(self) -> Shapes | None:
        if not self.shapes:
            return None
        order = sorted(self.shapes, key=lambda shape: (math.prod(shape), shape))
        commonest, often = self.shapes.most_common(1)[0]
        return Shapes(order[0], order[-1], commonest, often / self.values, len(order))

    def _counts(self) -> dict[str, int]:
        if isinstance(self.spec, Labels):
            return dict(self.labels.most_common())
        if not isinstance(self.spec, GridSpec):
            return {}
        letters = [str(n) for n in range(self.spec.symbols)] if self.spec.form == "lists" else self.spec.letters
        counts = Counter({letter: int(count) for letter, count in zip(letters, self.symbols, strict=True)})
        return dict(counts.most_common())

    def _span(self) -> tuple[float, float, float] | None:
        if not self.values:
            return None
        if self.numbers:
            return self.low, self.total / self.numbers, self.high
        if not self.counted or isinstance(self.spec, GridSpec):
            return None
        levels = np.flatnonzero(self.symbols)
        mean = float((levels * self.symbols[levels]).sum() / self.symbols.sum())
        return float(levels[0]), mean, float(levels[-1])


def key_of(value: npt.NDArray[Any] | str | None) -> bytes:
    """Returns eight bytes that values share if they are equal; others do only by chance, about one pair in 2^64."""
    if value is None:
        return bytes(8)
    if isinstance(value, str):
        return hashlib.blake2b(value.encode(errors="surrogatepass"), digest_size=8).digest()
    return hashlib.blake2b(repr(value.shape).encode() + value.tobytes(), digest_size=8).digest()


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    return json.dumps(value, ensure_ascii=False, default=str)
