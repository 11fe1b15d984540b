"""Work before training shows how far it is: a bar in a terminal, lines elsewhere, nothing for what takes a moment."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from ltm.cli.show_waiting import Waiting
from ltm.scenes import lines, split
from ltm.scenes.read import load
from ltm.scenes.store import SceneSet
from ltm.senses.grid import GridSpec


def console(terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, soft_wrap=True)


def written(target: Console) -> str:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


def test_lines_come_every_few_seconds_with_the_time_left() -> None:
    target, moments = console(terminal=False), iter([0.0, 9.0, 20.0, 25.0, 41.0, 50.0, 80.0])
    with Waiting(target, 20.0, lambda: next(moments)) as waiting:
        for share in (0.0, 0.1, 0.25, 0.3, 0.5):
            waiting("reading a.csv", share)
        waiting("comparing", 0.0)
        waiting("comparing", 0.5)
    assert [line.split() for line in written(target).splitlines()] == [
        ["reading", "a.csv", "25.0", "%", "1:00", "left"],
        ["reading", "a.csv", "50.0", "%", "0:41", "left"],
        ["comparing", "50.0", "%", "0:30", "left"],
    ]


def test_what_takes_a_moment_leaves_no_line() -> None:
    target = console(terminal=False)
    with Waiting(target) as waiting:
        waiting("reading a.csv", 0.5)
    assert written(target) == ""


def test_a_terminal_gets_a_bar_for_what_is_going_on_now() -> None:
    target = console(terminal=True)
    with Waiting(target) as waiting:
        waiting("reading [red]a.csv", 0.25)
        waiting.progress.refresh()
        waiting("comparing", 0.5)
        waiting.progress.refresh()
        assert [task.description for task in waiting.progress.tasks] == ["comparing"]
    assert "reading [red]a.csv" in written(target) and "25%" in written(target) and "50%" in written(target)


def test_reading_and_comparing_tell_how_far_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_ROWS_BETWEEN", 100)
    monkeypatch.setattr(split, "_BLOCK", 100)
    grids = np.random.default_rng(0).integers(0, 2, (1000, 1, 40), dtype=np.uint8)
    rows = "\n".join("".join(map(str, grid[0])) for grid in grids)
    file = tmp_path / "data.csv"
    file.write_text(f"a\n{rows}\n")
    heard: list[tuple[str, float]] = []
    spec = GridSpec(kind="grid", rows=1, columns=40, symbols=2)
    load(file, {"a": spec}, told=lambda what, share: heard.append((what, share)))
    split.group_keys(SceneSet.of({"a": grids}), "grid", lambda what, share: heard.append((what, share)))
    told = {what: [share for name, share in heard if name == what] for what, _ in heard}
    assert list(told) == ["reading data.csv", "looking for scenes that are alike"]
    for shares in told.values():
        assert len(shares) == 10 and shares == sorted(set(shares)) and shares[0] < 0.25 and 0.85 < shares[-1] <= 1
