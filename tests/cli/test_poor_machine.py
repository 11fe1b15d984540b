"""No compiler and one core: it works, and says what it lost. (No bf16: see `tests/training/test_plan.py`.)"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ltm.runtime.record import processor
from ltm.runtime.shipped import shipped_brain
from ltm.training import machine

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
LITTLE = [
    "field.width=16",
    "scenes.count=64",
    "training.batch=8",
    "training.steps=4",
    "training.compile=on",
    "will.ticks=16",
]


def one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores can be taken away only on Linux")
def test_it_trains_and_thinks_with_neither_compiler_nor_second_core(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}

    def ltm(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ltm", *arguments],
            env=environment,
            preexec_fn=one_core,
            capture_output=True,
            text=True,
            timeout=300,
        )

    trained = ltm("train", "sudoku", *LITTLE, "-o", str(tmp_path / "b"))
    assert trained.returncode == 0, trained.stderr
    said = (trained.stdout + trained.stderr).replace("\n", " ")
    assert "no C++ compiler found" in said and "one processor core" in said
    assert json.loads((tmp_path / "b.run" / "plan.json").read_text())["plan"]["compiled"] is False
    thought = ltm("think", str(shipped_brain()), EASY)
    assert thought.returncode == 0 and thought.stderr == ""


def test_a_compiler_is_looked_for_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.compiler() is None
    fake = tmp_path / "clang++"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    assert machine.compiler() == str(fake)


def test_rates_are_positive_and_memory_is_counted() -> None:
    assert machine.matrix_rate(torch.float32, seconds=0.01) > 1e8
    assert machine.peak_memory() > 50e6
    assert processor()
