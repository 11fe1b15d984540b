"""Checkpoints of TRM and HRM, which are published in no other form than a state dict written by `torch.save`.

Pickled weights of other families are refused, as they are to be had in safetensors. These are read all the same,
because otherwise a published checkpoint could only be used by those who first run the code that it came with. What
makes it safe enough:

- the container is looked at before anything in it is read: a plain zip of stored entries (nothing unfolds), of a size,
  with a pickle of some kilobytes;
- the pickle is read by PyTorch's restricted reader (`weights_only`), which builds tensors and plain containers and
  refuses every other global by name;
- weights stay in the file until they are taken (`mmap`); a tensor must be dense, of floating-point numbers, and lie
  within the bytes that the file has, so none can claim memory that isn't there;
- names, shapes and finiteness are then checked one by one like those of any other model.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ltm.errors import FolderError

MOST_BYTES = 8 * 10**9
"""The largest published checkpoints, ARC's with a vector for each of a million puzzles, have about two gigabytes."""
MOST_PICKLE = 1_000_000
"""Bytes of names and shapes; the weights lie beside them. A published model's are under ten thousand."""
MOST_ENTRIES = 10_000
_MAGIC = b"PK\x03\x04"


def is_pickled(file: Path) -> bool:
    """Whether a file is of the kind that `torch.save` writes."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def load_pickled(file: Path) -> dict[str, Tensor]:
    """Reads a state dict that `torch.save` wrote; the weights stay on disk until they are used.

    Raises:
        FolderError: it is too large, damaged, not a state dict, or asks for anything but tensors.
    """
    _check_container(file)
    try:
        found = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as problem:
        said = " ".join(str(problem).split())[:200]
        raise FolderError(f"{file}: asks for more than tensors, so it is not read: {said}") from None
    except Exception as problem:  # a damaged pickle fails in any way, such as with struct.error
        raise FolderError(f"{file}: damaged, or not written by torch.save: {str(problem)[:200]}") from None
    if not isinstance(found, Mapping) or not found:
        raise FolderError(f"{file}: holds no state dict (tensors by name), but {type(found).__name__}")
    room = file.stat().st_size
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            inner = type(tensor).__name__
            raise FolderError(f"{file}: expected tensors by name; under {str(name)[:80]!r} is {inner}. Save that alone")
        _check_tensor(file, name, tensor)
        room -= tensor.numel() * tensor.element_size()
    if room < 0:
        raise FolderError(f"{file}: its tensors claim more bytes than the file has")
    return dict(found)


def _check_container(file: Path) -> None:
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise FolderError(f"{file}: {size:,} bytes; expected at most {MOST_BYTES:,}")
    try:
        with zipfile.ZipFile(file) as container:
            entries = container.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as problem:
        raise FolderError(f"{file}: damaged, or not written by torch.save: {problem}") from None
    if len(entries) > MOST_ENTRIES:
        raise FolderError(f"{file}: {len(entries):,} entries; expected at most {MOST_ENTRIES:,}")
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > size:
            raise FolderError(f"{file}: entry {entry.filename[:80]!r} is packed; torch.save writes none such")
        if entry.filename.endswith(".pkl") and entry.file_size > MOST_PICKLE:
            raise FolderError(f"{file}: names and shapes take {entry.file_size:,} bytes; expected {MOST_PICKLE:,}")


def _check_tensor(file: Path, name: str, tensor: Tensor) -> None:
    plain = type(tensor) is Tensor or type(tensor) is torch.nn.Parameter
    strided = tensor.layout == torch.strided and tensor.is_contiguous()
    # Others, such as "meta", have no numbers in the file.
    if not plain or not strided or tensor.device.type != "cpu" or not tensor.is_floating_point():
        raise FolderError(f"{file}: tensor {name!r} is not a plain one of floating-point numbers")
