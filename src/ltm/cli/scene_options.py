"""Options that say which scenes to learn from, shared by the verbs that look at data and propose a chart."""

from __future__ import annotations

from typing import Annotated

import typer

Symmetry = Annotated[
    list[str] | None,
    typer.Option(help="relabel, bands, transpose, dihedral or none, instead of what the data looks like."),
]
SourceOptions = Annotated[
    list[str] | None, typer.Option("--option", help="Built-in sources: what scenes to make, such as depth=[1,9].")
]
Count = Annotated[int | None, typer.Option(min=32, max=10**8, help="Built-in sources: scenes to make.")]
Streamed = Annotated[
    bool, typer.Option("--stream", help="Read scenes while they are learned from: constant memory, however many.")
]
Buffer = Annotated[
    int | None, typer.Option(min=32, max=10**7, help="Streams: scenes held, among which they are shuffled.")
]


def symmetries_of(given: list[str] | None) -> list[str] | None:
    """Returns the symmetries that were named; none of them where that is the word, None where nothing was said."""
    return None if given is None else [word for word in given if word != "none"]
