"""Any ONNX file whose one input is a picture or a sound.

A picture is `[1, 3, R, C]` or `[1, R, C, 3]` (or of one channel: grey), brightnesses from 0 to 1: what normalises them
belongs into the file. A sound is `[1, N]` samples from -1 to 1 at 16,000 a second. Of several outputs the first is
read: `[1, K]`, `[1, T, K]`, or `[1, K, R, C]`.

Shapes: R rows, C columns, N samples, T moments, K channels, S sites.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import FolderError
from ltm.pretrained.facts import Facts, Run, Value
from ltm.pretrained.onnx_graph import operations_of, parsed, session, weights_of
from ltm.runtime.weights import read_bytes

MOST_SAMPLES = 60 * 16_000
_A_SECOND = 16_000
_LARGEST = 1024


def facts_of(file: Path) -> Facts:
    """Returns what a file takes and makes, for which it is run once.

    Raises:
        FolderError: damaged, of other inputs or outputs, or not run here.
    """
    data = read_bytes(file)
    model, network = parsed(data, str(file)), session(data, str(file))
    given = _input(network, file)
    sides = given.shape[1:]

    @functools.lru_cache(maxsize=64)
    def made(units: int) -> tuple[int, ...]:
        return _made(network, np.zeros(_shape(sides, units), dtype=np.float32), file).shape

    @functools.lru_cache(maxsize=64)
    def operations(units: int) -> int:
        return operations_of(model, {given.name: _shape(sides, units)}, str(file))

    def grid(units: int) -> tuple[int, int]:
        shape = made(units)
        if len(shape) == 4:
            return shape[2], shape[3]
        return (shape[1], 1) if len(shape) == 3 else (1, 1)

    length = sides[0] if len(sides) == 1 and isinstance(sides[0], int) else None
    first = made(1 if len(sides) == 3 else length or _A_SECOND)
    channels = first[1] if len(first) != 3 else first[2]
    if len(sides) == 1:
        least, most = (1, MOST_SAMPLES) if length is None else (length, length)
        return Facts("audio", channels, weights_of(model), grid, operations, least=least, most=most)
    size = (sides[1], sides[2]) if sides[0] in (1, 3) else (sides[0], sides[1])
    return Facts("image", channels, weights_of(model), grid, operations, size=size)


def load(contents: Mapping[str, bytes], source: str) -> Run:
    """Makes a session of the content of a file.

    Raises:
        FolderError: damaged, of other inputs or outputs, or not run here.
    """
    (data,) = contents.values()
    file = Path(source)
    network = session(data, source)
    sides = _input(network, file).shape[1:]

    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns `[S, K]` of a picture `[R, C, 3]` or of samples `[N]`."""
        made = _made(network, _given(value, sides), file)
        if made.ndim == 4:
            return np.ascontiguousarray(made[0].reshape(made.shape[1], -1).T)
        return np.ascontiguousarray(made.reshape(-1, made.shape[-1]))

    return run


def _input(network: Any, file: Path) -> Any:
    inputs = network.get_inputs()
    if len(inputs) == 1 and inputs[0].type == "tensor(float)":
        sides = inputs[0].shape[1:]
        pictured = len(sides) == 3 and all(isinstance(side, int) and 1 <= side <= _LARGEST for side in sides)
        if len(sides) == 1 or (pictured and (sides[0] in (1, 3) or sides[2] in (1, 3))):
            return inputs[0]
    found = ", ".join(f"{given.name} {given.type} {given.shape}" for given in inputs)
    raise FolderError(
        f"{file}: takes {found}; expected one input of floats, a picture [1, 3, rows, columns] or a sound [1, samples]"
    )


def _shape(sides: list[Any], units: int) -> tuple[int, ...]:
    return (1, *sides) if len(sides) == 3 else (1, units)


def _made(network: Any, given: npt.NDArray[np.float32], file: Path) -> npt.NDArray[np.float32]:
    try:
        made = network.run(None, {network.get_inputs()[0].name: given})[0]
    except Exception as problem:  # onnxruntime raises kinds of its own
        raise FolderError(f"{file}: can't be run on {list(given.shape)}: {str(problem)[:300]}") from None
    if not isinstance(made, np.ndarray) or made.dtype != np.float32 or made.ndim not in (2, 3, 4) or made.shape[0] != 1:
        raise FolderError(f"{file}: its first output must be floats of 2 to 4 axes for one value")
    return made


def _given(value: Value, sides: list[Any]) -> npt.NDArray[np.float32]:
    """Returns a value as the file takes it."""
    if len(sides) == 1:
        return np.asarray(value, dtype=np.float32)[None] / np.float32(32768)
    pixels = np.asarray(value, dtype=np.float32) / np.float32(255)
    first = sides[0] in (1, 3)
    if (sides[0] if first else sides[2]) == 1:
        pixels = pixels.mean(axis=2, keepdims=True)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1) if first else pixels)[None].astype(np.float32)
