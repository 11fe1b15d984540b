"""The brain in figures: quantities with a range, a source and an assumption, as the file `brain_quantities.yaml` says.

A range is not a confidence interval. It is what was published; the distribution over it is declared, not measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ltm.chart.base import Name, Part
from ltm.chart.parse import load
from ltm.errors import LtmError, nearest

CUT = 2.0
"""Standard deviations between the typical value of a lognormal quantity and either end of its range."""

Positive = Annotated[float, Field(gt=0, le=1e30)]
Words = Annotated[str, Field(min_length=1, max_length=400)]
Cited = Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
"""Keys of `sources`."""
Draws = NDArray[np.float64]


class Quantity(Part):
    """One figure about the brain, a model or a computer."""

    low: Positive
    typical: Positive
    high: Positive
    unit: Words
    kind: Literal["lognormal", "triangular", "exact"]
    sources: Cited
    assumption: Words
    """What has to be believed for the figure to hold, in a sentence or two."""

    @model_validator(mode="after")
    def _in_order(self) -> Quantity:
        if not self.low <= self.typical <= self.high:
            raise ValueError(f"typical ({self.typical:g}) is not between low ({self.low:g}) and high ({self.high:g})")
        if (self.kind == "exact") != (self.low == self.high):
            raise ValueError("kind must be 'exact' if low and high are equal, and must not be otherwise")
        if self.unit == "share" and self.high > 1:
            raise ValueError(f"high ({self.high:g}) is more than the whole; a share is at most 1")
        return self

    def draw(self, generator: np.random.Generator, count: int) -> Draws:
        """Draws so many values, all within `low` and `high`.

        A lognormal quantity has two halves, each with its own spread, that meet at the median (Fechner's two-piece
        normal distribution, of the logarithm), since published ranges are seldom symmetric. It is cut off at the ends.
        """
        if self.kind == "exact":
            return np.full(count, self.typical)
        if self.kind == "triangular":
            values: Draws = generator.triangular(self.low, self.typical, self.high, count)
            return values
        z: Draws = generator.standard_normal(count)
        outside = np.flatnonzero(np.abs(z) > CUT)
        while len(outside):
            z[outside] = generator.standard_normal(len(outside))
            outside = np.flatnonzero(np.abs(z) > CUT)
        down, up = math.log(self.typical / self.low), math.log(self.high / self.typical)
        exponent: Draws = np.where(z < 0, down * z, up * z) / CUT
        # Rounding in exp() may step over an end by a part in 10^16.
        drawn: Draws = np.clip(self.typical * np.exp(exponent), self.low, self.high)
        return drawn


class KnownModel(Part):
    """A published model, to compare with."""

    parameters: Positive
    active: Positive | None = None
    """Parameters that one token uses; all of them when absent."""
    sources: Cited


class Said(Part):
    """A round figure that people quote, to be checked against the ranges."""

    says: Words
    figure: Name
    """The formula that it is a value of."""
    value: Positive
    model: Positive | None = None
    """Parameters of the model that it is about."""
    assuming: dict[Name, Positive] = Field(default_factory=dict)
    """Quantities as whoever says it takes them."""
    sources: Cited


class BrainFigures(Part):
    """The whole file."""

    sources: dict[Name, Words]
    quantities: Annotated[dict[Name, Quantity], Field(min_length=1)]
    models: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")], KnownModel] = Field(default_factory=dict)
    said: tuple[Said, ...] = ()

    @model_validator(mode="after")
    def _cited(self) -> BrainFigures:
        parts: list[tuple[str, Quantity | KnownModel | Said]] = [
            *((f"quantities.{name}", quantity) for name, quantity in self.quantities.items()),
            *((f"models.{name}", model) for name, model in self.models.items()),
            *((f"said.{place}", said) for place, said in enumerate(self.said)),
        ]
        for where, part in parts:
            for source in part.sources:
                if source not in self.sources:
                    raise ValueError(f"{where}.sources: no source {source!r}{nearest(source, self.sources)}")
        for place, said in enumerate(self.said):
            for name in said.assuming:
                if name not in self.quantities:
                    raise ValueError(f"said.{place}.assuming: no quantity {name!r}{nearest(name, self.quantities)}")
        return self


def shipped_figures() -> BrainFigures:
    """Reads the figures that come with the package."""
    return load(Path(str(resources.files("ltm") / "catalog" / "brain_quantities.yaml")), BrainFigures)


def exactly(value: float, unit: str, assumption: str, source: str) -> Quantity:
    """Returns a quantity that is known: counted, measured, or set by hand."""
    return Quantity(
        low=value, typical=value, high=value, unit=unit, kind="exact", sources=(source,), assumption=assumption
    )


def with_settings(quantities: Mapping[str, Quantity], settings: Sequence[str]) -> dict[str, Quantity]:
    """Returns the quantities with some of them fixed by `name=value` settings.

    Raises:
        LtmError: no `=`, a name that there isn't (the nearest is given), or a value that is no positive number, or a
            share above 1.
    """
    changed = dict(quantities)
    for setting in settings:
        name, sign, text = (part.strip() for part in setting.partition("="))
        if not sign:
            raise LtmError(f"--set {setting[:80]!r}: expected name=value, such as synapses=1e15")
        if name not in quantities:
            close = nearest(name[:60], quantities) or f"; expected one of {', '.join(quantities)}"
            raise LtmError(f"--set {name[:60]}: no such quantity{close}")
        old = quantities[name]
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        most = 1.0 if old.unit == "share" else 1e30
        if not 0 < value <= most:
            bound = "above 0 and at most 1" if old.unit == "share" else "above 0"
            raise LtmError(
                f"--set {name}={text[:40]}: expected a number {bound}, in {old.unit}, such as {old.typical:g}"
            )
        where = "within" if old.low <= value <= old.high else "OUTSIDE"
        said = f"Set by hand, {where} the published {old.low:g} to {old.high:g}."
        changed[name] = exactly(value, old.unit, said, "set-by-hand")
    return changed
