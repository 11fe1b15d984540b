"""The `vector` sense: a list of numbers of fixed length, some of them to each site of the field.

Shapes: B batch, N numbers, S sites, E numbers a site, P features of one number, D field width.
"""

from __future__ import annotations

import functools
import json
import math
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.senses.layout import Layout, Written
from ltm.senses.missing import number_of
from ltm.senses.number import FARTHEST, Frequencies, Spread, draw_reading, features, frequencies_of, original
from ltm.zones.layers import truncated_normal_

MOST_NUMBERS = 16_384


class VectorSpec(Part):
    """A list of numbers of fixed length: a JSON list, its text, or a row of a NumPy array.

    Each number is seen as its distance from its mean in units of its spread, cut off at 10 on either side; it may be
    missing (`null`, NaN, or one of the words of kind `number`). Infinities are refused.
    """

    kind: Literal["vector"]
    size: Annotated[int, Field(ge=1, le=MOST_NUMBERS)]
    """How many numbers."""
    mean: tuple[float, ...] = ()
    """The middle of the data, of each number; 0 when absent."""
    spread: tuple[Spread, ...] = ()
    """How far from the middle the data usually lie, of each number; 1 when absent."""
    each: Annotated[int, Field(ge=1, le=MOST_NUMBERS)] = 1
    """Numbers that share a site, in order."""
    frequencies: Frequencies = 0
    """Learned frequencies of a site whose sine and cosine are seen beside each number (Gorishniy et al. 2022)."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Factor on what it writes, whose standard deviation is about one before."""

    @model_validator(mode="after")
    def _one_for_each(self) -> VectorSpec:
        for name, given in (("mean", self.mean), ("spread", self.spread)):
            if given and len(given) != self.size:
                raise ValueError(f"{name} has {len(given)} values for {self.size} numbers")
        return self

    @property
    def layout(self) -> Layout:
        """One axis: the standardised numbers; NaN where one is missing."""
        return Layout(rank=1, dtype="float32", longest=MOST_NUMBERS, symbolic=False)

    @property
    def written(self) -> Written:
        """A list, or its text."""
        return "lists"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of sites that a value takes."""
        return self.fixed_sites

    @property
    def fixed_sites(self) -> tuple[int, int]:
        """One row of sites; every value has the same."""
        return (1, math.ceil(self.size / self.each))

    def encode(self, value: Any) -> npt.NDArray[np.float32]:
        """Turns a list into distances from the means `[N]`; NaN for missing numbers.

        Raises:
            DataError: not a list of so many numbers, or one that is infinite.
        """
        given = flat_list(value)
        if given is None:
            raise DataError(f"expected a list of {self.size:,} numbers such as [1.5, null, 2], got {str(value)[:40]!r}")
        if len(given) != self.size:
            raise DataError(f"expected {self.size:,} numbers, got {len(given):,}")
        numbers = numbers_of(given)
        with np.errstate(over="ignore"):
            distances = (numbers - _array(self.mean or (0.0,))) / _array(self.spread or (1.0,))
        return np.clip(distances, -FARTHEST, FARTHEST).astype(np.float32)

    def decode(self, encoded: npt.NDArray[Any]) -> list[float | None]:
        """Turns distances `[N]` back into numbers, or the farthest that are told apart; None for missing ones."""
        means, spreads = self.mean or (0.0,) * self.size, self.spread or (1.0,) * self.size
        rows = zip(encoded.tolist(), means, spreads, strict=True)
        return [original(distance, mean, spread) for distance, mean, spread in rows]

    def words(self) -> str:
        """Says how many numbers there are, and how many sites they take."""
        return f"{self.size:,} numbers, {self.each} a site"


@functools.lru_cache(maxsize=64)
def _array(numbers: tuple[float, ...]) -> npt.NDArray[np.float64]:
    return np.array(numbers)


def flat_list(value: Any) -> list[Any] | npt.NDArray[Any] | None:
    """Returns a value as a flat list or array; None if it isn't one, nor the text of one."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, np.ndarray):
        return value if value.ndim == 1 and value.size else None
    nested = isinstance(value, list | tuple) and any(isinstance(part, list | tuple | dict) for part in value)
    return list(value) if isinstance(value, list | tuple) and value and not nested else None


def numbers_of(given: list[Any] | npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Returns the numbers of a flat list; NaN for missing ones.

    Raises:
        DataError: says which is no number, or infinite.
    """
    plain = given.dtype.kind in "iuf" if isinstance(given, np.ndarray) else all(type(part) is float for part in given)
    if plain:
        numbers = np.array(given, dtype=np.float64)
        if np.isinf(numbers).any():
            raise DataError(f"number {int(np.isinf(numbers).argmax()) + 1}: expected a finite number, got inf")
        return numbers
    found = np.empty(len(given))
    for place, value in enumerate(given):
        try:
            number = number_of(value)
        except DataError as problem:
            raise DataError(f"number {place + 1}: {problem}") from None
        found[place] = math.nan if number is None else number
    return found


class VectorSense(nn.Module):
    """The weights of a `vector` sense, of each site its own: a matrix, a bias, and a vector for what is missing."""

    def __init__(self, spec: VectorSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        _, sites = spec.fixed_sites
        self.frequency = frequencies_of(spec.frequencies)
        self.read = nn.Parameter(torch.empty(sites, spec.each, 1 + 2 * spec.frequencies, width))
        self.bias = nn.Parameter(torch.empty(sites, width))
        self.missing = nn.Parameter(torch.empty(sites, width))

    def initialise(self, generator: torch.Generator) -> None:
        """Draws as a `number` sense does; the numbers of a site share its variance."""
        draw_reading(self.frequency, self.read, generator)
        with torch.no_grad():
            self.read.div_(math.sqrt(self.spec.each))
        truncated_normal_(self.bias, 0.5, generator)
        truncated_normal_(self.missing, 0.5, generator)

    def exists(self, vector_BN: Float[Tensor, "B N"]) -> Tensor | None:
        """Every site exists, also where all of its numbers are missing."""
        return None

    def parents(self, vector_BN: Float[Tensor, "B N"]) -> None:
        """Its sites make no tree."""

    def forward(self, vector_BN: Float[Tensor, "B N"]) -> Float[Tensor, "B S D"]:
        """Writes each site's vector: missing numbers add nothing but their share of the site's vector for them."""
        sites, each = self.read.shape[:2]
        # Kept out of bf16, in which a standardised 3.00 and 3.01 are the same.
        with torch.autocast("cpu", enabled=False):
            # The last site is filled up with zeros, which are the same in every scene.
            x_BSE = F.pad(vector_BN.float(), (0, sites * each - self.spec.size)).reshape(-1, sites, each)
            seen_BSEP = features(x_BSE, self.frequency)
            written: Tensor = torch.einsum("bsep,sepd->bsd", seen_BSEP, self.read) + self.bias
            written = written + x_BSE.isnan().float().mean(-1, keepdim=True) * self.missing
        return written * self.spec.scale
