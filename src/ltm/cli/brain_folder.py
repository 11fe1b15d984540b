"""Brains on the command line: a folder; `hf://owner/name@revision`, which is fetched; or `sudoku`, which ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    if brain is None or not str(brain).startswith(_SCHEME):
        return brain
    from ltm.runtime.hub import Address, fetch

    address = Address.of(str(brain).removeprefix(_SCHEME).lstrip("/"))
    return fetch(address, tell=lambda words: typer.echo(words, err=True)).folder


def all_fetched(brains: list[Path]) -> list[Path]:
    """Returns the folders of several brains; see `fetched`."""
    return [found for brain in brains if (found := fetched(brain)) is not None]


BrainFolder = Annotated[
    Path, typer.Argument(help="A brain folder, hf://owner/name, or sudoku: the one that ships.", callback=fetched)
]
"""What verbs take that read a brain."""

Memory = Annotated[
    str | None, typer.Option(help="Keep zones on disk, and at most so much of them in memory, such as 300MB.")
]
"""What verbs take that think, and may do so with a brain larger than memory."""
