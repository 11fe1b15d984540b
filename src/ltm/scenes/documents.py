"""Texts in a column of a table, such as JSON Lines with a story a line, as one running text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ltm.errors import DataError, nearest
from ltm.scenes.lines import TEXTS, Row, rows
from ltm.scenes.text_rows import column_name

TABLES = (*TEXTS, ".parquet")
"""Endings of files whose rows hold texts; any other file is a text itself."""
BETWEEN = "\n\n"
"""What stands between two documents."""


def is_table(file: Path) -> bool:
    """Returns whether a file is a table rather than a text itself, going by its name."""
    return file.suffix.lower() in TABLES


def documents(file: Path, column: str | None = None) -> str:
    """Returns all texts of a column, one after another with a blank line between; blank ones are left out.

    Args:
        file: a table.
        column: which one; the only one that holds text where absent.

    Raises:
        DataError: the table can't be read, no such column, several that hold text and none was named, or a row in
            which the column holds something else.
    """
    return BETWEEN.join(text for text in _texts(file, column) if text.strip())


def _texts(file: Path, column: str | None) -> Iterator[str]:
    chosen = None
    for line, row in rows(file):
        if chosen is None:
            chosen = _chosen(file, row, column)
        text = row.get(chosen)
        if not isinstance(text, str):
            found = "is missing" if chosen not in row else f"expected text, got {_kind(text)}"
            raise DataError(f"{file}:{line}: column '{chosen}': {found}")
        yield text


def _chosen(file: Path, row: Row, column: str | None) -> str:
    """Returns which column of a table to read, by its first row."""
    if column is not None:
        name = column_name(column)
        if name not in row:
            raise DataError(f"{file}: there is no column '{name}' among {', '.join(row)}{nearest(name, row)}")
        return name
    texts = [name for name, value in row.items() if isinstance(value, str)]
    if len(texts) == 1:
        return texts[0]
    if not texts:
        raise DataError(f"{file}: no column holds text among {', '.join(row)}")
    known = ", ".join(texts)
    raise DataError(f"{file}: several columns hold text ({known}); name one, such as --option column={texts[0]}")


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
