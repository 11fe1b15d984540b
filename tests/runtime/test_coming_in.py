"""What a zone takes while it comes in: its numbers once, in the room where they stay, and beside them only its file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import brain_with

from ltm.runtime import room
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.folder import inspect_folder
from ltm.runtime.paged import read_zone
from ltm.runtime.skills import write_skills

WIDE = {"core": {"kind": "mixer", "width": 256, "hidden": 512, "layers": 2}}
FILE = "zones/core.safetensors"


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Counts the bytes of rooms, and at the end what else there was at most; nothing may be cloned."""
    sizes: list[int] = []
    made, copied = room._room, torch.Tensor.clone

    def noted(size: int) -> Any:
        sizes.append(size)
        return made(size)

    def cloned(tensor: torch.Tensor, *words: Any, **named: Any) -> torch.Tensor:
        raise AssertionError(f"a copy of {tensor.nbytes:,} bytes")

    monkeypatch.setattr(room, "_room", noted)
    monkeypatch.setattr(torch.Tensor, "clone", cloned)
    tracemalloc.start()
    try:
        yield sizes
        sizes.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
        monkeypatch.setattr(torch.Tensor, "clone", copied)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_zone_in_eight_bits_is_never_there_twice(
    elsewhere: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brain = brain_with(WIDE)
    brain.int8 = True
    folder = tmp_path / "brain"
    save_brain(brain, folder)
    files = [folder / FILE]
    if elsewhere:
        write_skills(tmp_path / "both", "both", {"one": folder, "two": folder}, share={"two"})
        folder = tmp_path / "both" / "skills" / "two"
        files = [folder / FILE, folder.with_name("one") / FILE]
        assert inspect_folder(folder).files[FILE].body is not None
    known = load_brain(folder)[0].circuit.zone("core").state_dict()
    whole, record = sum(weight.nbytes for weight in known.values()), inspect_folder(folder)
    largest = max(weight.nbytes for weight in known.values())
    with counted(monkeypatch) as sizes:
        found = read_zone(folder, "core", record, {})
    assert set(found) == set(known) and all(torch.equal(found[name], weight) for name, weight in known.items())
    *rooms, other = sizes
    read = sum(file.stat().st_size for file in files)
    assert sum(rooms) <= whole + read + 64 * (len(known) + len(files))
    assert other < largest / 2  # nothing of a matrix's size beside them


def test_a_zone_in_fp32_is_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_brain(brain_with(WIDE), tmp_path / "brain")
    with counted(monkeypatch) as sizes:
        read_zone(tmp_path / "brain", "core", inspect_folder(tmp_path / "brain"), {})
    assert len(sizes) == 2 and sizes[0] <= (tmp_path / "brain" / FILE).stat().st_size + 64
