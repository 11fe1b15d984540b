"""Reads ahead in a thread of its own, so that training doesn't wait for scenes; what is read doesn't depend on it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
_LOOKS = 0.2
"""Seconds after which a reader whose place is taken looks whether it is still wanted."""


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
        self._failed: BaseException | None = None
        # It may be waiting for a pipe when the program ends.
        self._thread = threading.Thread(target=self._read, args=(items,), name="reading scenes", daemon=True)
        self._thread.start()

    def __iter__(self) -> Ahead[Item]:
        return self

    def __next__(self) -> Item:
        if self._failed is None:
            item = self._queue.get()
            if not isinstance(item, BaseException):
                return item
            self._failed = item
        if isinstance(self._failed, _End):
            raise StopIteration
        raise self._failed

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
