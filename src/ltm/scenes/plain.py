"""Scenes in plain text: one a line, or grids of several lines.

A grid of a declared shape may stand on one line; one of any shape too, if slashes part its rows or if it is nested
lists. Otherwise lines that follow one another are the rows of one grid, and a blank line ends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from ltm.errors import DataError
from ltm.scenes.lines import MAX_ROW
from ltm.scenes.read import cell
from ltm.scenes.step_rows import ROLE
from ltm.senses.grid import GridSpec
from ltm.senses.value import ValueSpec

Found = Iterator[tuple[str, int, Mapping[str, Any] | DataError]]
"""Where a scene is, in which line, and what is seen there or what is wrong with it."""


def text_lines(file: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    """Yields the lines of a file or a pipe, with their numbers.

    Raises:
        DataError: a line that isn't UTF-8, or is too long.
    """
    for number, data in enumerate(iter(lambda: file.readline(MAX_ROW + 1), b""), start=1):
        if len(data) > MAX_ROW:
            raise DataError(f"{name}:{number}: a line of more than {MAX_ROW:,} bytes")
        try:
            yield number, data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as problem:
            raise DataError(f"{name}:{number}: not UTF-8 text (byte {data[problem.start]:#04x})") from None


def plain_scenes(
    senses: Mapping[str, ValueSpec],
    lines: Iterable[tuple[int, str]],
    name: str,
    folder: Path,
    *,
    whole: bool = False,
) -> Found:
    """Yields the scenes of plain text.

    Args:
        senses: of the brain: only one can be told from text that names none.
        lines: with their numbers.
        name: of the file.
        folder: what names of files are relative to.
        whole: take each item as one scene, whatever line breaks it holds.

    Raises:
        DataError: several senses, or a grid without an end.
    """
    if ROLE in senses:
        raise DataError('this brain thinks about scenes of several steps: give {"steps": [{"see": {…}}, …]}')
    if len(senses) > 1:
        raise DataError(f"this brain sees {', '.join(senses)}: give them as columns of a CSV file")
    sense, spec = next(iter(senses.items()))
    if isinstance(spec, GridSpec):
        yield from _grids(sense, spec, lines, name, whole)
        return
    for number, line in lines:
        if line.strip():
            where = name if whole else f"{name}:{number}"
            yield where, number, _read(sense, spec, line.strip(), where, folder)


def _read(sense: str, spec: ValueSpec, text: str, where: str, folder: Path) -> Mapping[str, Any] | DataError:
    try:
        return {sense: cell({sense: text}, sense, spec.written, folder)}
    except DataError as problem:
        return DataError(f"{where}: {sense}: {problem}")


def _grids(sense: str, spec: GridSpec, lines: Iterable[tuple[int, str]], name: str, whole: bool) -> Found:
    first, rows = 0, list[str]()

    def grid() -> tuple[str, int, Mapping[str, Any] | DataError]:
        where = name if whole else f"{name}:{first}"
        text = "\n".join(rows)
        if spec.form != "lists" and not text.startswith("[["):
            return where, first, {sense: text}
        try:
            return where, first, {sense: json.loads(text)}
        except (ValueError, RecursionError):
            return where, first, DataError(f"{where}: expected nested lists such as [[0, 1], [1, 0]]")

    for number, line in chain(lines, [(0, "")]):
        text = line.strip()
        if rows and (not text or _alone(spec, text)):
            yield grid()
            rows.clear()
        if text:
            first = first if rows else number
            rows.append(text)
            if whole or _alone(spec, text) or len(rows) == spec.rows:
                yield grid()
                rows.clear()
            elif len(rows) > spec.layout.longest:
                raise DataError(
                    f"{name}:{first}: a grid of more than {spec.layout.longest:,} rows; is a blank line missing?"
                )


def _alone(spec: GridSpec, line: str) -> bool:
    """Returns whether a line is a grid by itself rather than a row of one."""
    if line.startswith("[[") or "/" in line:
        return True
    return spec.rows is not None and spec.columns is not None and (len(line) != spec.columns or spec.rows == 1)
