"""Training from a stream: stopped and gone on with it changes no bit, and what can't be had back is said."""

from __future__ import annotations

import errno
import io
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ltm.chart.schema import Chart
from ltm.errors import DataError, LtmError
from ltm.scenes import maze
from ltm.scenes.origin_pipe import PipeOrigin
from ltm.scenes.prepare_stream import Streamed, open_stream, scenes_of
from ltm.scenes.single import singles
from ltm.training.checkpoint import unfinished
from ltm.training.fit import train_chart
from ltm.training.flatten import flatten
from ltm.training.loop import Trainer


def quiet(progress: object) -> None:
    del progress


@pytest.fixture
def table(tmp_path: Path, boards: Any) -> Path:
    made = boards(120).values
    lines = [
        json.dumps({name: "".join(map(str, made[name][number].ravel())) for name in ("puzzle", "solution")})
        for number in range(120)
    ]
    (tmp_path / "boards.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path / "boards.jsonl"


def streaming(chart_of: Any, **scenes: Any) -> Chart:
    chart: Chart = chart_of(scenes={"source": "boards.jsonl", "stream": True, "buffer": 48, **scenes})
    return chart


def trainer(chart: Chart, folder: Path, run: Path | None = None, **options: Any) -> Trainer:
    streamed = scenes_of(chart, folder, **options)
    assert isinstance(streamed, Streamed)
    return Trainer(chart, streamed.train, streamed.validation, run)


def everything(made: Trainer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    slots, numbers = made.slots.state()
    optimiser, _ = flatten(made.optimiser.state())
    weights = {f"weight.{name}": tensor for name, tensor in made.brain.state_dict().items()}
    best = {f"best.{name}": tensor for name, tensor in made.best_weights.items()}
    whole = {
        **weights,
        **best,
        **{f"slot.{n}": t for n, t in slots.items()},
        **{f"o.{n}": t for n, t in optimiser.items()},
    }
    return whole, numbers


def same(one: Trainer, other: Trainer) -> bool:
    (left, numbers), (right, others) = everything(one), everything(other)
    assert left.keys() == right.keys() and numbers == others
    return all(torch.equal(tensor, right[name]) for name, tensor in left.items())


@pytest.mark.parametrize("stop", [1, 9])
def test_stopping_and_going_on_changes_no_bit(chart_of: Any, table: Path, tmp_path: Path, stop: int) -> None:
    chart = streaming(chart_of)
    whole = trainer(chart, tmp_path, tmp_path / "whole")
    assert whole.fit(quiet)
    first = trainer(chart, tmp_path, tmp_path / "parts")
    assert not first.fit(quiet, stop=lambda: first.step >= stop)
    rest = trainer(chart, tmp_path, tmp_path / "parts")
    assert rest.step == stop and rest.fit(quiet)
    assert same(whole, rest)


def test_mazes_of_all_sizes_made_on_the_fly(maze_chart_of: Any, tmp_path: Path) -> None:
    def made(folder: str) -> Trainer:
        spec = {
            "source": "maze",
            "score": "shortest-path",
            "symmetries": ["dihedral"],
            "options": {"sizes": [5, 10]},
            "count": 96,
        }
        chart = maze_chart_of({"steps": 12}, scenes={**spec, "stream": True, "buffer": 32})
        return trainer(chart, tmp_path, tmp_path / folder)

    whole, first = made("whole"), made("parts")
    before = whole.slots.values["maze"].shape
    assert whole.fit(quiet)
    assert not first.fit(quiet, stop=lambda: first.step >= 7)
    rest = made("parts")
    assert rest.fit(quiet) and same(whole, rest)
    assert rest.slots.values["maze"].shape[1:] >= before[1:]


def test_larger_scenes_than_any_before_find_room(maze_chart_of: Any, tmp_path: Path) -> None:
    spec = {"source": "mazes.jsonl", "stream": True, "buffer": 40}
    chart = maze_chart_of({"steps": 30, "segments": 2}, scenes=spec)
    columns = {**chart.senses, **chart.acts}
    little, large = maze.generate(60, seed=0, sizes=(5, 6)), maze.generate(60, seed=1, sizes=(9, 11))
    rows = [
        json.dumps({name: columns[name].decode(value) for name, value in single.items()})
        for single in (*singles(little), *singles(large))
    ]
    (tmp_path / "mazes.jsonl").write_text("\n".join(rows) + "\n")
    made = [trainer(chart, tmp_path, tmp_path / name) for name in ("whole", "parts")]
    assert made[0].slots.values["maze"].shape[1:] == (6, 6)
    assert made[0].fit(quiet)
    assert made[0].slots.values["maze"].shape[1:] == (11, 11)
    made[1].fit(quiet, stop=lambda: made[1].slots.values["maze"].shape[1] > 6)
    rest = trainer(chart, tmp_path, tmp_path / "parts")
    assert rest.fit(quiet) and same(made[0], rest)


def test_a_file_that_has_changed_is_not_gone_on_with(chart_of: Any, table: Path, tmp_path: Path) -> None:
    made = trainer(streaming(chart_of), tmp_path, tmp_path / "run")
    made.train_step()
    made.checkpoint()
    status = table.stat()
    os.utime(table, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(LtmError, match="scenes have changed"):
        trainer(streaming(chart_of), tmp_path, tmp_path / "run")
    os.utime(table, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert trainer(streaming(chart_of), tmp_path, tmp_path / "run").step == 1


def test_a_bad_row_far_on_costs_nothing_that_was_learned(chart_of: Any, table: Path, tmp_path: Path) -> None:
    lines = table.read_text().splitlines()
    lines[100] = lines[100].replace('"puzzle": "', '"puzzle": "x')
    table.write_text("\n".join(lines) + "\n")
    chart = chart_of({"steps": 40}, scenes=streaming(chart_of).scenes.model_dump())
    made = trainer(chart, tmp_path, tmp_path / "run")
    with pytest.raises(DataError, match=r"boards.jsonl:101: puzzle"):
        made.fit(quiet)
    assert made.step > 0
    again = trainer(chart, tmp_path, tmp_path / "run", skip_bad=True)
    assert again.step == made.step and again.fit(quiet)
    assert "1 bad rows skipped" in again.slots.feed.words()


def test_once_all_steps_are_taken_no_scene_is_read(chart_of: Any, table: Path, tmp_path: Path) -> None:
    chart = chart_of({"steps": 3}, scenes=streaming(chart_of).scenes.model_dump())
    made = trainer(chart, tmp_path, tmp_path / "run")
    waits: list[int] = []
    ready = made.slots.ready

    def counted(stop: Any) -> None:
        waits.append(made.step)
        ready(stop)

    made.slots.ready = counted  # type: ignore[method-assign]
    assert made.fit(quiet) and waits == [0, 1, 2]
    again = trainer(chart, tmp_path, tmp_path / "run")
    again.slots.ready = counted  # type: ignore[method-assign]
    assert again.fit(quiet) and waits == [0, 1, 2]


def piped(chart: Chart, table: Path, lines: int, run: Path, said: list[str]) -> Trainer:
    text = "".join(f"{line}\n" for line in table.read_text().splitlines()[:lines])
    origin = PipeOrigin(chart, io.BufferedReader(io.BytesIO(text.encode())))  # type: ignore[arg-type]
    streamed = open_stream(chart, origin)
    return Trainer(chart, streamed.train, streamed.validation, run, say=said.append)


def test_a_pipe_that_ends_ends_training_and_one_that_was_left_goes_on(
    chart_of: Any, table: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    chart = chart_of({"steps": 500, "segments": 1}, scenes={"source": "-", "stream": True, "buffer": 48})
    first = piped(chart, table, 120, tmp_path / "run", said)
    assert not first.fit(quiet, stop=lambda: first.step >= 3)
    rest = piped(chart, table, 120, tmp_path / "run", said)
    assert rest.step == 3 and any("can't be rewound" in words for words in said)
    assert rest.fit(quiet)
    assert 3 < rest.step < 30 and any("come to an end" in words for words in said)
    assert rest.best is not None and rest.finished_brain() is not None


def test_a_pipe_that_stalls_can_be_left(chart_of: Any, table: Path, tmp_path: Path) -> None:
    receives, sends = os.pipe()
    os.write(sends, table.read_bytes())  # less than a pipe holds, and it stays open
    chart = chart_of({"steps": 10**6, "segments": 1}, scenes={"source": "-", "stream": True, "buffer": 48})
    streamed = open_stream(chart, PipeOrigin(chart, io.BufferedReader(io.FileIO(receives))))
    made = Trainer(chart, streamed.train, streamed.validation, tmp_path / "run")
    seen = (0, time.monotonic())

    def stalled() -> bool:
        nonlocal seen
        seen = seen if made.step == seen[0] else (made.step, time.monotonic())
        return time.monotonic() > seen[1] + 2

    assert not made.fit(quiet, stop=stalled)
    assert 0 < made.step < 20 and unfinished(tmp_path / "run")
    os.close(sends)
    made.slots.feed.close()


def test_a_streamed_brain_tells_what_it_learned_from_and_no_folder(chart_of: Any, table: Path, tmp_path: Path) -> None:
    chart = streaming(chart_of)
    fitted = train_chart(chart, tmp_path / "brain", folder=tmp_path, speed=False)
    assert fitted.finished
    record = json.loads((tmp_path / "brain" / "brain.json").read_text())
    told = record["provenance"]["data"]
    assert told.startswith("boards.jsonl: ") and "scenes streamed" in told and "16 set aside" in told
    assert str(tmp_path) not in json.dumps(record)


def test_the_buffer_shuffles_and_every_scene_is_learned_from(chart_of: Any, table: Path, tmp_path: Path) -> None:
    from ltm.training.shuffle import Shuffle

    streamed = scenes_of(streaming(chart_of), tmp_path)
    assert isinstance(streamed, Streamed)
    shuffle = Shuffle(streamed.train, torch.Generator().manual_seed(0))
    drawn = [shuffle.draw(1).values["puzzle"].tobytes() for _ in range(600)]
    assert len(set(drawn)) == 120 - 16
    assert drawn[:104] != drawn[104:208]
    aside = {board.tobytes() for board in streamed.validation.values["puzzle"]}
    assert not aside & set(drawn)
    tensors, _ = shuffle.state()
    assert len(tensors["shapes.puzzle"]) == 48, "memory is that of the buffer"
    shuffle.close()


@pytest.mark.parametrize("room", [2, 19, 34])
def test_a_disk_that_fills_while_streaming_costs_no_scene(
    chart_of: Any, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    chart = streaming(chart_of)
    whole = trainer(chart, tmp_path, tmp_path / "whole")
    assert whole.fit(quiet, checkpoint_seconds=0)
    real, written = os.fsync, [0]

    def full(handle: int) -> None:
        written[0] += 1
        if written[0] > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch, pytest.raises(LtmError, match="disk full"):
        patch.setattr(os, "fsync", full)
        trainer(chart, tmp_path, tmp_path / "parts").fit(quiet, checkpoint_seconds=0)
    rest = trainer(chart, tmp_path, tmp_path / "parts")
    assert rest.step < whole.step
    assert rest.fit(quiet, checkpoint_seconds=0)
    assert same(whole, rest)
