"""How a chart says which things may take one another's place, and whether its columns have the symbols for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from ltm.chart.base import Name
from ltm.chart.locate import Problem
from ltm.errors import nearest
from ltm.scenes.interchange import Group, symbols_of

MOST_GROUPS, MOST_THINGS = 16, 250
Symbols = Annotated[tuple[Annotated[int | str, Field(union_mode="left_to_right")], ...], Field(min_length=1)]
"""What stands for a thing in one column; the first of one thing takes the place of the first of another."""
Groups = Annotated[
    tuple[Annotated[dict[Name, dict[Name, Symbols]], Field(min_length=2, max_length=MOST_THINGS)], ...],
    Field(max_length=MOST_GROUPS),
]


def matching(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """Returns the groups, whose things stand for one another symbol by symbol.

    Raises:
        ValueError: things of a group are in different columns, or have different numbers of symbols there.
    """
    for group in groups:
        (first, pattern), *others = group.items()
        if not pattern:
            raise ValueError(f"{first!r} stands in no column")
        for name, thing in others:
            if set(thing) != set(pattern):
                raise ValueError(f"{name!r} stands in {_listed(thing)}, {first!r} in {_listed(pattern)}")
            for column, symbols in thing.items():
                if len(symbols) != len(pattern[column]):
                    counts = f"{len(symbols)} symbols for {name!r} in {column!r}, {len(pattern[column])} for {first!r}"
                    raise ValueError(f"{counts}; each takes the place of one")
    return groups


def group_misfits(groups: tuple[Group, ...], specs: Mapping[str, object]) -> Iterator[Problem]:
    """Yields the columns and symbols that there aren't, and those that stand for two things.

    Args:
        groups: as the chart declares them.
        specs: of senses and acts, by name.
    """
    for number, group in enumerate(groups):
        taken: dict[tuple[str, int | str], str] = {}
        for name, thing in group.items():
            for column, symbols in thing.items():
                here = ("scenes", "interchange", number, name, column)
                if column not in specs:
                    yield here, f"no sense or act called {column!r}{nearest(column, specs)}"
                    continue
                called = symbols_of(specs[column])
                if called is None:
                    yield here, "only grids, sequences, labels and actions have symbols that can take places"
                    continue
                for symbol in symbols:
                    other = taken.setdefault((column, symbol), name)
                    if symbol not in called:
                        yield here, f"no symbol {symbol!r}{nearest(str(symbol), [str(one) for one in called])}"
                    elif other != name:
                        yield here, f"{symbol!r} stands for {other!r} too"
                if len(set(symbols)) < len(symbols):
                    yield here, "a symbol is listed twice"


def _listed(thing: Mapping[str, object]) -> str:
    return ", ".join(repr(column) for column in thing)
