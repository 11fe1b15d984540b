"""Shows one scene: boards, pictures and words, side by side where the terminal is wide enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ltm.acts.canvas import CanvasSpec
from ltm.cli.render import BLANKS, Letters, board, plain_of, safe
from ltm.cli.render_picture import picture
from ltm.cli.show_thought import letters_of
from ltm.errors import DataError
from ltm.scenes.look_label import is_empty
from ltm.scenes.read import cell
from ltm.scenes.step_rows import ROLE, unrolled
from ltm.senses.audio import AudioSpec
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.label import label_text
from ltm.senses.sound_file import read_sound
from ltm.senses.value import ValueSpec

_LONGEST = 400
"""Characters of a text that are shown."""
_GAP = 4


def show_scene(
    title: str,
    row: Mapping[str, Any],
    names: Sequence[str],
    specs: Mapping[str, ValueSpec],
    console: Console,
    folder: Path = Path(),
) -> None:
    """Prints one scene; of several steps one after the other, with what each of them shows.

    Args:
        title: says which one it is.
        row: its values, as they are written.
        names: the columns to show; those that are seen first.
        specs: how to read them, where a sense does.
        console: where to show it.
        folder: what names of files are relative to.
    """
    scene = unrolled(row)
    if ROLE not in scene:
        _show_step(title, scene, names, specs, console, folder)
        return
    roles = scene[ROLE]
    for number, role in enumerate(roles):
        step = {name: scene[name][number] for name in names if name in scene and scene[name][number] is not None}
        words = f"{title}, step {number + 1} of {len(roles)}: {role}"
        _show_step(words, step, [name for name in names if name in step], specs, console, folder)


def _show_step(
    title: str,
    row: Mapping[str, Any],
    names: Sequence[str],
    specs: Mapping[str, ValueSpec],
    console: Console,
    folder: Path = Path(),
) -> None:
    plain, seen, whole = plain_of(console), None, dict(row)
    console.print(Text(safe(title, plain), "bold cyan"))
    parts: list[tuple[Text, Text, int]] = []
    for name in names:
        spec = specs.get(name)
        try:
            value = _value(whole, name, spec, folder)
            shown = _shown(value, spec, seen, console)
            if seen is None and isinstance(spec, GridSpec):
                seen = letters_of(spec, value)
        except DataError as problem:
            shown = Text(safe(str(problem), plain), "red")
        wide = max(len(line) for line in shown.plain.split("\n"))
        parts.append((Text(safe(name, plain), "bold"), shown, max(wide, len(name))))
    if sum(wide + _GAP for *_, wide in parts) <= console.width:
        table = Table.grid(padding=(0, _GAP, 0, 0))
        table.add_row(*(head for head, *_ in parts))
        table.add_row(*(shown for _, shown, _ in parts))
        console.print(table)
    else:
        for head, shown, _ in parts:
            console.print(head)
            console.print(shown)
    console.print()


def _value(row: dict[str, Any], name: str, spec: ValueSpec | None, folder: Path) -> Any:
    if is_empty(row.get(name)):
        raise DataError("the cell is empty")
    return row[name] if spec is None else cell(row, name, spec.written, folder)


def _shown(value: Any, spec: ValueSpec | None, seen: Letters | None, console: Console) -> Text:
    """Draws a value by its kind; a grid of the size of one that was seen is drawn over it."""
    plain = plain_of(console)
    if isinstance(spec, GridSpec | CanvasSpec):
        letters = letters_of(spec, value)
        over = seen is not None and [len(line) for line in seen] == [len(line) for line in letters]
        if over and seen is not None:
            return board(seen, letters, plain=plain, wide=console.width)
        return _board(letters, plain, console.width)
    if isinstance(spec, ImageSpec):
        return picture(spec.encode(value), console, console.width)
    if isinstance(spec, AudioSpec):
        return _sound(value, spec, console)
    text = label_text(value) if isinstance(value, str | int | float | np.number) else str(value)
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return Text(safe(cut, plain), "green")


def _sound(value: Any, spec: AudioSpec, console: Console) -> Text:
    """Draws a spectrogram, time from left to right and low pitches at the bottom, and says how long the sound is."""
    drawn = picture(np.ascontiguousarray(spec.encode(value).T[::-1, :, None]), console, console.width)
    if not isinstance(value, str | Path):
        return drawn
    length = read_sound(Path(value), 0.1).seconds
    words = f"{length:.3g} s" + (f", of which {spec.seconds:g} s are heard" if length > spec.seconds else "")
    return Text("\n", no_wrap=True).join((drawn, Text(words, "bright_black")))


def _board(letters: Letters, plain: bool, wide: int) -> Text:
    """Draws a grid by itself; what has walls is drawn as a maze without a path."""
    blank = min(BLANKS)
    walled = any("#" in line for line in letters)
    return board(letters, [[blank] * len(line) for line in letters] if walled else letters, plain=plain, wide=wide)
