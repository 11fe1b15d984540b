"""Tensors of a model from elsewhere, taken one by one under their own names: what is missing or left over is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ltm.chart.document import load_yaml
from ltm.errors import ChartError, FolderError, nearest
from ltm.foreign.gguf_file import ENDING as GGUF
from ltm.foreign.gguf_file import is_gguf, read_gguf
from ltm.foreign.pickled import is_pickled, load_pickled
from ltm.runtime.weights import load_tensors, not_finite, read_bytes

CONFIG, INDEX = "config.json", "model.safetensors.index.json"
PUBLISHED = "all_config.yaml"
"""What TRM's and HRM's training leaves beside a checkpoint."""
MOST_CONFIG = 10_000_000
"""Bytes of a configuration or an index."""
_ENDING = ".safetensors"
Load = Callable[[Path], Mapping[str, Tensor]]
"""From a safetensors file to its tensors."""


@dataclass(frozen=True, eq=False)
class Foreign:
    """A causal language model from elsewhere, in this project's terms.

    Attributes:
        family: such as `llama`.
        width: channels.
        zone: the zone's declaration.
        body: weights of the zone's body, by name.
        table: a vector for each symbol `[V, W]`.
        head: the matrix from channels to symbols `[V, W]`; None where it is the table.
        bias: of the head `[V]`, where it has one.
        end: the symbol at which its texts end, where its configuration says one.
        longest: symbols of the longest text that it learned from, where its configuration says so.
    """

    family: str
    width: int
    zone: dict[str, Any]
    body: dict[str, Tensor]
    table: Tensor
    head: Tensor | None = None
    bias: Tensor | None = None
    end: int | None = None
    longest: int | None = None


class Tensors:
    """The tensors of a model, and which of them have been taken.

    Args:
        tensors: by name.
        source: what messages call it.
        pickled: whether they lie in a pickle, whose numbers nobody has looked at: that is done as they are taken.
    """

    def __init__(self, tensors: Mapping[str, Tensor], source: str, *, pickled: bool = False) -> None:
        self.source = source
        self.pickled = pickled
        self._left = dict(tensors)
        self._names = list(tensors)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    @property
    def names(self) -> tuple[str, ...]:
        """All names, those of tensors that have been taken included."""
        return tuple(self._names)

    def shape(self, name: str) -> tuple[int, ...]:
        """Returns the shape of a tensor, without reading it; empty where there is none of that name."""
        return tuple(self._left[name].shape) if name in self._left else ()

    def take(self, name: str, shape: tuple[int, ...] | None = None, axes: int | None = None) -> Tensor:
        """Returns a tensor in fp32, in a shape of as many numbers where one is given.

        Args:
            name: of the tensor.
            shape: to bring it into.
            axes: that it must have; then also the very shape, where one is given.

        Raises:
            FolderError: there is none of that name, or it has another number of numbers or axes.
        """
        if name not in self._left:
            taken = " (taken before)" if name in self._names else nearest(name, self._left)
            raise FolderError(f"{self.source}: no tensor {name!r}{taken}")
        tensor = self._left.pop(name)
        if axes is not None and tensor.dim() != axes:
            raise FolderError(f"{self.source}: {name} has {tensor.dim()} axes; expected {axes}")
        other = axes is not None and shape is not None and tuple(tensor.shape) != shape
        if other or (shape is not None and tensor.numel() != torch.Size(shape).numel()):
            assert shape is not None
            sides = "×".join(map(str, tensor.shape))
            raise FolderError(f"{self.source}: {name} is {sides}; expected {'×'.join(map(str, shape))}")
        problem = not_finite(tensor) if self.pickled else ""
        if problem:
            raise FolderError(f"{self.source}: tensor {name!r} holds {problem}")
        return (tensor if shape is None else tensor.reshape(shape)).float().contiguous()

    def count(self, pattern: str) -> int:
        """Returns how many layers there are: one more than the largest number that a pattern's group matches."""
        found = [int(match[1]) for name in self._names if (match := re.match(pattern, name))]
        return max(found, default=-1) + 1

    def leave(self, names: Iterable[str]) -> None:
        """Gives up tensors that nothing needs, where they are there."""
        for name in names:
            self._left.pop(name, None)

    def done(self) -> None:
        """Refuses a model that has tensors which were not taken.

        Raises:
            FolderError: names the first of them.
        """
        if self._left:
            more = f" and {len(self._left) - 1} more" if len(self._left) > 1 else ""
            raise FolderError(f"{self.source}: tensor {next(iter(self._left))!r}{more} belongs to no part of the model")


def read_model(place: Path, load: Load = load_tensors) -> tuple[dict[str, Any], Tensors]:
    """Reads a model's configuration, empty where it has none, and its tensors.

    Args:
        place: a `.safetensors` file, or a folder with one or several and perhaps `config.json`; a `.gguf` file; or a
            checkpoint of TRM or HRM, perhaps with `all_config.yaml` beside it.
        load: reads safetensors files; `ltm.runtime.weights.load_shapes` where shapes are enough.

    Raises:
        FolderError: nothing there that can be read, or it is damaged.
    """
    if place.is_dir() and (place / PUBLISHED).exists():
        place = _checkpoint_in(place)
    if place.is_file():
        return _read_file(place, load)
    if not place.is_dir():
        raise FolderError(f"{place}: no such file or folder")
    config = _json(place / CONFIG) if (place / CONFIG).exists() else {}
    tensors: dict[str, Tensor] = {}
    missing = _index(place) if (place / INDEX).exists() else {}
    for file in weights_in(place):
        for name, tensor in load(place / file).items():
            if name in tensors:
                raise FolderError(f"{place / file}: tensor {name!r} is in another file too")
            tensors[name] = tensor
            if missing.get(name) == file:
                del missing[name]
    for name, file in missing.items():
        raise FolderError(f"{place / INDEX}: names tensor {name!r}, which {file} doesn't hold")
    return config, Tensors(tensors, str(place))


def weights_in(place: Path) -> list[str]:
    """Returns the names of a folder's safetensors files, those of its index where it has one.

    Raises:
        FolderError: there are none, or the index is damaged.
    """
    if (place / INDEX).exists():
        files = sorted(set(_index(place).values()))
        if any(Path(file).name != file or not file.endswith(_ENDING) for file in files):
            raise FolderError(f"{place / INDEX}: files must lie in the folder and end in {_ENDING}")
    else:
        files = sorted(file.name for file in place.glob(f"*{_ENDING}"))
    if not files:
        pickled = any(place.glob("*.bin")) or any(place.glob("*.pt*"))
        why = "; pickled weights can run code and are not read: convert them to safetensors first" if pickled else ""
        named = next(iter(sorted(place.glob(f"*{GGUF}"))), None)
        why = why if named is None else f"; to read {named.name}, name the file itself"
        raise FolderError(f"{place}: holds no {_ENDING} file{why}")
    return files


def _index(place: Path) -> dict[str, str]:
    """Returns in which of a folder's files each tensor lies."""
    named = _json(place / INDEX).get("weight_map")
    if not isinstance(named, dict) or not all(isinstance(file, str) for file in named.values()):
        raise FolderError(f"{place / INDEX}: expected 'weight_map', from tensors to files")
    return named


def _read_file(file: Path, load: Load) -> tuple[dict[str, Any], Tensors]:
    if is_gguf(file):
        settings, tensors = read_gguf(file)
        return settings, Tensors(tensors, str(file))
    beside = file.with_name(PUBLISHED)
    config = _yaml(beside) if beside.exists() else {}
    if is_pickled(file):
        return config, Tensors(load_pickled(file), str(file), pickled=True)
    return config, Tensors(load(file), str(file))


def _checkpoint_in(folder: Path) -> Path:
    """Returns the one file of a published checkpoint's folder that holds weights."""
    found = [
        file for file in sorted(folder.iterdir()) if file.is_file() and (file.suffix == _ENDING or is_pickled(file))
    ]
    if len(found) != 1:
        listed = ", ".join(file.name for file in found[:10]) or "none"
        raise FolderError(f"{folder}: expected one checkpoint beside {PUBLISHED}, found {listed}; name the file itself")
    return found[0]


def _yaml(path: Path) -> dict[str, Any]:
    try:
        text = read_bytes(path, MOST_CONFIG).decode()
        return dict(load_yaml(text, str(path)).data)
    except (ChartError, UnicodeDecodeError) as problem:
        raise FolderError(f"{path}: can't be read: {problem}") from None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_bytes(path, MOST_CONFIG))
    except (ValueError, RecursionError) as problem:
        raise FolderError(f"{path}: not JSON: {problem}") from None
    if not isinstance(found, dict):
        raise FolderError(f"{path}: expected an object")
    return found
