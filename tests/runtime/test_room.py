"""Files read into rooms of memory: the same tensors without a copy, refused where they are damaged, and given back."""

from __future__ import annotations

import gc
import json
import mmap
import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from ltm.errors import FolderError
from ltm.runtime.room import ALIGNED, HUGE, read_into_a_room, room_for, views_of
from ltm.runtime.weights import from_bytes, to_bytes

TENSORS = {
    "matrix": torch.randn(16, 8, generator=torch.Generator().manual_seed(0)),
    "whole": torch.arange(-3, 4, dtype=torch.int8),
    "halves": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
    "nothing": torch.empty(0, 3),
    "one": torch.tensor(7.0),
    "digest": torch.arange(5, dtype=torch.uint8),
    "yes": torch.tensor([True, False]),
}


def written(place: Path, **changed: Any) -> Path:
    data = to_bytes(TENSORS, {"part": "zone"}, "x")
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    for name, entry in changed.items():
        header[name] = entry if not isinstance(entry, dict) else header[name] | entry
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (place / "zone.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])
    return place / "zone.safetensors"


def test_what_is_read_is_what_the_library_reads(tmp_path: Path) -> None:
    file = written(tmp_path)
    content, mark = read_into_a_room(file)
    assert mark == read_into_a_room(file)[1]
    assert content.tobytes() == file.read_bytes()
    tensors, words = views_of(content, "x")
    known, known_words = from_bytes(file.read_bytes(), "x")
    assert words == known_words == {"part": "zone"} and list(tensors) == list(known)
    for name, tensor in known.items():
        assert torch.equal(tensors[name], tensor) and tensors[name].dtype == tensor.dtype
    low = content.ctypes.data
    assert all(low <= part.data_ptr() < low + content.nbytes for part in tensors.values() if part.numel())
    assert min(part.data_ptr() for part in tensors.values() if part.numel()) % ALIGNED == 0
    places = room_for({name: (TENSORS[name].shape, TENSORS[name].dtype) for name in ("whole", "matrix", "one")})
    for name, place in places.items():
        assert place.shape == TENSORS[name].shape and not place.any() and place.data_ptr() % ALIGNED == 0
        place.copy_(TENSORS[name])
    assert all(torch.equal(place, TENSORS[name]) for name, place in places.items())  # none lies over another


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"matrix": {"dtype": "F4"}}, "unexpected header"),
        ({"matrix": {"shape": [16, 9]}}, "tensor 'matrix' doesn't lie where it should"),
        ({"matrix": {"shape": [-16, -8]}}, "tensor 'matrix' doesn't lie where it should"),
        ({"matrix": {"shape": "16"}}, "unexpected header"),
        ({"matrix": {"data_offsets": [0]}}, "unexpected header"),
        ({"matrix": {"data_offsets": [4, 516]}}, "doesn't lie where it should"),
        ({"matrix": {"data_offsets": [0, 10**12]}}, "doesn't lie where it should"),
        ({"matrix": 3}, "unexpected header"),
        ({"__metadata__": {"part": 3}}, "unexpected header"),
    ],
)
def test_damage_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    file = written(tmp_path, **changed)
    with pytest.raises(FolderError, match=re.escape(message)):
        views_of(read_into_a_room(file)[0], str(file))
    with pytest.raises(FolderError):
        from_bytes(file.read_bytes(), str(file))


@pytest.mark.parametrize("size", [0, 5, 8, 40, -1])
def test_cut_off_files_are_refused(tmp_path: Path, size: int) -> None:
    file = written(tmp_path)
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(FolderError, match=r"zone\.safetensors: (truncated|damaged)"):
        views_of(read_into_a_room(file)[0], str(file))


def test_numbers_that_are_none_and_missing_files(tmp_path: Path) -> None:
    for value, name in ((float("nan"), "NaN"), (float("inf"), "infinity")):
        content = np.frombuffer(to_bytes({"a": torch.tensor([1.0, value])}, {}, "x", finite=False), dtype=np.uint8)
        with pytest.raises(FolderError, match=f"tensor 'a' holds {name}"):
            views_of(content.copy(), "x")
    with pytest.raises(FolderError, match="can't be read"):
        read_into_a_room(tmp_path / "none.safetensors")


def test_memory_goes_back_at_once() -> None:
    def private() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) * 1024

    if not Path("/proc/self/status").exists():
        pytest.skip("needs Linux's /proc to tell resident memory")
    size = 40_000_000
    rooms = [room_for({"a": (torch.Size([size // 4]), torch.float32)}) for _ in range(3)]
    for room in rooms:
        room["a"].fill_(1)
    held = private()
    del rooms[1]["a"]  # one between two that stay
    gc.collect()
    assert held - private() > 0.9 * size


class Advised(mmap.mmap):
    """Writes down what is advised, in bytes of the whole memory."""

    asked: ClassVar[list[tuple[int, int]]] = []

    def madvise(self, option: int, start: int = 0, length: int | None = None) -> None:
        begin = np.frombuffer(self, dtype=np.uint8).ctypes.data
        self.asked.append((begin + start, len(self) - start if length is None else length))
        super().madvise(option, *([start] if length is None else [start, length]))


@pytest.mark.skipif(not hasattr(mmap, "MADV_HUGEPAGE"), reason="large pages are asked for on Linux only")
def test_no_large_page_reaches_into_another_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ltm.runtime.room.mmap.mmap", Advised)
    Advised.asked.clear()
    for size in (100, HUGE - 64, 5 * HUGE + 4096):  # only the last has any whole page for sure
        room_for({"a": (torch.Size([size]), torch.uint8)})["a"].fill_(1)
    ((first, length),) = Advised.asked
    assert first % HUGE == length % HUGE == 0 and length >= 4 * HUGE


def test_a_kernel_without_large_pages_reads_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = torch.arange(HUGE / 2)
    (tmp_path / "f").write_bytes(to_bytes({"a": large}, {}, "x"))
    monkeypatch.setattr("ltm.runtime.room.mmap.MADV_HUGEPAGE", 9999, raising=False)  # no such advice
    found, _ = views_of(read_into_a_room(tmp_path / "f")[0], "f")
    assert torch.equal(found["a"], large)
