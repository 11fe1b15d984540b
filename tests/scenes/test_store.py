from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.errors import DataError
from ltm.scenes import store
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.senses.grid import VOID

SIDES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=30)


def _scenes(sides: list[tuple[int, int]], seed: int = 0) -> list[dict[str, np.ndarray]]:
    generator = np.random.default_rng(seed)
    return [{name: generator.integers(0, 3, side).astype(np.uint8) for name in ("a", "b")} for side in sides]


def _write(scenes: list[dict[str, np.ndarray]], limit: int) -> SceneWriter:
    writer = SceneWriter(("a", "b"), limit=limit)
    for line, scene in enumerate(scenes, 2):
        writer.append(scene, line)
    return writer


@settings(derandomize=True, max_examples=40, deadline=None)
@given(SIDES, st.sampled_from([1, 40, 10**6]))
def test_what_is_written_is_read_back(sides: list[tuple[int, int]], limit: int) -> None:
    scenes = _scenes(sides)
    made = _write(scenes, limit).finish()
    assert len(made) == len(scenes)
    assert made.values["a"].shape[1:] == tuple(np.max(sides, axis=0))
    for index, scene in enumerate(scenes):
        rows, columns = made.shapes[index]
        assert (rows, columns) == scene["a"].shape
        assert made.lines[index] == index + 2
        for name in ("a", "b"):
            assert (made.values[name][index, :rows, :columns] == scene[name]).all()
            assert (made.values[name][index, rows:] == VOID).all()
            assert (made.values[name][index, :, columns:] == VOID).all()


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.sampled_from([1, 10**6]))
def test_distinct_keeps_the_first_of_equal_scenes(picks: list[int], limit: int) -> None:
    kinds = _scenes([(1, 2), (2, 1), (2, 2), (2, 2), (1, 4), (4, 1)])
    made = _write([kinds[pick] for pick in picks], limit).finish(distinct=True)
    expected = [index + 2 for index, pick in enumerate(picks) if pick not in picks[:index]]
    assert made.lines.tolist() == expected


def test_grids_with_equal_cells_but_other_shapes_are_different() -> None:
    flat, tall = np.zeros((1, 4), dtype=np.uint8), np.zeros((4, 1), dtype=np.uint8)
    made = _write([{"a": flat, "b": flat}, {"a": tall, "b": tall}], 10).finish(distinct=True)
    assert len(made) == 2


def test_large_sets_are_on_disk_and_stay_when_the_writer_is_gone() -> None:
    scenes = _scenes([(3, 3)] * 50)
    writer = _write(scenes, 100)
    made = writer.finish()
    gone = weakref.ref(writer)
    del writer
    gc.collect()
    assert gone() is None
    assert isinstance(made.values["a"], np.memmap)
    assert (np.stack([scene["b"] for scene in scenes]) == made.values["b"]).all()


def test_writing_takes_constant_memory() -> None:
    grid = np.zeros((100, 100), dtype=np.uint8)
    tracemalloc.start()
    writer = SceneWriter(("a",), limit=200_000)
    for _ in range(1000):
        writer.append({"a": grid})
    made = writer.finish(distinct=True)
    again = SceneWriter(("a",), limit=200_000)
    for index in range(1000):
        again.append({"a": grid[: 100 - index % 2] + np.uint8(index % 200)})
    padded = again.finish()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(made) == 1
    assert padded.values["a"].nbytes == 10**7
    # Ten megabytes a set, of which at most one block of four is in memory, with what it was made from.
    assert peak < 16 * 10**6


def test_take_and_crop() -> None:
    made = _write(_scenes([(1, 2), (5, 5), (2, 1)]), 10**6).finish()
    some = made.take([2, 0])
    assert some.lines.tolist() == [4, 2]
    assert some.values["a"].shape == (2, 5, 5)
    assert some.crop().values["a"].shape == (2, 2, 2)
    assert made.take(np.array([False, True, False])).lines.tolist() == [3]
    assert len(made.take([])) == 0
    assert made.take([]).crop().values["b"].shape == (0, 0, 0)


def test_take_of_much_goes_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _write(_scenes([(3, 3)] * 50), 100).finish()
    monkeypatch.setattr(store, "SPOOL_BYTES", 100)
    order = np.arange(50)[::-1]
    turned = made.take(order)
    assert isinstance(turned.values["a"], np.memmap)
    assert (turned.values["a"] == np.asarray(made.values["a"])[order]).all()


def test_scenes_must_agree_in_shape_and_size() -> None:
    writer = SceneWriter(("a", "b"))
    with pytest.raises(DataError, match="a is 2×2, b is 2×3"):
        writer.append({"a": np.zeros((2, 2)), "b": np.zeros((2, 3))})
    with pytest.raises(DataError, match="1,024"):
        writer.append({"a": np.zeros((1, 70_000)), "b": np.zeros((1, 70_000))})
    assert len(writer) == 0


def test_sets_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        SceneSet.of({"a": np.zeros((2, 3, 3)), "b": np.zeros((2, 3, 4))})
    with pytest.raises(ValueError, match="shapes"):
        SceneSet.of({"a": np.zeros((2, 3, 3))}, shapes=np.zeros((3, 2)))


def test_padding_that_exceeds_the_disk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 100}))
    writer = _write(_scenes([(1, 1)] * 50 + [(30, 30)]), 100)
    with pytest.raises(DataError, match="TMPDIR"):
        writer.finish()
