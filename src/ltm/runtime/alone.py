"""One process at a time changes a brain: who comes second is told who is there, instead of losing what either did.

A folder that is replaced as a whole can't carry its own lock, as the lock would go with the old folder. So it lies
beside: `.NAME.lock`, which says who holds it. The system gives it up with the process that held it, however that ended;
the file of one that was killed stops nobody.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ltm.errors import LtmError
from ltm.runtime.atomic import explained

_MOST = 300
"""Bytes of a lock: who holds it, and what for."""
_own = threading.local()
"""The locks of each thread: what it does within what it does isn't refused."""


@contextmanager
def alone(final: Path, deed: str) -> Iterator[None]:
    """Keeps other processes and threads from changing a folder, from reading it until it is replaced.

    Args:
        final: the folder; it needn't be there yet.
        deed: what is done to it, for those who come second: `trains it`.

    Raises:
        LtmError: another process or thread is changing it; says which, and what it does.
    """
    final = final.resolve()
    lock = final.with_name(f".{final.name}.lock")
    held: set[Path] = _own.__dict__.setdefault("held", set())
    if lock in held:
        yield
        return
    made = [parent for parent in lock.parents if not parent.exists()]
    with explained(final):
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = _taken(lock, final)
    try:
        with suppress(OSError):  # a full disk must not keep what is written elsewhere from being said
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} {deed}".encode()[:_MOST], 0)
        held.add(lock)
        yield
    finally:
        held.discard(lock)
        with suppress(OSError):
            lock.unlink()
        os.close(handle)
        with suppress(OSError):
            for parent in made:  # where nothing was written after all
                parent.rmdir()


def _taken(lock: Path, final: Path) -> int:
    """Returns the handle of a lock that is held now."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held it may have taken the file away between the two lines: then it is nobody's lock.
            if lock.exists() and os.path.samestat(os.fstat(handle), lock.stat()):
                return handle
        except BlockingIOError:
            who = os.pread(handle, _MOST, 0).decode("utf-8", "replace") or "another process changes it"
            os.close(handle)
            raise LtmError(f"{final}: {who} right now; try again once that is done") from None
        except OSError:
            os.close(handle)
            raise
        os.close(handle)
