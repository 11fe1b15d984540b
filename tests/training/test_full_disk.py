"""A disk that fills up during training: a clear end, the last good checkpoint intact, and the run goes on from it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from ltm.errors import LtmError
from ltm.training.checkpoint import load_latest
from ltm.training.loop import Trainer


def trained(chart: Any, boards: Any, run: Path) -> Trainer:
    made = Trainer(chart, boards(64), boards(16, seed=9), run)
    made.fit(lambda progress: None, checkpoint_seconds=0)
    return made


@pytest.mark.parametrize("room", [3, 17, 30, 43])
def test_disk_full_in_the_middle_of_a_run(
    chart_of: Any, boards: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    chart = chart_of({"steps": 12})
    whole = trained(chart, boards, tmp_path / "whole")
    real, written = os.fsync, [0]

    def full(handle: int) -> None:
        written[0] += 1
        if written[0] > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(LtmError, match="disk full") as problem:
            trained(chart, boards, tmp_path / "run")
    assert str(tmp_path / "run") in str(problem.value)
    found = load_latest(tmp_path / "run")
    assert found is None or (found.step < 12 and found.notes == ())
    rest = trained(chart, boards, tmp_path / "run")
    weights = rest.brain.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in whole.brain.state_dict().items())
