from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.errors import DataError
from ltm.scenes import spool
from ltm.scenes.store import SceneSet, SceneWriter, join
from ltm.senses.layout import VOID, Layout

SIDES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=30)


def _scenes(sides: list[tuple[int, int]], seed: int = 0) -> list[dict[str, np.ndarray]]:
    generator = np.random.default_rng(seed)
    return [{name: generator.integers(0, 3, side).astype(np.uint8) for name in ("a", "b")} for side in sides]


def _write(scenes: list[dict[str, np.ndarray]], limit: int) -> SceneWriter:
    writer = SceneWriter({"a": Layout(), "b": Layout()}, limit=limit)
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
        rows, columns = made.shapes["a"][index]
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
    writer = SceneWriter({"a": Layout()}, limit=200_000)
    for _ in range(1000):
        writer.append({"a": grid})
    made = writer.finish(distinct=True)
    again = SceneWriter({"a": Layout()}, limit=200_000)
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
    monkeypatch.setattr(spool, "SPOOL_BYTES", 100)
    order = np.arange(50)[::-1]
    turned = made.take(order)
    assert isinstance(turned.values["a"], np.memmap)
    assert (turned.values["a"] == np.asarray(made.values["a"])[order]).all()


def test_no_side_may_be_longer_than_its_layout_allows() -> None:
    writer = SceneWriter({"a": Layout(), "b": Layout()})
    with pytest.raises(DataError, match=r"a: .* 1,024 places at most, got 1×70,000"):
        writer.append({"a": np.zeros((1, 70_000)), "b": np.zeros((1, 70_000))})
    assert len(writer) == 0


def test_sets_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="b has 3 values for 2 scenes"):
        SceneSet.of({"a": np.zeros((2, 3, 3)), "b": np.zeros((3, 3, 3))})
    with pytest.raises(ValueError, match="shapes of a"):
        SceneSet.of({"a": np.zeros((2, 3, 3))}, shapes={"a": np.zeros((3, 2))})


def test_columns_may_differ_in_shape_and_type() -> None:
    columns = {"grid": Layout(), "label": Layout(rank=1, dtype="int32"), "sound": Layout(rank=2, dtype="float32")}
    writer = SceneWriter(columns, limit=10)
    generator = np.random.default_rng(0)
    scenes = [
        {
            "grid": generator.integers(0, 9, (2 + index % 2, 3)),
            "label": np.array([1000 * index]),
            "sound": generator.normal(size=(1 + index, 2)),
        }
        for index in range(4)
    ]
    for scene in scenes:
        writer.append(scene)
    made = join([writer.finish(), writer.finish().take([1, 0])]).take([0, 1, 2, 3, 5])
    assert [made.values[name].dtype for name in columns] == [np.uint8, np.int32, np.float32]
    assert [made.values[name].shape for name in columns] == [(5, 3, 3), (5, 1), (5, 4, 2)]
    for place, scene in enumerate([*scenes, scenes[0]]):
        for name, value in scene.items():
            corner = (place, *(slice(side) for side in made.shapes[name][place]))
            assert np.array_equal(made.values[name][corner], value.astype(columns[name].dtype))
    assert (made.values["grid"][0, 2] == VOID).all() and np.isnan(made.values["sound"][0, 1:]).all()
    assert made.take([0, 4]).crop().values["sound"].shape == (2, 1, 2)


def test_padding_that_exceeds_the_disk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 100}))
    writer = _write(_scenes([(1, 1)] * 50 + [(30, 30)]), 100)
    with pytest.raises(DataError, match="TMPDIR"):
        writer.finish()
