"""Whatever happens while a folder or file is written, the old one or the new one is there, whole."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ltm.errors import LtmError
from ltm.runtime import atomic
from ltm.runtime.atomic import sweep, write_file, write_folder

FILES = ("a.bin", "sub/b.bin", "c.bin")


def writer(content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "sub").mkdir()
        for name in FILES:
            (folder / name).write_bytes(content)

    return write


def content(folder: Path) -> bytes:
    """Returns what all files of a whole folder hold."""
    found = {(folder / name).read_bytes() for name in FILES}
    assert len(found) == 1, "the folder is a mixture"
    return found.pop()


def litter(parent: Path) -> list[str]:
    return sorted(path.name for path in parent.iterdir() if path.name.startswith("."))


@pytest.fixture(params=["exchange", "aside"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test with and without a system that exchanges folders in one step."""
    if request.param == "aside":
        monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    return str(request.param)


def test_new_and_replaced(tmp_path: Path, how: str) -> None:
    final = tmp_path / "deep" / "brain"
    write_folder(final, writer(b"one"))
    assert content(final) == b"one"
    (final / "extra").write_text("belongs to the old one")
    write_folder(final, writer(b"two"))
    assert content(final) == b"two"
    assert not (final / "extra").exists()
    assert [path.name for path in final.parent.iterdir()] == ["brain"]


def test_exchange_works_here(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux has renameat2")
    for name in ("x", "y", "probe", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    # Asked of the system directly, so that a fault in what is tested can't pass for a lack of the file system.
    probe, other = (str(tmp_path / name).encode() for name in ("probe", "other"))
    if ctypes.CDLL(None).renameat2(-100, probe, -100, other, 2) != 0:
        pytest.skip("this file system can't exchange folders")
    assert atomic._exchange(tmp_path / "x", tmp_path / "y")
    assert (tmp_path / "x" / "y").exists()
    assert (tmp_path / "y" / "x").exists()


def test_exchange_says_when_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert atomic._exchange(tmp_path / "x", tmp_path / "missing") is False


def test_empty_folder_in_place_is_replaced(tmp_path: Path, how: str) -> None:
    (tmp_path / "brain").mkdir()
    write_folder(tmp_path / "brain", writer(b"one"))
    assert content(tmp_path / "brain") == b"one"


def test_through_a_link(tmp_path: Path, how: str) -> None:
    write_folder(tmp_path / "real", writer(b"one"))
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_folder(tmp_path / "link", writer(b"two"))
    assert content(tmp_path / "real") == b"two"
    assert (tmp_path / "link").is_symlink()


def fail_at(monkeypatch: pytest.MonkeyPatch, target: object, name: str, code: int, after: int) -> list[int]:
    """Makes a function fail with an error code from its call number `after` on; counts the calls."""
    real, calls = getattr(target, name), [0]

    def failing(*args: object, **more: object) -> object:
        calls[0] += 1
        if calls[0] > after:
            raise OSError(code, os.strerror(code))
        return real(*args, **more)

    monkeypatch.setattr(target, name, failing)
    return calls


@pytest.mark.parametrize("after", range(3))
def test_disk_full_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    final = tmp_path / "brain"
    write_folder(final, writer(b"one"))
    fail_at(monkeypatch, Path, "write_bytes", errno.ENOSPC, after)
    with pytest.raises(LtmError, match=r"disk full: could not write .*brain; the last good brain is intact"):
        write_folder(final, writer(b"two"))
    assert content(final) == b"one"
    assert litter(tmp_path) == []


@pytest.mark.parametrize("after", range(5))
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_disk_full_while_flushing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, code: int) -> None:
    final = tmp_path / "brain"
    write_folder(final, writer(b"one"))
    fail_at(monkeypatch, os, "fsync", code, after)
    with pytest.raises(LtmError, match="disk full"):
        write_folder(final, writer(b"two"))
    assert content(final) == b"one"
    assert litter(tmp_path) == []


@pytest.mark.parametrize("after", range(2))
def test_rename_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    final = tmp_path / "brain"
    write_folder(final, writer(b"one"))
    real, calls = Path.rename, [0]

    def rename(path: Path, target: Path) -> Path:
        calls[0] += 1
        if calls[0] == after + 1:
            raise OSError(errno.EIO, "Input/output error")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(LtmError, match="Input/output error; the last good brain is intact"):
        write_folder(final, writer(b"two"))
    assert content(final) == b"one"
    assert litter(tmp_path) == []


def test_nothing_there_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at(monkeypatch, Path, "write_bytes", errno.ENOSPC, 1)
    with pytest.raises(LtmError, match=r"disk full: .*; nothing was written"):
        write_folder(tmp_path / "brain", writer(b"one"))
    assert list(tmp_path.iterdir()) == []


def test_writer_that_fails_or_is_interrupted(tmp_path: Path) -> None:
    write_folder(tmp_path / "brain", writer(b"one"))

    def interrupted(folder: Path) -> None:
        (folder / "a.bin").write_bytes(b"two")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "brain", interrupted)
    assert content(tmp_path / "brain") == b"one"
    assert litter(tmp_path) == []


def test_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "brain").write_text("mine")
    with pytest.raises(LtmError, match="a file is in the way"):
        write_folder(tmp_path / "brain", writer(b"one"))
    with pytest.raises(LtmError, match="could not write"):
        write_folder(tmp_path / "brain" / "below", writer(b"one"))
    assert (tmp_path / "brain").read_text() == "mine"


def test_file_new_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "latest"
    write_file(path, b"one")
    write_file(path, b"two")
    assert path.read_bytes() == b"two"
    fail_at(monkeypatch, os, "fsync", errno.ENOSPC, 0)
    with pytest.raises(LtmError, match=r"disk full: .*; the last good latest is intact"):
        write_file(path, b"three")
    assert path.read_bytes() == b"two"
    assert [other.name for other in path.parent.iterdir()] == ["latest"]


def test_left_overs_are_swept_but_not_those_of_living_writers(tmp_path: Path) -> None:
    write_folder(tmp_path / "brain", writer(b"one"))
    (tmp_path / ".brain.tmp-0123abcd").mkdir()
    (tmp_path / ".brain.tmp-0123abcd" / "half").write_text("x")
    (tmp_path / ".other.tmp-0123abcd").write_text("x")
    (tmp_path / ".brain.tmp-mine").write_text("x")
    alive = tmp_path / ".brain.tmp-89abcdef"
    alive.mkdir()
    with atomic.locked(alive):
        write_folder(tmp_path / "brain", writer(b"two"))
        assert litter(tmp_path) == [".brain.tmp-89abcdef", ".brain.tmp-mine", ".other.tmp-0123abcd"]
    sweep(tmp_path)
    assert litter(tmp_path) == [".brain.tmp-mine"]
    sweep(tmp_path / "missing")


def test_folder_moved_aside_is_put_back(tmp_path: Path) -> None:
    write_folder(tmp_path / "brain", writer(b"one"))
    (tmp_path / "brain").rename(tmp_path / ".brain.old-0123abcd")
    sweep(tmp_path, "brain")
    assert content(tmp_path / "brain") == b"one"
    write_folder(tmp_path / ".brain.old-0123abcd", writer(b"older"))
    sweep(tmp_path, "brain")
    assert content(tmp_path / "brain") == b"one"
    assert litter(tmp_path) == []


FOREVER = """
import sys
from pathlib import Path
from ltm.runtime import atomic
if sys.argv[2] == "aside":
    atomic._exchange = lambda one, other: False
count = 0
def write(folder):
    (folder / "sub").mkdir()
    for name in ("a.bin", "sub/b.bin", "c.bin"):
        (folder / name).write_bytes(b"%08d" % count * 20000)
while True:
    count += 1
    atomic.write_folder(Path(sys.argv[1]), write)
"""


def test_killed_while_saving_back_to_back(tmp_path: Path, how: str) -> None:
    final = tmp_path / "brain"
    before = b"%08d" % 0
    write_folder(final, writer(before))
    replaced = 0
    for attempt in range(4):
        process = subprocess.Popen([sys.executable, "-c", FOREVER, str(final), how])
        begin = time.monotonic()
        try:
            while time.monotonic() - begin < 20 and process.poll() is None:
                time.sleep(0.02)
                with_new = final.exists() and (final / "a.bin").exists()
                if with_new and (final / "a.bin").read_bytes()[:8] not in (b"%08d" % 0, before):
                    break
            time.sleep(0.013 * (attempt + 1))
        except FileNotFoundError:  # replaced between the question and the reading
            pass
        finally:
            process.kill()
            process.wait()
        sweep(tmp_path, "brain")
        now = content(final)[:8]
        replaced += now != before
        before = now
        assert litter(tmp_path) == []
    assert replaced, "nothing was saved between the kills, so nothing was tested"
