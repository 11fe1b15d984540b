"""Memory for weights that come and go: it goes back to the operating system the moment nobody uses it.

What a process frees, its allocator mostly keeps for later, in pieces between which lies what is still used: after some
hundred zones have come and gone, a budget of bytes would say little about the memory that is really taken. So a zone's
file is read into a room of its own, and its tensors are views of what was read: nothing is copied on the way either.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.errors import FolderError
from ltm.runtime.weights import MAX_HEADER, listed, not_finite, words_of

ALIGNED = 64
"""Bytes: products are fastest on whole lines of the cache."""
HUGE = 2**21
"""Bytes of a large page, where the kernel has any."""
Content = npt.NDArray[np.uint8]
Mark = tuple[int, ...]
"""What changes when a file does, short of reading it."""
KINDS = (
    {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    | {f"I{bits}": getattr(torch, f"int{bits}") for bits in (8, 16, 32, 64)}
    | {"U8": torch.uint8, "BOOL": torch.bool}
)
"""Kinds of number that a brain's tensors are of, by the format's name."""


def read_into_a_room(path: Path, expected: int | None = None) -> tuple[Content, Mark]:
    """Reads a safetensors file whole; its numbers begin at a line of the cache.

    Args:
        path: of the file.
        expected: bytes that it must have: of another size nothing is read, so that no file takes more memory than was
            set aside for it.

    Returns:
        The content, and the mark of the file that it came from.

    Raises:
        FolderError: it is missing, of another size, no plain file, or can't be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for somebody to write into it
            raise FolderError(f"{path}: not a plain file; damaged or changed")
        with path.open("rb", buffering=0) as file:
            state = os.fstat(file.fileno())
            size = state.st_size
            if expected is not None and size != expected:
                raise FolderError(f"{path}: {size:,} bytes; expected {expected:,}; damaged or changed")
            begun = file.read(8)
            numbers = 8 + int.from_bytes(begun, "little")
            first = -numbers % ALIGNED
            content = _room(first + size)[first:]
            content[: len(begun)] = np.frombuffer(begun, dtype=np.uint8)
            there, view = len(begun), memoryview(content)  # type: ignore[arg-type]
            while there < size:
                count = file.readinto(view[there:])
                if not count:
                    raise FolderError(f"{path}: was cut off while it was read")
                there += count
    except OSError as problem:
        raise FolderError(f"{path}: can't be read: {problem.strerror or problem}") from None
    return content, (state.st_dev, state.st_ino, size, state.st_mtime_ns, state.st_ctime_ns)


def views_of(content: Content, source: str, *, finite: bool = True) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Returns the tensors of a safetensors file as views of its content, and the words kept with them; copies nothing.

    What the library checks is checked here too: numbers lie one after another without holes, in the kinds and shapes
    that the header says.

    Args:
        content: of the file.
        source: what to call it in messages.
        finite: whether to look for NaN and infinities.

    Raises:
        FolderError: the content is damaged, or holds NaN or infinity.
    """
    most = 8 + min(MAX_HEADER, int.from_bytes(content[:8].tobytes(), "little"))
    header, length = listed(content[:most].tobytes(), len(content), source)
    words = words_of(header, source)
    numbers, end, tensors = content[8 + length :], 0, {}
    damaged = f"{source}: damaged, or not a safetensors file"
    try:
        entries = sorted(
            (tuple(entry["data_offsets"]), name, KINDS[entry["dtype"]], tuple(entry["shape"]))
            for name, entry in header.items()
            if name != "__metadata__"
        )
        for (first, last), name, dtype, shape in entries:
            if first != end or last - first != math.prod(shape) * dtype.itemsize or min(shape, default=0) < 0:
                raise FolderError(f"{damaged}: tensor {name!r} doesn't lie where it should")
            end = last
            tensors[name] = torch.from_numpy(numbers[first:last]).view(dtype).view(shape)
    except (KeyError, TypeError, ValueError, RuntimeError) as problem:
        if isinstance(problem, FolderError):
            raise
        raise FolderError(f"{damaged}: unexpected header") from None
    if end != len(numbers):
        raise FolderError(f"{damaged}: {len(numbers):,} bytes of numbers where its header says {end:,}")
    for name, tensor in tensors.items() if finite else ():
        found = not_finite(tensor)
        if found:
            raise FolderError(f"{source}: tensor '{name}' holds {found}")
    return dict(sorted(tensors.items())), words


def room_for(wanted: Mapping[str, tuple[torch.Size, torch.dtype]]) -> dict[str, Tensor]:
    """Returns tensors of noughts in one room, which is given up with the last of them.

    Args:
        wanted: shape and kind of number of each.
    """
    sizes = {name: shape.numel() * dtype.itemsize for name, (shape, dtype) in wanted.items()}
    room = _room(sum(math.ceil(size / ALIGNED) * ALIGNED for size in sizes.values()))
    places, first = {}, 0
    for name, (shape, dtype) in wanted.items():
        places[name] = torch.from_numpy(room[first : first + sizes[name]]).view(dtype).view(shape)
        first += math.ceil(sizes[name] / ALIGNED) * ALIGNED
    return places


def _room(size: int) -> npt.NDArray[Any]:
    private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    room = mmap.mmap(-1, max(1, size), **private)
    numbers = np.frombuffer(room, dtype=np.uint8)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        # In pages of 2 MB rather than 4 KB there are far fewer faults on the way; a kernel without them says so. Only
        # whole ones: a page that reached into the room beside this one would stay until that room is given up, too.
        first = -numbers.ctypes.data % HUGE
        length = (len(numbers) - first) // HUGE * HUGE
        if length > 0:
            with contextlib.suppress(OSError):
                room.madvise(mmap.MADV_HUGEPAGE, first, length)
    return numbers
