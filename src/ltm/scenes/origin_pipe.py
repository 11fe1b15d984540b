"""Standard input as the origin of a stream: what has flowed by is gone."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path

from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.columns import alike_of, columns_of
from ltm.scenes.following import source_columns
from ltm.scenes.origin import Found, Place, Shard
from ltm.scenes.read import encode_row
from ltm.scenes.single import Single
from ltm.scenes.text_rows import TextRows
from ltm.scenes.told import Told, nobody
from ltm.scenes.wanted import with_columns


class PipeOrigin:
    """Standard input: a table in CSV, TSV or JSON Lines, told apart by its first line. It can be read only once.

    Args:
        chart: what reads its columns.
        file: read from; standard input when absent.

    Raises:
        DataError: nothing is piped in.
    """

    name = "standard input"
    rewinds = False

    def __init__(self, chart: Chart, file: BufferedReader | None = None) -> None:
        self._columns, self._alike = columns_of(chart), alike_of(chart)
        if file is None:
            if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
                raise DataError("nothing is piped in: scenes.source is -, standard input")
            # A file of its own, since a thread that waits for Python's would keep the program from ending.
            file = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
        self._rows = self._read(file)
        self._again: deque[Found] = deque()

    def identity(self) -> str:
        """Returns the same for whatever is piped in."""
        return self.name

    def give_back(self, found: Iterable[Found]) -> None:
        """Puts scenes back in front, in order."""
        self._again.extendleft(reversed(list(found)))

    def scenes(self, place: Place | None, shard: Shard = (0, 1), told: Told = nobody) -> Iterator[Found]:
        """Yields what has not been read yet; a place can't be gone back to, and is how many rows came before."""
        while True:
            found = self._again.popleft() if self._again else next(self._rows, None)
            if found is None:
                return
            if (found.place[0] - 1) % shard[1] == shard[0]:
                yield found

    def _read(self, file: BufferedReader) -> Iterator[Found]:
        with file:
            head = file.peek(1).removeprefix(b"\xef\xbb\xbf").lstrip()
            first = head.split(b"\n", 1)[0]
            ending = ".jsonl" if first.startswith(b"{") else ".tsv" if b"\t" in first and b'"' not in first else ".csv"
            wanted, ragged = source_columns(self._columns), ending == ".jsonl"
            rows = with_columns(Path(self.name), TextRows(file, self.name, ending), wanted, ragged=ragged)
            for number, (line, row) in enumerate(rows, 1):
                try:
                    if isinstance(row, DataError):
                        raise row
                    scene: Single | DataError = encode_row(
                        f"{self.name}:{line}", row, self._columns, self._alike, Path()
                    )
                except DataError as problem:
                    scene = problem
                yield Found(scene, (number,), line)
