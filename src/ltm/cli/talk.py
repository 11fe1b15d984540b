"""Shows a brain talking, for `ltm think`: what comes next is written as it is said."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from ltm.brain.brain import Brain
from ltm.brain.skills import SkilledBrain
from ltm.brain.talk import Talk, speaks
from ltm.brain.writing import writer_of
from ltm.chart.schema import WillSpec
from ltm.errors import DataError
from ltm.scenes.columns import seen_columns
from ltm.scenes.questions import is_piped, standard_input
from ltm.scenes.skilled import skilled_questions

MOST_BYTES = 10_000_000


def speaker_of(
    opened: Brain | SkilledBrain, given: str | None, wills: Mapping[str, WillSpec]
) -> tuple[Brain, str] | None:
    """Returns the brain that goes on with what is given, and which skill it is; None where it is no text to go on with.

    Of a brain of several skills the one that knows such texts is asked, if it talks; files and pipes of scenes are not.

    Args:
        opened: who is asked.
        given: as for `talk`.
        wills: goals and budgets by skill, for skills that have to be asked.

    Raises:
        DataError: none of the skills can read it.
    """
    if isinstance(opened, Brain):
        return (opened, "") if speaks(opened.chart) else None
    talking = {name for name, brain in opened.skills.items() if speaks(brain.chart)}
    if not talking or given is None or is_piped(given) or _is_file(given):
        return None
    senses = {name: seen_columns(brain.chart) for name, brain in opened.skills.items()}
    reads = list(itertools.islice(skilled_questions(senses, given), 2))
    if len(reads) != 1 or not talking & reads[0].keys():
        return None
    name = opened.choose({skill: question.scene for skill, question in reads[0].items()}, wills).skill
    return (opened.skills[name], name) if name in talking else None


def talk(
    brain: Brain,
    given: str | None,
    count: int,
    temperature: float,
    top: int,
    seed: int,
    as_json: bool,
    skill: str = "",
) -> None:
    """Goes on with a text, symbol by symbol, up to its end or a number of symbols.

    Args:
        brain: one that tells what comes next.
        given: the text, a file's name, or None or `-` for standard input.
        count: symbols to say at most.
        temperature: 0 says the likeliest, 1 draws as likely as they are.
        top: draws among so many of the likeliest only; 0 among all.
        seed: of the draws.
        as_json: print one object at the end rather than text as it comes; with what paging came to, where zones are
            on disk.
        skill: which the brain is of several, for that object.

    Raises:
        DataError: nothing to go on from, or it can't be read.
    """
    text = _text(given)
    conversation = Talk(brain)
    symbols = conversation.symbols(text)
    writer, said, parts = writer_of(conversation.spec, text, symbols), list[int](), list[str]()
    if not as_json:
        sys.stdout.write(writer.begun)
    residence = brain.circuit.residence
    before = None if residence is None else residence.paging
    start = time.perf_counter()
    for symbol in conversation.go_on(symbols, count, temperature=temperature, top=top, seed=seed):
        said.append(symbol)
        parts.append(writer.write(symbol))
        if not as_json:
            sys.stdout.write(parts[-1])
            sys.stdout.flush()
    parts.append(writer.rest())
    seconds = time.perf_counter() - start
    if as_json:
        whole: dict[str, Any] = {"text": text, "said": "".join(parts), "symbols": len(said)}
        whole |= {"seconds": round(seconds, 4)}
        whole |= {"skill": skill} if skill else {}
        if residence is not None and before is not None:
            whole["paging"] = residence.paging.since(before).to_json()
        typer.echo(json.dumps(whole, ensure_ascii=False))
        return
    sys.stdout.write(parts[-1] + "\n")
    if sys.stdout.isatty():
        ended = "" if len(said) < count else f" (--symbols {count}: there would be more)"
        typer.echo(f"{len(said)} symbols, {len(said) / max(seconds, 1e-9):,.0f} a second{ended}", err=True)


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except (OSError, ValueError):  # a text may be longer than any name, or hold what no name can
        return False


def _text(given: str | None) -> str:
    """Returns what a person gave: a text, what a file holds, or what comes through a pipe."""
    if is_piped(given):
        data = standard_input().read(MOST_BYTES + 1)
    elif given is not None and _is_file(given):
        data = Path(given).read_bytes()[: MOST_BYTES + 1]
    else:
        return given or ""
    if len(data) > MOST_BYTES:
        raise DataError(f"more than {MOST_BYTES:,} bytes; give it the end of the text")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")  # as texts that are learned from are read
    except UnicodeDecodeError as problem:
        raise DataError(f"{given or 'standard input'}: byte {problem.start + 1} isn't UTF-8") from None
