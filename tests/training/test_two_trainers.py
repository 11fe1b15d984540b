"""Two that train into one folder: the second is refused before it has changed anything."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import make_boards, make_chart

from ltm.errors import LtmError
from ltm.runtime.folder import inspect_folder
from ltm.scenes.prepare import Prepared
from ltm.training.fit import train_chart
from ltm.training.metrics import Progress


def test_the_second_of_two_trainers_is_refused(tmp_path: Path) -> None:
    out, chart = tmp_path / "brain", make_chart({"steps": 4})
    scenes = Prepared(make_boards(64), make_boards(32, seed=1))
    began, go_on = threading.Event(), threading.Event()

    def report(progress: Progress) -> None:
        began.set()
        assert go_on.wait(60)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(train_chart, chart, out, prepared=scenes, report=report, speed=False)
        assert began.wait(60)
        before = sorted((tmp_path / "brain.run").rglob("*"))
        with pytest.raises(LtmError, match=r"brain: process \d+ trains it right now; try again once that is done"):
            train_chart(chart, out, prepared=scenes, speed=False)
        assert sorted((tmp_path / "brain.run").rglob("*")) == before
        go_on.set()
        assert first.result().finished
    assert inspect_folder(out).provenance.steps == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["brain", "brain.run"]
