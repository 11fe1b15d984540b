"""Brains on the command line: a folder; `hf://owner/name@revision`, which is fetched; or `sudoku`, which ships."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ltm.errors import LtmError

_SCHEME = "hf:/"
"""What is left of `hf://` in a path."""
_SHIPPED = Path("sudoku")


def fetched(brain: Path | None) -> Path | None:
    """Returns a brain's folder, fetched from the hub first where it isn't one of this machine.

    Where nothing is called `sudoku`, that is the brain that comes with the package.

    Raises:
        LtmError: it can't be fetched.
    """
    if brain == _SHIPPED and not brain.exists():
        from ltm.runtime.shipped import shipped_brain

        typer.echo("ltm: nothing here is called sudoku: taking the brain that comes with the package", err=True)
        return shipped_brain()
    return from_hub(brain)


def refuse_several(brain: Path, verb: str) -> None:
    """Refuses a brain of several skills where a verb is for one of them.

    Raises:
        LtmError: names the folder of each skill.
    """
    from ltm.runtime.skills import folders_of, has_skills

    if has_skills(brain):
        listed = ", ".join(str(folder) for folder in folders_of(brain).values())
        raise LtmError(f"{brain}: a brain of several skills; {verb} one of them: {listed}")


def from_hub(place: Path | None) -> Path | None:
    """Returns a place of this machine; what is named by an address is fetched first.

    Raises:
        LtmError: it can't be fetched.
    """
    if place is None or not is_address(place):
        return place
    from ltm.runtime.hub import Address, fetch

    return fetch(Address.of(address(place)), tell=lambda words: typer.echo(words, err=True)).folder


def is_address(place: Path) -> bool:
    """Whether a place is one on the hub."""
    return str(place).startswith(_SCHEME)


def refuse_address(place: Path, why: str) -> None:
    """Refuses an address where a verb needs something of this machine.

    Args:
        place: what was named.
        why: and what to do instead.

    Raises:
        LtmError: it is an address.
    """
    if is_address(place):
        raise LtmError(f"{address(place)}: {why}")


def to_change(brain: Path, out: Path | None, verb: str) -> Path:
    """Returns the folder of a brain that a verb changes: where there is an `out`, the changed one is written there.

    Nothing is fetched before it is clear that it can be used.

    Args:
        brain: a folder, an address, or `sudoku`.
        out: where to write; None to change the brain in its place.
        verb: for messages.

    Raises:
        LtmError: a brain that isn't changed in its place and has no other; or a place that is taken.
    """
    from ltm.runtime.snapshot import origin_of

    if out is None:
        shipped = brain == _SHIPPED and not brain.exists()
        if is_address(brain) or shipped or origin_of(brain) is not None:
            what = "the brain that comes with the package" if shipped else "a brain that is fetched"
            named = address(brain) if is_address(brain) else str(brain)
            raise LtmError(f"{named}: {what} isn't changed in its place; write another: ltm {verb} {named} -o FOLDER …")
        return brain
    require_free(out)
    require_outside(out, brain)
    found = fetched(brain)
    assert found is not None  # as there is a brain
    return found


def require_free(out: Path, *, option: str = "--out", beside: Sequence[Path] = ()) -> None:
    """Refuses a folder to write in which something lies; those that are named `beside` may be replaced.

    Raises:
        LtmError: it isn't free.
    """
    if out.resolve() in (folder.resolve() for folder in beside):
        return
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise LtmError(f"{option} {out}: already there; choose another folder, or remove it first")


def require_outside(out: Path, *brains: Path, option: str = "--out") -> None:
    """Refuses to write into a brain's folder, all of whose files are listed: with another it couldn't be opened.

    Raises:
        LtmError: what is to be written lies in one of the brains.
    """
    for brain in brains:
        if brain.resolve() in out.resolve().parents:
            raise LtmError(f"{option} {out}: lies in the brain; choose a place of its own")


def address(place: Path) -> str:
    """Returns an address as it was typed, of which a path keeps one slash of two."""
    return f"{_SCHEME}/{str(place).removeprefix(_SCHEME).lstrip('/')}"


def all_fetched(brains: list[Path]) -> list[Path]:
    """Returns the folders of several brains; see `fetched`."""
    return [found for brain in brains if (found := fetched(brain)) is not None]


BrainFolder = Annotated[
    Path, typer.Argument(help="A brain folder, hf://owner/name, or sudoku: the one that ships.", callback=fetched)
]
"""What verbs take that read a brain."""

ChangedBrain = Annotated[
    Path, typer.Argument(help="A brain folder, of one skill or several; with -o also hf://owner/name, or sudoku.")
]
Changed = Annotated[
    Path | None, typer.Option("--out", "-o", help="Brain folder to write, instead of changing the brain itself.")
]
"""What verbs take that change a brain."""

Memory = Annotated[
    str | None, typer.Option(help="Keep zones on disk, and at most so much of them in memory, such as 300MB.")
]
"""What verbs take that think, and may do so with a brain larger than memory."""
Pins = Annotated[
    list[str] | None,
    typer.Option("--pin", help="With --memory: a zone that stays; of a brain of several skills as skill/zone."),
]
"""What they take beside."""
