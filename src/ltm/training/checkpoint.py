"""Checkpoints of a training run: all or nothing on disk, and the last whole one is found again after any crash.

Under `<run>/checkpoints/` there is one folder a checkpoint, `step_00000120/`, with one safetensors file a group of
tensors and `state.json`, which holds the sha256 of every file and of itself. A checkpoint exists once its folder has
been renamed into place; `latest` names the newest for people and for noticing that it went missing. No pickle: the
state of optimisers is taken apart by `ltm.training.flatten` into tensors and JSON.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ltm.errors import FolderError, LtmError
from ltm.runtime.atomic import sweep, write_file, write_folder
from ltm.runtime.weights import from_bytes, read_bytes, to_bytes

KEPT = 2
"""Checkpoints kept; never fewer, as the newest may turn out to be damaged."""
MAX_STATE = 64_000_000
"""Bytes of `state.json`."""
_FORMAT = 1
_FOLDER = re.compile(r"step_(\d{8,})")
_GROUP = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was found whole.

    Attributes:
        step: optimiser steps done.
        groups: tensors by group and name.
        state: everything else; holds `step` too.
        notes: what the user must be told, such as that a newer checkpoint is damaged.
    """

    step: int
    groups: dict[str, dict[str, Tensor]]
    state: dict[str, Any]
    notes: tuple[str, ...] = ()


def save_checkpoint(run: Path, step: int, groups: Mapping[str, Mapping[str, Tensor]], state: Mapping[str, Any]) -> Path:
    """Writes a checkpoint, then removes all but the newest two.

    Args:
        run: the folder of the training run.
        step: optimiser steps done.
        groups: tensors by group and name; group names are lower-case words.
        state: anything that JSON can hold; NaN and infinities included.

    Returns:
        The checkpoint's folder.

    Raises:
        LtmError: the disk is full or refuses (earlier checkpoints stay), or there is a whole one of a later step.
    """
    folder = run / "checkpoints"
    sweep(folder)
    found = _steps(folder)
    newer = [path for at, path in found if at > step]
    for path in newer:
        if _problem(path) is None:
            raise LtmError(f"{path}: already further than step {step:,}; resume from it or choose another folder")
    target = folder / f"step_{step:08d}"
    contents: dict[str, bytes] = {}
    for name, tensors in groups.items():
        if not _GROUP.fullmatch(name):
            raise ValueError(f"group name {name!r} is not a lower-case word")
        file = f"{name}.safetensors"
        contents[file] = to_bytes(tensors, {"group": name}, str(target / file), finite=False)
    body = {
        "format": _FORMAT,
        "step": step,
        "files": {file: {"sha256": _digest(data), "bytes": len(data)} for file, data in contents.items()},
        "state": {**state, "step": step},
    }
    text = json.dumps({"sha256": _digest(_canonical(body)), **body}, ensure_ascii=True)
    if len(text) > MAX_STATE:
        raise LtmError(f"{target}: a state of {len(text):,} bytes; expected at most {MAX_STATE:,}")

    def write(temporary: Path) -> None:
        for file, data in contents.items():
            (temporary / file).write_bytes(data)
        (temporary / "state.json").write_text(text, encoding="ascii")

    write_folder(target, write)
    write_file(folder / "latest", f"{target.name}\n".encode())
    # Only damaged ones are newer, and they would otherwise count among the two that are kept.
    older = [path for at, path in found if at < step]
    for path in newer + older[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
    return target


def load_latest(run: Path) -> Checkpoint | None:
    """Reads the newest checkpoint that is whole.

    Returns:
        The checkpoint, with notes to be shown when it is not the newest that was written; None when there is none.

    Raises:
        FolderError: there are checkpoints and all of them are damaged; says what is wrong with each.
    """
    folder = run / "checkpoints"
    sweep(folder)
    found = _steps(folder)
    damage: list[str] = []
    for _, path in found:
        try:
            checkpoint = _read(path)
        except FolderError as problem:
            damage.append(str(problem))
            continue
        notes = [f"damaged checkpoint: {text}" for text in damage]
        notes += _lost(folder, [at for at, _ in found])
        if notes:
            notes.append(f"going back to {path.name}, the newest whole checkpoint")
        return Checkpoint(checkpoint.step, checkpoint.groups, checkpoint.state, tuple(notes))
    if damage:
        raise FolderError("every checkpoint is damaged:\n" + "\n".join(f"  {text}" for text in damage))
    return None


def unfinished(run: Path) -> bool:
    """Returns whether a folder holds a run that was stopped before its brain was saved."""
    return any((run / "checkpoints").glob("step_*"))


def forget_checkpoints(run: Path) -> None:
    """Removes all checkpoints of a run, and what an earlier removal left when it was killed."""
    sweep(run, "checkpoints")
    folder = run / "checkpoints"
    if folder.exists():
        # The rename comes first, so that a kill halfway leaves nothing that looks like damaged checkpoints.
        folder.rename(run / ".checkpoints.tmp-00000000")
        sweep(run, "checkpoints")


def _steps(folder: Path) -> list[tuple[int, Path]]:
    """Returns the checkpoints that are there, newest first."""
    if not folder.exists():
        return []
    try:
        matches = [(match, path) for path in folder.iterdir() if (match := _FOLDER.fullmatch(path.name))]
    except OSError as problem:
        raise FolderError(f"{folder}: can't be read: {problem.strerror or problem}") from None
    return sorted(((int(match[1]), path) for match, path in matches), reverse=True)


def _problem(path: Path) -> str | None:
    try:
        _read(path)
    except FolderError as problem:
        return str(problem)
    return None


def _read(path: Path) -> Checkpoint:
    """Reads one checkpoint and checks every hash.

    Raises:
        FolderError: anything in it is missing or damaged.
    """
    source = path / "state.json"
    try:
        body = json.loads(read_bytes(source, MAX_STATE))
        digest = body.pop("sha256")
        whole = digest == _digest(_canonical(body))
    except FolderError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise FolderError(f"{source}: damaged (its sha256 differs)")
    if body.get("format") != _FORMAT:
        raise FolderError(f"{source}: format {body.get('format')}; this version of ltm reads format {_FORMAT}")
    try:
        step, files, state = int(body["step"]), dict(body["files"]), dict(body["state"])
        hashes = {str(file): str(entry["sha256"]) for file, entry in files.items()}
    except (KeyError, TypeError, ValueError):
        raise FolderError(f"{source}: not a checkpoint's state") from None
    if path.name != f"step_{step:08d}":
        raise FolderError(f"{source}: belongs to step {step:,}")
    groups: dict[str, dict[str, Tensor]] = {}
    for file, expected in hashes.items():
        name = file.removesuffix(".safetensors")
        if not _GROUP.fullmatch(name):
            raise FolderError(f"{source}: lists a file {file[:60]!r}")
        data = read_bytes(path / file)
        if _digest(data) != expected:
            raise FolderError(f"{path / file}: damaged (its sha256 differs)")
        groups[name], _ = from_bytes(data, str(path / file), finite=False)
    return Checkpoint(step, groups, state)


def _lost(folder: Path, steps: list[int]) -> list[str]:
    """Notices when the checkpoint that `latest` names is no longer there."""
    try:
        match = _FOLDER.fullmatch(read_bytes(folder / "latest", 100).decode("ascii").strip())
    except (FolderError, UnicodeDecodeError):
        return []
    if match is None or int(match[1]) in steps:
        return []
    return [f"checkpoint {match[0]} was written, but it is missing"]


def _canonical(body: Any) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
