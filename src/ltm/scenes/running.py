"""The built-in sources `text:FILE`: what comes next in a text of a person's own, plain or in a column of a table.

Where no file is called `python`, `text:python` is the part of Python's manual that comes with Python: half a megabyte
of English with examples, there on every machine, and another in every version of Python.

A window of the text is seen, and what follows it is answered. The last tenth of the text is kept for `ltm eval`, and
the twentieth part before that is set aside while learning: windows overlap, so no two stretches of text share one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.scenes.documents import TABLES, documents, is_table
from ltm.scenes.learn_pieces import MOST, USUAL, learn_pieces
from ltm.scenes.lines import Row
from ltm.senses.pieces import BYTES, WORD
from ltm.senses.text import MOST_PLACES, symbols_of

FAMILY = "text"
MANUAL = "python"
TESTED, ASIDE = 10, 20
"""One part of so many of the text is kept for testing, at its end; one part of so many of the rest is set aside."""
Stretch = Literal["learn", "aside", "test"]
MOST_BYTES = 200_000_000


class RunningOptions(Part):
    """How much is seen, and how much is answered."""

    unit: Literal["letters", "words"] = "letters"
    """What both are counted in. Words are read and written in pieces of a vocabulary that is learned from the text
    (`pip install 'ltm[language]'`), letters as bytes."""
    context: Annotated[int, Field(ge=1, le=MOST_PLACES // 4)] = 64
    """Letters or words that are seen."""
    answer: Annotated[int, Field(ge=1, le=1000)] = 8
    """Letters or words that follow and are answered."""
    vocabulary: Annotated[int, Field(gt=BYTES, le=MOST)] = USUAL
    """With `unit: words`: bytes and pieces of the vocabulary at most."""
    column: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """Of a table, such as JSON Lines with a story a line: the column whose texts are read, one after another. When
    absent the only one that holds text."""


def learn(name: str, options: RunningOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields at most `count` rows with `context` and `next`, from what of a text is kept for nothing else."""
    return _rows(name, options, count, seed, "learn")


def set_aside(name: str, options: RunningOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields at most `count` rows from what is set aside while learning."""
    return _rows(name, options, count, seed, "aside")


def judge(name: str, options: RunningOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields at most `count` rows from the last tenth of a text."""
    return _rows(name, options, count, seed, "test")


def _rows(name: str, options: RunningOptions, count: int, seed: int, part: Stretch) -> Iterator[Row]:
    units = _units(name, options)
    kept = len(units) - len(units) // TESTED
    apart = kept - kept // ASIDE
    first, last = {"learn": (0, apart), "aside": (apart, kept), "test": (kept, len(units))}[part]
    starts = last - first - options.context - options.answer + 1
    if starts < 1:
        what = {"learn": "larger part", "aside": "part that is set aside", "test": "last tenth"}[part]
        raise DataError(
            f"{FAMILY}:{name}: its {what} has {last - first:,} {options.unit}, fewer than the "
            f"{options.context:,} seen and {options.answer:,} answered"
        )
    # A large text has far more places than are drawn.
    for start in random.Random(seed).sample(range(starts), min(count, starts)):
        middle = first + start + options.context
        seen = "".join(units[first + start : middle])
        if seen.strip():
            yield {"context": seen, "next": "".join(units[middle : middle + options.answer])}


def describe(options: RunningOptions, found: Sequence[Row]) -> Mapping[str, Mapping[str, Any]]:
    """Returns the declarations of contexts and continuations such as these."""
    if not found:
        raise DataError(f"{FAMILY}: the text holds nothing but blanks")
    columns: dict[str, Any] = {"kind": "text", "unit": "bytes"}
    pieces: tuple[str, ...] = ()
    if options.unit == "words":
        pieces = learn_pieces((row["context"] for row in found), options.vocabulary)
    if pieces:
        columns |= {"unit": "pieces", "pieces": pieces}
    most = {name: max(len(symbols_of(row[name], pieces)) for row in found) for name in ("context", "next")}
    # Others of as many letters or words may take more symbols.
    longest = {name: min(MOST_PLACES - 1, places + places // 2) for name, places in most.items()}
    return {
        "context": {**columns, "longest": longest["context"], "cut": True},
        "next": {**columns, "longest": longest["next"], "cut": True, "order": "left-to-right"},
    }


def _units(name: str, options: RunningOptions) -> Sequence[str]:
    text = _text(name, options.column)
    return text if options.unit == "letters" else _words(text)


def _text(name: str, column: str | None) -> str:
    if not name:
        raise DataError(f"{FAMILY}: names no file; expected {FAMILY}:FILE, such as {FAMILY}:plays.txt")
    file = Path(name).expanduser()
    if column is not None and (is_manual(name) or not is_table(file)):
        raise DataError(f"{FAMILY}:{name}: option column: only tables have columns ({', '.join(TABLES)})")
    if is_manual(name):
        return manual()
    try:
        status = file.stat()
    except OSError as problem:
        raise DataError(f"{FAMILY}:{name}: can't be read: {problem.strerror or problem}") from None
    if status.st_size > MOST_BYTES:
        raise DataError(f"{FAMILY}:{name}: larger than {MOST_BYTES // 10**6:,} MB; part it")
    return _read(name, column, status.st_size, status.st_mtime_ns)


def is_manual(name: str) -> bool:
    """Returns whether a name means Python's manual and no file of a person's own."""
    return name == MANUAL and not Path(name).is_file()


@lru_cache(maxsize=1)
def manual() -> str:
    """Returns what Python's own `help()` says of the language, topic after topic.

    Raises:
        DataError: this Python came without it.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise DataError(f"{FAMILY}:{MANUAL}: this Python came without its manual; name a text of yours") from None
    return "\n\n".join(topics[name] for name in sorted(topics))


@lru_cache(maxsize=1)  # a stream draws its windows thousand by thousand
def _words(text: str) -> list[str]:
    return WORD.findall(text)


@lru_cache(maxsize=1)
def _read(name: str, column: str | None, size: int, written: int) -> str:
    """Reads a text; size and time of the last change tell it from what the same file held before."""
    file = Path(name).expanduser()
    if is_table(file):
        return documents(file, column).replace("\r\n", "\n")
    try:
        data = file.read_bytes()
    except OSError as problem:
        raise DataError(f"{FAMILY}:{name}: can't be read: {problem.strerror or problem}") from None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise DataError(f"{FAMILY}:{name}:{line}: not UTF-8 text (byte {data[problem.start]:#04x})") from None
