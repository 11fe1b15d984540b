"""What others have published about like tasks, as data: shown beside our runs, with why it can't be compared."""

from __future__ import annotations

from importlib import resources
from typing import Annotated

from pydantic import Field, model_validator

from ltm.chart.base import Part
from ltm.chart.parse import parse

FILE = "published.yaml"
_Words = Annotated[str, Field(min_length=1, max_length=400)]


class Entry(Part):
    """One published result."""

    system: _Words
    parameters: Annotated[int, Field(ge=1)] | None = None
    data: _Words
    compute: _Words
    result: _Words
    source: _Words
    same: bool
    """Whether the data are those of the experiments here."""
    why: _Words | None = None
    """Why the figures can't be compared."""

    @model_validator(mode="after")
    def _says_why(self) -> Entry:
        if self.same == (self.why is not None):
            raise ValueError("why: is said exactly where the data are not the same")
        return self


class Published(Part):
    """All of them."""

    ours: _Words
    """What the experiments here are about."""
    entries: Annotated[tuple[Entry, ...], Field(min_length=1)]


def published() -> Published:
    """Reads what comes with the package.

    Raises:
        ChartError: mistakes in the file, located by line and column.
    """
    text = (resources.files("ltm") / "evidence" / FILE).read_text(encoding="utf-8")
    return parse(text, Published, FILE)
