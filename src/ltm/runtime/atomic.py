"""Writing files and folders so that a crash, a kill or a full disk leaves the old or the new one whole, never half.

Everything is written beside its final place, flushed to the disk, and then put in place by a single rename. Where the
system can exchange two folders in one step (Linux `renameat2`) the final name is there at every moment; elsewhere the
old folder steps aside for an instant, and the next reader or writer puts it back if the program died in between.
A lock on each temporary tells living writers from left-overs.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ltm.errors import LtmError

_LEFT_OVER = re.compile(r"\.(?P<name>.+)\.(?P<what>tmp|old)-[0-9a-f]{8}")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def write_folder(final: Path, writer: Callable[[Path], None]) -> None:
    """Writes a folder as a whole, replacing the one that is there.

    Args:
        final: where the folder shall be; missing parents are made.
        writer: fills the empty folder that it is given.

    Raises:
        LtmError: the disk is full or refuses; what was at `final` before is untouched.
    """
    with explained(final):
        final = final.resolve()
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.exists() and not final.is_dir():
            raise LtmError(f"{final}: a file is in the way of the folder to be written")
        sweep(final.parent, final.name)
        temporary = beside(final, "tmp")
        temporary.mkdir()
        try:
            with locked(temporary):
                writer(temporary)
                _flush_tree(temporary)
                _put(temporary, final)
        finally:
            # By now this name holds what failed, the folder that was replaced, or nothing.
            shutil.rmtree(temporary, ignore_errors=True)


def write_file(final: Path, data: bytes) -> None:
    """Writes a file as a whole, replacing the one that is there.

    Raises:
        LtmError: the disk is full or refuses; what was at `final` before is untouched.
    """
    with explained(final):
        final = final.resolve()
        final.parent.mkdir(parents=True, exist_ok=True)
        sweep(final.parent, final.name)
        temporary = beside(final, "tmp")
        try:
            with temporary.open("xb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
                temporary.replace(final)
        finally:
            temporary.unlink(missing_ok=True)
        _flush(final.parent)


def sweep(parent: Path, name: str | None = None) -> None:
    """Removes what killed writers left in a folder, and puts back a folder that one of them had moved aside.

    Args:
        parent: the folder to tidy; nothing happens when it is missing or can't be read.
        name: tidy up only after this file or folder; after all when absent.
    """
    try:
        paths = sorted(parent.iterdir())
    except OSError:
        return
    for path in paths:
        match = _LEFT_OVER.fullmatch(path.name)
        if match is None or (name is not None and match["name"] != name) or path.is_symlink():
            continue
        with suppress(OSError), locked(path):
            final = parent / match["name"]
            if match["what"] == "old" and not final.exists():
                path.rename(final)
            elif path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


@contextmanager
def explained(final: Path) -> Iterator[None]:
    """Turns the system's errors into ones that say what became of the last good version."""
    try:
        yield
    except OSError as problem:
        kept = "nothing was written"
        with suppress(OSError):
            kept = f"the last good {final.name} is intact" if final.exists() else kept
        if problem.errno in _FULL:
            raise LtmError(f"disk full: could not write {final}; {kept}") from problem
        raise LtmError(f"could not write {final}: {problem.strerror or problem}; {kept}") from problem


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock of a file or folder; it ends with the process, however that ends.

    Raises:
        BlockingIOError: another writer is alive and holds it.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def beside(final: Path, what: str) -> Path:
    """Returns a name beside a file or folder; `sweep` clears it away once nobody holds it. `what` is `tmp` or `old`."""
    return final.with_name(f".{final.name}.{what}-{secrets.token_hex(4)}")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _flush(path)
    _flush(folder)


def _put(temporary: Path, final: Path) -> None:
    """Moves a finished folder to its place; what was there ends up under the temporary's name, or is removed."""
    if not final.exists():
        temporary.rename(final)
    elif not _exchange(temporary, final):
        old = beside(final, "old")
        with locked(final):
            final.rename(old)
            try:
                temporary.rename(final)
            except OSError:
                old.rename(final)
                raise
        _flush(final.parent)
        shutil.rmtree(old, ignore_errors=True)
    _flush(final.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two paths in a single step; False when this system or file system can't."""
    try:
        swap = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    done: int = swap(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return done == 0
