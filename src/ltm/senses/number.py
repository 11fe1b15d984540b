"""The `number` sense: one number, which becomes one site of the field.

Shapes: B batch, P features of one number, D field width.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.senses.layout import Layout, Written
from ltm.senses.missing import number_of
from ltm.zones.layers import truncated_normal_

FARTHEST = 10.0
"""So many spreads away from the mean, numbers are cut off."""

Frequencies = Annotated[int, Field(ge=0, le=64)]
Spread = Annotated[float, Field(gt=0)]


class NumberSpec(Part):
    """A number, seen as its distance from `mean` in units of `spread`, cut off at 10 on either side.

    It may be missing: an empty cell, None, NaN, or one of `?`, `na`, `n/a`, `nan`, `null`, `none` in capitals or not.
    Infinities are refused.
    """

    kind: Literal["number"]
    mean: float = 0.0
    """The middle of the data."""
    spread: Spread = 1.0
    """How far from the middle the data usually lie, as a standard deviation."""
    frequencies: Frequencies = 8
    """Learned frequencies whose sine and cosine are seen beside the number itself (Gorishniy et al. 2022)."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Factor on what it writes, whose standard deviation is about one before."""

    @property
    def layout(self) -> Layout:
        """One place: the standardised number; NaN where it is missing."""
        return Layout(rank=1, dtype="float32", longest=1, symbolic=False)

    @property
    def written(self) -> Written:
        """A number, or its text."""
        return "plain"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of sites that a value takes."""
        return (1, 1)

    @property
    def fixed_sites(self) -> tuple[int, int]:
        """Rows and columns of sites, as every value has the same."""
        return (1, 1)

    def encode(self, value: Any) -> npt.NDArray[np.float32]:
        """Turns a number into its distance from the mean `[1]`; NaN for a missing one.

        Standardised here in double precision, so that neither large numbers nor small differences between them are
        lost in single precision.

        Raises:
            DataError: it isn't a number, or an infinite one.
        """
        return np.array([standardised(number_of(value), self.mean, self.spread)], dtype=np.float32)

    def decode(self, encoded: npt.NDArray[Any]) -> float | None:
        """Turns a distance `[1]` back into the number, or the farthest that is told apart; None for a missing one."""
        return original(float(encoded.reshape(-1)[0]), self.mean, self.spread)

    def words(self) -> str:
        """Says where the numbers lie: `about 12 ± 3.4`."""
        return f"about {self.mean:.4g} ± {self.spread:.3g}"


def standardised(number: float | None, mean: float, spread: float) -> float:
    """Returns how many spreads a number lies from the mean, at most `FARTHEST`; NaN for a missing one."""
    if number is None:
        return math.nan
    return max(-FARTHEST, min(FARTHEST, (number - mean) / spread))


def original(distance: float, mean: float, spread: float) -> float | None:
    """Returns the number at a distance of so many spreads from the mean, to a millionth of these; None for missing."""
    if math.isnan(distance):
        return None
    number = mean + distance * spread
    digits = 7 + math.log10(max(1.0, abs(number / spread)))
    return float(f"{number:.{min(17, math.ceil(digits))}g}")


def frequencies_of(count: int) -> nn.Parameter | None:
    """Returns learned frequencies, not yet drawn; None for none."""
    return nn.Parameter(torch.empty(count)) if count else None


def features(x: Float[Tensor, "*B"], frequency_F: Float[Tensor, " F"] | None) -> Float[Tensor, "*B P"]:
    """Returns each number and its sines and cosines at the frequencies; all zero for one that is missing."""
    seen = torch.nan_to_num(x, nan=0.0)[..., None]
    if frequency_F is not None:
        angles = 2 * math.pi * seen * frequency_F
        seen = torch.cat((seen, angles.sin(), angles.cos()), dim=-1)
    return seen.masked_fill(x.isnan()[..., None], 0.0)


def draw_reading(frequency: Tensor | None, weight: Tensor, generator: torch.Generator) -> None:
    """Draws frequencies of about one wave in three spreads, and the matrix `[..., P, D]` that reads the features.

    Half of the variance is the number's, half the waves': were all drawn alike, many waves would drown the number
    itself, which is mostly what counts.
    """
    if frequency is not None:
        truncated_normal_(frequency, 0.3, generator)
    frequencies = weight.shape[-2] // 2
    truncated_normal_(weight, 0.7 / math.sqrt(max(1, frequencies)), generator)
    with torch.no_grad():
        weight[..., 0, :] *= math.sqrt(max(1, frequencies))


class NumberSense(nn.Module):
    """The weights of a `number` sense: frequencies, a matrix, a bias, and a vector for what is missing."""

    def __init__(self, spec: NumberSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.frequency = frequencies_of(spec.frequencies)
        self.read = nn.Parameter(torch.empty(1 + 2 * spec.frequencies, width))
        self.bias = nn.Parameter(torch.empty(width))
        self.missing = nn.Parameter(torch.empty(width))

    def initialise(self, generator: torch.Generator) -> None:
        """Draws what reads the number, and the bias by which columns are told apart."""
        draw_reading(self.frequency, self.read, generator)
        truncated_normal_(self.bias, 0.5, generator)
        truncated_normal_(self.missing, 0.5, generator)

    def exists(self, number_B1: Float[Tensor, "B 1"]) -> Tensor | None:
        """Every number takes its one site, also a missing one."""
        return None

    def parents(self, number_B1: Float[Tensor, "B 1"]) -> None:
        """Its sites make no tree."""

    def forward(self, number_B1: Float[Tensor, "B 1"]) -> Float[Tensor, "B 1 D"]:
        """Writes each number's vector."""
        # Kept out of bf16, in which a standardised 3.00 and 3.01 are the same.
        with torch.autocast("cpu", enabled=False):
            seen = features(number_B1.float(), self.frequency) @ self.read + self.bias
            written: Tensor = seen + number_B1.isnan()[..., None] * self.missing
        return written * self.spec.scale
