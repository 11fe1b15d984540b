"""A pipe that several read, each at its own pace: what all have read is forgotten, so it may go on for ever."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

CHUNK = 64 * 1024


class SharedPipe:
    """The source of several readers.

    Args:
        source: a buffered reader, such as standard input.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = cast(Any, source)
        self._kept = bytearray()
        self._start = 0  # of what is kept, counted from the pipe's beginning
        self._ended = False
        self._readers: list[PipeReader] = []

    def reader(self) -> PipeReader:
        """Returns a reader at the beginning of what is kept; all are made before the first reads."""
        reader = PipeReader(self, self._start)
        self._readers.append(reader)
        return reader

    def after(self, place: int, count: int) -> bytes:
        """Returns at most `count` of the bytes that were kept after a place."""
        return bytes(self._kept[place - self._start : place - self._start + count])

    def find_line_end(self, place: int, begin: int) -> int:
        """Returns how many bytes after a place the first line ends, searched from `begin` on; -1 where it doesn't."""
        found = self._kept.find(b"\n", place - self._start + begin)
        return -1 if found < 0 else found - (place - self._start) + 1

    def kept_after(self, place: int) -> int:
        """Returns how many bytes are kept after a place."""
        return self._start + len(self._kept) - place

    def fill(self) -> bool:
        """Waits for more bytes; returns whether there are any."""
        if not self._ended:
            data = self._source.read1(CHUNK)
            self._ended = not data
            self._kept += data
        return not self._ended

    def forget(self) -> None:
        """Drops what all readers have read."""
        least = min((reader.place for reader in self._readers), default=self._start + len(self._kept))
        del self._kept[: least - self._start]
        self._start = least

    def leave(self, reader: PipeReader) -> None:
        """Stops keeping bytes for a reader."""
        if reader in self._readers:
            self._readers.remove(reader)
            self.forget()


class PipeReader:
    """Reads a shared pipe as if it were alone; has what `ltm.scenes` needs of a buffered reader."""

    def __init__(self, pipe: SharedPipe, place: int) -> None:
        self.place = place
        self._pipe = pipe

    def peek(self, size: int = 0) -> bytes:
        """Returns what comes next without moving on; empty only at the end."""
        del size  # like a buffered reader, it returns whatever is there
        if not self._pipe.kept_after(self.place):
            self._pipe.fill()
        return self._pipe.after(self.place, CHUNK)

    def readline(self, limit: int) -> bytes:
        """Returns the next line, or so many bytes of it."""
        begin, end = 0, -1
        while end < 0:
            end = self._pipe.find_line_end(self.place, begin)
            begin = self._pipe.kept_after(self.place)
            if end < 0 and (begin >= limit or not self._pipe.fill()):
                end = begin
        return self._taken(min(end, limit))

    def read(self, count: int) -> bytes:
        """Returns so many bytes, or all there are."""
        while self._pipe.kept_after(self.place) < count and self._pipe.fill():
            pass
        return self._taken(count)

    def close(self) -> None:
        """Lets go of the pipe."""
        self._pipe.leave(self)

    def _taken(self, count: int) -> bytes:
        data = self._pipe.after(self.place, count)
        self.place += len(data)
        self._pipe.forget()
        return data
