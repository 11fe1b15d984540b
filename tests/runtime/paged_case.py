"""A brain of zones of many kinds to page, what tests of paging ask of it, and a second process that pages it too."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import torch
from tiny import brain_with, puzzles
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.errors import LtmError
from ltm.runtime.brains import load_brain
from ltm.runtime.paged import open_paged
from ltm.runtime.pager import size_of

ZONES: dict[str, dict[str, Any]] = {
    "small": {"kind": "mixer", "width": 8},
    "large": {"kind": "attention", "heads": 2, "layers": 3},
    "stateful": {"kind": "recurrent", "cell": "gru", "state": "own"},
    "local": {"kind": "conv", "layers": 2},
    "deep": {
        "kind": "nested",
        "ticks": 2,
        "circuit": {"zones": {"in": {"kind": "mixer"}, "out": {"kind": "archetype"}}},
    },
    "waves": {"kind": "oscillator", "group": 4, "heads": 2, "state": "own"},
}
WAVES = {
    "rhythm": {"policy": "rhythm"},
    "all": {"policy": "all"},
    "random": {"policy": "random", "fire": 2},
    "top-k": {"policy": "top-k", "fire": 2},
    "sync": {"policy": "sync", "fire": 2},
}


def brain_in_waves(wave: str, phases: dict[str, list[int]] | None = None) -> Brain:
    """Returns a brain whose zones hear their neighbours; where phases of four ticks are given, it fires by them."""
    roles = {name: {"roles": {"self": {"period": 4, "phases": one}}} for name, one in (phases or {}).items()}
    zones = {name: {**zone, "state": "own", **roles.get(name, {})} for name, zone in ZONES.items()}
    return brain_with(zones, wave=WAVES[wave], coupling={"pattern": "ring", "rank": 2})


def answers(brain: Brain, ticks: int) -> list[Tensor]:
    with torch.inference_mode():
        mind = brain.begin(puzzles(4), torch.Generator().manual_seed(3))
        reading = brain.think_on(mind, ticks)
    return [reading.logits["solution"], reading.right, mind.lanes.field]


def sizes(folder: Path) -> dict[str, int]:
    loaded, _ = load_brain(folder)
    return {name: size_of(loaded.circuit.zone(name)) for name in loaded.chart.zones}


def digest(brain: Brain) -> str:
    """Returns a hash of a brain's answers after six ticks."""
    hashed = hashlib.sha256()
    for tensor in answers(brain, 6):
        hashed.update(tensor.numpy().tobytes())
    return hashed.hexdigest()


def main(folder: str, memory: str) -> None:
    """Opens a paged brain; for each line that comes in tells its answers, or why there are none."""
    brain, _ = open_paged(Path(folder), int(memory))
    print("open", flush=True)
    for _ in sys.stdin:
        try:
            print(digest(brain), flush=True)
        except LtmError as problem:
            print(f"refused: {problem}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*sys.argv[1:])
