"""Episodes of BabyAI: symbols, missions, what the expert does, and what is refused."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from ltm.errors import DataError
from ltm.scenes.minigrid import ACTIONS, COLUMNS, MinigridOptions, cells, episodes, view_of, words_of_mission
from ltm.training.from_data import propose_for

pytest.importorskip("minigrid", reason="minigrid is not installed: pip install 'ltm[data]'")


def test_every_thing_has_a_symbol_of_its_own() -> None:
    things = cells()
    image = np.zeros((7, 7, 3), dtype=np.uint8)
    image.reshape(-1, 3)[: len(things)] = things
    symbols = np.array(view_of(image)).T.reshape(-1)
    assert symbols[: len(things)].tolist() == list(range(len(things)))


def test_a_view_has_what_lies_ahead_on_top_and_the_left_on_the_left() -> None:
    image = np.zeros((7, 7, 3), dtype=np.uint8)
    image[6, 0] = (6, 2, 0)  # the rightmost column, the farthest row
    view = np.array(view_of(image))
    assert view[0, 6] == cells().index((6, 2, 0)) and (np.delete(view.reshape(-1), 6) == 0).all()


def test_episodes_end_where_the_expert_succeeds() -> None:
    made = list(islice(episodes(MinigridOptions(), 3, 0), 3))
    assert [row["goal"] for row in made] == [row["goal"] for row in episodes(MinigridOptions(), 3, 0)]
    assert made != list(episodes(MinigridOptions(), 3, 1))
    for row in made:
        COLUMNS["goal"].encode(row["goal"])
        for step in row["steps"]:
            assert COLUMNS["view"].encode(step["see"]["view"]).shape == (7, 7)
            assert step["do"]["action"] in ACTIONS


def test_commas_of_missions_are_words() -> None:
    assert words_of_mission("go to the ball, then go") == "go to the ball , then go"


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(DataError, match="no BabyAI-GoToLoca-v0; did you mean 'GoToLocal'"):
        next(iter(episodes(MinigridOptions(level="GoToLoca"), 1, 0)))


def test_who_has_to_find_what_a_mission_asks_for_attends() -> None:
    chart, _ = propose_for("minigrid", [], [], minutes=1, size="1MB", count=300)
    (core,) = chart.zones.values()
    assert core.kind == "attention" and chart.steps is not None and chart.steps.goal == "goal"
    assert chart.acts["action"].place("view") == "goal" and chart.training.batch < 64
