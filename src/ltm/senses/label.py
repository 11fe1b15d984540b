"""The `label` sense: one of a list of names, which becomes one site of the field.

Shapes: B batch, D field width.
"""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.errors import DataError, nearest
from ltm.senses.layout import Layout, Written
from ltm.senses.missing import is_missing
from ltm.zones.layers import truncated_normal_

MOST_LABELS = 10_000
LONGEST = 200
"""Letters of a label at most."""


class Labels(Part):
    """What senses of kind `label` and acts of kinds `label` and `action` share: the list of names."""

    kind: Literal["label", "action"]
    labels: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=LONGEST)], ...], Field(min_length=2, max_length=MOST_LABELS)
    ]
    """The names, in order."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Standard deviation of what it writes."""

    @model_validator(mode="after")
    def _all_differ(self) -> Labels:
        if len(set(self.labels)) < len(self.labels):
            twice = next(label for place, label in enumerate(self.labels) if label in self.labels[:place])
            raise ValueError(f"label {twice!r} is listed twice")
        return self

    @property
    def symbols(self) -> int:
        """How many labels there are."""
        return len(self.labels)

    @property
    def layout(self) -> Layout:
        """One place: the label's number."""
        return Layout(rank=1, dtype="uint8" if self.symbols <= 250 else "int32", longest=1)

    @property
    def written(self) -> Written:
        """Plain text or a number."""
        return "plain"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of sites that a value takes."""
        return (1, 1)

    @property
    def fixed_sites(self) -> tuple[int, int] | None:
        """Rows and columns of sites, as every value has the same."""
        return (1, 1)

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns a name into its number `[1]`.

        Raises:
            DataError: the name is not in the list; says which is nearest.
        """
        if not isinstance(value, str | int | float | np.number | np.bool_):
            raise DataError(f"expected a label, got {type(value).__name__}")
        text = label_text(value)
        number = _numbers(self.labels).get(text)
        if number is None and not isinstance(value, str | bool | np.bool_):
            # A table of text may call 1.0 what JSON or an array calls 1.
            with suppress(OverflowError):  # of hundreds of digits
                number = _numbers(self.labels).get(str(float(value)))
        if number is None:
            raise DataError(f"{text!r} is not among the {self.symbols} labels{nearest(text, self.labels)}")
        return np.array([number], dtype=self.layout.dtype)

    def decode(self, encoded: npt.NDArray[Any]) -> str | None:
        """Turns a number `[1]` into its name."""
        return self.labels[int(encoded.reshape(-1)[0])]

    def words(self) -> str:
        """Says how many labels there are."""
        return f"{self.symbols} labels"


class LabelSpec(Labels):
    """One of a list of names; numbers and truth values are taken by their text."""

    kind: Literal["label"]
    missing: bool = False
    """Whether a name may be missing: an empty cell, None, NaN, or one of `?`, `na`, `n/a`, `nan`, `null`, `none` that
    is not among the names. It has a vector of its own."""

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns a name into its number `[1]`; a missing one into the number after the last.

        Raises:
            DataError: the name is not in the list; says which is nearest.
        """
        if self.missing and is_missing(value) and (value is None or label_text(value) not in _numbers(self.labels)):
            return np.array([self.symbols], dtype=self.layout.dtype)
        return super().encode(value)

    def decode(self, encoded: npt.NDArray[Any]) -> str | None:
        """Turns a number `[1]` into its name; None for a missing one."""
        return None if int(encoded.reshape(-1)[0]) == self.symbols else super().decode(encoded)

    def words(self) -> str:
        """Says how many labels there are, and whether one may be missing."""
        return super().words() + (", or missing" if self.missing else "")


def label_text(value: Any) -> str:
    """Returns the text of a label; whole numbers are written without a point."""
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 1e15:
        value = int(value)
    return str(value).strip()


@functools.lru_cache(maxsize=64)
def _numbers(labels: tuple[str, ...]) -> dict[str, int]:
    return {label: number for number, label in enumerate(labels)}


class LabelSense(nn.Module):
    """The weights of a `label` sense: one vector a label, and one for a missing label where there may be one."""

    def __init__(self, spec: LabelSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.symbol = nn.Parameter(torch.empty(spec.symbols + spec.missing, width))

    def initialise(self, generator: torch.Generator) -> None:
        """Draws vectors with standard deviation 1/sqrt(width) before scaling by its root."""
        truncated_normal_(self.symbol, self.symbol.shape[1] ** -0.5, generator)

    def exists(self, label_B1: Integer[Tensor, "B 1"]) -> Tensor | None:
        """Every label takes its one site."""
        return None

    def parents(self, label_B1: Integer[Tensor, "B 1"]) -> None:
        """Its sites make no tree."""

    def forward(self, label_B1: Integer[Tensor, "B 1"]) -> Float[Tensor, "B 1 D"]:
        """Writes each label's vector; zeros where no label is shown, as at some steps of a scene."""
        void_B1 = label_B1 == self.spec.layout.void
        seen = F.embedding(label_B1.long().masked_fill(void_B1, 0), self.symbol)
        written: Tensor = (seen * (self.spec.scale * self.symbol.shape[1] ** 0.5)).masked_fill(void_B1[..., None], 0.0)
        return written
