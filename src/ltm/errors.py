"""Every error a user can cause, with the exit code the command line gives for it.

Messages say where (file, line, key), what was expected, and the nearest valid choice. The command line
prints them without a traceback; library users catch `LtmError` or a subclass.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_UNSURE = 3
EXIT_DAMAGED = 4
EXIT_FORGOTTEN = 5
EXIT_INTERRUPTED = 130


class LtmError(ValueError):
    """Something the user can put right; the message says how."""

    exit_code = EXIT_USAGE


class ChartError(LtmError):
    """A chart that can't be read, or that declares an impossible brain."""


class DataError(LtmError):
    """Scenes that can't be read, or that don't fit the brain."""


class DivergedError(LtmError):
    """Numbers got out of hand while training; going on from the last checkpoint would end likewise."""


class FolderError(LtmError):
    """A brain folder or checkpoint with missing, damaged or foreign files."""

    exit_code = EXIT_DAMAGED


class HubError(LtmError):
    """A brain that can't be fetched from the hub, or pushed to it."""


def first_mistake(problem: ValidationError) -> str:
    """Returns the first thing that pydantic found wrong in one line: where, what was expected, what was given."""
    error = problem.errors(include_url=False)[0]
    where = ".".join(str(part)[:60] for part in error["loc"])
    return f"{where + ': ' if where else ''}{error['msg'][:200]}, got {str(error['input'])[:60]!r}"


def nearest(word: str, choices: Iterable[str]) -> str:
    """Returns `; did you mean 'x'?` for the closest of `choices`, or an empty string when none is close."""
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
