"""Brain folders as a whole: what is saved is what comes back, and a folder that was tampered with is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny import brain_with, puzzles

from ltm.brain.brain import Brain
from ltm.errors import FolderError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.folder import BrainFiles, load_folder, save_folder

TWO = {"first": {"kind": "mixer", "width": 8, "state": "own"}, "second": {"kind": "conv"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_brain(brain_with(TWO), tmp_path / "brain", {"measured": {"exact": 0.5}})
    return tmp_path / "brain"


def field(brain: Brain) -> torch.Tensor:
    mind = brain.begin(puzzles())
    return brain.circuit.run(mind.lanes, mind.input, mind.places, 4).field


def test_what_is_saved_comes_back(folder: Path) -> None:
    brain, record = load_brain(folder)
    assert torch.equal(field(brain), field(brain_with(TWO).eval()))
    assert record["measured"] == {"exact": 0.5} and not brain.training
    assert sorted(file.name for file in (folder / "zones").iterdir()) == ["first.safetensors", "second.safetensors"]


def test_only_what_was_learned_counts_as_a_parameter(folder: Path) -> None:
    brain, record = load_brain(folder)
    parts = brain.parameters_by_part()
    assert record["parameters"] == sum(parts.values()) < sum(kept.numel() for kept in brain.state_dict().values())
    assert record["files"]["zones/first.safetensors"]["parameters"] == parts["zones/first"]


def rewritten(folder: Path, change: Callable[[BrainFiles], None]) -> None:
    """Changes what is inside and writes the folder again with honest checksums."""
    files = load_folder(folder)
    change(files)
    shutil.rmtree(folder)
    save_folder(folder, files)


def rename(files: BrainFiles) -> None:
    files.zones["first"]["stranger"] = files.zones["first"].pop("read.weight")


def reshape(files: BrainFiles) -> None:
    files.zones["second"]["roles.self"] = torch.zeros(5)


def retype(files: BrainFiles) -> None:
    files.zones["first"]["read.weight"] = files.zones["first"]["read.weight"].to(torch.int64)


def add(files: BrainFiles) -> None:
    files.connectome["more"] = torch.zeros(1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (rename, r"zones/first\.safetensors: no tensor"),
        (reshape, r"zones/second\.safetensors: .*has shape \[5\], the chart asks for \[16\]"),
        (retype, r"zones/first\.safetensors: .*int64.*float32"),
        (add, "doesn't know: 'more'"),
    ],
)
def test_weights_that_do_not_fit_the_chart_are_refused(
    folder: Path, change: Callable[[BrainFiles], None], expected: str
) -> None:
    rewritten(folder, change)
    with pytest.raises(FolderError, match=expected):
        load_brain(folder)


def test_nan_is_never_saved(tmp_path: Path) -> None:
    brain = brain_with(TWO)
    with torch.no_grad():
        next(iter(brain.circuit.zones.parameters())).fill_(float("nan"))
    with pytest.raises(ValueError, match="NaN"):
        save_brain(brain, tmp_path / "brain")
    assert not (tmp_path / "brain").exists()


@pytest.mark.parametrize("part", ["zones/first.safetensors", "connectome.safetensors", "chart.yaml", "brain.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "flipped", "exchanged"])
def test_damaged_files_are_named(folder: Path, part: str, damage: str) -> None:
    file = folder / part
    data = file.read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "exchanged":
        file.write_bytes((folder / "zones/second.safetensors").read_bytes())
    else:
        flipped = bytearray(data)
        flipped[len(data) // 2] ^= 0x10
        file.write_bytes({"empty": b"", "half": data[: len(data) // 2], "flipped": bytes(flipped)}[damage])
    with pytest.raises(FolderError) as problem:
        load_brain(folder)
    assert Path(part).name in str(problem.value)
