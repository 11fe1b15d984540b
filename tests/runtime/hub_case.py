"""A brain to share, and what tests of fetching and of pushing have in common."""

from __future__ import annotations

from pathlib import Path

import torch
from hub_server import Hub, Repository

from ltm.brain.brain import Brain

TWO = {"first": {"kind": "mixer", "width": 8, "state": "own"}, "second": {"kind": "conv"}}
NAME = "someone/tiny"
WRITES = "hf_writes"


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def shared(hub: Hub, folder: Path, **more: bytes) -> str:
    repository = hub.repositories.setdefault(NAME, Repository())
    return repository.commit(files_in(folder) | {name.replace("__", "."): data for name, data in more.items()})


def same(one: Brain, other: Brain) -> bool:
    states = [brain.state_dict() for brain in (one, other)]
    return states[0].keys() == states[1].keys() and all(torch.equal(states[0][k], states[1][k]) for k in states[0])


def changed(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])
