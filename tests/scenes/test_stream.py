"""Streams: every scene of every shard, from any place on, and never one that was set aside."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes.arrays import arrays_of
from ltm.scenes.lines import attempts
from ltm.scenes.origin import Found, Origin
from ltm.scenes.origin_made import MadeOrigin, built_in
from ltm.scenes.origin_pipe import PipeOrigin
from ltm.scenes.origin_table import TableOrigin
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.prepare_stream import Streamed, open_stream, scenes_of
from ltm.scenes.single import Single, packed
from ltm.scenes.split import group_keys
from ltm.scenes.stream import Standing, Stream
from ltm.training.from_data import propose_for

LABELS = tuple(f"n{number}" for number in range(1000))


def chart_of(**scenes: Any) -> Chart:
    return Chart.model_validate(
        {
            "senses": {"x": {"kind": "vector", "size": 2, "spread": [1000, 1000]}},
            "acts": {"y": {"kind": "label", "labels": LABELS}},
            "zones": {"core": {"kind": "mixer", "write": "replace"}},
            "scenes": {"stream": True, "buffer": 64, **scenes},
        }
    )


def rows(count: int) -> Iterator[dict[str, Any]]:
    return ({"x": [number, number % 7], "y": f"n{number}"} for number in range(count))


def written(folder: Path, ending: str, count: int) -> Path:
    path = folder / f"{count}{ending}"
    found = list(rows(count))
    if ending == ".jsonl":
        path.write_text("\n\n".join(map(json.dumps, found)) + "\n", encoding="utf-8")
    elif ending == ".csv":
        path.write_text("x,y\n" + "".join(f'"{row["x"]}",{row["y"]}\n' for row in found), encoding="utf-8")
    elif ending == ".npz":
        np.savez(path, x=[row["x"] for row in found], y=[row["y"] for row in found])
    else:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.Table.from_pylist(found), path, row_group_size=7)
    return path


def number(scene: Single) -> int:
    return int(scene["y"][0])


def numbers(found: Iterator[Found]) -> list[int]:
    return [number(item.scene) for item in found if not isinstance(item.scene, DataError)]


def made_origin(count: int | None, chunk: int = 16) -> MadeOrigin:
    def make(which: int, wanted: int) -> Iterator[Single | DataError]:
        first = which * chunk
        for value in range(first, first + wanted):
            yield {"x": np.array([value / 1000, 0], np.float32), "y": np.array([value % 1000], np.int32)}

    return MadeOrigin("counting", make, count, chunk)


def pipe(text: str, chart: Chart | None = None) -> PipeOrigin:
    return PipeOrigin(chart or chart_of(), io.BufferedReader(io.BytesIO(text.encode())))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Origin]:
    folder = tmp_path_factory.mktemp("tables")
    found: dict[str, Origin] = {
        ending: TableOrigin(chart_of(), written(folder, ending, 61))
        for ending in (".jsonl", ".csv", ".npz", ".parquet")
    }
    return {**found, "made": made_origin(61)}


KINDS = (".jsonl", ".csv", ".npz", ".parquet", "made")


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.integers(1, 9))
def test_shards_share_nothing_and_are_all_together(tables: dict[str, Origin], kind: str, parts: int) -> None:
    shards = [numbers(tables[kind].scenes(None, (part, parts))) for part in range(parts)]
    together = list(itertools.chain(*shards))
    assert len(set(together)) == len(together)
    assert sorted(together) == list(range(61))


@pytest.mark.parametrize("kind", KINDS)
def test_reading_goes_on_behind_any_scene(tables: dict[str, Origin], kind: str) -> None:
    for shard in ((0, 1), (1, 3)):
        whole = list(tables[kind].scenes(None, shard))
        for stop in (0, 1, len(whole) // 2, len(whole) - 1):
            rest = tables[kind].scenes(whole[stop].place, shard)
            assert numbers(rest) == numbers(iter(whole[stop + 1 :]))


def opened(chart: Chart, origin: Origin, **options: Any) -> tuple[Stream, set[int]]:
    streamed = open_stream(chart, origin, **options)
    return streamed.train, {int(value) for value in streamed.validation.values["y"][:, 0]}


def test_what_is_set_aside_never_comes_not_even_in_a_later_pass(tables: dict[str, Origin]) -> None:
    stream, aside = opened(chart_of(), tables[".jsonl"])
    assert len(aside) == 16
    found = list(itertools.islice(stream.read(Standing()), 3 * (61 - 16)))
    passes = [number(scene) for scene, _ in found]
    assert passes == 3 * [value for value in range(61) if value not in aside]
    assert [standing.passes for _, standing in found[:: 61 - 16]] == [0, 1, 2]
    assert found[-1][1].given == len(found) and found[-1][1].aside == 3 * 16 - (60 in aside)


def test_a_scene_that_is_the_same_up_to_symmetry_is_left_out_too(tmp_path: Path) -> None:
    from ltm.chart.load import load_chart
    from ltm.scenes import sudoku

    made = sudoku.generate(48, seed=3)
    boards = {name: values.reshape(-1, 81).astype(str) for name, values in made.values.items()}
    table = tmp_path / "boards.csv"
    lines = [f"{''.join(a)},{''.join(b)}" for a, b in zip(boards["puzzle"], boards["solution"], strict=True)]
    turned = {name: values.transpose(0, 2, 1).reshape(-1, 81).astype(str) for name, values in made.values.items()}
    lines += [f"{''.join(a)},{''.join(b)}" for a, b in zip(turned["puzzle"], turned["solution"], strict=True)]
    table.write_text("\n".join(["puzzle,solution", *lines]) + "\n")
    settings_ = [f"scenes.source={table}", "scenes.stream=true", "scenes.buffer=48"]
    streamed = scenes_of(load_chart("sudoku", settings_), Path())
    assert isinstance(streamed.train, Stream)
    assert len(streamed.validation) == 16
    one_pass = list(itertools.takewhile(lambda item: not item[1].passes, streamed.train.read(Standing())))
    assert len(one_pass) == 2 * (48 - 16)
    given_ = packed([scene for scene, _ in one_pass], streamed.train.layouts, streamed.train.sides)
    keys = [set(group_keys(scenes, "sudoku").tolist()) for scenes in (given_, streamed.validation)]
    assert len(keys[0]) == 48 - 16 and not keys[0] & keys[1]


def test_every_part_sets_the_same_scenes_aside(tables: dict[str, Origin]) -> None:
    parts = [opened(chart_of(shard=[part, 3]), tables[".csv"]) for part in range(3)]
    assert parts[0][1] == parts[1][1] == parts[2][1]
    first = [
        {number(scene) for scene, standing in itertools.islice(stream.read(Standing()), 10)} for stream, _ in parts
    ]
    assert not first[0] & first[1] and not first[0] & first[2] and not first[1] & first[2]


def test_bad_rows_stop_a_stream_or_are_counted(tmp_path: Path) -> None:
    table = tmp_path / "data.jsonl"
    lines = [json.dumps(row) for row in rows(90)]
    lines[80] = '{"x": [1], "y": "n80"}'
    table.write_text("\n".join(lines) + "\n")
    strict, _ = opened(chart_of(), TableOrigin(chart_of(), table))
    reading = strict.read(Standing())
    with pytest.raises(DataError, match=r"data.jsonl:81: x: expected 2 numbers, got 1"):
        list(reading)
    lenient, _ = opened(chart_of(), TableOrigin(chart_of(), table), skip_bad=True)
    found = [standing for _, standing in itertools.takewhile(lambda item: item[1].passes < 2, lenient.read(Standing()))]
    assert found[-1].skipped == 2 and len(lenient.problems) == 2 and "data.jsonl:81" in lenient.problems[0]


GRID = {"kind": "grid", "symbols": 2, "form": "lists"}


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("uneven", [20, 80])
def test_a_scene_that_no_symmetry_moves_is_named_by_its_line(tmp_path: Path, uneven: int, piped: bool) -> None:
    draw = np.random.default_rng(0)
    boards = [draw.integers(0, 2, (3, 3)).tolist() for _ in range(90)]
    found = [{"a": board, "b": board[: 1 if n == uneven else 3], "c": board} for n, board in enumerate(boards)]
    chart = Chart.model_validate(
        {
            "senses": {"a": GRID, "b": GRID},
            "acts": {"c": GRID},
            "zones": {"core": {"kind": "conv"}},
            "scenes": {"stream": True, "buffer": 64, "symmetries": ["dihedral"]},
        }
    )
    text = "".join(json.dumps(row) + "\n" for row in found)
    (tmp_path / "data.jsonl").write_text(text)

    def origin() -> Origin:
        return pipe(text, chart) if piped else TableOrigin(chart, tmp_path / "data.jsonl")

    where = f"{origin().name}:{uneven + 1}: a scene has 3 by 3 cells in 'a' and 1 by 3 in 'b'"
    with pytest.raises(DataError, match=where):
        list(itertools.islice(open_stream(chart, origin()).train.read(Standing()), 80))
    streamed = open_stream(chart, origin(), skip_bad=True)
    list(itertools.islice(streamed.train.read(Standing()), 80))
    (problem,) = {*streamed.problems, *streamed.train.problems}
    assert problem.startswith(where)


def test_a_file_that_changes_while_it_is_read_stops_the_stream(tmp_path: Path) -> None:
    table = written(tmp_path, ".jsonl", 61)
    stream, _ = opened(chart_of(), TableOrigin(chart_of(), table))
    reading = stream.read(Standing())
    next(reading)
    with table.open("a") as file:
        file.write(json.dumps({"x": [0, 0], "y": "n0"}) + "\n")
    with pytest.raises(DataError, match="was changed while it was being read"):
        list(reading)


def test_a_generator_without_end_and_one_with() -> None:
    stream, aside = opened(chart_of(), made_origin(None))
    assert len(aside) == 16
    *_, (_, standing) = itertools.islice(stream.read(Standing()), 3000)
    assert standing.passes == 0 and standing.given == 3000
    stream, _ = opened(chart_of(), made_origin(100))
    *_, (_, standing) = itertools.islice(stream.read(Standing()), 300)
    assert standing.passes == 3


def test_a_pipe_gives_its_beginning_back_and_ends() -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows(200))
    stream, aside = opened(chart_of(), pipe(text))
    found = [number(scene) for scene, _ in stream.read(Standing())]
    assert found == [value for value in range(200) if value not in aside] and len(aside) == 16
    tabs = "y\tx\n" + "".join(f"{row['y']}\t{row['x']}\n" for row in rows(40))
    assert len(numbers(pipe(tabs).scenes(None))) == 40
    with pytest.raises(DataError, match="standard input: there is no column 'x' among xx, y; did you mean 'xx'"):
        list(pipe("xx,y\n1,n1\n").scenes(None))


def test_a_source_of_a_fixed_number_of_scenes_gives_them_pass_after_pass() -> None:
    pytest.importorskip("sklearn", reason="the source digits needs scikit-learn")
    proposed, _ = propose_for("digits", [], [])
    streamed = proposed.scenes.model_copy(update={"stream": True, "buffer": 64})
    chart = proposed.model_copy(update={"scenes": streamed})
    stream_of = scenes_of(chart, Path())
    assert isinstance(stream_of, Streamed)

    def look(image: np.ndarray) -> bytes:
        return hashlib.blake2b(np.ascontiguousarray(image).tobytes()).digest()

    aside = {look(image) for image in stream_of.validation.values["image"]}
    each = len(generate_scenes(chart, 10_000, 0)) - len(aside)
    first = [look(scene["image"]) for scene, _ in itertools.islice(stream_of.train.read(Standing()), 2 * each)]
    assert set(first[:each]) == set(first[each:]) and len(set(first)) == each and not aside & set(first)
    shards = [set(_drawn(built_in(chart), (part, 3))) for part in range(3)]
    assert all(shards) and sum(map(len, shards)) == len(set.union(*shards)) == each + len(aside)


def _drawn(origin: Origin, shard: tuple[int, int]) -> Iterator[bytes]:
    for found in origin.scenes(None, shard):
        assert not isinstance(found.scene, DataError)
        yield found.scene["image"].tobytes()


def test_too_little_to_stream(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="scenes to learn from: 20; at least 32 are needed"):
        opened(chart_of(), TableOrigin(chart_of(), written(tmp_path, ".jsonl", 20)))
    with pytest.raises(DataError, match="the file is empty"):
        (tmp_path / "empty.jsonl").write_text("")
        opened(chart_of(), TableOrigin(chart_of(), tmp_path / "empty.jsonl"))
    with pytest.raises(DataError, match="no such file"):
        opened(chart_of(), TableOrigin(chart_of(), tmp_path / "none.jsonl"))
    _, aside = opened(chart_of(), made_origin(61, chunk=1))
    stream, _ = opened(chart_of(shard=[min(aside), 61]), made_origin(61, chunk=1))
    with pytest.raises(DataError, match="holds no scene that may be learned from"):
        next(stream.read(Standing()))


@pytest.mark.parametrize(
    ("scenes", "words"),
    [
        ({"stream": False, "shard": [0, 2]}, "only a stream comes in parts"),
        ({"shard": [4, 4]}, "parts are numbered 0 to 3"),
        ({"stream": False, "source": "-"}, "standard input"),
    ],
)
def test_charts_say_what_cannot_be_meant(scenes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        chart_of(**scenes)


def test_places_go_through_json(tables: dict[str, Origin]) -> None:
    stream, _ = opened(chart_of(), tables[".parquet"])
    whole = list(itertools.islice(stream.read(Standing()), 150))
    for stop in (0, 44, 45, 100):
        standing = Standing.of(json.loads(json.dumps(whole[stop][1].numbers())))
        rest = list(itertools.islice(stream.read(standing), 150 - stop - 1))
        assert [(number(s), stands) for s, stands in rest] == [(number(s), stands) for s, stands in whole[stop + 1 :]]


def test_archives_are_read_row_by_row_whatever_their_order(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    values = np.arange(60.0).reshape(10, 3, 2)
    np.savez_compressed(path, a=np.asfortranarray(values), b=values, c=[f"row {n}" for n in range(10)])
    for line, row in attempts(path):
        assert not isinstance(row, DataError)
        assert (row["a"] == values[line - 1]).all() and (row["b"] == values[line - 1]).all()
        assert row["c"] == f"row {line - 1}"


def test_an_array_of_an_archive_that_has_no_rows_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, image=np.zeros((4, 3)), seed=0)
    with pytest.raises(DataError, match=r"x\.npz: can't be read as a NumPy archive: array 'seed': a single number"):
        list(attempts(path))
    np.savez(path, image=np.zeros((4, 3)), odd=np.array([{}], dtype=object))
    for read in (arrays_of, lambda path: list(attempts(path))):
        with pytest.raises(DataError, match="array 'odd': an array of objects"):
            read(path)
