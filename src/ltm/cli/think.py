"""`ltm think`: gives a brain scenes and returns what it thinks."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltm.errors import EXIT_OK, EXIT_UNSURE, DataError

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.brain.thought import Thought
    from ltm.chart.schema import WillSpec
    from ltm.scenes.scene import Scene

BATCH = 128


def think(
    brain: Annotated[Path, typer.Argument(help="A brain folder.")],
    scene: Annotated[
        str | None, typer.Argument(help="What is seen; or a file: a scene a line, or CSV; else standard input.")
    ] = None,
    ticks: Annotated[int | None, typer.Option(min=1, max=10**6, help="At most this many ticks a try.")] = None,
    tries: Annotated[
        int | None, typer.Option(min=1, max=4096, help="At most this many tries; the surest is kept.")
    ] = None,
    confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Halt once this sure; exit with 3 when never.")
    ] = None,
    ms: Annotated[
        float | None, typer.Option(min=0.001, max=10**9, help="Milliseconds a thought (a batch, for files).")
    ] = None,
    operations: Annotated[int | None, typer.Option(min=1, max=10**18, help="Operations a thought.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the noise in starting states.")] = 0,
    trace: Annotated[Path | None, typer.Option(help="Write everything that happened as JSON.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show the thought as it happens.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print thoughts as JSON, one a line.")] = False,
) -> int:
    """Think about a scene, or about many.

    Example: ltm think brain/ '53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79'
    """
    from ltm.brain.think import think as ponder
    from ltm.runtime.brains import load_brain
    from ltm.scenes.scene import encode

    loaded, _ = load_brain(brain)
    asked = {"ticks": ticks, "tries": tries, "confidence": confidence, "ms": ms, "operations": operations}
    will = _will(loaded, {name: value for name, value in asked.items() if value is not None})
    scenes = list(_scenes(loaded, scene))
    if not scenes:
        raise DataError("nothing to think about: the input is empty")
    if watch and len(scenes) > 1:
        raise DataError(f"--watch shows one thought at a time; the input holds {len(scenes)} scenes")
    thoughts: list[Thought] = []
    for group in _groups(loaded, scenes):
        values = encode(loaded.chart, group)
        if watch and not as_json:
            from rich.console import Console

            from ltm.cli.watch_thought import Watch

            with Watch(Console(soft_wrap=True), group[0], loaded.chart) as listen:
                thoughts += ponder(loaded, values, will, seed=seed, trace=trace is not None, listen=listen)
        else:
            thoughts += ponder(loaded, values, will, seed=seed, trace=trace is not None)
    if trace is not None:
        from ltm.runtime.atomic import write_file

        whole = [thought.to_json() for thought in thoughts]
        write_file(trace, (json.dumps(whole[0] if len(whole) == 1 else whole, indent=1) + "\n").encode())
    _show(loaded, scenes, thoughts, as_json)
    unsure = sum(not thought.sure for thought in thoughts)
    if unsure and confidence is not None:
        many = f"{unsure} of {len(thoughts)} thoughts are" if len(thoughts) > 1 else "this thought is"
        typer.echo(f"ltm: {many} below the asked confidence of {confidence:g}", err=True)
        return EXIT_UNSURE
    return EXIT_OK


def _will(brain: Brain, asked: dict[str, Any]) -> WillSpec:
    will = brain.chart.will
    return type(will).model_validate({**will.model_dump(), **asked})


def _scenes(brain: Brain, given: str | None) -> Iterator[Scene]:
    """Yields scenes from a value, from a file of values (one a line, CSV, TSV, JSON Lines), or from standard input."""
    from ltm.scenes.lines import ENDINGS
    from ltm.scenes.scene import Scene

    senses = brain.chart.senses
    if given is not None and Path(given).suffix.lower() in ENDINGS:
        yield from _rows(brain, Path(given))
        return
    lines = _lines(given)
    if len(senses) > 1:
        raise DataError(f"this brain sees {', '.join(senses)}: give them as columns of a CSV file")
    first, spec = next(iter(senses.items()))
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text:
            yield Scene({first: _value(text, spec.form, number)})


def _rows(brain: Brain, file: Path) -> Iterator[Scene]:
    from ltm.scenes.read import cell, rows
    from ltm.scenes.scene import Scene

    for line, row in rows(file):
        sees = {}
        for name, spec in brain.chart.senses.items():
            try:
                sees[name] = cell(row, name, spec.form)
            except DataError as problem:
                raise DataError(f"{file}:{line}: {name}: {problem}") from None
        yield Scene(sees)


def _lines(given: str | None) -> list[str]:
    """Returns one text a scene: the value itself, or the lines of a file or of standard input."""
    if given is None or given == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise DataError("nothing to think about: give a scene, a file, or pipe scenes in")
        return _text(sys.stdin.buffer.read(), "standard input").split("\n")
    try:
        if Path(given).is_dir():
            raise DataError(f"{given}: a folder; expected a scene or a file")
        if Path(given).is_file():
            return _text(Path(given).read_bytes(), given).split("\n")
    except OSError as problem:
        # A large grid makes a name that no file can have.
        if problem.errno != errno.ENAMETOOLONG:
            raise
    # In a single value, unlike in a file, line breaks separate the rows of one grid.
    return [given]


def _text(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise DataError(f"{source}:{line}: not UTF-8 text (byte {data[problem.start]:#04x})") from None


def _value(text: str, form: str, number: int) -> Any:
    if form != "lists" and not text.startswith("[["):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise DataError(f"scene {number}: expected nested lists such as [[0, 1], [1, 0]]") from None


def _groups(brain: Brain, scenes: list[Scene]) -> Iterator[list[Scene]]:
    """Yields runs of scenes of one shape, of 128 at most, in order."""
    group: list[Scene] = []
    shape: list[tuple[int, ...]] = []
    for number, scene in enumerate(scenes, start=1):
        here = []
        for name, spec in brain.chart.senses.items():
            try:
                here.append(spec.encode(scene.sees[name]).shape)
            except DataError as problem:
                raise DataError(f"scene {number}: {name}: {problem}") from None
        if group and (here != shape or len(group) == BATCH):
            yield group
            group = []
        group.append(scene)
        shape = here
    if group:
        yield group


def _show(brain: Brain, scenes: list[Scene], thoughts: list[Thought], as_json: bool) -> None:
    if as_json:
        for thought in thoughts:
            typer.echo(json.dumps(thought.to_json()))
        return
    if len(thoughts) > 1:
        for thought in thoughts:
            answer = "\t".join(_line(value) for value in thought.answer.values())
            typer.echo(f"{answer}\t{thought.confidence:.4f}\t{thought.ticks}")
        return
    from ltm.cli.show_thought import show_thought

    show_thought(brain, scenes[0], thoughts[0])


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
