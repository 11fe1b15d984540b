"""Scenes that a brain keeps: some to rehearse once it learns something else, some to judge itself by.

They lie in the brain's folder as tensors, each column's cells one after another, deflated. What is read back is
checked: a folder may come from anywhere.

Shapes: N scenes, A axes of a value.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.errors import FolderError
from ltm.scenes.store import SceneSet, SceneWriter
from ltm.senses.layout import Layout

MOST_UNPACKED = 2**30
"""Bytes of one column; a file that would unpack to more is refused."""
PARTS = ("replay", "aside")


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """What a brain keeps.

    Attributes:
        replay: scenes that it learned from.
        aside: scenes that it neither learned from nor was chosen by.
    """

    replay: SceneSet
    aside: SceneSet

    def tensors(self) -> dict[str, Tensor]:
        """Returns everything by name, to be saved."""
        parts = {"replay": self.replay, "aside": self.aside}
        return {f"{part}.{name}": tensor for part, scenes in parts.items() for name, tensor in pack(scenes).items()}

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], columns: Mapping[str, Layout], source: str) -> Rehearsal:
        """Takes back what `tensors` gave.

        Args:
            tensors: by name.
            columns: how the brain's values are laid out.
            source: what to call the file in messages.

        Raises:
            FolderError: columns are missing or unknown, or don't hold what they should.
        """
        known = {f"{part}.{what}.{name}" for part in PARTS for what in ("cells", "sides") for name in columns}
        if set(tensors) != known:
            wrong = sorted(set(tensors) ^ known)[0]
            raise FolderError(f"{source}: {'missing' if wrong in known else 'unknown'} tensor {wrong!r}")
        replay, aside = (
            unpack({k.removeprefix(f"{p}."): t for k, t in tensors.items() if k.startswith(f"{p}.")}, columns, source)
            for p in PARTS
        )
        return cls(replay, aside)


def pack(scenes: SceneSet) -> dict[str, Tensor]:
    """Returns `cells.<column>`, bytes deflated, and `sides.<column>` int32 `[N, A]`."""
    tensors = {}
    for name, padded in scenes.values.items():
        sides = scenes.shapes[name]
        data = zlib.compress(b"".join(_value(padded[i], sides[i]).tobytes() for i in range(len(scenes))), 9)
        tensors[f"cells.{name}"] = torch.from_numpy(np.frombuffer(data, dtype=np.uint8).copy())
        tensors[f"sides.{name}"] = torch.from_numpy(sides.astype(np.int32))
    return tensors


def packed_bytes(scenes: SceneSet) -> int:
    """Returns how many bytes some scenes take when they are kept."""
    return sum(tensor.nbytes for tensor in pack(scenes).values())


def unpack(tensors: Mapping[str, Tensor], columns: Mapping[str, Layout], source: str) -> SceneSet:
    """Takes back what `pack` gave.

    Raises:
        FolderError: it isn't what `pack` gives for such columns.
    """
    values: dict[str, list[npt.NDArray[np.generic]]] = {}
    for name, layout in columns.items():
        sides, cells = tensors[f"sides.{name}"], tensors[f"cells.{name}"]
        if sides.dtype != torch.int32 or sides.ndim != 2 or sides.shape[1] != layout.rank or cells.dtype != torch.uint8:
            raise FolderError(f"{source}: column {name!r} is not laid out as this brain's values are")
        values[name] = _unpacked(cells.numpy().tobytes(), sides.numpy(), layout, f"{source}: column {name!r}")
    if len({len(column) for column in values.values()}) > 1:
        raise FolderError(f"{source}: its columns hold different numbers of scenes")
    writer = SceneWriter(columns)
    for number in range(len(next(iter(values.values())))):
        writer.append({name: column[number] for name, column in values.items()})
    return writer.finish()


def _unpacked(data: bytes, sides: npt.NDArray[np.int32], layout: Layout, source: str) -> list[npt.NDArray[np.generic]]:
    dtype = np.dtype(layout.dtype)
    if len(sides) and (int(sides.min()) < 1 or int(sides.max()) > layout.longest):
        raise FolderError(f"{source}: a value of impossible size")
    sizes = sides.astype(np.int64).prod(axis=1)
    wanted = int(sizes.sum()) * dtype.itemsize
    if wanted > MOST_UNPACKED:
        raise FolderError(f"{source}: unpacks to {wanted:,} bytes; expected at most {MOST_UNPACKED:,}")
    inflater = zlib.decompressobj()
    try:
        # One byte more than there should be, so that too many are noticed without being unpacked.
        plain = inflater.decompress(data, wanted + 1)
    except zlib.error:
        plain = b""
    if len(plain) != wanted or not inflater.eof:
        raise FolderError(f"{source}: doesn't unpack to what its sizes say")
    parts = np.split(np.frombuffer(plain, dtype=dtype), np.cumsum(sizes)[:-1]) if len(sides) else []
    return [part.reshape(tuple(shape)) for part, shape in zip(parts, sides.tolist(), strict=True)]


def _value(padded: npt.NDArray[np.generic], sides: npt.NDArray[np.uint32]) -> npt.NDArray[np.generic]:
    return padded[tuple(slice(int(side)) for side in sides)]
