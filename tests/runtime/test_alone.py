"""Two processes on one brain: the second is told who is there, and nothing that either did is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tiny import brain_with

from ltm.cli.main import run
from ltm.errors import LtmError
from ltm.runtime import alone as module
from ltm.runtime.alone import alone
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.skills import folders_of, write_skills
from ltm.training import grow
from ltm.training.attempt import Attempt
from ltm.training.grow import add_skill, nursery
from ltm.training.rest import Rest, Resting, put_in_place
from ltm.training.run_folder import run_folder

HOLDS = """
import sys
from pathlib import Path
from ltm.runtime.alone import alone
with alone(Path(sys.argv[1]), "grows it"):
    print("held", flush=True)
    sys.stdin.readline()
"""
ONE = {"core": {"kind": "mixer"}}


@contextmanager
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that changes a folder until it is told to end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDS, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def elsewhere(work: Callable[[], Any]) -> Any:
    """Does something in another thread, whose file handles are its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_who_comes_second_is_told_who_is_there(tmp_path: Path) -> None:
    brain = tmp_path / "brain"
    with another(brain) as process:
        with pytest.raises(LtmError, match=f"brain: process {process.pid} grows it right now; try again"):
            save_brain(brain_with(ONE), brain)
        assert not brain.exists()
        process.communicate("\n")
    save_brain(brain_with(ONE), brain)
    assert [path.name for path in tmp_path.iterdir()] == ["brain"]
    with another(brain) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (tmp_path / ".brain.lock").exists()
        save_brain(brain_with(ONE), brain)  # the lock of one that was killed stops nobody
    assert [path.name for path in tmp_path.iterdir()] == ["brain"]


def test_what_is_done_within_a_deed_is_not_refused_and_another_name_of_the_folder_is_no_way_round(
    tmp_path: Path,
) -> None:
    (tmp_path / "brain").mkdir()
    (tmp_path / "link").symlink_to("brain")
    with alone(tmp_path / "brain", "trains it"):
        with alone(tmp_path / "link", "writes it"):
            pass
        with pytest.raises(LtmError, match="trains it right now"):
            elsewhere(lambda: alone(tmp_path / "link", "x").__enter__())
    with alone(tmp_path / "deep" / "er" / "brain", "trains it"):
        assert (tmp_path / "deep" / "er").is_dir()
    assert not (tmp_path / "deep").exists()


def test_a_lock_that_was_taken_away_in_between_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, taken = tmp_path / ".brain.lock", module.fcntl.flock
    begun: list[int] = []

    def late(handle: int, how: int) -> None:
        begun.append(handle)
        if len(begun) == 1:
            lock.unlink()  # whoever held it has just given it up
        taken(handle, how)

    monkeypatch.setattr(module.fcntl, "flock", late)
    with alone(tmp_path / "brain", "trains it"):
        assert len(begun) == 2 and lock.exists()
        monkeypatch.undo()
        with pytest.raises(LtmError):
            elsewhere(lambda: alone(tmp_path / "brain", "x").__enter__())


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """A brain of one skill, and two that were trained beside it."""
    brain = tmp_path / "brain"
    save_brain(brain_with(ONE), tmp_path / "first")
    write_skills(brain, "brain", {"first": tmp_path / "first"})
    for skill in ("second", "third"):
        save_brain(brain_with(ONE), nursery(brain, skill))
    return brain


def test_of_two_that_add_skills_at_once_none_is_lost(both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on, write = threading.Event(), threading.Event(), grow.write_skills

    def slowly(*arguments: Any, **named: Any) -> None:
        reading.set()
        assert go_on.wait(30)
        write(*arguments, **named)

    monkeypatch.setattr(grow, "write_skills", slowly)
    with ThreadPoolExecutor(1) as pool:
        first: Future[None] = pool.submit(add_skill, both, "second", nursery(both, "second"))
        assert reading.wait(30)
        with pytest.raises(LtmError, match=rf"process {os.getpid()} adds skill 'second' to it right now"):
            add_skill(both, "third", nursery(both, "third"))
        assert nursery(both, "third").is_dir()  # nothing that was trained is lost
        go_on.set()
        first.result()
    assert list(folders_of(both)) == ["first", "second"]
    add_skill(both, "third", nursery(both, "third"))
    assert list(folders_of(both)) == ["first", "second", "third"]
    assert not nursery(both, "third").parent.exists()


def test_a_skill_that_changed_while_it_rehearsed_or_rested_is_not_replaced(both: Path, tmp_path: Path) -> None:
    place = nursery(both, "second")
    Attempt(asked={}, zones={}, skills={"first": "0" * 64}).write(run_folder(place))
    with pytest.raises(LtmError, match=r"skill 'first' has changed since it began to rehearse.*remove .*brain\.grow"):
        add_skill(both, "second", place, {"first": tmp_path / "first"})
    brain, record = load_brain(both / "skills" / "first")
    other = {**record, "files": {**record["files"], "chart.yaml": {"sha256": "0" * 64, "bytes": 1, "parameters": 0}}}
    with pytest.raises(LtmError, match="skill 'first' has changed while it rested"):
        put_in_place(both, {"first": Resting("first", brain, other)})
    assert list(folders_of(both)) == ["first"]
    put_in_place(both, {"first": Rest(folders_of(both), 0.5).skills["first"]})
    assert list(folders_of(both)) == ["first"]


def test_verbs_that_change_a_brain_are_refused(both: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, zone = str(tmp_path / "first"), str(tmp_path / "core.safetensors")
    assert run(["zone", "take", first, "core", "-o", zone]) == 0
    for out, words in (
        (both, ["rest", str(both)]),
        (both, ["merge", first, str(nursery(both, "second")), "-o", str(both)]),
        (tmp_path / "new", ["zone", "put", zone, first, "--name", "guest", "-o", str(tmp_path / "new")]),
        (tmp_path / "new", ["quantize", first, "-o", str(tmp_path / "new")]),
    ):
        with another(out) as process:
            assert run(words) == 2
            assert f"process {process.pid} grows it right now" in capsys.readouterr().err
