"""Works out what grids a column holds: of which form, shape and symbols."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared

_SMALLEST = 16
_MOST_LETTERS = 32
_DIGITS = frozenset("0123456789._")
_DECIMAL = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_TIME = re.compile(r"\d{4}-?[01]\d-?[0-3]\d(?:[T ][0-2]\d:?[0-5]\d(?::?[0-5]\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_HEX = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]+|(?=.*[0-9])(?=.*[A-F])[0-9A-F]+")
_DIGEST_SYMBOLS = {16: range(6, 16), 64: range(12, 17)}
"""How many different symbols hexadecimal digests and keys of some lengths hold: all but one in thousands."""
_BOARD_SYMBOLS = 4
"""A board of 16 whole numbers has so many different ones at most beside 0, where nothing was said."""

Shape = tuple[int, int]


def look_at_grids(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of the `GridSpec` that most values fit.

    Lists of rows, and text in rows separated by newlines or `/`, have the shape they are written in. Text in one line
    is a square grid where no size was declared. Digits stand for themselves; other letters make an alphabet.

    Raises:
        DataError: the values aren't grids, or not what was declared.
    """
    listed = [_lists(value) for value in values]
    found = [value for value in listed if value is not None]
    if len(found) >= MOSTLY * len(values):
        return {"kind": "grid", **_look_at_lists(found, len(values), said)}
    texts = [value for value, other in zip(values, listed, strict=True) if isinstance(value, str) and other is None]
    if len(texts) < MOSTLY * len(values):
        raise DataError("expected grids: text with one character a symbol, or lists of rows of whole numbers")
    return {"kind": "grid", **_look_at_texts(texts, said)}


def lines_of(text: str) -> list[str]:
    """Returns the rows of a grid that is written as text; a single one where nothing separates them."""
    return [line for line in (line.strip() for line in text.replace("/", "\n").split("\n")) if line]


def _lists(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith("[["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, list | np.ndarray) else None


def _look_at_lists(values: Sequence[Any], total: int, said: Declared) -> dict[str, Any]:
    grids = []
    for value in values:
        try:
            grid = np.asarray(value)
        except ValueError:
            continue
        if grid.ndim == 2 and grid.size and np.issubdtype(grid.dtype, np.integer) and 0 <= grid.min() <= grid.max():
            grids.append(grid)
    if len(grids) < MOSTLY * total:
        raise DataError("expected lists of rows of equal length that hold whole numbers from 0")
    symbols = _symbols(max(int(grid.max()) for grid in grids), said)
    return {**_shape([(len(grid), len(grid[0])) for grid in grids], said), "symbols": symbols, "form": "lists"}


def _look_at_texts(texts: Sequence[str], said: Declared) -> dict[str, Any]:
    rows = [lines_of(text) for text in texts]
    parted = sum(len(lines) > 1 for lines in rows)
    # Of grids so declared those of one row have nothing to part.
    if parted * 2 > len(rows) or (said.kind is not None and parted > (1 - MOSTLY) * len(rows)):
        whole = [lines for lines in rows if len({len(line) for line in lines}) == 1]
        if len(whole) < MOSTLY * len(rows):
            raise DataError("the rows of most grids differ in length")
        shape = _shape([(len(lines), len(lines[0])) for lines in whole], said)
        texts = ["".join(lines) for lines in whole]
    else:
        texts = [text.strip() for text in texts]
        if said.kind is None and sum(bool(_DECIMAL.fullmatch(text)) for text in texts) >= MOSTLY * len(texts):
            raise DataError("they look like decimal numbers; say so if they are grids, as in grid(4x4)")
        if said.kind is None and (what := _other_than_grids(texts)):
            raise DataError(f"they look like {what}; say so if they are grids, as in grid(4x4)")
        length, often = Counter(map(len, texts)).most_common(1)[0]
        if often < MOSTLY * len(texts):
            raise DataError("texts in one line differ in length, so they can't be grids; separate rows by '/'")
        shape = _flat_shape(length, said)
        texts = [text for text in texts if len(text) == length]
    return {**shape, **_letters(texts, said), "form": "text"}


def _other_than_grids(texts: Sequence[str]) -> str:
    """Returns what most texts are, where their length makes a square only by chance; empty where they may be grids."""

    def mostly(count: int) -> bool:
        return count >= MOSTLY * len(texts)

    if mostly(sum(bool(_UUID.fullmatch(text)) for text in texts)):
        return "UUIDs"
    if mostly(sum(bool(_TIME.fullmatch(text)) for text in texts)):
        return "dates and times"
    if mostly(sum(_is_digest(text) for text in texts)):
        return "hexadecimal digests"
    numbers = [text for text in texts if len(text) == _SMALLEST and text.isdecimal()]
    if mostly(len(numbers)) and len(set(texts)) == len(texts) and len(set("".join(numbers)) - {"0"}) > _BOARD_SYMBOLS:
        return f"numbers of {_SMALLEST} digits that all differ"
    return ""


def _is_digest(text: str) -> bool:
    return bool(_HEX.fullmatch(text)) and len(set(text)) in _DIGEST_SYMBOLS.get(len(text), ())


def _shape(shapes: Sequence[Shape], said: Declared) -> dict[str, int]:
    """Returns the rows and columns where all grids agree; a declared size must be that of most of them."""
    if said.rows is not None and said.columns is not None:
        wanted = (said.rows, said.columns)
        if shapes.count(wanted) < MOSTLY * len(shapes):
            (rows, columns), _ = Counter(shapes).most_common(1)[0]
            raise DataError(f"declared as {wanted[0]}×{wanted[1]}, but most grids are {rows}×{columns}")
        return {"rows": wanted[0], "columns": wanted[1]}
    if said.largest is not None:
        return {"largest": said.largest}
    if len(set(shapes)) > 1:
        return {}
    return {"rows": shapes[0][0], "columns": shapes[0][1]}


def _flat_shape(length: int, said: Declared) -> dict[str, int]:
    if said.rows is not None and said.columns is not None:
        if said.rows * said.columns != length:
            expected = f"{said.rows}×{said.columns}, which is {said.rows * said.columns} characters"
            raise DataError(f"declared as {expected}, but most texts have {length}")
        return {"rows": said.rows, "columns": said.columns}
    if said.largest is not None:
        raise DataError("largest is for grids that differ in size; part their rows by '/'")
    side = math.isqrt(length)
    if side * side != length:
        raise DataError(f"{length} characters don't make a square; say how many rows and columns, as in grid(3x5)")
    if length < _SMALLEST and said.kind is None:
        raise DataError(f"{length} characters may be a word or a grid; say which, as in grid({side}x{side})")
    return {"rows": side, "columns": side}


def _letters(texts: Sequence[str], said: Declared) -> dict[str, Any]:
    plain = [text for text in texts if _DIGITS.issuperset(text)]
    if len(plain) >= MOSTLY * len(texts):
        digits = set("".join(plain)) - {".", "_"}
        if digits:
            if said.symbols is not None and said.symbols > 10:
                raise DataError(f"declared with {said.symbols} symbols, but it is written in digits")
            return {"symbols": _symbols(int(max(digits)), said)}
    letters = sorted(set().union(*texts))
    if any(letter.isspace() for letter in letters):
        raise DataError("a grid written as text can't use spaces; write another character")
    most = 250 if said.kind else _MOST_LETTERS
    if len(letters) > most:
        raise DataError(f"{len(letters)} different characters look like plain text rather than a grid of symbols")
    if len(letters) < 2:
        # One letter tells nothing; a second one is needed for there to be a choice.
        letters = [*letters, "." if letters != ["."] else "o"]
    if said.symbols not in (None, len(letters)):
        raise DataError(f"declared with {said.symbols} symbols, but it has {len(letters)}: {''.join(letters)}")
    # What usually marks an empty cell comes first, because symbol 0 is the one that relabelling leaves alone.
    letters.sort(key=lambda letter: (letter not in "._-0", letter))
    return {"symbols": len(letters), "alphabet": "".join(letters)}


def _symbols(largest: int, said: Declared) -> int:
    if said.symbols is not None:
        if largest >= said.symbols:
            raise DataError(f"declared with {said.symbols} symbols (0 to {said.symbols - 1}), but it has {largest}")
        return said.symbols
    if largest >= 250:
        raise DataError(f"symbols must lie in 0 to 249, got {largest}")
    return max(2, largest + 1)
