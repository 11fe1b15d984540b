"""Scenes that a brain keeps: those to judge by are spread over the file, however few fit."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import make_boards, make_chart

from ltm.brain.brain import Brain
from ltm.brain.familiarity import Familiarity
from ltm.scenes.store import SceneSet
from ltm.training import familiar
from ltm.training.familiar import familiarity_with
from ltm.training.keep import MOST_ASIDE, _evenly, _spread, choose


@pytest.mark.parametrize("count", [7, 100, 250])
@pytest.mark.parametrize("taken", [0.1, 0.3, 0.7, 1.0])
def test_any_beginning_is_spread_evenly(count: int, taken: float) -> None:
    numbers = _spread(10_000, count)
    order = _evenly(numbers)
    assert sorted(order.tolist()) == numbers.tolist()
    first = np.sort(order[: max(2, int(taken * count))])
    widest = np.diff(np.concatenate(([0], first, [9_999]))).max()
    assert widest <= 3 * 10_000 / len(first)


def test_of_wide_tables_fewer_scenes_make_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    made, of = list[tuple[int, ...]](), Familiarity.of
    monkeypatch.setattr(Familiarity, "of", lambda cloud, *rest: made.append(cloud.shape) or of(cloud, *rest))
    brain, known = Brain(make_chart(), 0).eval(), make_boards(90)
    whole = familiarity_with(brain, known, known)
    monkeypatch.setattr(familiar, "MOST_NUMBERS", 70 * len(whole.mean_F))
    assert familiarity_with(brain, known, known).consistent
    monkeypatch.setattr(familiar, "MOST_NUMBERS", 1)
    familiarity_with(brain, known, known)
    assert [count for count, _ in made] == [90, 70, familiar.LEAST_SCENES]


def test_a_sorted_file_is_judged_by_all_of_it() -> None:
    brain, known = Brain(make_chart(), 0).eval(), make_boards(60)
    # Pictures of noise, of which few fit; sorted, so that their first cell says where they stand.
    draw = np.random.default_rng(0)
    boards = draw.integers(1, 5, (400, 4, 4), dtype=np.uint8)
    aside = SceneSet.of({"puzzle": boards, "solution": boards}, lines=np.arange(400))
    brain.familiarity = familiarity_with(brain, known, known)
    kept = choose(brain, known, aside, 4_000, False, None, 0).rehearsal
    assert kept is not None and 10 < len(kept.aside) < min(MOST_ASIDE, 400)
    lines = kept.aside.lines
    assert lines.min() < 40 and lines.max() > 360 and (np.diff(lines) > 0).all()
