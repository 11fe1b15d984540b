"""`ltm think`: gives a brain scenes and returns what it thinks."""

from __future__ import annotations

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
    ticks: Annotated[int | None, typer.Option(min=1, help="At most this many ticks a try.")] = None,
    tries: Annotated[int | None, typer.Option(min=1, help="At most this many tries; the surest is kept.")] = None,
    confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Halt once this sure; exit with 3 when never.")
    ] = None,
    ms: Annotated[float | None, typer.Option(min=0.001, help="Milliseconds a thought (a batch, for files).")] = None,
    operations: Annotated[int | None, typer.Option(min=1, help="Operations a thought.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise in starting states.")] = 0,
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
        thoughts += ponder(loaded, values, will, seed=seed, trace=trace is not None or watch)
    if trace is not None:
        from ltm.runtime.atomic import write_file

        whole = [thought.to_json() for thought in thoughts]
        write_file(trace, (json.dumps(whole[0] if len(whole) == 1 else whole, indent=1) + "\n").encode())
    _show(loaded, scenes, thoughts, watch, as_json)
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
    from ltm.scenes.read import rows
    from ltm.scenes.scene import Scene

    senses = list(brain.chart.senses)
    first = senses[0]
    file = Path(given) if given is not None and len(given) < 1024 else None
    if file is not None and file.suffix.lower() in (".csv", ".tsv", ".jsonl") and file.exists():
        for line, row in rows(file):
            missing = [name for name in senses if name not in row]
            if missing:
                raise DataError(f"{file}:{line}: no column {missing[0]!r}; it has {', '.join(row)}")
            yield Scene({name: row[name] for name in senses})
        return
    if given is None or given == "-":
        if sys.stdin.isatty():
            raise DataError("nothing to think about: give a scene, a file, or pipe scenes in")
        lines = list(sys.stdin)
    elif file is not None and file.is_file():
        lines = file.read_text(encoding="utf-8").splitlines()
    else:
        lines = [given.replace("\\n", "\n")] if "\n" in given else [given]
        if len(lines[0].splitlines()) > 1:
            yield Scene({first: lines[0]})
            return
    if len(senses) > 1:
        raise DataError(f"this brain sees {', '.join(senses)}: give them as columns of a CSV file")
    for line in lines:
        text = line.strip()
        if text:
            yield Scene({first: json.loads(text) if text.startswith("[") else text})


def _groups(brain: Brain, scenes: list[Scene]) -> Iterator[list[Scene]]:
    """Yields runs of scenes of one shape, of 128 at most, in order."""
    first, spec = next(iter(brain.chart.senses.items()))
    group: list[Scene] = []
    shape: tuple[int, ...] = ()
    for number, scene in enumerate(scenes, start=1):
        try:
            here = spec.encode(scene.sees[first]).shape
        except DataError as problem:
            raise DataError(f"scene {number}: {first}: {problem}") from None
        if group and (here != shape or len(group) == BATCH):
            yield group
            group = []
        group.append(scene)
        shape = here
    if group:
        yield group


def _show(brain: Brain, scenes: list[Scene], thoughts: list[Thought], watch: bool, as_json: bool) -> None:
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

    show_thought(brain, scenes[0], thoughts[0], watch)


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
