"""A table or a folder of classes as the origin of a stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.columns import alike_of, columns_of
from ltm.scenes.following import source_columns
from ltm.scenes.lines import located
from ltm.scenes.origin import Found, Place, Shard
from ltm.scenes.read import encode_row
from ltm.scenes.single import Single
from ltm.scenes.text_rows import Row
from ltm.scenes.told import Told, nobody
from ltm.scenes.wanted import is_ragged, with_columns

_HEAD_BYTES = 2**20
"""Of a file that tell it from another, beside its size and the time when it was written."""


class TableOrigin:
    """A table or a folder of classes; shard i of n has every n-th row.

    Args:
        chart: what reads its columns.
        path: of the file.
    """

    rewinds = True

    def __init__(self, chart: Chart, path: Path) -> None:
        self.path, self.name = path, str(path)
        self._columns, self._alike = columns_of(chart), alike_of(chart)
        self._identity = self.identity()

    def identity(self) -> str:
        """Returns the size, the time of the last change, and a hash of the beginning; of a folder, of all names."""
        hashed = hashlib.sha256()
        try:
            if self.path.is_dir():
                for file in sorted(part for part in self.path.rglob("*") if part.is_file()):
                    hashed.update(f"{file.relative_to(self.path)} {_stamp(file)}\n".encode(errors="surrogateescape"))
                return hashed.hexdigest()
            with self.path.open("rb") as table:
                hashed.update(table.read(_HEAD_BYTES))
            return f"{_stamp(self.path)} {hashed.hexdigest()}"
        except OSError:
            return ""  # reading says what is wrong with it

    def scenes(self, place: Place | None, shard: Shard = (0, 1), told: Told = nobody) -> Iterator[Found]:
        """Yields the rows; a place is how many came before, and where `located` goes on."""
        if self.identity() != self._identity:
            raise DataError(f"{self.path}: was changed while it was being read")
        number, *start = place or (0,)
        # What is left of a file may lack a key that was there before.
        wanted = [] if start else source_columns(self._columns)
        rows = located(self.path, start or None, told)
        for line, row, after in with_columns(self.path, rows, wanted, ragged=is_ragged(self.path)):
            number += 1
            if (number - 1) % shard[1] != shard[0]:
                continue
            yield Found(self._encoded(row, line), (number, *after), line)

    def _encoded(self, row: Row | DataError, line: int) -> Single | DataError:
        if isinstance(row, DataError):
            return row
        try:
            return encode_row(f"{self.path}:{line}", row, self._columns, self._alike, self.path.parent)
        except DataError as problem:
            return problem


def _stamp(file: Path) -> str:
    status = file.stat()
    return f"{status.st_size} {status.st_mtime_ns}"
