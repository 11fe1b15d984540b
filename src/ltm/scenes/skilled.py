"""Scenes for a brain of several skills: each as every skill reads it that can."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from ltm.errors import DataError
from ltm.scenes.questions import Question, questions
from ltm.senses.value import ValueSpec


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
    found: dict[str, dict[str, Question]] = {}
    problems: dict[str, dict[str, str]] = {}
    with ExitStack() as stack:
        if given is None or given == "-":
            given = _kept(stack)
        for name, senses in skills.items():

            def note(problem: str, name: str = name) -> None:
                where, _, what = problem.partition(": ")
                problems.setdefault(where, {})[name] = what or problem

            try:
                for question in questions(senses, given, note):
                    found.setdefault(question.where, {})[name] = question
            except DataError as problem:
                note(str(problem))
    if not found and not problems:
        raise DataError("nothing to think about: the input is empty")
    # What a skill says of a file in which it can read nothing at all is of no use where another skill can.
    useful = {name for read in found.values() for name in read} or set(skills)
    for where in sorted({*found, *problems}, key=_line):
        if where in found:
            yield found[where]
            continue
        told = [f"{name}: {what}" for name, what in problems[where].items() if name in useful]
        if told:
            words = f"{where}: no skill can read this ({'; '.join(told)})"
            if skipped is None:
                raise DataError(words)
            skipped(words)


def _line(where: str) -> int:
    number = where.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


def _kept(stack: ExitStack) -> str:
    """Copies standard input to a file, since every skill reads it."""
    if sys.stdin is None or sys.stdin.isatty():
        raise DataError("nothing to think about: give a scene, a file, or pipe scenes in")
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    with (folder / "standard input").open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return str(folder / "standard input")
