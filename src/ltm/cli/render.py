"""What the terminal shows of a thought: boards, lamps, bars. Builds renderables; prints nothing.

Boards are rows of letters, one a cell. `plain` asks for ASCII, for consoles that can't show more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

Letters = Sequence[Sequence[str]]
"""The letters of a grid, row by row."""

BLANKS = frozenset("0._ ")
_WALL = "#"
_DIGITS = frozenset("0123456789")
_GIVEN, _FILLED, _CHANGED = "bold", "green", "bold black on yellow"
_FRAME, _BLANK = "bright_black", "bright_black"
_PATH, _MARK, _AGAINST = "bold green", "bold cyan", "bold red"
_LAMPS = ("cyan", "yellow", "green", "magenta", "red", "blue", "bright_cyan", "bright_yellow")
MOST_LAMPS = 24
"""More roles than this are shown as lamps without names."""


def plain_of(console: Console) -> bool:
    """Whether a console can show only ASCII."""
    return console.options.ascii_only


def on_one_line(value: Any) -> str:
    """Returns an answer on one line, between tabs: a text that has such signs of its own is quoted."""
    plain = isinstance(value, str) and not set(value) & set("\t\n\r\v\f\x85\u2028\u2029")
    return str(value) if plain else json.dumps(value)


def safe(words: str, plain: bool) -> str:
    """Returns text that the console can show."""
    if not plain:
        return words
    return words.replace("×", "x").replace("–", "-").replace("·", "-").encode("ascii", "replace").decode("ascii")


def percent(share: float) -> str:
    """Writes a share for people, `97.8 %`; only what is exactly 1 is called 100 %."""
    if share >= 1:
        return "100 %"
    places = 1 if share < 0.99 else 2
    scale = 10**places
    return f"{math.floor(share * 100 * scale + 1e-9) / scale:.{places}f} %"


def clock(seconds: float) -> str:
    """Writes a duration for people: `12:05`, or `3:02:45`."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def is_sudoku(letters: Letters) -> bool:
    """Whether a grid is 9 by 9 and holds digits and blanks only."""
    return len(letters) == 9 and all(len(row) == 9 and _DIGITS | BLANKS >= set(row) for row in letters)


def changes(answer: Letters, previous: Letters | None) -> set[tuple[int, int]]:
    """Returns the cells in which two grids differ; those that only one of them has are among them."""
    if previous is None:
        return set()
    one, other = (
        {(r, c): letter for r, row in enumerate(grid) for c, letter in enumerate(row)} for grid in (answer, previous)
    )
    return {cell for cell in one.keys() | other.keys() if one.get(cell) != other.get(cell)}


def board(
    puzzle: Letters, answer: Letters, previous: Letters | None = None, *, plain: bool = False, wide: int = 80
) -> Text:
    """Draws a grid: a Sudoku with its blocks, a maze with the path in it, or the letters of the answer.

    Args:
        puzzle: what is seen.
        answer: what the brain would do; it lies over what is seen where both have one shape.
        previous: the answer one look earlier; cells that differ are highlighted.
        plain: ASCII only.
        wide: columns of the console; a large maze gets one character a cell instead of two.
    """
    if plain:
        puzzle, answer = _ascii(puzzle), _ascii(answer)
        previous = None if previous is None else _ascii(previous)
    if [len(row) for row in puzzle] != [len(row) for row in answer]:
        puzzle = [[" "] * len(row) for row in answer]
    if is_sudoku(puzzle):
        return _sudoku(puzzle, answer, previous, plain)
    if any(_WALL in row for row in puzzle) and not any(_WALL in row for row in answer):
        return _maze(puzzle, answer, previous, plain, 2 if 2 * len(puzzle[0]) <= wide else 1)
    return _grid(puzzle, answer, previous, plain)


def _ascii(letters: Letters) -> Letters:
    return [[safe(letter, True) for letter in row] for row in letters]


def _sudoku(puzzle: Letters, answer: Letters, previous: Letters | None, plain: bool) -> Text:
    bar, dash, blank = ("|", "-", ".") if plain else ("┃", "━", "·")
    corners = ("+++", "+++", "+++") if plain else ("┏┳┓", "┣╋┫", "┗┻┛")
    fresh = changes(answer, previous)
    text = Text(no_wrap=True)

    def rule(ends: str) -> None:
        text.append(ends[0] + ends[1].join([dash * 7] * 3) + ends[2], _FRAME)

    rule(corners[0])
    for r in range(9):
        text.append("\n")
        for c in range(9):
            if c % 3 == 0:
                text.append(f"{bar} ", _FRAME)
            letter, given = answer[r][c], puzzle[r][c] not in BLANKS
            empty = letter in BLANKS or letter not in _DIGITS
            if given and (empty or letter == puzzle[r][c]):
                text.append(puzzle[r][c], _GIVEN)
            elif empty:
                text.append(blank, _BLANK)
            else:
                # A brain may contradict what it was given: that must show.
                text.append(letter, _AGAINST if given else _CHANGED if (r, c) in fresh else _FILLED)
            text.append(" ")
        text.append(bar, _FRAME)
        if r % 3 == 2:
            text.append("\n")
            rule(corners[1] if r < 8 else corners[2])
    return text


def _maze(puzzle: Letters, answer: Letters, previous: Letters | None, plain: bool, cell: int) -> Text:
    wall, dot, gone = (mark[:cell] for mark in (("##", "o ", ". ") if plain else ("██", "● ", "· ")))
    fresh = changes(answer, previous)
    text = Text(no_wrap=True)
    for r, row in enumerate(puzzle):
        for c, letter in enumerate(row):
            onward = answer[r][c] not in BLANKS
            if letter == _WALL:
                text.append(wall, _FRAME)
            elif letter not in BLANKS:
                text.append(letter.ljust(cell), _MARK)
            elif onward:
                text.append(dot, "bold yellow" if (r, c) in fresh else _PATH)
            else:
                text.append(gone if (r, c) in fresh else " " * cell, _BLANK)
        if r + 1 < len(puzzle):
            text.append("\n")
    return text


def _grid(puzzle: Letters, answer: Letters, previous: Letters | None, plain: bool) -> Text:
    fresh = changes(answer, previous)
    wide = max(len(letter) for row in answer for letter in row)
    text = Text(no_wrap=True)
    for r, row in enumerate(answer):
        for c, letter in enumerate(row):
            shown = ("." if plain else "·") if letter in BLANKS else letter
            given = puzzle[r][c] == letter and letter not in BLANKS
            style = _CHANGED if (r, c) in fresh else _BLANK if letter in BLANKS else _GIVEN if given else _FILLED
            text.append(shown.rjust(wide), style)
            text.append(" ")
        if r + 1 < len(answer):
            text.append("\n")
    return text


def bar(share: float, wide: int, style: str, *, plain: bool = False) -> Text:
    """Draws a share of 1 as a bar of so many characters."""
    full = round(min(max(share, 0.0), 1.0) * wide)
    text = Text(("#" if plain else "━") * full, style)
    return text.append(("." if plain else "─") * (wide - full), _FRAME)


def confidence_bar(value: float | None, wide: int = 28, *, plain: bool = False) -> Text:
    """Draws reflection's estimate: red below a half, yellow below nine tenths, green from there."""
    text = Text("confidence  ", "default", no_wrap=True)
    if value is None:
        return text.append("not asked", _BLANK)
    style = "green" if value >= 0.9 else "yellow" if value >= 0.5 else "red"
    return text.append_text(bar(value, wide, style, plain=plain)).append(f"  {percent(value)}", f"bold {style}")


def zones_panel(
    fired: Collection[str], roles: Sequence[str], sizes: Mapping[str, float], *, plain: bool = False
) -> RenderableType:
    """Draws every role as a lamp, lit where it fires, with the size of its newest transition as a bar.

    Args:
        fired: the roles that fire at this tick, as `zone.role`.
        roles: all roles.
        sizes: root mean square of the newest transition of each role that has fired so far.
        plain: ASCII only.
    """
    lit, dark = ("*", ".") if plain else ("●", "○")
    zones = list(dict.fromkeys(role.split(".")[0] for role in roles))
    colours = {zone: _LAMPS[place % len(_LAMPS)] for place, zone in enumerate(zones)}
    on = set(fired)
    if len(roles) > MOST_LAMPS:
        text = Text()
        for place, role in enumerate(roles):
            text.append(lit if role in on else dark, colours[role.split(".")[0]] if role in on else _BLANK)
            text.append("\n" if place % 16 == 15 else " ")
        return text
    alone = len(zones) == len(roles)
    most = max([1.0, *sizes.values()])
    table = Table.grid(padding=(0, 1))
    for role in roles:
        colour, now = colours[role.split(".")[0]], role in on
        size = sizes.get(role)
        moved = Text("") if size is None else bar(size / most, 14, colour if now else _BLANK, plain=plain)
        table.add_row(
            Text(lit if now else dark, f"bold {colour}" if now else _BLANK),
            Text(role.split(".")[0] if alone else role, "bold" if now else _BLANK, no_wrap=True),
            moved,
            Text("" if size is None else f"{size:.2f}", "default" if now else _BLANK),
        )
    return table


def thought_frame(
    title: RenderableType, grids: Sequence[Text], lamps: RenderableType, sure: Text, wide: int
) -> RenderableType:
    """Puts one look at a thought together: boards beside the lamps where `wide` columns allow it, otherwise above."""
    lengths = [max(len(line) for line in grid.plain.split("\n")) for grid in grids]
    if sum(lengths) + 4 * len(lengths) + 44 <= wide:
        body = Table.grid(padding=(0, 4))
        body.add_row(*grids, Group(lamps, Text(""), sure))
        return Group(title, Text(""), body)
    # A short terminal crops the end of a tall frame, so what matters most comes first.
    return Group(title, sure, Text(""), *grids, Text(""), lamps)
