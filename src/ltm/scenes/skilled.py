"""Scenes for a brain of several skills: each as every skill reads it that can.

All skills read side by side, none further ahead than it takes to see where a scene ends: files of any size are read in
constant memory, and a pipe that never ends is answered as it goes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, cast

from ltm.errors import DataError
from ltm.scenes.encode_rows import Written
from ltm.scenes.lines import Row
from ltm.scenes.questions import Question, Unreadable, attempted, attempted_rows, is_piped, standard_input
from ltm.scenes.shared_pipe import PipeReader, SharedPipe
from ltm.senses.value import ValueSpec

HELD = 32
"""So many scenes that no skill can read are waited for until one can read something: what is said of a header by skills
for which the file isn't is of no use."""
_Read = dict[str, Question | Unreadable]


def skilled_questions(
    skills: Mapping[str, Mapping[str, ValueSpec]], given: str | None, skipped: Callable[[str], None] | None = None
) -> Iterator[dict[str, Question]]:
    """Yields scenes in order: for each skill that can read it, how it does.

    Args:
        skills: the senses of each.
        given: a value, a file's name, or None or `-` for standard input.
        skipped: told what is wrong with a scene that no skill can read; without it the first such is an error.

    Raises:
        DataError: nothing there, or a scene that no skill can read.
    """
    pipe = SharedPipe(standard_input()) if is_piped(given) else None
    readers = {name: None if pipe is None else pipe.reader() for name in skills}
    streams = {name: _reading(senses, given, readers[name]) for name, senses in skills.items()}
    able: set[str] = set()
    held: list[_Read] = []
    nothing = True
    for read in _side_by_side(streams):
        nothing = False
        found = {name: one for name, one in read.items() if isinstance(one, Question)}
        able |= found.keys()
        if not found:
            held.append(read)
        if able or len(held) > HELD:
            _tell(held, able, skipped)
            held = []
        if found:
            yield found
    if nothing:
        raise DataError("nothing to think about: the input is empty")
    _tell(held, able, skipped)


def skilled_rows(
    skills: Mapping[str, Mapping[str, ValueSpec]], rows: Sequence[tuple[int, Row]], name: str, written: Written
) -> Iterator[dict[str, Question]]:
    """Yields rows of a source in order: for each skill that can read it, how; those that none can read are left out.

    Args:
        skills: the senses of each.
        rows: each with its number.
        name: of the source.
        written: how its values are brought into the form that a sense reads.
    """
    streams = {skill: attempted_rows(senses, rows, name, written) for skill, senses in skills.items()}
    for read in _side_by_side(streams):
        found = {skill: one for skill, one in read.items() if isinstance(one, Question)}
        if found:
            yield found


def _reading(
    senses: Mapping[str, ValueSpec], given: str | None, reader: PipeReader | None
) -> Iterator[Question | Unreadable]:
    """Yields what one skill reads; what keeps it from reading on is the last it says."""
    try:
        yield from attempted(senses, given, cast("BinaryIO | None", reader))
    except DataError as problem:
        if reader is not None:
            reader.close()  # or all that follows in the pipe would be kept for a skill that reads no more
        yield Unreadable("", sys.maxsize, str(problem))
    finally:
        if reader is not None:
            reader.close()


def _side_by_side(streams: Mapping[str, Iterator[Question | Unreadable]]) -> Iterator[_Read]:
    """Yields in order what skills say of the same place."""
    heads: _Read = {}
    moved = list(streams)
    while True:
        for name in moved:
            following = next(streams[name], None)
            if following is not None:
                heads[name] = following
        if not heads:
            return
        line, where = min((head.line, head.where) for head in heads.values())
        moved = [name for name in streams if name in heads and (heads[name].line, heads[name].where) == (line, where)]
        yield {name: heads.pop(name) for name in moved}


def _tell(held: list[_Read], able: set[str], skipped: Callable[[str], None] | None) -> None:
    """Says what is wrong with scenes: by those skills that can read others, if there are any."""
    for read in held:
        told = {name: one for name, one in read.items() if isinstance(one, Unreadable) and (name in able or not able)}
        if not told:
            continue
        where = next(iter(told.values())).where
        whats = {one.what for one in told.values()}
        listed = "; ".join(f"{name}: {one.what}" for name, one in told.items())
        words = f"no skill can read this ({listed})" if len(whats) > 1 or where else whats.pop()
        words = f"{where}: {words}" if where else words
        if skipped is None:
            raise DataError(words)
        skipped(words)
