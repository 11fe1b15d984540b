"""What follows from the figures, checked against arithmetic done here by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ltm.catalog import estimate as tables
from ltm.catalog.estimate import BRAIN, SHARES, Formula, World, formula_named
from ltm.catalog.quantity import exactly, shipped_figures, with_settings
from ltm.catalog.scale_report import about_model, check_said, find_model, parse_parameters
from ltm.errors import LtmError

FIGURES = shipped_figures()


def world(*settings: str, seed: int = 0) -> World:
    return World(with_settings(FIGURES.quantities, settings), seed)


def value(name: str, *settings: str) -> float:
    return world(*settings).estimate(formula_named(name)).typical


def test_the_round_figures_come_out_as_their_assumptions_say() -> None:
    assert value("brain_bytes", "synapses=1e14", "bits_per_synapse=8") == pytest.approx(100e12)
    computed = {row.said.says: row.computed for row in check_said(world(), FIGURES)}
    assert computed["a brain holds 100 TB"] == pytest.approx(100e12)
    assert computed["GPT-2 is 0.001 % of a brain"] == pytest.approx(1.5e9 / 1e14)
    assert computed["GPT-3 is 0.1 % of a brain"] == pytest.approx(175e9 / 1e14)
    assert computed["1 T parameters are 1 %"] == pytest.approx(0.01)
    area = 0.19 * 86.1e9 / 360 * 7000 * 4.7 / 8
    assert computed["one area holds 187 GB"] == pytest.approx(area, rel=1e-3) == pytest.approx(187e9, rel=2e-3)
    assert computed["1 MB is 187,000 times less"] == pytest.approx(area / 1e6, rel=1e-3)
    assert computed["100 MB is 1,870 times less"] == pytest.approx(area / 1e8, rel=1e-3)
    for row in check_said(world(), FIGURES):
        # What is said is rounded to a power of ten at worst, and so is the percentile's meaning.
        assert (
            0.15 < row.computed / row.said.value < 6 and row.estimate.low <= row.said.value <= row.estimate.high * 1.01
        )


def test_the_percentile_counts_draws() -> None:
    row = check_said(world(), FIGURES)[0]
    quantities = FIGURES.quantities
    draws = [quantities[name].draw(np.random.default_rng(99), 20_000) for name in ("synapses", "bits_per_synapse")]
    shuffled = np.random.default_rng(5).permutation(draws[1])
    assert row.percentile == pytest.approx(100 * (draws[0] * shuffled / 8 <= 1e14).mean(), abs=1.5)
    assert row.outside == ("bits_per_synapse",)


@pytest.mark.parametrize("formula", BRAIN, ids=lambda formula: formula.name)
def test_the_interval_holds_every_draw_and_the_typical_value(formula: Formula) -> None:
    found = world().estimate(formula)
    assert found.low * (1 - 1e-12) <= found.draws[0] <= found.draws[-1] <= found.high * (1 + 1e-12)
    assert found.low < found.typical < found.high
    assert found.quantile(0.05) < found.quantile(0.95) and found.percentile(found.high * 1.01) == 100
    assert len(set(formula.quantities)) == len(formula.quantities), "twice in a formula: the interval is not exact"


def test_the_interval_is_that_of_the_ends() -> None:
    found = world().estimate(formula_named("joules_per_operation"))
    q = FIGURES.quantities
    parts = [q[name] for name in ("synapses", "firing_rate", "operations_per_transmission")]
    least, most = (np.prod([getattr(part, end) for part in parts]) for end in ("low", "high"))
    assert found.low == pytest.approx(q["power"].low / most) and found.high == pytest.approx(q["power"].high / least)
    assert (least, most) == pytest.approx((1e13, 2e17))


def test_settings_move_what_they_should_and_nothing_else() -> None:
    before = {formula.name: world().estimate(formula) for formula in BRAIN}
    after = {formula.name: world("synapses=1.5e15").estimate(formula) for formula in BRAIN}
    for formula in BRAIN:
        old, new = before[formula.name], after[formula.name]
        if "synapses" in formula.quantities:
            factor = 10 if "synapses" in formula.times else 0.1
            assert new.typical == pytest.approx(factor * old.typical)
            assert new.high / new.low < old.high / old.low
        else:
            assert new.typical == old.typical and np.array_equal(new.draws, old.draws)
    assert value("area_bytes", "synapses_per_neuron=14000") == pytest.approx(2 * value("area_bytes"))


def test_a_seed_gives_the_same_draws_and_another_seed_others() -> None:
    formula = formula_named("operations_per_second")
    assert np.array_equal(world(seed=3).estimate(formula).draws, world(seed=3).estimate(formula).draws)
    assert not np.array_equal(world(seed=3).estimate(formula).draws, world(seed=4).estimate(formula).draws)


def test_quantities_are_drawn_independently() -> None:
    drawn = world()
    names = list(FIGURES.quantities)
    pairs = np.corrcoef([drawn._draws(name) for name in names if FIGURES.quantities[name].kind != "exact"])
    assert np.abs(pairs - np.eye(len(pairs))).max() < 0.05


@pytest.mark.parametrize(
    ("text", "number"),
    [("100M", 1e8), ("1.5B", 1.5e9), ("2T", 2e12), ("14e6", 14e6), ("124,439,808", 124439808.0), ("7k", 7e3)],
)
def test_numbers_of_parameters(text: str, number: float) -> None:
    assert parse_parameters(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "5X", "M", "-1", "0", "1e30", "nan", "9" * 500, "1.5.2B"])
def test_what_is_no_number_of_parameters_is_refused(text: str) -> None:
    with pytest.raises(LtmError, match=r"such as 100M or 1\.5B"):
        parse_parameters(text)


def test_a_model_is_a_share_of_a_brain_at_rest_and_active() -> None:
    name, model = find_model(FIGURES, "kimi-k2", None)
    found = {row.formula.name: row for row in about_model(world(), name, model).estimates}
    assert found["share_at_rest"].typical == pytest.approx(1.04e12 / 1.5e14)
    assert found["share_active"].typical == pytest.approx(32e9 / (1.5e14 * 0.01))
    assert found["share_of_bytes"].typical == pytest.approx(1.04e12 * 2 / (1.5e14 * 4.7 / 8))
    assert found["operations_per_token"].typical == pytest.approx(64e9)
    assert found["tokens_in_a_second"].typical == pytest.approx(1.5e14 * 0.16 * 10 / 64e9)
    assert about_model(world(), *find_model(FIGURES, "1T", "32B")).estimates[2].typical == pytest.approx(
        found["share_active"].typical
    )


@pytest.mark.parametrize(
    ("word", "active", "said"),
    [("GPT3", None, "did you mean 'GPT-3'"), ("1M", "2M", "more than the model's"), ("1M", "x", "--active 'x'")],
)
def test_unknown_models_are_refused(word: str, active: str | None, said: str) -> None:
    with pytest.raises(LtmError, match=said):
        find_model(FIGURES, word, active)


def test_energy_formulas_agree_with_one_another() -> None:
    given = {
        "thought_operations": exactly(5e8, "operations", "a", "counted"),
        "thought_cpu_seconds": exactly(0.01, "s", "a", "measured"),
        "measured_joules": exactly(0.12, "J", "a", "measured"),
    }
    inside = world().with_quantities(given)
    # 0.01 s at 12 W are 0.12 J, so both ways must agree.
    for guessed, measured in zip(tables.ENERGY_GUESSED, tables.ENERGY_MEASURED, strict=True):
        assert guessed.name == measured.name
        assert inside.estimate(guessed).typical == pytest.approx(inside.estimate(measured).typical)
    ratio = inside.estimate(tables.ENERGY_MEASURED[2]).typical
    assert ratio == pytest.approx((0.12 / 5e8) / (20 / (1.5e14 * 0.16 * 10)))


def test_unknown_figures_get_the_nearest() -> None:
    assert {formula.name for formula in SHARES} >= {"share_at_rest", "share_active"}
    with pytest.raises(LtmError, match="did you mean 'brain_bytes'"):
        formula_named("brain_byte")
