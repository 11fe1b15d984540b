"""Which columns are taken for numbers and lists of numbers, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.acts.number import MOST_BINS, NumberActSpec
from ltm.errors import DataError
from ltm.scenes.declare import Declared
from ltm.scenes.look import look
from ltm.scenes.look_number import bins
from ltm.senses.label import LabelSpec
from ltm.senses.number import NumberSpec
from ltm.senses.vector import VectorSpec

SEEN, DONE = Declared(), Declared(done=True)
NUMBER, VECTOR = Declared(kind="number"), Declared(kind="vector")
AGES = [18 + number * 7 % 62 for number in range(620)]


def kind(values: list[Any], said: Declared = SEEN) -> str:
    return str(look(values, said)["kind"])


def test_many_different_numbers_are_numbers_however_often_they_come_again() -> None:
    assert kind(AGES) == kind([str(age) for age in AGES]) == kind(AGES, DONE) == "number"
    assert kind([f"{age}.5" for age in AGES]) == "number"
    assert kind([number % 7 for number in range(70)]) == kind(["1.5", "2.5"] * 20) == "label"
    classes = [number % 26 for number in range(260)]
    assert (kind(classes), kind(classes, DONE), kind([2 * number for number in classes], DONE)) == (
        "number",
        "label",
        "number",
    )


def test_missing_cells_and_a_few_bad_ones_spoil_nothing() -> None:
    half = [age if place % 2 else ("", "NA", "?", None, "null", math.nan)[place % 6] for place, age in enumerate(AGES)]
    assert kind(half) == "number"
    assert kind([*AGES, "unknown", "12 years"]) == "number"
    spec = NumberSpec.model_validate(look(half, SEEN))
    assert abs(spec.mean - 48) < 6 and 15 < spec.spread < 30
    assert all(np.isnan(spec.encode(cell)[0]) for cell in ("", " NaN ", "NONE", "n/a", None, np.float32("nan")))


def test_decimals_of_sixteen_characters_are_no_grids() -> None:
    numbers = [f"{number:.14f}" for number in np.random.default_rng(0).random(200)]
    assert {len(number) for number in numbers} == {16} and kind(numbers) == "number"
    assert kind(["0110" * 4, "0111" * 4] * 20) == "grid"


def test_numbers_far_out_change_neither_middle_nor_spread() -> None:
    numbers = np.random.default_rng(0).normal(50, 12, 1000).tolist()
    calm, wild = look(numbers, SEEN), look([*numbers, 1e300, -1e300, 1e9], SEEN)
    assert wild["mean"] == pytest.approx(calm["mean"], abs=0.5)
    assert wild["spread"] == pytest.approx(calm["spread"], rel=0.02)
    assert NumberSpec.model_validate(wild).encode(1e300)[0] == 10


def test_a_column_of_mostly_zeros_has_the_standard_deviation_for_its_spread() -> None:
    numbers = [0.0] * 900 + list(map(float, range(1, 101)))
    assert look(numbers, SEEN)["spread"] == pytest.approx(np.std(numbers), rel=1e-3)


def test_small_differences_between_large_numbers_are_kept() -> None:
    times = [1_700_000_000 + second for second in range(500)]
    spec = NumberSpec.model_validate(look(times, SEEN))
    assert spec.encode(times[1])[0] != spec.encode(times[2])[0]
    assert spec.decode(spec.encode(times[7])) == times[7]


@pytest.mark.parametrize(
    ("values", "said", "words"),
    [
        (["", None, "NA", "?"] * 9, SEEN, "every cell is empty"),
        (["", None, "NA", "?"] * 9, NUMBER, "every cell is empty"),
        ([], NUMBER, "every cell is empty"),
        ([7, "7.0"] * 9, NUMBER, "every number is 7: there is nothing to tell apart"),
        ([7, "7"] * 9, DONE, "every value is the same"),
        ([1, 2, "three", 4, "five"] * 9, NUMBER, "expected a number such as -1.5 or 2e3, got 'three'"),
        (["1,5", "2,5"] * 9, NUMBER, "got '1,5'"),
        (["1_000", "2_000"] * 9, NUMBER, "got '1_000'"),
        ([1.0, math.inf] * 9, NUMBER, "expected a finite number, got inf"),
        (["1", "-Infinity"] * 9, NUMBER, "expected a finite number, got -Infinity"),
        ([10**400, 1] * 9, NUMBER, "expected a finite number"),
        ([True, False] * 9, NUMBER, "expected a number, got bool"),
        ([[1], [2]] * 9, NUMBER, "expected a number, got list"),
        ([-1e308, 1e308] * 9, NUMBER, "too far apart; take their logarithm"),
        ([1.0, 2.0] * 9, VECTOR, "expected flat lists of numbers"),
        ([[[1, 2]], [[3, 4]]] * 9, VECTOR, "expected flat lists of numbers"),
        ([[1.0, 2.0], [1.0]] * 9, VECTOR, "must have one length, got 1 to 2"),
        ([[1.0, 2.0]] * 9, VECTOR, "every list is the same"),
        ([[None, None]] * 9, VECTOR, "every number is missing"),
        ([[1, "x"]] * 9, VECTOR, "number 2: expected a number"),
        ([[0.0, number] for number in (math.inf, 1.0)] * 9, VECTOR, "number 2: expected a finite number"),
        ([[0.0] * 16_385, [1.0] * 16_385], VECTOR, "16,385 numbers are too many for a vector"),
        (["[1.5, 2", "[1, 2]"] * 9, VECTOR, "expected flat lists of numbers"),
    ],
)
def test_what_is_refused(values: list[Any], said: Declared, words: str) -> None:
    with pytest.raises(DataError, match=words):
        look(values, said)


def test_lists_their_text_and_rows_of_arrays_are_vectors() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 5))
    texts = [f"[{', '.join(map(str, row.tolist()))}]" for row in rows]
    found = [look(values, SEEN) for values in (list(rows), rows.tolist(), texts)]
    assert found[0] == found[1] == found[2] and found[0]["kind"] == "vector" and found[0]["size"] == 5
    spec = VectorSpec.model_validate(look([*texts[:39], "[1.5, null, NaN, 2, 1e300]"], SEEN))
    encoded = spec.encode("[1.5, null, NaN, 2, 1e300]")
    assert np.isnan(encoded).tolist() == [False, True, True, False, False] and encoded[4] == 10
    assert spec.decode(encoded)[1] is None


def test_long_vectors_share_sites_and_a_number_that_never_differs_is_no_trouble() -> None:
    rows = np.random.default_rng(0).normal(size=(30, 4096)).astype(np.float32)
    rows[:, 7], rows[:, 8] = 3.0, np.nan
    spec = VectorSpec.model_validate(look(list(rows), SEEN))
    assert spec.fixed_sites == (1, 32) and spec.each == 128
    encoded = spec.encode(rows[0])
    assert encoded[7] == 0 and np.isnan(encoded[8]) and np.nanmax(np.abs(encoded)) < 10


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e200, 1e200) | st.integers(-50, 50), min_size=2, max_size=300))
def test_bins_hold_their_centres_and_share_the_numbers_out(numbers: list[float]) -> None:
    found = np.array(numbers, dtype=np.float64)
    if found.min() == found.max():
        return
    spec = NumberActSpec.model_validate({"kind": "number", **bins(found)})
    assert 2 <= spec.symbols <= MOST_BINS and set(spec.centres) <= set(found.tolist())
    for number, centre in enumerate(spec.centres):
        assert spec.encode(centre)[0] == number and spec.decode(spec.encode(centre)) == centre


def test_more_numbers_get_more_bins_of_equal_share() -> None:
    numbers = np.random.default_rng(0).lognormal(size=20_000)
    spec = NumberActSpec.model_validate({"kind": "number", **bins(numbers)})
    counts = np.bincount([spec.encode(number)[0] for number in numbers])
    assert spec.symbols == 64 and counts.min() > 0.8 * counts.max()
    assert bins(np.array([1.0, 2.0, 5.0] * 30)) == {"edges": [2.0, 4.0], "centres": [1.0, 2.0, 5.0]}


@pytest.mark.parametrize(
    ("edges", "centres", "words"),
    [
        ([1.0], [0.0], "at least 2 items"),
        ([1.0], [0.0, 1.0, 2.0], "1 edges make 2 bins, not 3"),
        ([2.0, 1.0], [0.0, 1.5, 3.0], "edges must rise"),
        ([1.0], [1.0, 2.0], "centre 1 lies outside of bin 0"),
    ],
)
def test_bins_that_do_not_fit(edges: list[float], centres: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        NumberActSpec(kind="number", edges=tuple(edges), centres=tuple(centres))


def test_a_missing_number_can_be_seen_but_not_answered() -> None:
    spec = NumberActSpec(kind="number", edges=(1.0,), centres=(0.0, 1.0))
    with pytest.raises(DataError, match="the number to answer is missing"):
        spec.encode("NA")


def test_labels_may_be_missing_where_they_are_seen() -> None:
    values = ["red", "", "blue", None, "red ", "blue"] * 20
    seen, done = look(values, SEEN), look(values, DONE)
    assert seen == {"kind": "label", "labels": ["blue", "red"], "missing": True}
    assert done == {"kind": "label", "labels": ["blue", "red"]}
    spec = LabelSpec.model_validate(seen)
    assert [int(spec.encode(value)[0]) for value in ("red", "", None, "?", math.nan)] == [1, 2, 2, 2, 2]
    assert spec.decode(spec.encode(None)) is None
    with pytest.raises(DataError, match="'green' is not among the 2 labels"):
        spec.encode("green")
    written = LabelSpec(kind="label", labels=("1.0", "2.0"))
    assert [int(written.encode(value)[0]) for value in ("2.0", 2, 2.0, np.float32(2))] == [1] * 4
    none = LabelSpec(kind="label", labels=("none", "some"), missing=True)
    assert int(none.encode("none")[0]) == 0
