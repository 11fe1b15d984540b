"""Quantities: read with located mistakes, drawn as declared, set by name."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from ltm.catalog.quantity import BrainFigures, Quantity, shipped_figures, with_settings
from ltm.chart.parse import parse
from ltm.errors import ChartError, LtmError

GOOD = """\
sources: {a-2020: "A 2020"}
quantities:
  synapses: {low: 1, typical: 2, high: 8, unit: synapses, kind: lognormal, sources: [a-2020], assumption: None.}
"""


def quantity(kind: str, low: float, typical: float, high: float) -> Quantity:
    return Quantity.model_validate(
        {"low": low, "typical": typical, "high": high, "unit": "x", "kind": kind, "sources": ("a",), "assumption": "a"}
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("low: 1,", "low: 3,", "brain.yaml:3:22: quantities.synapses: typical (2) is not between low (3) and high (8)"),
        ("kind: lognormal", "kind: lognormaal", "brain.yaml:3:65: quantities.synapses.kind:"),
        ("assumption", "asumption", "did you mean 'assumption'?"),
        ("[a-2020]", "[a-2021]", "no source 'a-2021'; did you mean 'a-2020'?"),
        ("low: 1,", "low: -1,", "brain.yaml:3:19: quantities.synapses.low: expected greater than 0"),
        ("high: 8", "high: 1e31", "quantities.synapses.high: expected less than or equal to 1000"),
        ("lognormal", "exact", "kind must be 'exact' if low and high are equal"),
        ("unit: synapses", "unit: share", "a share is at most 1"),
        ("low: 1,", "low: 1, low: 1,", "key 'low' appears twice"),
        ("sources: [a-2020], ", "", "missing key 'sources'"),
    ],
)
def test_mistakes_are_located(old: str, new: str, said: str) -> None:
    assert parse(GOOD, BrainFigures).quantities["synapses"].high == 8
    with pytest.raises(ChartError) as caught:
        parse(GOOD.replace(old, new), BrainFigures, "brain.yaml")
    assert "brain.yaml:3:" in str(caught.value) and said in str(caught.value)


def test_what_is_said_assumes_only_what_there_is() -> None:
    said = "said: [{says: x, figure: brain_bytes, value: 1, assuming: {synapse: 1}, sources: [a-2020]}]\n"
    with pytest.raises(ChartError, match=r"brain\.yaml:4:.*no quantity 'synapse'; did you mean 'synapses'"):
        parse(GOOD + said, BrainFigures, "brain.yaml")


def test_a_lognormal_has_its_median_at_the_typical_value_and_two_spreads() -> None:
    drawn = quantity("lognormal", 1.0, 2.0, 18.0).draw(np.random.default_rng(1), 200_000)
    assert drawn.min() >= 1 and drawn.max() <= 18
    normal = NormalDist()
    whole = normal.cdf(2) - normal.cdf(-2)
    # One standard deviation is a factor of 3 above (half the logarithm of 18 / 2) and of sqrt(2) below.
    for value, deviations in ((2.0, 0.0), (6.0, 1.0), (2 / 2**0.5, -1.0)):
        expected = (normal.cdf(deviations) - normal.cdf(-2)) / whole
        assert (drawn <= value).mean() == pytest.approx(expected, abs=0.005)


def test_a_triangle_has_its_mean_where_it_should() -> None:
    drawn = quantity("triangular", 1.0, 2.0, 6.0).draw(np.random.default_rng(1), 200_000)
    assert drawn.mean() == pytest.approx((1 + 2 + 6) / 3, abs=0.01) and 1 <= drawn.min() and drawn.max() <= 6


def test_every_shipped_quantity_is_used_and_every_source_cited() -> None:
    from ltm.catalog import estimate

    figures = shipped_figures()
    tables = (estimate.BRAIN, estimate.SHARES, estimate.TOKENS, estimate.THINKING, estimate.ENERGY_GUESSED)
    used = {name for table in tables for formula in table for name in formula.quantities}
    assert set(figures.quantities) <= used
    parts = [*figures.quantities.values(), *figures.models.values(), *figures.said]
    cited = {source for part in parts for source in part.sources}
    assert set(figures.sources) - cited == {"set-by-hand", "asked", "counted", "measured"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("synapse=1e15", "did you mean 'synapses'"),
        ("zzz=1", "expected one of neurons, "),
        ("synapses", "expected name=value"),
        ("synapses=many", "expected a number above 0, in synapses, such as 1.5e"),
        ("synapses=nan", "above 0"),
        ("active_fraction=1.1", "at most 1"),
    ],
)
def test_bad_settings_say_what_was_expected(setting: str, said: str) -> None:
    with pytest.raises(LtmError, match=said):
        with_settings(shipped_figures().quantities, [setting])


def test_a_setting_is_exact_and_says_when_nobody_published_it() -> None:
    quantities = with_settings(shipped_figures().quantities, ["synapses=1e15", "bits_per_synapse = 8"])
    assert quantities["synapses"].low == quantities["synapses"].high == 1e15
    assert "within the published" in quantities["synapses"].assumption
    assert "OUTSIDE" in quantities["bits_per_synapse"].assumption
