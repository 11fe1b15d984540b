"""A result is known by all that decides what it measures: its digest changes with each of it, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ltm.chart.schema import Chart, WillSpec
from ltm.evidence import run_file
from ltm.evidence.arms import ARMS
from ltm.evidence.experiments import Planned
from ltm.evidence.run_file import digest_of
from ltm.evidence.tasks import chart_of

RUN = Planned(ARMS["maze-88k-16"], 0, 50.0)


class Later(Chart):
    """A chart of a version in which a default is another."""

    will: WillSpec = WillSpec(ticks=77)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEARNED", 10_001),
        ("ASIDE", 64),
        ("TESTED", 255),
        ("SPARE", 1.4),
        ("SEED", 1),
        ("LONGER", 8),
        ("LONGEST", 512),
        ("DEAR", 4e9),
        ("TRIES", (1, 4)),
        ("TRY_TICKS", 32),
        ("WILL_SCENES", 64),
        ("HELD_BACK", 0.8),
    ],
)
def test_the_digest_changes_with_what_is_measured_and_how(
    name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest_of(RUN)
    monkeypatch.setattr(run_file, name, value, raising=False)
    assert digest_of(RUN) != before


def test_the_digest_changes_with_a_default_that_no_chart_mentions(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = chart_of("maze").model_dump(exclude_defaults=True)
    said.pop("will", None)
    digests = []
    for version in (Chart, Later):
        chart = version.model_validate(said)
        monkeypatch.setattr(run_file, "chart_of", lambda task, changes, chart=chart: chart)
        digests.append(digest_of(RUN))
    assert digests[0] != digests[1]


def test_the_digest_changes_with_the_run_but_not_with_its_seed() -> None:
    others = [replace(RUN, seconds=51.0), *(replace(RUN, arm=ARMS[name]) for name in ("maze-88k-4", "maze-with-100"))]
    assert len({digest_of(run) for run in (RUN, *others)}) == 4
    assert digest_of(replace(RUN, seed=2)) == digest_of(RUN)
