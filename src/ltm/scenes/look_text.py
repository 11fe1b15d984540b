"""Works out what texts a column holds: how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared
from ltm.senses.text import MOST_PLACES, TextSpec

_SPACED = 0.5
"""Where nothing was said, so many of the values must be of several words."""


def look_at_texts(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of a `TextSpec`.

    Raises:
        DataError: the values aren't texts; where nothing was said, they are single words.
    """
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if len(texts) < MOSTLY * len(values):
        raise DataError("expected text")
    if said.kind is None and sum(" " in text.strip() for text in texts) < _SPACED * len(texts):
        raise DataError("most values are a single word")
    unit = said.settings.get("unit", "words")
    if unit not in ("words", "bytes"):
        raise DataError(f"unit is words or bytes, got {unit!r}")
    arguments: dict[str, Any] = {"kind": "text", "unit": unit, "longest": MOST_PLACES, "cut": True}
    spec = TextSpec.model_validate(arguments)
    longest = max(len(spec.encode(text)) for text in texts)
    # Longer ones may come; what follows so far behind the longest that was seen is cut off.
    return {**arguments, "longest": said.longest or min(MOST_PLACES, 2 * longest)}
