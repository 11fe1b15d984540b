"""A paged brain's folder while it runs: two processes on one, files that are deleted, exchanged and put back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paged_case
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from paged_case import WAVES, ZONES, answers, brain_in_waves, digest, sizes
from torch import Tensor

from ltm.errors import FolderError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.paged import open_paged
from ltm.runtime.pager import Pager


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_brain(brain_in_waves("rhythm"), tmp_path / "brain")
    return tmp_path / "brain"


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@contextmanager
def second_process(folder: Path, memory: int) -> Iterator[Callable[[], str]]:
    """A process of its own that pages the same brain; asked, it tells its answers."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, paged_case.__file__, str(folder), str(memory)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        given, told = child.stdin, child.stdout

        def ask() -> str:
            print(file=given, flush=True)
            return told.readline().strip()

        try:
            opened = told.readline().strip()
            assert opened == "open", child.stderr.read()
            yield ask
            given.close()
            assert child.wait(60) == 0, child.stderr.read()
        finally:
            child.kill()


def test_two_processes_page_one_brain_and_neither_is_misled_when_it_is_replaced(folder: Path) -> None:
    memory = max(sizes(folder).values())
    known = digest(load_brain(folder)[0])
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    brain, _ = open_paged(folder, memory)
    with second_process(folder, memory) as ask:
        for _ in range(3):
            assert digest(brain) == ask() == known
        assert before == {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        # Another brain of the same shape takes the folder: whoever opened the old one must not think with the new.
        other = brain_in_waves("rhythm")
        with torch.no_grad():
            for weight in other.parameters():
                weight.add_(0.01)
        save_brain(other, folder)
        assert "zones/" in (said := ask()) and said.startswith("refused: ") and "damaged or changed" in said
        with pytest.raises(FolderError, match=r"zones/.*damaged or changed"):
            digest(brain)
        assert ask().startswith("refused: ")
    assert digest(open_paged(folder, memory)[0]) == digest(load_brain(folder)[0]) != known


def delete(folder: Path) -> None:
    (folder / "zones" / "large.safetensors").unlink()


def exchange(folder: Path) -> None:
    shutil.copy(folder / "zones" / "small.safetensors", folder / "zones" / "large.safetensors")


def turn_a_bit(folder: Path) -> None:
    file = folder / "zones" / "large.safetensors"
    data = file.read_bytes()
    middle = len(data) // 2  # among the weights
    file.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


def a_folder_instead(folder: Path) -> None:
    delete(folder)
    (folder / "zones" / "large.safetensors").mkdir()


@pytest.mark.parametrize("harm", [delete, exchange, turn_a_bit, a_folder_instead])
def test_a_zone_that_was_read_before_and_is_harmed_is_named_and_once_put_back_serves_again(
    folder: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    brain, _ = open_paged(folder, max(sizes(folder).values()))
    known = answers(load_brain(folder)[0], 6)
    assert same(answers(brain, 6), known)  # every file has been read, and found good
    shutil.copytree(folder, tmp_path / "kept")
    harm(folder)
    for _ in range(2):
        with pytest.raises(FolderError, match=r"large\.safetensors"):
            answers(brain, 6)
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "kept", folder)
    assert same(answers(brain, 6), known)


def test_a_zone_that_is_here_needs_its_file_no_longer(folder: Path) -> None:
    brain, _ = open_paged(folder, sum(sizes(folder).values()))
    known = answers(brain, 6)
    shutil.rmtree(folder)
    assert same(answers(brain, 6), known)


def test_damage_found_ahead_of_time_is_told_where_thinking_needs_it(folder: Path) -> None:
    """What is expected is read by another thread: its errors must arrive, and once."""
    brain, _ = open_paged(folder, sum(sizes(folder).values()))
    pager = brain.circuit.residence
    assert isinstance(pager, Pager)
    delete(folder)
    pager.expect(["large", "small"])
    pager.need("small")
    with pytest.raises(FolderError, match=r"large\.safetensors"):
        pager.need("large")
    assert pager.here == ("small",) and pager.used == sizes_of(pager, "small")
    pager.close()


def sizes_of(pager: Pager, *names: str) -> int:
    return sum(pager._sizes[name] for name in names)


PHASES = st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True).map(sorted)


@settings(max_examples=10)
@given(
    wave=st.sampled_from(("rhythm", *sorted(WAVES))),
    phases=st.fixed_dictionaries({name: PHASES for name in ZONES}),
    share=st.floats(0.0, 1.0),
    pins=st.sets(st.sampled_from(sorted(ZONES)), max_size=2),
    ticks=st.integers(1, 7),
)
def test_whatever_fires_under_any_budget_the_answers_are_those_without_a_pager(
    wave: str, phases: dict[str, list[int]], share: float, pins: set[str], ticks: int
) -> None:
    """Whole thoughts of zones of all kinds, a nested one among them, that are expected, evicted and pinned."""
    brain = brain_in_waves(wave, phases if wave == "rhythm" else None)
    known = answers(brain.eval(), ticks)
    with tempfile.TemporaryDirectory() as place:
        save_brain(brain, Path(place) / "brain")
        each = sizes(Path(place) / "brain")
        least = sum(each[name] for name in pins) + max(size for name, size in each.items() if name not in pins)
        budget = round(least + share * (sum(each.values()) - least))
        paged, _ = open_paged(Path(place) / "brain", budget, sorted(pins))
        pager = paged.circuit.residence
        assert isinstance(pager, Pager)
        for _ in range(2):
            assert same(answers(paged, ticks), known)
            assert pager.used <= budget and pager.paging.peak_bytes <= budget
        pager.close()
