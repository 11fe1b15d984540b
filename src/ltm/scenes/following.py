"""What comes next, as a column of scenes: read off the column that is seen, one place on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.acts.next import NextActSpec
from ltm.senses.layout import Layout, Written
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec
from ltm.senses.value import ValueSpec


@dataclass(frozen=True)
class Following:
    """How the answer of an act `next` is read.

    Attributes:
        act: its declaration.
        of: the column that is seen.
        seen: how that is read.
    """

    act: NextActSpec
    of: str
    seen: TextSpec | SequenceSpec

    @property
    def kind(self) -> str:
        """The word for it in charts."""
        return self.act.kind

    @property
    def layout(self) -> Layout:
        """A symbol for each place."""
        return self.act.layout

    @property
    def written(self) -> Written:
        """As what is seen."""
        return self.seen.written

    def words(self) -> str:
        """Says what it is."""
        return self.act.words()

    def model_dump(self, *, exclude_defaults: bool = False) -> dict[str, Any]:
        """Returns the act's declaration."""
        return self.act.model_dump(exclude_defaults=exclude_defaults)

    def encode(self, value: Any) -> npt.NDArray[np.int32]:
        """Turns what is seen into what comes next at each of its places; at the last nothing is known, or the end.

        Raises:
            DataError: as the sense says it.
        """
        symbols = self.seen.encode(value).astype(np.int32)
        last = self.act.symbols - 1 if self.act.ends else int(self.layout.void)
        return np.append(symbols[1:], np.int32(last))


def source_columns(columns: Mapping[str, ValueSpec]) -> list[str]:
    """Returns the columns that a table must have."""
    return list(dict.fromkeys(source_of(name, spec) for name, spec in columns.items()))


def source_of(name: str, spec: ValueSpec) -> str:
    """Returns the column of a table that a column of scenes is read from."""
    return spec.of if isinstance(spec, Following) else name
