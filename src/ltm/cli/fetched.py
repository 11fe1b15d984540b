"""Brains on the command line: a folder, or `hf://owner/name@revision`, which is fetched."""

from __future__ import annotations

from pathlib import Path

import typer

_SCHEME = "hf:/"
"""What is left of `hf://` in a path."""


def fetched(brain: Path | None) -> Path | None:
    """Returns a brain's folder, fetched from the hub first where it isn't one of this machine.

    Raises:
        LtmError: it can't be fetched.
    """
    if brain is None or not str(brain).startswith(_SCHEME):
        return brain
    from ltm.runtime.hub import Address, fetch

    address = Address.of(str(brain).removeprefix(_SCHEME).lstrip("/"))
    return fetch(address, tell=lambda words: typer.echo(words, err=True)).folder


def all_fetched(brains: list[Path]) -> list[Path]:
    """Returns the folders of several brains; see `fetched`."""
    return [found for brain in brains if (found := fetched(brain)) is not None]
