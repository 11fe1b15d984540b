"""The built-in source `minigrid`: episodes of BabyAI levels, played by the expert that comes with them.

What is seen at a step is the 7×7 cells before the agent (Chevalier-Boisvert et al. 2019, 2023), each cell one symbol;
the mission is the goal; what is done is one of seven actions.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ltm.acts.label import LabelActSpec
from ltm.chart.base import Part
from ltm.errors import DataError, nearest
from ltm.scenes.extras import library
from ltm.scenes.interchange import Group
from ltm.scenes.lines import Row
from ltm.senses.grid import GridSpec
from ltm.senses.sequence import SequenceSpec

SIDE = 7
ACTIONS = ("left", "right", "forward", "pickup", "drop", "toggle", "done")
"""In MiniGrid's order."""
PLAIN, COLOURED, DOORS = (0, 1, 2, 8, 9, 10), (3, 5, 6, 7), (4,)
"""MiniGrid's kinds of things: those of one look, those of six colours, those of six colours and three states."""
COLOURS = ("red", "green", "blue", "purple", "yellow", "grey")
"""In MiniGrid's order."""
STATES = 3
WORDS = (
    *(
        "a",
        "after",
        "and",
        "ball",
        "behind",
        "blue",
        "box",
        "door",
        "front",
        "go",
        "green",
        "grey",
        "in",
        "key",
        "left",
    ),
    *("next", "object", "of", "on", "open", "pick", "purple", "put", "red", "right", "the", "then", "to", "up", "you"),
    *("your", "yellow", ","),
)
"""What missions are made of."""
ROLE = "me"


class MinigridOptions(Part):
    """Which level is played."""

    level: Annotated[str, Field(min_length=1, max_length=60)] = "GoToLocal"
    """A level of BabyAI, as `BabyAI-<level>-v0` calls it."""
    longest: Annotated[int, Field(ge=1, le=4096)] = 64
    """Episodes of more steps are left out."""


def cells() -> list[tuple[int, int, int]]:
    """Returns kind, colour and state of the thing that each symbol stands for."""
    coloured = [(kind, colour, 0) for kind in COLOURED for colour in range(len(COLOURS))]
    doors = [(kind, colour, state) for kind in DOORS for colour in range(len(COLOURS)) for state in range(STATES)]
    return [*((kind, 0, 0) for kind in PLAIN), *coloured, *doors]


@functools.cache
def _table() -> npt.NDArray[np.int64]:
    table = np.zeros((11, len(COLOURS), STATES), dtype=np.int64)
    for symbol, (kind, colour, state) in enumerate(cells()):
        if kind in PLAIN:
            table[kind] = symbol
        elif kind in COLOURED:
            table[kind, colour] = symbol
        else:
            table[kind, colour, state] = symbol
    return table


VIEW = GridSpec(kind="grid", rows=SIDE, columns=SIDE, symbols=len(cells()), form="lists")
COLUMNS: dict[str, Any] = {
    "view": VIEW,
    "goal": SequenceSpec(kind="sequence", tokens=WORDS, longest=40, unknown=True),
    "action": LabelActSpec(kind="action", labels=ACTIONS),
}
COLOURED_THINGS: Group = {
    colour: {
        "goal": (colour,),
        "view": tuple(n for n, (kind, which, _) in enumerate(cells()) if which == number and kind not in PLAIN),
    }
    for number, colour in enumerate(COLOURS)
}
"""Colours may take one another's place, in missions and in all that is seen: doors and their keys too."""


def view_of(image: npt.NDArray[Any]) -> list[list[int]]:
    """Returns the symbols of what an agent sees, rows from the farthest to its own.

    Args:
        image: `[7, 7, 3]` as MiniGrid observes: column, row; kind, colour, state.
    """
    symbols: list[list[int]] = _table()[image[..., 0], image[..., 1], image[..., 2]].T.tolist()
    return symbols


def words_of_mission(mission: str) -> str:
    """Returns a mission as words with spaces between, commas among them."""
    return mission.replace(",", " ,")


def environment(level: str) -> Any:
    """Returns a level, to be reset with a seed.

    Raises:
        DataError: minigrid is not installed, or no such level.
    """
    gymnasium = library("gymnasium", "the source minigrid")
    library("minigrid", "the source minigrid")
    known = sorted(name[7:-3] for name in gymnasium.registry if name.startswith("BabyAI-") and name.endswith("-v0"))
    if level not in known:
        raise DataError(f"level: there is no BabyAI-{level}-v0{nearest(level, known)}")
    return gymnasium.make(f"BabyAI-{level}-v0")


def episodes(options: MinigridOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields `count` episodes in which the expert succeeded.

    Raises:
        DataError: as `environment`; or the expert hardly ever succeeds within the longest episode.
    """
    world = environment(options.level)
    made, tried = 0, 0
    # Seeds of different runs are far apart, so that no two runs share an episode.
    first = seed * 10_000_019
    while made < count:
        row = _episode(world, (first + tried) % 2**31, options.longest)
        tried += 1
        if row is not None:
            made += 1
            yield row
        elif tried >= 100 and made < tried / 20:
            raise DataError(f"level {options.level}: {made} of {tried} episodes end within {options.longest} steps")


def _episode(world: Any, seed: int, longest: int) -> Row | None:
    bot_class = library("minigrid.utils.baby_ai_bot", "the source minigrid").BabyAIBot
    with redirect_stdout(StringIO()):  # levels print what they reject
        seen, _ = world.reset(seed=seed)
    bot = bot_class(world.unwrapped)
    steps, mission = [], words_of_mission(seen["mission"])
    for _ in range(longest):
        try:
            action = int(bot.replan())
        except Exception:  # the expert gives up on some layouts with whatever error comes up
            return None
        steps.append({"role": ROLE, "see": {"view": view_of(seen["image"])}, "do": {"action": ACTIONS[action]}})
        seen, reward, over, cut_off, _ = world.step(action)
        if over or cut_off:
            return {"goal": mission, "steps": steps} if reward > 0 else None
    return None
