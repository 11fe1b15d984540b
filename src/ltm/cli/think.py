"""`ltm think`: gives a brain scenes and returns what it thinks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltm.cli.brain_folder import BrainFolder, Memory, Pins, require_outside
from ltm.errors import EXIT_OK, EXIT_UNSURE, DataError, first_mistake

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.brain.choice import Choice
    from ltm.brain.skills import SkilledBrain
    from ltm.brain.thought import Thought
    from ltm.chart.schema import WillSpec
    from ltm.scenes.questions import Question
    from ltm.scenes.scene import Scene

BATCH = 128
Group = tuple["Brain", "WillSpec", "list[tuple[Choice | None, Scene]]"]
"""A brain, what it may spend, and scenes that it thinks about together, each with why this brain where there are
several skills."""


def think(
    brain: BrainFolder,
    scene: Annotated[
        str | None, typer.Argument(help="What is seen; or a file: grids, or a table; else standard input.")
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
    goal: Annotated[
        str | None, typer.Option(help="What is wanted, instead of what the scene says; for brains that hear a goal.")
    ] = None,
    symbols: Annotated[
        int | None,
        typer.Option(min=1, max=10**9, help="Brains that talk: say so many symbols at most; 200 unless told."),
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0, max=10, help="Brains that talk: 0 says the likeliest, 1 draws.")
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, max=10**6, help="Brains that talk: draw among so many of the likeliest.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the noise in starting states, and draws.")] = 0,
    memory: Memory = None,
    pin: Pins = None,
    trace: Annotated[Path | None, typer.Option(help="Write everything that happened as JSON.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show the thought as it happens.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave unreadable scenes out and go on.")] = False,
    at_once: Annotated[
        int | None,
        typer.Option(
            min=1, max=BATCH, help="Scenes thought about side by side; 1 answers each as it comes through a pipe."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print thoughts as JSON, one a line.")] = False,
) -> int:
    """Think about a scene, or about many.

    Example: ltm think brain/ '53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79'
    """
    from ltm.brain.brain import Brain
    from ltm.brain.think import think as ponder
    from ltm.cli.talk import speaker_of, talk
    from ltm.scenes.scene import encode

    if watch and as_json:
        raise DataError("--watch is for people and --json for programs; choose one of them")
    if trace is not None:
        require_outside(trace, brain, option="--trace")
    opened = _opened(brain, memory, pin or [])
    said = {"ticks": ticks, "tries": tries, "confidence": confidence, "ms": ms, "operations": operations}
    asked: dict[str, Any] = {name: value for name, value in {**said, "goal": goal}.items() if value is not None}
    speaker = speaker_of(opened, scene, {} if isinstance(opened, Brain) else _wills(opened, asked))
    if speaker is not None:
        _refuse({**said, "goal": goal, "trace": trace, "watch": watch or None, "skip-bad": skip_bad or None}, "talks")
        warmth = temperature if temperature is not None else 0.0 if top is None else 1.0
        talk(speaker[0], scene, symbols or 200, warmth, top or 0, seed, as_json, speaker[1])
        return EXIT_OK
    _refuse({"symbols": symbols, "temperature": temperature, "top": top}, "doesn't talk")
    skipped: list[str] = []

    def leave_out(problem: str) -> None:
        skipped.append(problem)
        typer.echo(f"ltm: skipped {problem}", err=True)

    skip = leave_out if skip_bad else None
    thoughts: list[Thought] = []
    count = unsure = 0
    groups = _groups(_questions(brain, opened, scene, asked, skip), asked, at_once or BATCH)
    # Who wants answers as scenes come doesn't wait to learn whether another one follows.
    for (loaded, will, chosen), last in _with_last(groups) if at_once is None else ((group, False) for group in groups):
        group = [scene for _, scene in chosen]
        alone = last and not count and len(group) == 1
        if watch and not alone:
            raise DataError("--watch shows one thought at a time; the input holds more than one scene")
        values = encode(loaded.chart, group)
        if watch:
            from rich.console import Console

            from ltm.cli.watch_thought import Watch

            with Watch(Console(soft_wrap=True), group[0].question(), loaded.chart) as listen:
                made = ponder(loaded, values, will, seed=seed, trace=trace is not None, steps=True, listen=listen)
        else:
            made = ponder(loaded, values, will, seed=seed, trace=trace is not None, steps=True)
        made = [choice.paid(thought) if choice else thought for thought, (choice, _) in zip(made, chosen, strict=True)]
        _show(loaded, group, made, as_json, alone)
        count += len(made)
        unsure += sum(not thought.sure for thought in made)
        thoughts += made if trace is not None else []
    if not count:
        raise DataError(
            "nothing to think about: none of the scenes could be read"
            if skipped
            else "nothing to think about: the input is empty"
        )
    if trace is not None:
        from ltm.runtime.atomic import write_file

        told = [thought.to_json() for thought in thoughts]
        write_file(trace, (json.dumps(told[0] if len(told) == 1 else told, indent=1) + "\n").encode())
    if unsure and confidence is not None:
        many = f"{unsure} of {count} thoughts are" if count > 1 else "this thought is"
        typer.echo(f"ltm: {many} below the asked confidence of {confidence:g}", err=True)
        return EXIT_UNSURE
    return EXIT_OK


def _refuse(options: dict[str, Any], why: str) -> None:
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given:
        raise DataError(f"{', '.join(given)}: nothing to a brain that {why}")


def _opened(folder: Path, memory: str | None, pins: list[str]) -> Brain | SkilledBrain:
    """Opens a brain of one skill, or of several."""
    from ltm.runtime.paged import open_brain, open_skills
    from ltm.runtime.skills import has_skills

    return open_skills(folder, memory, pins) if has_skills(folder) else open_brain(folder, memory, pins)[0]


def _will(brain: Brain, asked: dict[str, Any], asking: bool = False) -> WillSpec:
    """Returns the chart's will with what was asked for; a skill that is only asked needn't hear the goal."""
    from pydantic import ValidationError

    will, steps = brain.chart.will, brain.chart.steps
    if asking and (steps is None or steps.goal is None):
        asked = {name: value for name, value in asked.items() if name != "goal"}
    try:
        return type(will).model_validate({**will.model_dump(), **asked})
    except ValidationError as problem:
        raise DataError(first_mistake(problem)) from None


def _wills(opened: SkilledBrain, asked: dict[str, Any]) -> dict[str, WillSpec]:
    """Returns what each skill is asked with."""
    return {name: _will(brain, asked, asking=True) for name, brain in opened.skills.items()}


def _questions(
    folder: Path,
    opened: Brain | SkilledBrain,
    given: str | None,
    asked: dict[str, Any],
    skip: Callable[[str], None] | None,
) -> Iterator[tuple[Choice | None, Brain, Question]]:
    """Yields scenes with the brain that thinks about them, and why that one where there are several."""
    from ltm.brain.brain import Brain
    from ltm.brain.talk import speaks
    from ltm.scenes.columns import seen_columns
    from ltm.scenes.questions import questions
    from ltm.scenes.skilled import skilled_questions

    if isinstance(opened, Brain):
        for question in questions(seen_columns(opened.chart), given, skip):
            yield None, opened, question
        return
    senses = {name: seen_columns(brain.chart) for name, brain in opened.skills.items()}
    wills = _wills(opened, asked)
    for read in skilled_questions(senses, given, skip):
        choice = opened.choose({name: question.scene for name, question in read.items()}, wills)
        name, brain = choice.skill, opened.skills[choice.skill]
        if speaks(brain.chart):
            problem = f"{read[name].where}: skill {name!r} talks, about one text at a time, not about files of scenes; "
            problem += f"ltm take {folder} {name} -o {name}/ makes it a brain"
            if skip is None:
                raise DataError(problem)
            skip(problem)
            continue
        yield choice, brain, read[name]


def _groups(
    found: Iterator[tuple[Choice | None, Brain, Question]], asked: dict[str, Any], most: int
) -> Iterator[Group]:
    """Yields runs of scenes of one brain, budget and shape, so many at most; before an error those before it."""
    group: Group | None = None
    shape: tuple[Any, ...] = ()
    try:
        for choice, brain, question in found:
            will = _will(brain, asked) if choice is None else choice.left(_will(brain, asked))
            alike = group is not None and group[:2] == (brain, will) and question.shape == shape
            if group is not None and not alike:
                yield group
                group = None
            group = group or (brain, will, [])
            group[2].append((choice, question.scene))
            shape = question.shape
            if len(group[2]) >= most:
                yield group
                group = None
    except DataError:
        if group is not None:
            yield group
        raise
    if group is not None:
        yield group


def _with_last(groups: Iterator[Group]) -> Iterator[tuple[Group, bool]]:
    """Yields each group with whether it is the last; only a first group of one scene waits for the next to know."""
    first = next(groups, None)
    if first is None:
        return
    if len(first[2]) > 1:
        yield first, False
    else:
        try:
            second = next(groups, None)
        except DataError:
            yield first, False
            raise
        yield first, second is None
        if second is None:
            return
        yield second, False
    for group in groups:
        yield group, False


def _show(brain: Brain, scenes: list[Scene], thoughts: list[Thought], as_json: bool, alone: bool) -> None:
    if as_json:
        for thought in thoughts:
            typer.echo(json.dumps(thought.to_json()))
        return
    if not alone:
        from ltm.cli.render import on_one_line

        for thought in thoughts:
            answer = "\t".join(on_one_line(value) for value in thought.answer.values())
            skill = f"\t{thought.skill}" if thought.skill else ""
            typer.echo(f"{answer}\t{thought.confidence:.4f}\t{thought.ticks}{skill}")
        return
    from ltm.cli.show_thought import show_thought

    show_thought(brain, scenes[0], thoughts[0])
