"""Checkpoints: bit-identical, whole after every crash, and loud about falling back."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from alike import same

from ltm.errors import FolderError, LtmError
from ltm.training import checkpoint
from ltm.training.checkpoint import load_latest, save_checkpoint


def groups(step: int) -> dict[str, dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(step)
    return {
        "model": {"b": torch.randn(5, generator=generator).bfloat16(), "w": torch.randn(8, 5, generator=generator)},
        "best": {},
        "generators": {"slots": generator.get_state()},
    }


def save(run: Path, *steps: int) -> None:
    for step in steps:
        save_checkpoint(run, step, groups(step), {"chart": "abc", "best": 0.1 + 0.2, "worst": float("-inf")})


def names(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def newest(run: Path) -> Path:
    return max(path for path in (run / "checkpoints").iterdir() if path.name.startswith("step_"))


def test_round_trip(tmp_path: Path) -> None:
    assert load_latest(tmp_path) is None
    save(tmp_path, 120)
    found = load_latest(tmp_path)
    assert found is not None
    assert (found.step, found.notes) == (120, ())
    assert same({name: found.groups[name] for name in groups(120)}, groups(120))
    assert found.state == {"chart": "abc", "best": 0.1 + 0.2, "worst": float("-inf"), "step": 120}
    assert names(tmp_path) == ["latest", "step_00000120"]
    assert (tmp_path / "checkpoints" / "latest").read_text() == "step_00000120\n"


def test_infinities_and_nan_in_tensors_survive(tmp_path: Path) -> None:
    odd = {"model": {"x": torch.tensor([float("nan"), float("inf"), -0.0])}}
    save_checkpoint(tmp_path, 1, odd, {})
    found = load_latest(tmp_path)
    assert found is not None
    assert same(found.groups, odd)


def test_generator_goes_on_where_it_was(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(5)
    torch.rand(7, generator=generator)
    save_checkpoint(tmp_path, 1, {"generators": {"g": generator.get_state()}}, {})
    expected = torch.rand(9, generator=generator)
    found = load_latest(tmp_path)
    assert found is not None
    other = torch.Generator()
    other.set_state(found.groups["generators"]["g"])
    assert torch.equal(torch.rand(9, generator=other), expected)


def test_newest_two_are_kept(tmp_path: Path) -> None:
    save(tmp_path, 1, 2, 3, 10, 100_000_000)
    assert names(tmp_path) == ["latest", "step_00000010", "step_100000000"]
    found = load_latest(tmp_path)
    assert found is not None
    assert found.step == 100_000_000


def test_same_step_again(tmp_path: Path) -> None:
    save(tmp_path, 1, 2)
    save_checkpoint(tmp_path, 2, {"model": {"x": torch.ones(1)}}, {"again": True})
    assert names(tmp_path) == ["latest", "step_00000001", "step_00000002"]
    found = load_latest(tmp_path)
    assert found is not None
    assert found.state["again"] is True


def test_going_back_in_time_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 5, 6)
    with pytest.raises(LtmError, match="step_00000006: already further than step 1; resume"):
        save(tmp_path, 1)
    assert names(tmp_path) == ["latest", "step_00000005", "step_00000006"]


def flip(file: Path, at: int = -1) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(bytes(data))


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    body = json.loads((path / "state.json").read_text())
    change(body)
    (path / "state.json").write_text(json.dumps(body))


def stand_in(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("x")


MODEL, STATE = "model.safetensors", "state.json"
DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "flipped bit": (lambda p: flip(p / MODEL), r"model\.safetensors: damaged"),
    "flipped bit in header": (lambda p: flip(p / MODEL, 10), r"model\.safetensors: damaged"),
    "truncated": (lambda p: os.truncate(p / MODEL, 30), r"model\.safetensors: damaged"),
    "empty": (lambda p: os.truncate(p / MODEL, 0), r"model\.safetensors: damaged"),
    "missing": (lambda p: (p / MODEL).unlink(), r"model\.safetensors: missing"),
    "swapped": (lambda p: shutil.copy(p / "best.safetensors", p / MODEL), r"model\.safetensors: damaged"),
    "missing state": (lambda p: (p / STATE).unlink(), r"state\.json: missing"),
    "truncated state": (lambda p: os.truncate(p / STATE, 100), r"state\.json: damaged"),
    "empty state": (lambda p: os.truncate(p / STATE, 0), r"state\.json: damaged"),
    "list": (lambda p: (p / STATE).write_text("[]"), r"state\.json: damaged"),
    "deep": (lambda p: (p / STATE).write_text("[" * 100_000), r"state\.json: damaged"),
    "not text": (lambda p: (p / STATE).write_bytes(b"\xff" * 10), r"state\.json: damaged"),
    "changed number": (lambda p: edit(p, lambda b: b["state"].update(best=0.4)), r"state\.json: damaged"),
    "changed step": (lambda p: edit(p, lambda b: b.update(step=7)), r"state\.json: damaged"),
    "dropped file": (lambda p: edit(p, lambda b: b["files"].pop(MODEL)), r"state\.json: damaged"),
    "folder emptied": (lambda p: [file.unlink() for file in p.iterdir()], r"state\.json: missing"),
    "a file instead": (stand_in, r"state\.json: "),
    "another's content": (
        lambda p: (shutil.rmtree(p), shutil.copytree(p.with_name("step_00000001"), p)),
        r"state\.json: belongs to step 1",
    ),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_falls_back_loudly(tmp_path: Path, damage: Callable[[Path], object], message: str) -> None:
    save(tmp_path, 1, 2)
    damage(newest(tmp_path))
    found = load_latest(tmp_path)
    assert found is not None
    assert found.step == 1
    assert same({name: found.groups[name] for name in groups(1)}, groups(1))
    assert len(found.notes) == 2
    assert re.search(message, found.notes[0])
    assert found.notes[0].startswith("damaged checkpoint: ")
    assert found.notes[1] == "going back to step_00000001, the newest whole checkpoint"


def test_forged_lists_cannot_lead_elsewhere(tmp_path: Path) -> None:
    save(tmp_path, 1, 2)

    def forge(body: dict[str, Any]) -> None:
        body["files"]["../../../secret.safetensors"] = body["files"][MODEL]
        del body["sha256"]
        body["sha256"] = checkpoint._digest(checkpoint._canonical(body))

    edit(newest(tmp_path), forge)
    found = load_latest(tmp_path)
    assert found is not None
    assert "lists a file '../../../secret.safetensors'" in found.notes[0]


def test_all_damaged(tmp_path: Path) -> None:
    save(tmp_path, 1, 2)
    for name in ("step_00000001", "step_00000002"):
        flip(tmp_path / "checkpoints" / name / MODEL)
    with pytest.raises(FolderError, match="every checkpoint is damaged") as caught:
        load_latest(tmp_path)
    assert caught.value.exit_code == 4
    assert str(caught.value).count("model.safetensors: damaged") == 2


def test_missing_newest_is_noticed(tmp_path: Path) -> None:
    save(tmp_path, 1, 2)
    shutil.rmtree(newest(tmp_path))
    found = load_latest(tmp_path)
    assert found is not None
    assert found.notes == (
        "checkpoint step_00000002 was written, but it is missing",
        "going back to step_00000001, the newest whole checkpoint",
    )


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff", b"x" * 1000, b"../../x"])
def test_marker_does_not_matter(tmp_path: Path, content: bytes) -> None:
    save(tmp_path, 1, 2)
    (tmp_path / "checkpoints" / "latest").write_bytes(content)
    found = load_latest(tmp_path)
    assert found is not None
    assert (found.step, found.notes) == (2, ())


def test_training_on_after_a_fall_back(tmp_path: Path) -> None:
    save(tmp_path, 1, 5)
    flip(newest(tmp_path) / MODEL)
    save(tmp_path, 3)
    assert names(tmp_path) == ["latest", "step_00000001", "step_00000003"]
    found = load_latest(tmp_path)
    assert found is not None
    assert (found.step, found.notes) == (3, ())


def test_left_overs_are_swept(tmp_path: Path) -> None:
    save(tmp_path, 1)
    half = tmp_path / "checkpoints" / ".step_00000002.tmp-0123abcd"
    half.mkdir()
    (half / MODEL).write_text("half")
    (tmp_path / "checkpoints" / ".latest.tmp-0123abcd").write_text("half")
    found = load_latest(tmp_path)
    assert found is not None
    assert found.step == 1
    assert names(tmp_path) == ["latest", "step_00000001"]


@pytest.mark.parametrize("after", range(5))
def test_disk_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    save(tmp_path, 1, 2)
    real, calls = os.fsync, [0]

    def full(handle: int) -> None:
        calls[0] += 1
        if calls[0] > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(LtmError, match="disk full"):
            save(tmp_path, 3)
    found = load_latest(tmp_path)
    assert found is not None
    assert (found.step, found.notes) == (2, ())
    assert names(tmp_path) == ["latest", "step_00000001", "step_00000002"]


def test_bad_group_name_and_value(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"group name '../x'"):
        save_checkpoint(tmp_path, 1, {"../x": {}}, {})
    with pytest.raises(TypeError):
        save_checkpoint(tmp_path, 1, {}, {"x": object()})
    assert load_latest(tmp_path) is None


KILLED = """
import os, signal, sys, time
from pathlib import Path
import torch
from ltm.training.checkpoint import load_latest, save_checkpoint

torch.set_num_threads(1)
run, reached, moved = Path(sys.argv[1]), 0, 0
checkpoints = run / "checkpoints"
def newest():
    try:
        names = os.listdir(checkpoints)
    except FileNotFoundError:
        return 0
    return max((int(name[5:13]) for name in names if name.startswith("step_")), default=0)
for attempt in range(6):
    child = os.fork()
    if child == 0:
        step = reached
        while True:
            step += 1
            save_checkpoint(run, step, {"model": {"x": torch.full((50_000,), float(step))}}, {"is": step})
    until = time.monotonic() + 15  # however busy the machine is, something is saved before the kill
    while newest() <= reached and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(0.037 * attempt)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = load_latest(run)
    if found is None:
        continue
    assert found.notes == (), found.notes
    assert found.step == found.state["is"] >= reached
    assert bool((found.groups["model"]["x"] == found.step).all())
    moved += found.step > reached
    reached = found.step
assert moved >= 3, "hardly anything was saved between the kills"
"""


def test_killed_while_saving_back_to_back(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
