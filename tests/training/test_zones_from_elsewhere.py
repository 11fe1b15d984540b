"""A brain with a zone from another goes on learning, and its record still says where the zone comes from."""

from __future__ import annotations

from pathlib import Path

from conftest import make_boards, make_chart

from ltm.brain.brain import Brain
from ltm.runtime.folder import inspect_folder
from ltm.scenes.prepare import Prepared
from ltm.training.fit import train_chart


def test_a_zone_that_learns_on_is_not_nameless(tmp_path: Path) -> None:
    out, chart = tmp_path / "brain", make_chart({"steps": 4})
    scenes, asked = Prepared(make_boards(64), make_boards(32, seed=1)), iter(range(9))
    start = Brain(chart)
    start.zone_origins = {"core": {"brain": "giver", "zone": "wide", "sha256": "0" * 64}}
    stopped = train_chart(chart, out, prepared=scenes, start=start, stop=lambda: next(asked) >= 2, speed=False)
    assert not stopped.finished
    assert train_chart(chart, out, prepared=scenes, speed=False).finished
    origins = inspect_folder(out).provenance.zones
    assert origins is not None and origins["core"].brain == "giver"
    assert train_chart(chart, out, prepared=scenes, speed=False).finished  # from scratch
    assert inspect_folder(out).provenance.zones is None
