"""A position in a chart's text, and messages that point at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from ltm.errors import ChartError

_SHOWN = 100  # characters of a source line that an error shows
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa1-\ud7ff\uf900-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Place:
    """A position in a text, for messages.

    Attributes:
        source: what the text is called, usually a file name.
        line: from 1.
        column: from 1.
        text: the line itself, without its end.
    """

    source: str
    line: int
    column: int
    text: str

    def describe(self, message: str) -> str:
        """Returns `source:line:column: message` and the source line with a caret below."""
        start = max(0, self.column - 1 - _SHOWN // 2)
        shown = _UNPRINTABLE.sub(" ", self.text[start : start + _SHOWN]).rstrip()
        head = f"{self.source}:{self.line}:{self.column}: {message}"
        return f"{head}\n    {shown}\n    {' ' * (self.column - 1 - start)}^" if shown else head

    def refuse(self, message: str) -> NoReturn:
        """Raises a `ChartError` that points here."""
        raise ChartError(self.describe(message))


def place_of(mark: Any) -> Place:
    """Returns the place of a PyYAML mark (whose buffer is the whole text)."""
    buffer: str = mark.buffer or ""
    start = mark.pointer - mark.column
    ends = (end for end in (buffer.find(sign, mark.pointer) for sign in "\n\r\0\x85\u2028\u2029") if end >= 0)
    return Place(mark.name, mark.line + 1, mark.column + 1, buffer[max(0, start) : min(ends, default=len(buffer))])


def one_line(text: str) -> str:
    """Returns text fit for a message: one line, no control signs, not too long."""
    return _UNPRINTABLE.sub(" ", text)[:200]
