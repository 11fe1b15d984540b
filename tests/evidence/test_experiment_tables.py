"""The tables of arms, experiments and claims hold what the report says of them: equal sizes, equal costs, a budget."""

from __future__ import annotations

import functools

import pytest

from ltm.chart.patterns import edges
from ltm.chart.size import Sizes
from ltm.errors import LtmError
from ltm.evidence.arms import ARMS, BASE, PATTERNS, REFERENCE, SMALLEST, WHOLE
from ltm.evidence.cited import CITED
from ltm.evidence.claims import CLAIMS
from ltm.evidence.experiments import EXPERIMENTS, axes, chosen, minutes, plan
from ltm.evidence.published import published
from ltm.evidence.rule_of_size import Solves
from ltm.evidence.rules import Gains
from ltm.evidence.tasks import TASKS, chart_of
from ltm.zones.mixer import MixerSpec

FAMILIES = ("ablation/", "curve/", "sudoku-30min/", "mazes/", "firing/", "stream/")
FAMILIES += ("skills/", "walker/", "polarity/", "paging/")


@functools.cache
def sizes(arm: str) -> Sizes:
    return Sizes.of(chart_of(ARMS[arm].task, ARMS[arm].changes))


def thought(arm: str) -> int:
    return sizes(arm).segment * chart_of(ARMS[arm].task, ARMS[arm].changes).training.segments


@pytest.mark.parametrize("name", ["structure", "waves", "few", "parts"])
def test_arms_that_are_compared_have_equal_parameters(name: str) -> None:
    for arm in EXPERIMENTS[name].arms:
        base = sizes(REFERENCE[ARMS[arm].task]).parameters
        assert sizes(arm).parameters == pytest.approx(base, rel=0.03), arm


def test_the_stack_has_the_parameters_of_the_loop() -> None:
    for task, reference in REFERENCE.items():
        assert sizes(f"{task}-stack").parameters == pytest.approx(sizes(reference).parameters, rel=0.03)


def test_waves_cost_equal_operations() -> None:
    for task in ("sudoku", "listops"):
        for policy in ("all", "sync", "top-k", "random"):
            assert thought(f"{task}-wave-{policy}") == pytest.approx(thought(f"{task}-zones-4"), rel=1 / 500)
    assert "less than one part in five hundred" in EXPERIMENTS["waves"].equal


def test_sizes_go_from_30_thousand_to_10_million() -> None:
    sudoku = [sizes(arm).parameters for arm in EXPERIMENTS["coupling"].arms if arm.startswith("sudoku-")]
    assert min(sudoku) == pytest.approx(30e3, rel=0.01) and max(sudoku) == pytest.approx(10e6, rel=0.01)


def test_what_loops_and_is_learned_from_at_its_end_is_trained_as_what_is_used_once() -> None:
    for task in TASKS:
        for whole, once in ((BASE, "stack"), (SMALLEST, "deep")):
            loop = chart_of(task, ARMS[f"{task}-{whole[task]}-{WHOLE}"].changes).training
            layers = chart_of(task, ARMS[f"{task}-{once}"].changes)
            assert loop.segments == layers.training.segments == 1 and loop.gradient_ticks is None
            assert layers.training.ticks == len(layers.zones)  # each is used once
        assert sizes(f"{task}-{BASE[task]}-{WHOLE}").parameters == sizes(REFERENCE[task]).parameters
        assert thought(f"{task}-{BASE[task]}-{WHOLE}") == pytest.approx(thought(REFERENCE[task]), rel=0.01)


@pytest.mark.parametrize("task", ["sudoku", "listops"])
def test_patterns_of_edges_are_different_brains(task: str) -> None:
    charts = [chart_of(task, ARMS[f"{task}-coupled-{pattern}"].changes) for pattern in PATTERNS]
    made = {frozenset(edges(chart.coupling, list(chart.zones))) for chart in charts}
    assert len(made) == len(PATTERNS)
    ring, world = (
        {(edge.source, edge.to) for edge in edges(chart.coupling, list(chart.zones))}
        for chart in (charts[0], charts[2])
    )
    assert len(world - ring) >= 3 and len(world) == len(ring)
    gated = chart_of(task, ARMS[f"{task}-coupled-ring-dynamic"].changes).coupling
    assert gated.strength == "dynamic" and gated.pattern == "ring"


def test_one_zone_that_works_as_several_do_stands_beside_them() -> None:
    for task in TASKS:
        one, four = (chart_of(task, ARMS[f"{task}-zones-{count}"].changes) for count in (1, 4))
        assert {zone.write for chart in (one, four) for zone in chart.zones.values()} == {"add"}
        assert len(one.zones) == 1 and one.training.ticks == four.training.ticks


def test_what_arms_differ_in_beside_their_question_is_said() -> None:
    end, base = (chart_of("sudoku", ARMS[name].changes) for name in ("sudoku-end-only", REFERENCE["sudoku"]))
    assert end.training.gradient_ticks == base.training.ticks and base.training.gradient_ticks is None
    assert end.training.segments == 1 and base.training.segments == 4
    assert "one optimiser step a scene instead of four" in EXPERIMENTS["parts"].equal
    apart, over = (chart_of("sudoku", ARMS[f"sudoku-{name}-4"].changes).zones["z0"] for name in ("apart", "overlap"))
    assert isinstance(apart, MixerSpec) and isinstance(over, MixerSpec)
    for one, other in ((over.width, apart.width), (over.messages, apart.messages), (over.hidden, apart.hidden)):
        assert f"{one} " in EXPERIMENTS["structure"].equal and f"for {other})" in EXPERIMENTS["structure"].equal
    assert "optimiser step" in CLAIMS["every-loop"].words and "wider" in CLAIMS["overlap"].words


def test_an_arms_name_says_its_size_and_loops() -> None:
    assert axes("sudoku-350k-16") == ("350k", 16) and axes("sudoku-zones-4") is None
    for arm in EXPERIMENTS["coupling"].arms:
        if (said := axes(arm)) is not None:
            spec = chart_of(ARMS[arm].task, ARMS[arm].changes).training
            assert spec.ticks * spec.segments == said[1]


def test_the_whole_takes_at_most_six_hours_and_the_quick_one_ten_minutes() -> None:
    assert 300 < minutes(plan(EXPERIMENTS.values())) <= 360
    assert minutes(plan(EXPERIMENTS.values(), quick=True)) <= 10


def test_every_arm_is_run_once_a_seed_and_none_in_vain() -> None:
    runs = plan(EXPERIMENTS.values())
    assert len({run.key for run in runs}) == len(runs) == 3 * len(ARMS)
    assert {run.arm.name for run in plan(EXPERIMENTS.values(), quick=True)} < set(ARMS)


def test_claims_rest_on_arms_that_there_are() -> None:
    for claim in CLAIMS.values():
        assert bool(claim.checks) != bool(claim.untested)
        for check in claim.checks:
            names = check.arms if isinstance(check, Solves) else [
                side.arm for side in (getattr(check, part, None) for part in ("first", "second", "side")) if side
            ] + ([check.arm] if isinstance(check, Gains) else [])  # fmt: skip
            assert names
            assert all(name in ARMS or name.startswith(FAMILIES) for name in names), names
    assert len(CITED) >= len(FAMILIES)


def test_what_is_clearly_smaller_than_a_million_leaves_out_the_arms_called_so() -> None:
    for check in CLAIMS["mind-needs"].checks:
        assert isinstance(check, Solves)
        smaller = {arm for arm in check.arms if sizes(arm).parameters <= check.most}
        assert smaller and not any("-1m-" in arm or "-3m-" in arm or "-10m-" in arm for arm in smaller)
        assert smaller == {arm for arm in check.arms if check.size(arm) <= check.most}
        assert f"{check.most:,}" in CLAIMS["mind-needs"].words


def test_an_unknown_experiment_gets_the_nearest() -> None:
    with pytest.raises(LtmError, match="did you mean 'waves'"):
        chosen(["wave"])
    assert list(chosen(["parts", "few"])) == ["few", "parts"]


def test_published_results_say_why_they_cant_be_compared() -> None:
    entries = published().entries
    assert {"TRM", "HRM", "AKOrN", "EqR", "chenglou"} <= {
        entry.system.split()[0].split("'")[0].strip(",") for entry in entries
    }
    assert all(entry.same or entry.why for entry in entries)


def test_tasks_have_charts() -> None:
    assert {chart_of(task).scenes.source for task in TASKS} == set(TASKS)
