"""A result is known by all that decides what it measures: its digest changes with each of it, and with nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from little_results import fill

from ltm.errors import DataError
from ltm.evidence import run_file
from ltm.evidence.arms import ARMS
from ltm.evidence.experiments import Planned
from ltm.evidence.run_file import digest_of, read_run, result_file

RUN = Planned(ARMS["maze-88k-16"], 0, 50.0)


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


def test_a_default_that_has_changed_since_is_noticed_and_a_new_key_is_not(tmp_path: Path) -> None:
    fill(tmp_path, [RUN], lambda arm, seed: 0.5)
    file = result_file(tmp_path, RUN)
    made = json.loads(file.read_text())
    assert "clip" in made["declared"]["training"]
    del made["declared"]["training"]["clip"]  # as if charts had gained it since
    file.write_text(json.dumps(made))
    assert read_run(file, RUN).made_for == digest_of(RUN)
    made["declared"]["training"]["betas"] = [0.9, 0.999]  # as if that had been the default then
    file.write_text(json.dumps(made))
    with pytest.raises(DataError, match="was run with other settings"):
        read_run(file, RUN)


def test_the_digest_changes_with_the_run_but_not_with_its_seed() -> None:
    others = [replace(RUN, seconds=51.0), *(replace(RUN, arm=ARMS[name]) for name in ("maze-88k-4", "maze-with-100"))]
    assert len({digest_of(run) for run in (RUN, *others)}) == 4
    assert digest_of(replace(RUN, seed=2)) == digest_of(RUN)
