"""Rows from a Parquet file, read a few at a time."""

from __future__ import annotations

import decimal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.told import Told, nobody

BATCH = 256
"""Rows that are held at once."""
_BUFFER_BYTES = 2**20
"""Of a column that are read at once, however large the file's row groups are."""


def parquet_rows(path: Path, told: Told = nobody, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields each row with its number, from 1; the first `start` are passed over.

    Raises:
        DataError: pyarrow isn't installed, the file is damaged, or two columns have the same name.
    """
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise DataError(f"{path}: reading Parquet needs pyarrow: pip install 'ltm[parquet]'") from None
    number = 0
    try:
        with ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False) as file:
            names, count = file.schema_arrow.names, file.metadata.num_rows
            if len(set(names)) < len(names):
                raise DataError(f"{path}: two columns have the same name among {', '.join(names)}")
            groups = list(range(file.num_row_groups))
            # Whole groups of rows are passed over without being read.
            while groups and number + file.metadata.row_group(groups[0]).num_rows <= start:
                number += file.metadata.row_group(groups.pop(0)).num_rows
            for batch in file.iter_batches(batch_size=BATCH, row_groups=groups):
                told(f"reading {path.name}", number / max(1, count))
                wanted = batch.slice(min(len(batch), max(0, start - number)))
                number += len(batch) - len(wanted)
                for row in wanted.to_pylist():
                    number += 1
                    yield number, {name: _plain(value) for name, value in row.items()}
    except DataError:
        raise
    except (
        OSError,
        ValueError,
        OverflowError,
        pyarrow.ArrowException,
    ) as problem:  # text that is none, times that are none, years that no calendar has
        words = " ".join(str(problem).split())[:200]
        raise DataError(f"{path}: can't be read as a Parquet file, after {number:,} rows: {words}") from None


def _plain(value: Any) -> Any:
    """Returns what other tables would hold: a number for a decimal, text for a date or a time."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
