"""What a person says about a column: `puzzle`, `puzzle:grid(9x9, symbols=10)`, `call:audio(seconds=1.5, rate=8000)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ltm.errors import DataError, nearest
from ltm.scenes.lines import column_name
from ltm.senses.table import KINDS

_SIDES = re.compile(r"(\d{1,4})\s*[x×X*]\s*(\d{1,4})")
_SETTING = re.compile(r"([a-z]+)\s*=\s*(\d{1,6}(?:\.\d{1,6})?)")
ORDERS = ("parallel", "left-to-right")
_WORDS = re.compile(r"(ignore|unit|order)\s*=\s*(.+)")
MOSTLY = 0.9
"""Share of a column's values that must fit its type; the others are taken for bad rows, which reading locates."""
_LIMITS = {
    "rows": (1, 1024),
    "columns": (1, 1024),
    "largest": (1, 8192),
    "symbols": (2, 250),
    "longest": (1, 8191),
    "rate": (1000, 192_000),
    "seconds": (0.05, 60),
    "vocabulary": (257, 16_384),
}
_SETTINGS = {
    "grid": ("rows", "columns", "largest", "symbols"),
    "image": ("rows", "columns"),
    "audio": ("seconds", "rate"),
    "sequence": ("longest", "ignore", "order"),
    "text": ("longest", "unit", "vocabulary", "order"),
}
"""What may be said of values of a kind."""


@dataclass(frozen=True)
class Declared:
    """What was said about one column; None where nothing was.

    Attributes:
        kind: the kind of value.
        rows: rows of every grid.
        columns: columns of every grid.
        largest: rows or columns at most of grids that differ in size.
        symbols: number of symbols.
        longest: tokens of a sequence, or units of a text, at most.
        rate: samples a second; pitches up to half of it are heard.
        seconds: how much of a sound is heard.
        vocabulary: bytes and pieces of a text that is read in pieces.
        settings: what else was said, by name, as it was written.
        done: whether it is to be answered rather than seen.
    """

    kind: str | None = None
    rows: int | None = None
    columns: int | None = None
    largest: int | None = None
    symbols: int | None = None
    longest: int | None = None
    rate: int | None = None
    seconds: float | None = None
    vocabulary: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    done: bool = False


def parse_declaration(text: str) -> tuple[str, Declared]:
    """Splits `name:kind(arguments)` into the name of a column and what is said about it.

    Raises:
        DataError: with the place, what was expected there, and the nearest kind or argument.
    """
    name, colon, rest = (part.strip() for part in text.partition(":"))
    if not name:
        raise DataError(f"{text!r}: expected the name of a column, such as puzzle or puzzle:grid(9x9)")
    name = column_name(name)
    if not colon:
        return name, Declared()
    kind, bracket, inside = rest.partition("(")
    kind = kind.strip()
    if kind not in KINDS:
        place = text.index(":") + 2
        raise DataError(
            f"{text!r}, character {place}: unknown kind '{kind}' (kinds: {', '.join(KINDS)}){nearest(kind, KINDS)}"
        )
    if not bracket:
        return name, Declared(kind)
    if not inside.endswith(")"):
        raise DataError(f"{text!r}, character {len(text)}: expected ')' at the end")
    found: dict[str, float] = {}
    settings: dict[str, str] = {}
    place = text.index("(") + 2
    for argument in inside[:-1].split(","):
        where = f"{text!r}, character {place}"
        if words := _WORDS.fullmatch(argument.strip()):
            _check_setting(words.group(1), kind, where)
            settings[words.group(1)] = words.group(2)
            place += len(argument) + 1
            continue
        for key, number in _argument(argument.strip(), where, kind).items():
            if key in found:
                raise DataError(f"{text!r}, character {place}: '{key}' is given twice")
            found[key] = number
        place += len(argument) + 1
    if ("rows" in found) != ("columns" in found):
        raise DataError(f"{text!r}: rows and columns go together, as in grid(9x9)")
    seconds = found.pop("seconds", None)
    numbers: dict[str, Any] = {key: int(found[key]) if key in found else None for key in _LIMITS if key != "seconds"}
    return name, replace(Declared(kind, seconds=seconds, settings=settings), **numbers)


def _argument(argument: str, where: str, kind: str) -> dict[str, float]:
    found: dict[str, float]
    if sides := _SIDES.fullmatch(argument):
        found = {"rows": int(sides.group(1)), "columns": int(sides.group(2))}
    elif setting := _SETTING.fullmatch(argument):
        found = {setting.group(1): float(setting.group(2))}
    else:
        raise DataError(f"{where}: expected a size such as 9x9 or a setting such as symbols=10, got '{argument}'")
    for key, number in found.items():
        _check_setting(key, kind, where)
        least, most = _LIMITS[key]
        if not least <= number <= most:
            raise DataError(f"{where}: {key} must lie in {least} to {most}, got {number:g}")
        if key != "seconds" and not float(number).is_integer():
            raise DataError(f"{where}: {key} must be a whole number, got {number:g}")
    return found


def _check_setting(key: str, kind: str, where: str) -> None:
    """Refuses what can't be said of values of a kind."""
    known = _SETTINGS.get(kind, ())
    if key not in known:
        choices = f"{kind} takes {', '.join(known)}" if known else f"{kind} takes none"
        raise DataError(f"{where}: unknown setting '{key}' ({choices}){nearest(key, known)}")


def order_of(said: Declared, usual: str) -> dict[str, str]:
    """Returns in which order an answer's symbols are said, as an argument; nothing of what is seen.

    Raises:
        DataError: no such order, or one of what is seen.
    """
    order = said.settings.get("order", usual)
    if order not in ORDERS:
        raise DataError(f"order is {' or '.join(ORDERS)}, got {order!r}{nearest(order, ORDERS)}")
    if not said.done and "order" in said.settings:
        raise DataError("order is a setting of what is answered, not of what is seen")
    return {"order": order} if said.done and order != ORDERS[0] else {}
