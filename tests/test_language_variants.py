"""The language models that a benchmark compares are of equal size, or of equal operations, as it says."""

from __future__ import annotations

import pytest

from benchmarks.language import KINDS, LETTERS, VARIANTS
from ltm.chart.load import load_chart
from ltm.chart.size import Sizes


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_looped_is_equal_in_what_it_is_compared_by(kind: str) -> None:
    sizes = {name: Sizes.of(load_chart(f"{kind}-tiny", of[kind]), (LETTERS, 1)) for name, of in VARIANTS.items()}
    plain, half, wider, twice = sizes.values()
    assert list(sizes) == ["plain", "half the layers, twice", "half the layers, wider, twice", "all layers, twice"]
    assert abs(wider.parameters - plain.parameters) < 0.01 * plain.parameters  # equal parameters
    assert abs(half.segment - plain.segment) < 0.01 * plain.segment  # equal operations
    assert twice.parameters == plain.parameters and half.parameters < 0.75 * plain.parameters
