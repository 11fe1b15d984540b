"""Tensors in safetensors files, read with suspicion: names, shapes, kinds of number and finiteness are all checked.

The format holds no code, and the library checks its layout; it does not look for NaN, and it knows nothing of what a
brain expects. A file is read once, so what was hashed is what is used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ltm.errors import FolderError, LtmError, nearest

PLAIN = (torch.float16, torch.float32, torch.float64)
MAX_HEADER = 10_000_000
"""Bytes of a file's header, which lists its tensors."""

Expected = Mapping[str, tuple[tuple[int, ...], torch.dtype]]
"""Shape and kind of number of every tensor that has to be there."""


def load_tensors(path: Path, expect: Expected | None = None) -> dict[str, Tensor]:
    """Reads the tensors of a file.

    Args:
        path: the file.
        expect: what has to be there, no more and no less; anything goes when absent.

    Raises:
        FolderError: the file is missing, damaged, holds NaN or infinity, or is not what was expected.
    """
    tensors, _ = from_bytes(read_bytes(path), str(path), expect)
    return tensors


def load_shapes(path: Path) -> dict[str, Tensor]:
    """Reads which tensors a file holds; their numbers are neither read nor allocated.

    Args:
        path: the file.

    Returns:
        Tensors on the device `meta`.

    Raises:
        FolderError: the file is missing, or is not a safetensors file.
    """
    try:
        with safe_open(path, "pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
    except (SafetensorError, OSError) as problem:
        raise FolderError(f"{path}: damaged, or not a safetensors file: {problem}") from None
    return {name: torch.empty(shape, device="meta") for name, shape in sorted(shapes.items())}


def metadata(path: Path) -> dict[str, str]:
    """Reads the words kept with a file's tensors; of the file only its header.

    Raises:
        FolderError: the file is missing or is not a safetensors file.
    """
    try:
        with path.open("rb") as file:
            begun = file.read(8)
            begun += file.read(min(MAX_HEADER, int.from_bytes(begun, "little")))
            size = path.stat().st_size
    except OSError as problem:
        raise FolderError(f"{path}: can't be read: {problem.strerror or problem}") from None
    return words_of(listed(begun, size, str(path))[0], str(path))


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file's content as 64 hexadecimal digits.

    Raises:
        FolderError: the file is missing or can't be read.
    """
    return hashlib.sha256(read_bytes(path)).hexdigest()


def read_bytes(path: Path, limit: int | None = None) -> bytes:
    """Reads an ordinary file whole.

    Args:
        path: the file.
        limit: most bytes allowed.

    Raises:
        FolderError: it is missing, not an ordinary file, longer than the limit, or can't be read.
    """
    try:
        if not path.is_file():
            raise FolderError(f"{path}: {'not an ordinary file' if path.exists() else 'missing'}")
        if limit is not None and path.stat().st_size > limit:
            raise FolderError(f"{path}: {path.stat().st_size:,} bytes; expected at most {limit:,}")
        return path.read_bytes()
    except OSError as problem:
        raise FolderError(f"{path}: can't be read: {problem.strerror or problem}") from problem


def to_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str], source: str, *, finite: bool = True) -> bytes:
    """Turns tensors into the content of a safetensors file.

    Args:
        tensors: of any shape and device; tensors that share memory are stored apart.
        metadata: words to keep with them. Equal tensors and words give equal bytes.
        source: what to call the file in messages.
        finite: whether to refuse NaN and infinities.

    Raises:
        LtmError: a tensor holds NaN or infinity, or is of a kind that the format can't hold.
    """
    if "__metadata__" in tensors:
        raise LtmError(f"{source}: no tensor can be called '__metadata__'")
    apart: dict[str, Tensor] = {}
    held = set[int]()
    for name, tensor in tensors.items():
        if finite:
            problem = not_finite(tensor)
            if problem:
                raise LtmError(f"{source}: not written, because tensor '{name}' holds {problem}; training has diverged")
        plain, memory = tensor.detach().to("cpu").contiguous(), tensor.untyped_storage()
        # Copied only where the format needs it: a large zone would otherwise be here once more.
        whole = plain.untyped_storage().nbytes() == plain.numel() * plain.element_size()
        shared = not whole or memory.data_ptr() in held
        held.add(memory.data_ptr())
        apart[name] = plain.clone() if shared else plain
    try:
        data = safetensors.torch.save(apart, dict(metadata))
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as problem:
        raise LtmError(f"{source}: can't hold these tensors: {problem}") from problem
    # The library writes metadata in an order that changes from run to run; equal brains must be equal files.
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header = {"__metadata__": dict(sorted(metadata.items()))} | {n: header[n] for n in header if n != "__metadata__"}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join((len(text).to_bytes(8, "little"), text, memoryview(data)[8 + length :]))


def from_bytes(
    data: bytes, source: str, expect: Expected | None = None, *, finite: bool = True
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Reads tensors, sorted by name, and the words kept with them out of the content of a safetensors file.

    Args:
        data: the content.
        source: what to call the file in messages.
        expect: what has to be there, no more and no less; anything goes when absent.
        finite: whether to refuse NaN and infinities.

    Raises:
        FolderError: the content is damaged or is not what was expected.
    """
    words = _header(data, source)
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, AssertionError, OverflowError) as problem:
        raise FolderError(f"{source}: damaged, or not a safetensors file: {problem}") from None
    if expect is not None:
        _compare(tensors, expect, source)
    if finite:
        for name, tensor in tensors.items():
            found = not_finite(tensor)
            if found:
                raise FolderError(f"{source}: tensor '{name}' holds {found}")
    return dict(sorted(tensors.items())), words


def _header(data: bytes, source: str) -> dict[str, str]:
    """Checks the frame of a safetensors file and returns its metadata."""
    return words_of(listed(data, len(data), source)[0], source)


def listed(data: bytes, size: int, source: str) -> tuple[dict[str, Any], int]:
    """Returns the header of a file of so many bytes, from its beginning, and the header's length.

    Raises:
        FolderError: it is cut off, or has no such header.
    """
    length = int.from_bytes(data[:8], "little")
    if size < 8 or length > size - 8:
        raise FolderError(f"{source}: truncated, or not a safetensors file")
    if length > MAX_HEADER:
        raise FolderError(f"{source}: a header of {length:,} bytes; expected at most {MAX_HEADER:,}")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        raise FolderError(f"{source}: damaged, or not a safetensors file: its header is not JSON") from None
    if not isinstance(header, dict):
        raise FolderError(f"{source}: damaged, or not a safetensors file: unexpected header")
    return header, length


def words_of(header: Mapping[str, Any], source: str) -> dict[str, str]:
    """Returns the words kept with a file's tensors.

    Raises:
        FolderError: they are none.
    """
    words = header.get("__metadata__", {})
    if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
        raise FolderError(f"{source}: damaged, or not a safetensors file: unexpected header")
    return words


def _compare(tensors: Mapping[str, Tensor], expect: Expected, source: str) -> None:
    missing = [name for name in expect if name not in tensors]
    extra = [name for name in tensors if name not in expect]
    if missing:
        raise FolderError(f"{source}: tensor '{missing[0]}' is missing{nearest(missing[0], extra)}{_more(missing)}")
    if extra:
        raise FolderError(f"{source}: unknown tensor '{extra[0]}'{nearest(extra[0], expect)}{_more(extra)}")
    for name, (shape, dtype) in expect.items():
        tensor = tensors[name]
        if tuple(tensor.shape) != tuple(shape):
            raise FolderError(f"{source}: tensor '{name}' has shape {list(tensor.shape)}; expected {list(shape)}")
        if tensor.dtype != dtype:
            raise FolderError(f"{source}: tensor '{name}' holds {_kind(tensor.dtype)}; expected {_kind(dtype)}")


def _more(names: list[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""


def _kind(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def not_finite(tensor: Tensor) -> str:
    """Returns what a tensor holds beside finite numbers, or an empty string."""
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return ""
    # By NumPy, on one thread: PyTorch would give each thread that reads files a crew of its own, and crews of more
    # threads than there are cores make every product wait.
    values = (tensor if tensor.is_complex() or tensor.dtype in PLAIN else tensor.float()).detach().cpu().numpy()
    if np.isfinite(values).all():
        return ""
    return "NaN" if np.isnan(values).any() else "infinity"
