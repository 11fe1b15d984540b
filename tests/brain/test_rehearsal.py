"""What a brain keeps to rehearse: packed and unpacked, chosen within its bytes, refused where it is damaged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.rehearsal import Rehearsal, pack, packed_bytes
from ltm.chart.propose import propose
from ltm.errors import FolderError
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.senses.layout import Layout
from ltm.training.familiar import familiarity_with
from ltm.training.keep import HARD, choose

LAYOUTS = {"grid": Layout(2, "uint8"), "numbers": Layout(1, "float32"), "tokens": Layout(1, "int32")}
COLUMNS = {
    "board": {"kind": "grid", "rows": 4, "columns": 4, "symbols": 5, "form": "text"},
    "kind": {"kind": "label", "labels": ["a", "b", "c"]},
}


def ragged(count: int = 6) -> SceneSet:
    """Values of every number type, of sizes that differ, with missing numbers."""
    draw, writer = np.random.default_rng(0), SceneWriter(LAYOUTS)
    for number in range(count):
        numbers = draw.normal(size=number + 1).astype(np.float32)
        numbers[0] = np.nan
        tokens = draw.integers(0, 70_000, 7 - number)
        writer.append({"grid": draw.integers(0, 9, (number + 1, 3)), "numbers": numbers, "tokens": tokens})
    return writer.finish()


def boards(count: int, seed: int, rare: int = 0) -> SceneSet:
    """Boards of which `rare` have an answer of their own."""
    grids = np.random.default_rng(seed).integers(0, 5, (count, 4, 4), dtype=np.uint8)
    kinds = (np.arange(count)[:, None] % 2).astype(np.uint8)
    kinds[:rare] = 2
    return SceneSet.of({"board": grids, "kind": kinds})


@pytest.fixture(scope="module")
def brain() -> Brain:
    made = Brain(propose(COLUMNS, ["board"], ["kind"], source="any.csv", size=60_000)).eval()
    made.familiarity = familiarity_with(made, boards(300, 0), boards(100, 1))
    return made


def test_scenes_come_back_as_they_were() -> None:
    scenes = ragged()
    kept = Rehearsal(scenes, scenes.take([0, 2]))
    again = Rehearsal.of(kept.tensors(), LAYOUTS, "here")
    for before, after in ((kept.replay, again.replay), (kept.aside, again.aside.take([0, 1]))):
        for name in LAYOUTS:
            np.testing.assert_array_equal(before.shapes[name], after.shapes[name])
            for place, sides in enumerate(before.shapes[name].tolist()):
                corner = (place, *(slice(side) for side in sides))
                np.testing.assert_array_equal(before.values[name][corner], after.values[name][corner])


DAMAGE: dict[str, tuple[Callable[[dict[str, Tensor]], object], str]] = {
    "missing": (lambda t: t.pop("aside.cells.grid"), "missing tensor 'aside.cells.grid'"),
    "unknown": (lambda t: t.update(more=torch.zeros(1)), "unknown tensor 'more'"),
    "no deflated bytes": (lambda t: t["replay.cells.grid"].zero_(), "doesn't unpack"),
    "cut": (lambda t: t.update({"replay.cells.grid": t["replay.cells.grid"][:-4]}), "doesn't unpack"),
    "other sizes": (lambda t: t["replay.sides.grid"].add_(1), "doesn't unpack"),
    "no size": (lambda t: t["replay.sides.grid"].zero_(), "impossible size"),
    "bomb": (lambda t: t["replay.sides.grid"].fill_(2000), "impossible size"),
    "too large": (lambda t: t.update({"replay.sides.grid": torch.full((2000, 2), 1024, dtype=torch.int32)}), "unpacks"),
    "other axes": (lambda t: t.update({"replay.sides.grid": t["replay.sides.grid"][:, :1]}), "not laid out"),
    "other counts": (lambda t: t.update({k: pack_of(3)[k[7:]] for k in t if k in MIXED}), "different numbers"),
}
MIXED = ("replay.cells.grid", "replay.sides.grid")


def pack_of(count: int) -> dict[str, Tensor]:
    return pack(ragged(count))


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_does_not_fit_is_refused(damage: str) -> None:
    harm, words = DAMAGE[damage]
    tensors = Rehearsal(ragged(), ragged()).tensors()
    harm(tensors)
    with pytest.raises(FolderError, match=words):
        Rehearsal.of(tensors, LAYOUTS, "here")


def test_what_is_kept_fits_and_leaves_no_answer_out(brain: Brain) -> None:
    known, aside = boards(600, 3, rare=6), boards(200, 4)
    for size in (1500, 4000):
        kept = choose(brain, known, aside, size, False, None, 0).rehearsal
        assert kept is not None
        taken = packed_bytes(kept.replay) + packed_bytes(kept.aside)
        assert 0.8 * size < taken <= size
        assert set(np.unique(kept.replay.values["kind"])) == {0, 1, 2}
    all_of_them = choose(brain, known.take(range(40)), aside, 10**6, False, None, 0).rehearsal
    assert all_of_them is not None and len(all_of_them.replay) == 40 and len(all_of_them.aside) == 200
    again = choose(brain, known, aside, 4000, False, None, 0).rehearsal
    assert again is not None and kept is not None
    assert all(torch.equal(tensor, again.tensors()[name]) for name, tensor in kept.tensors().items())


def test_hard_scenes_are_among_those_kept(brain: Brain) -> None:
    from ltm.training.looks import look_at

    known = boards(600, 3)
    right = look_at(brain, known, (6,), False, None).right[0]
    assert 0.2 < right.mean() < 0.8, "the untrained brain must get some wrong and some right"
    kept = choose(brain, known, boards(100, 4), 3000, False, None, 0).rehearsal
    assert kept is not None
    wrong = 1 - look_at(brain, kept.replay, (6,), False, None).right[0].mean()
    others = 1 - right.mean()
    assert wrong > others + 0.8 * HARD * (1 - others) - 0.1


@pytest.mark.parametrize("size", [0, 10])
def test_nothing_is_kept_where_there_is_no_room(brain: Brain, size: int) -> None:
    kept = choose(brain, boards(100, 0), boards(50, 1), size, False, None, 0)
    assert kept.rehearsal is None and kept.words
