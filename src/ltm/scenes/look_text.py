"""Works out what texts a column holds: how long they are, in which units, and whether their words are many and rare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from ltm.errors import DataError, nearest
from ltm.scenes.declare import MOSTLY, Declared, order_of
from ltm.scenes.learn_pieces import USUAL, learn_pieces
from ltm.senses.text import MOST_PLACES, TextSpec, Unit, symbols_of
from ltm.senses.word_features import words_of

_SPACED = 0.5
"""Where nothing was said, so many of the values must be of several words."""
_MANY, _ONCE = 500, 0.3
"""Texts of so many different words, of which such a share comes once, are taken for free text."""
_FREE: dict[str, Any] = {"features": ("word", "pair", "letters"), "buckets": 2**17, "inner": 2, "start": 0.02}
"""How free text is read: many small vectors that start near nothing, so that what came seldom stays quiet."""


def look_at_texts(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of a `TextSpec`, or of a `TextActSpec` where texts are to be answered.

    Raises:
        DataError: the values aren't texts; where nothing was said, they are single words.
    """
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if len(texts) < MOSTLY * len(values):
        raise DataError("expected text")
    if said.kind is None and sum(" " in text.strip() for text in texts) < _SPACED * len(texts):
        raise DataError("most values are a single word")
    unit = _unit(said)
    pieces = learn_pieces(texts, said.vocabulary or USUAL) if unit == "pieces" else ()
    if unit == "pieces" and not pieces:
        raise DataError("no letters come together often enough for a vocabulary of pieces; take unit=bytes")
    arguments: dict[str, Any] = {"kind": "text", "unit": unit, **({"pieces": pieces} if pieces else {})}
    order = order_of(said, "left-to-right")
    if said.done:
        longest = max(len(symbols_of(text, pieces)) for text in texts)
        return {**arguments, **order, "longest": said.longest or min(MOST_PLACES - 1, 2 * longest)}
    spec = TextSpec.model_validate({**arguments, "longest": MOST_PLACES, "cut": True})
    longest = max(len(spec.encode(text)) for text in texts)
    free = _FREE if unit == "words" and is_free(texts) else {}
    # Longer ones may come; what follows so far behind the longest that was seen is cut off.
    return {**arguments, **free, "longest": said.longest or min(MOST_PLACES, 2 * longest), "cut": True}


def is_free(texts: Sequence[str]) -> bool:
    """Returns whether texts have many words that hardly come again, as people's sentences do; numbers aside."""
    counts = Counter(word for text in texts for word in words_of(text) if word.isalpha())
    return len(counts) >= _MANY and sum(count == 1 for count in counts.values()) >= _ONCE * len(counts)


def _unit(said: Declared) -> Unit:
    units: tuple[Unit, ...] = get_args(Unit)[1:] if said.done else get_args(Unit)
    # A vocabulary is one of pieces; an answer must be written out, so bytes are what always does.
    usual: Unit = "pieces" if said.vocabulary else "bytes" if said.done else "words"
    asked = said.settings.get("unit", usual)
    for unit in units:
        if unit == asked:
            if said.vocabulary and unit != "pieces":
                raise DataError(f"a vocabulary goes with unit=pieces, not with unit={unit}")
            return unit
    raise DataError(f"unit is {', '.join(units[:-1])} or {units[-1]}, got {asked!r}{nearest(asked, units)}")
