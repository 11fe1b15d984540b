"""Every rule decides both ways, and not at all on too few runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ltm.chart.load import load_chart
from ltm.evidence.claims import CLAIMS, judged
from ltm.evidence.outcome import Check, Side, Verdict
from ltm.evidence.readings import Reading, Shelf
from ltm.evidence.rule_of_size import Solves, smallest
from ltm.evidence.rules import Above, AsGood, Costs, Gains, Within, together
from ltm.evidence.tasks import TASKS

A, B = Side("a"), Side("b")


def shelf(**arms: tuple[float, ...]) -> Shelf:
    """A shelf of arms with one reading a value."""
    return Shelf(
        {
            arm: [
                Reading(arm, f"seed {seed}", Path(f"{arm}-{seed}.json"), "", "ltm evidence", {"exact": value})
                for seed, value in enumerate(values)
            ]
            for arm, values in arms.items()
        }
    )


@pytest.mark.parametrize(
    ("check", "a", "b", "verdict"),
    [
        (Above(A, B), (0.61, 0.7, 0.65), (0.5, 0.6, 0.4), "supported"),
        (Above(A, B), (0.6, 0.7, 0.65), (0.5, 0.6, 0.4), "not supported"),
        (Above(A, B), (0.1, 0.2, 0.3), (0.5, 0.6, 0.4), "not supported"),
        (Above(A, B), (0.9, 0.9), (0.5, 0.6, 0.4), "untested"),
        (Above(A, B), (0.9, 0.9, 0.9), (), "untested"),
        (AsGood(A, B, 0.02), (0.5, 0.58, 0.9), (0.6, 0.6, 0.6), "supported"),
        (AsGood(A, B, 0.02), (0.5, 0.57, 0.9), (0.6, 0.6, 0.6), "not supported"),
        (Costs(A, B, 0.5), (3.0, 1.0, 2.0), (4.0, 9.0, 1.0), "supported"),
        (Costs(A, B, 0.5), (3.0, 2.1, 2.0), (4.0, 9.0, 1.0), "not supported"),
        (Within(A, low=0.9), (0.9, 0.95, 1.0), (), "supported"),
        (Within(A, low=0.9), (0.89, 0.95, 1.0), (), "not supported"),
        (Within(A, high=0.05), (0.01, 0.02, 0.06), (), "not supported"),
        (Within(A, high=0.05), (0.01, 0.02), (), "untested"),
        (Within(A, high=0.05), (0.01, 0.06), (), "not supported"),
        (Above(A, B), (1.0, 0.99, 1.0), (0.99, 0.98, 1.0), "can't be told"),
        (Above(A, B), (0.99, 0.99, 0.99), (0.98, 0.98, 0.98), "can't be told"),
        (Above(A, B), (0.98, 0.98, 0.98), (0.99, 0.99, 0.99), "can't be told"),
        (Above(A, B), (0.005, 0.005, 0.005), (0.0, 0.0, 0.0), "can't be told"),
        (Above(A, B), (0.72, 0.72, 0.72), (0.7, 0.7, 0.7), "supported"),
        (Above(A, B), (0.71, 0.71, 0.71), (0.7, 0.7, 0.7), "not supported"),
        (Above(A, B), (0.0, 0.01, 0.0), (0.0, 0.0, 0.02), "can't be told"),
        (Above(A, B), (0.0, 0.01, 0.0), (0.0, 0.1, 0.02), "can't be told"),
        (AsGood(A, B, 0.02), (0.0, 0.0, 0.0), (0.0, 0.01, 0.0), "can't be told"),
        (AsGood(A, B, 0.02), (0.01, 0.01, 0.01), (0.03, 0.03, 0.03), "can't be told"),
        (Within(A, high=0.05, least=1), (0.01,), (), "supported"),
        (Within(A, high=0.05, least=1), (), (), "untested"),
        (AsGood(A, B, 0.02), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), "supported"),
        (Costs(A, B, 0.5, right=B), (0.01, 0.01, 0.01), (0.02, 0.02, 0.02), "can't be told"),
        (Costs(A, B, 0.5, right=B), (0.2, 0.2, 0.2), (0.3, 0.3, 0.3), "not supported"),
        (Within(A, high=0.05, right=B), (0.0, 0.0, 0.0), (0.0, 0.0, 0.01), "can't be told"),
        (Within(A, high=0.05, right=B), (0.2, 0.0, 0.0), (0.0, 0.0, 0.01), "can't be told"),
        (Within(A, high=0.05, right=B), (0.0, 0.0, 0.0), (0.5, 0.4, 0.6), "supported"),
        (Within(A, high=0.05, right=B), (0.0,), (0.5,), "untested"),
    ],
)
def test_a_rule_decides(check: Check, a: tuple[float, ...], b: tuple[float, ...], verdict: Verdict) -> None:
    outcome = check.decide(shelf(a=a, b=b))
    assert outcome.verdict == verdict
    assert {reading.arm for reading in outcome.readings} <= {"a", "b"}


@pytest.mark.parametrize(
    ("arm", "steps", "verdict"),
    [
        ("sudoku-10m-1", 40, "can't be told"),
        ("sudoku-10m-1", 200, "supported"),
        ("sudoku-once-1000", 40, "supported"),  # whose few steps are what is asked about
        ("curve/trm", 40, "supported"),  # of another benchmark, which says itself how long it trained
    ],
)
def test_what_had_hardly_any_steps_says_little(arm: str, steps: int, verdict: Verdict) -> None:
    def readings(name: str, right: float, steps: int) -> list[Reading]:
        figures = {"exact": right, "steps": float(steps)}
        return [Reading(name, f"seed {seed}", Path(f"{seed}.json"), "", "ltm evidence", figures) for seed in range(3)]

    found = Shelf({arm: readings(arm, 0.1, steps), "sudoku-100k-16": readings("sudoku-100k-16", 0.6, 900)})
    above = Above(Side("sudoku-100k-16"), Side(arm)).decide(found)
    below = Above(Side(arm), Side("sudoku-100k-16")).decide(found)
    assert above.verdict == verdict
    assert below.verdict == ("not supported" if verdict == "supported" else "can't be told")
    assert ("fewer than 200 steps" in above.found) == (verdict == "can't be told")


def test_what_lies_the_other_way_round_is_said() -> None:
    assert "other way round" in Above(A, B).decide(shelf(a=(0.1,) * 3, b=(0.2,) * 3)).found
    assert "ranges overlap" in Above(A, B).decide(shelf(a=(0.1, 0.1, 0.3), b=(0.2,) * 3)).found
    assert "by less than 2 points" in Above(A, B).decide(shelf(a=(0.21,) * 3, b=(0.2,) * 3)).found


def asked_twice(more: tuple[float, ...], less: tuple[float, ...]) -> Shelf:
    """A shelf of runs of one arm, each of which was asked in two ways."""
    return Shelf(
        {
            "a": [
                Reading("a", f"{seed}", Path("x.json"), "", "", {"more": one, "less": other})
                for seed, (one, other) in enumerate(zip(more, less, strict=True))
            ]
        }
    )


@pytest.mark.parametrize(
    ("more", "less", "verdict"),
    [
        ((0.55, 0.75, 0.9), (0.4, 0.6, 0.78), "supported"),  # though ranges overlap
        ((0.42, 0.62, 0.8), (0.4, 0.6, 0.78), "supported"),
        ((0.55, 0.61, 0.9), (0.4, 0.6, 0.78), "not supported"),
        ((0.55, 0.75), (0.4, 0.6), "untested"),
        ((1.0, 1.0, 1.0), (0.98, 0.98, 0.98), "can't be told"),
        ((0.02, 0.02, 0.02), (0.0, 0.0, 0.0), "can't be told"),
    ],
)
def test_what_is_asked_of_one_brain_is_compared_run_by_run(
    more: tuple[float, ...], less: tuple[float, ...], verdict: Verdict
) -> None:
    outcome = Gains("a", "more", "less").decide(asked_twice(more, less))
    assert outcome.verdict == verdict and len(outcome.readings) == len(more)
    assert f"{100 * (more[0] - less[0]):+.1f}" in outcome.found


def sized(**arms: tuple[float, float]) -> Shelf:
    """A shelf of arms of so many parameters, three runs each."""
    return Shelf(
        {
            arm: [
                Reading(arm, "", Path("x.json"), "", "", {"exact": exact, "parameters": size, "operations": size})
                for _ in range(3)
            ]
            for arm, (size, exact) in arms.items()
        }
    )


def test_the_smallest_brain_that_solves() -> None:
    some = sized(small=(1e4, 0.9), middle=(1e5, 0.95), large=(1e6, 1.0))
    names = ("small", "middle", "large")
    size = {"small": 1e4, "middle": 1e5, "large": 1e6, "other": 1e6}.__getitem__
    assert smallest(some, names) == "middle"
    assert smallest(some, ("small",)) is None
    assert Solves("t", names, 1e5, size).decide(some).verdict == "supported"
    assert Solves("t", names, 9e4, size).decide(some).verdict == "not supported"
    assert Solves("t", names, 1e5, size, wanted=False).decide(some).verdict == "not supported"
    assert Solves("t", names, 9e4, size, wanted=False).decide(some).verdict == "supported"
    assert Solves("t", names, 1e3, size).decide(some).verdict == "untested"
    assert Solves("t", ("other",), 1e9, size).decide(some).verdict == "untested"


def test_that_none_solves_is_known_only_once_all_have_run() -> None:
    size = {"small": 1e4, "middle": 1e5, "large": 1e6}.__getitem__
    none_yet, one_does = sized(small=(1e4, 0.5)), sized(middle=(1e5, 0.96))
    for wanted in (True, False):
        outcome = Solves("t", ("small", "middle"), 1e5, size, wanted).decide(none_yet)
        assert outcome.verdict == "untested" and "1 of 2 such arms" in outcome.found
    assert Solves("t", ("small", "middle"), 1e5, size).decide(one_does).verdict == "supported"
    assert Solves("t", ("small", "middle"), 1e5, size, wanted=False).decide(one_does).verdict == "not supported"


@pytest.mark.parametrize("wanted", [True, False])
def test_that_small_ones_fail_says_something_only_where_a_larger_one_solves(wanted: bool) -> None:
    size = {"small": 1e4, "large": 1e6}.__getitem__
    check = Solves("t", ("small", "large"), 1e5, size, wanted)
    waiting = check.decide(sized(small=(1e4, 0.5)))
    assert waiting.verdict == "untested" and "1 of 1 larger ones wait" in waiting.found
    none = check.decide(sized(small=(1e4, 0.5), large=(1e6, 0.6)))
    assert none.verdict == "can't be told" and "nor does any larger one" in none.found
    larger = check.decide(sized(small=(1e4, 0.5), large=(1e6, 0.96)))
    assert larger.verdict == ("not supported" if wanted else "supported") and "96.0 %" in larger.found


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (0.9, 0.9, "supported"),
        (0.9, 0.1, "not supported"),
        (0.1, None, "not supported"),
        (0.9, None, "untested"),
    ],
)
def test_one_failing_check_refutes_and_all_must_hold(a: float, b: float | None, verdict: Verdict) -> None:
    runs = shelf(a=(a,) * 3, b=() if b is None else (b,) * 3)
    assert together([Within(side, low=0.5).decide(runs) for side in (A, B)]) == verdict


def mixed(values: tuple[float, ...], untold: int) -> Shelf:
    """A shelf of one arm, some of whose runs can't tell a figure."""
    told = [Reading("a", "", Path("x.json"), "", "", {"auroc": value}) for value in values]
    others = [Reading("a", "", Path("y.json"), "", "", {"exact": 1.0}, frozenset({"auroc"})) for _ in range(untold)]
    return Shelf({"a": [*told, *others]})


@pytest.mark.parametrize(
    ("values", "untold", "verdict"),
    [
        ((0.95, 0.97), 1, "supported"),
        ((0.95, 0.5), 1, "not supported"),
        ((), 3, "can't be told"),
        ((), 2, "untested"),
        ((0.95,), 1, "untested"),
    ],
)
def test_runs_that_cant_tell_are_no_missing_runs(values: tuple[float, ...], untold: int, verdict: Verdict) -> None:
    outcome = Within(Side("a", "auroc"), low=0.9).decide(mixed(values, untold))
    assert outcome.verdict == verdict and len(outcome.readings) == len(values) + untold
    assert f"can't be told in {untold} run" in outcome.found
    assert ("no runs" in outcome.found) is False


def test_a_check_that_cant_be_told_leaves_the_verdict_to_the_others() -> None:
    untold = Within(Side("a", "auroc"), low=0.9).decide(mixed((), 3))
    holds, fails, waits = (
        Within(A, low=0.5).decide(shelf(a=values)) for values in ((0.9,) * 3, (0.1,) * 3, (0.9,) * 2)
    )
    assert together([untold, holds, holds]) == "supported" and together([untold, holds, fails]) == "not supported"
    assert together([untold, holds, waits]) == "untested" and together([untold]) == "can't be told"
    assert together([untold, holds]) == "can't be told"  # one task of two says nothing of the other


def test_a_claim_without_checks_is_untested() -> None:
    assert together([]) == "untested"


def test_longer_is_longer_than_training() -> None:
    trained = {"sudoku-30min/expert": ("sudoku", 1), "mazes/21-21": ("maze", 0)}
    checks = [check for check in CLAIMS["longer"].checks if isinstance(check, Gains)]
    assert len(checks) == len(TASKS) + len(trained)
    for check in checks:
        kind, _, least = check.less.partition("@")
        spec = load_chart(trained[check.arm][0]).training if check.arm in trained else None
        if spec is not None:
            in_training = spec.segments * (spec.ticks if kind == "exact" else 1)
            assert int(least) >= in_training, check


def test_one_brain_asked_twice_is_compared_run_by_run() -> None:
    figures = [(0.7, 0.9), (0.9, 0.9), (0.92, 0.9)]
    readings = [
        Reading("a", f"seed {n}", Path(f"a-{n}.json"), "", "ltm evidence", {"halting": one, "exact": other})
        for n, (one, other) in enumerate(figures)
    ]
    both = Side("a", "halting"), Side("a")
    assert AsGood(*both, 0.01).decide(Shelf({"a": readings})).verdict == "not supported"
    assert AsGood(*both, 0.21).decide(Shelf({"a": readings})).verdict == "supported"
    assert Costs(*both, 1.0).decide(Shelf({"a": readings})).verdict == "not supported"
    assert Costs(*both, 1.1).decide(Shelf({"a": readings})).verdict == "supported"


def test_guessing_tells_nothing() -> None:
    one, other = "listops-thinking", "listops-92k-1"
    guess = TASKS["listops"].guess
    found = shelf(**{one: (guess + 0.01,) * 3, other: (guess - 0.02,) * 3})
    assert Above(Side(one), Side(other)).decide(found).verdict == "can't be told"
    assert AsGood(Side(one), Side(other)).decide(found).verdict == "can't be told"


def test_a_quick_report_says_nothing_of_its_own_runs() -> None:
    arms = {f"{task}-thinking": (0.5,) for task in TASKS}
    verdicts = {one.name: one.verdict for one in judged(shelf(**arms), quick=True)}
    assert verdicts["reflection"] == "untested"
