"""Which columns of a table a person means: those that are named, and all others for `*`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ltm.errors import DataError
from ltm.scenes.declare import Declared, parse_declaration
from ltm.scenes.everything import ALL, others

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_NAMES = "names are letters a to z, digits, - and _, at most 40, and begin with a letter"


def declarations(
    path: Path, see: Sequence[str], do: Sequence[str], *, skip_bad: bool = False
) -> tuple[dict[str, Declared], frozenset[str]]:
    """Returns what is said of each column, those that are seen first, and the columns that `*` stands for.

    Args:
        path: of the table, which is opened only for `*`.
        see: what is seen, as `parse_declaration` reads it, or `*`.
        do: what is to be answered, likewise, without `*`.
        skip_bad: pass over rows that can't be read at all.

    Raises:
        DataError: a column named twice, one that a chart can't name, or words that don't declare anything.
    """
    if ALL in (text.strip() for text in do):
        raise DataError(f"'{ALL}' stands for columns that are seen; name those that are to be answered")
    seen = [parse_declaration(text) for text in see if text.strip() != ALL]
    done = [(name, replace(declared, done=True)) for name, declared in map(parse_declaration, do)]
    everything = len(seen) < len(see)
    free = others(path, [name for name, _ in (*seen, *done)], skip_bad=skip_bad) if everything else []
    said: dict[str, Declared] = {}
    for name, declared in (*seen, *((name, Declared()) for name in free), *done):
        if name in said:
            raise DataError(f"column '{name}' is named twice; a column is either seen or done")
        if name not in free:
            try:
                check_name(name)
            except DataError as problem:
                raise DataError(f"column '{name}': {problem}; rename it in the file's header") from None
        said[name] = declared
    return said, frozenset(free)


def check_name(name: str) -> None:
    """Raises a `DataError` that says how columns may be called, if a chart can't name this one."""
    if not _NAME.fullmatch(name):
        raise DataError(_NAMES)
