"""`ltm perceive`: one brain reads pictures, another thinks about what they show, and both are doubted."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ltm.cli.brain_folder import fetched, require_free, require_outside
from ltm.errors import EXIT_OK, EXIT_UNSURE, DataError, LtmError


def perceive(
    eye: Annotated[Path, typer.Argument(help="A brain that sees one picture and says what it is.", callback=fetched)],
    mind: Annotated[
        Path,
        typer.Argument(
            help="A brain that sees a grid of fixed size, or a sequence, of such names; none where the first has both.",
            callback=fetched,
        ),
    ],
    pictures: Annotated[
        list[str] | None,
        typer.Argument(help="A picture of all, a folder, an .npz; or a picture for each cell, '.' for none; or -."),
    ] = None,
    cells: Annotated[str | None, typer.Option(help="Rows and columns to cut a picture into; else the board's.")] = None,
    margin: Annotated[
        float, typer.Option(min=0, max=0.45, help="Share of a cell to cut off at each side, where lines are.")
    ] = 0.0,
    invert: Annotated[bool, typer.Option("--invert", help="Swap dark and light.")] = False,
    keeps: Annotated[
        bool | None,
        typer.Option("--keeps/--changes", help="A right answer repeats what is seen, as in Sudoku; or may not."),
    ] = None,
    readings: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many readings are tried.")] = 128,
    ticks: Annotated[int | None, typer.Option(min=1, max=10**6, help="At most this many ticks a try.")] = None,
    tries: Annotated[int | None, typer.Option(min=1, max=4096, help="At most this many tries a reading.")] = None,
    confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Stop once this sure; exit with 3 when never.")
    ] = None,
    teach_to: Annotated[
        Path | None,
        typer.Option(
            "--teach", help="Then let the eye learn from what thought was sure of; the brain folder to write."
        ),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.01, max=1440, help="Of teaching.")] = 2.0,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the noise in starting states.")] = 0,
    memory: Annotated[
        str | None, typer.Option(help="Keep zones on disk, and of each brain at most so much in memory, such as 300MB.")
    ] = None,
    pin: Annotated[
        list[str] | None, typer.Option(help="With --memory: a zone that stays, as eye/ZONE or mind/ZONE.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was perceived as JSON, one a line.")] = False,
) -> int:
    """Think about pictures: of the cells of a board, or of the tokens of a sequence.

    Pictures in doubt are read again, likelier readings first, until the answer explains them all. Neither brain has to
    be trained with the other. A brain of several skills may stand for either or both: the skills that fit are taken.
    With --teach the eye then learns from those scenes that thought was sure of.

    Example: ltm perceive digits/ sudoku board.png
    """
    from ltm.brain.page import GridPage
    from ltm.brain.perceived import Perceived
    from ltm.cli.show_perceived import line_of, show_perceived
    from ltm.cli.teach_eye import teach
    from ltm.cli.training import console_of
    from ltm.runtime.alone import alone
    from ltm.runtime.coupling import open_coupled
    from ltm.scenes.pictured import Picture, Pictured
    from ltm.senses.image import ImageSpec

    mind, pictures = _one_for_both(eye, mind, pictures or [])
    if teach_to is not None:
        _check_lesson(teach_to, (eye, mind), memory)
    # Whether it can be written is known before an hour of thinking, not after it.
    with nullcontext() if teach_to is None else alone(teach_to, "teaches it"):
        pins = _pins(pin or [])
        coupled, eye, mind = open_coupled(
            eye, mind, keeps=keeps, memory=memory, eye_pins=pins["eye"], mind_pins=pins["mind"]
        )
        asked = {"ticks": ticks, "tries": tries, "confidence": confidence}
        will = coupled.mind.chart.will
        will = type(will).model_validate({**will.model_dump(), **{k: v for k, v in asked.items() if v is not None}})
        (spec,) = coupled.eye.chart.senses.values()
        assert isinstance(spec, ImageSpec)  # checked when the two were coupled
        sides = coupled.page.sides if isinstance(coupled.page, GridPage) else None
        found = Pictured(spec, sides, None if cells is None else _cells(cells), margin, invert).scenes(pictures)
        pages: list[tuple[list[Picture], Perceived]] = []
        count = unsure = 0
        following = next(found, None)
        while following is not None:
            where, seen = following
            try:
                perceived = coupled.think(seen, will, readings=readings, seed=seed)
            except DataError as problem:
                raise DataError(f"{where}: {problem}") from None
            if teach_to is not None:
                pages.append((seen, perceived))
            count, unsure = count + 1, unsure + (not perceived.thought.sure)
            wrong: DataError | None = None
            try:
                following = next(found, None)
            except DataError as problem:  # of the next scene: this one's answer comes first
                following, wrong = None, problem
            if as_json:
                typer.echo(json.dumps({"where": where, **perceived.to_json()}))
            elif count > 1 or following is not None:
                typer.echo(line_of(perceived, where))
            else:
                show_perceived(coupled, perceived, seen)
            if wrong is not None:
                raise wrong
        if teach_to is not None:
            teach(coupled, pages, eye, mind, teach_to, minutes, will, readings, seed, console_of(stderr=as_json))
        if unsure and confidence is not None:
            many = f"{unsure} of {count} thoughts are" if count > 1 else "this thought is"
            typer.echo(f"ltm: {many} below the asked confidence of {confidence:g}", err=True)
            return EXIT_UNSURE
        return EXIT_OK


def _one_for_both(eye: Path, mind: Path, pictures: list[str]) -> tuple[Path, list[str]]:
    """Returns the brain that thinks, and the pictures: one of several skills may be named once for both."""
    from ltm.runtime.listing import RECORD
    from ltm.runtime.skills import has_skills

    if has_skills(eye) and not has_skills(mind) and not (mind / RECORD).exists():
        return eye, [str(mind), *pictures]
    if not pictures:
        raise DataError("no pictures: give an eye, a mind and pictures; or a merged brain and pictures")
    return mind, pictures


def _check_lesson(out: Path, brains: tuple[Path, Path], memory: str | None) -> None:
    """Refuses a folder for the taught eye that can't be written, and what can't be taught."""
    if out.resolve() in (folder.resolve() for folder in brains):
        raise LtmError(f"--teach {out}: is one of the two brains, which stay as they are; choose another folder")
    require_outside(out, *brains, option="--teach")
    require_free(out, option="--teach")
    if memory is not None:
        raise LtmError("--memory: an eye that is taught is all in memory; leave out one of --memory and --teach")


def _pins(given: list[str]) -> dict[str, list[str]]:
    """Returns the zones that stay, of either brain."""
    pins: dict[str, list[str]] = {"eye": [], "mind": []}
    for pin in given:
        which, _, zone = pin.partition("/")
        if which not in pins or not zone:
            raise LtmError(f"--pin {pin}: expected eye/ZONE or mind/ZONE, as there are two brains")
        pins[which].append(zone)
    return pins


def _cells(text: str) -> tuple[int, int]:
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) == 2 and all(part.isdecimal() and 1 <= int(part) <= 1024 for part in parts):
        return int(parts[0]), int(parts[1])
    raise LtmError(f"--cells {text}: expected rows and columns from 1 to 1024, such as 9x9")
