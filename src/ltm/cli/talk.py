"""Shows a brain talking, for `ltm think`: what comes next is written as it is said."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import typer

from ltm.brain.brain import Brain
from ltm.brain.talk import Talk
from ltm.brain.writing import writer_of
from ltm.errors import DataError
from ltm.scenes.questions import is_piped, standard_input

MOST_BYTES = 10_000_000


def talk(brain: Brain, given: str | None, count: int, temperature: float, top: int, seed: int, as_json: bool) -> None:
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
        whole = {"text": text, "said": "".join(parts), "symbols": len(said), "seconds": round(seconds, 4)}
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
