"""Reads ahead in a thread of its own; what is read doesn't depend on it.

A pipe is read so, which may have nothing to give for long: whoever waits for it must still notice Ctrl-C. For files and
sources it doesn't pay where both cores are busy (docs/data.md): reading them and training take turns in Python.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
_LOOKS = 0.2
"""Seconds after which one side looks whether it is to go on waiting for the other."""


class _End(Exception):
    """There is nothing more."""


class Ahead(Generic[Item]):
    """Iterates over what another iterator gives, which runs in a thread.

    An exception of the iterator is raised where its item would have come, and again whenever more is asked for.

    Args:
        items: used by the thread alone from now on.
        depth: how many are read ahead at most.
    """

    def __init__(self, items: Iterator[Item], depth: int) -> None:
        self._queue: queue.Queue[Item | BaseException] = queue.Queue(depth)
        self._wanted = True
        self._first: Item | BaseException | None = None
        self._failed: BaseException | None = None
        # It may be waiting for a pipe when the program ends.
        self._thread = threading.Thread(target=self._read, args=(items,), name="reading scenes", daemon=True)
        self._thread.start()

    def __iter__(self) -> Ahead[Item]:
        return self

    def __next__(self) -> Item:
        if self._failed is None:
            item = self._queue.get() if self._first is None else self._first
            self._first = None
            if not isinstance(item, BaseException):
                return item
            self._failed = item
        if isinstance(self._failed, _End):
            raise StopIteration
        raise self._failed

    def arrived(self) -> bool:
        """Waits a moment for the next item; returns whether it, or the end, is there."""
        if self._first is None and self._failed is None:
            try:
                self._first = self._queue.get(timeout=_LOOKS)
            except queue.Empty:
                return False
        return True

    def close(self) -> None:
        """Ends the thread, unless it waits for a pipe."""
        self._wanted = False

    def _read(self, items: Iterator[Item]) -> None:
        try:
            for item in items:
                if not self._put(item):
                    return
            self._put(_End())
        except BaseException as problem:  # whatever it is, it belongs to who asks for the next item
            self._put(problem)

    def _put(self, item: Item | BaseException) -> bool:
        while self._wanted:
            try:
                self._queue.put(item, timeout=_LOOKS)
                return True
            except queue.Full:
                continue
        return False
