"""How large what a graph sees is: declared by the chart, asked for, or as large as the largest scene that is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.errors import DataError, LtmError, nearest
from ltm.export.graph import Sizes
from ltm.senses.audio import AudioSpec
from ltm.senses.image import ImageSpec
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec
from ltm.senses.vector import VectorSpec

_SIZE = re.compile(r"(?P<name>[^=]+)=(?P<sides>[0-9]{1,5}(x[0-9]{1,5})?)")


def asked_sizes(words: Sequence[str], brain: Brain) -> dict[str, tuple[int, ...]]:
    """Reads sizes as they are typed: `maze=15x15` for a grid, `text=200` for what is read in order.

    Raises:
        LtmError: not of that form, no such sense, or its size is declared by the chart.
    """
    found = {}
    for word in words:
        match = _SIZE.fullmatch(word)
        if match is None:
            raise LtmError(f"--size {word[:60]}: expected a sense and its size, such as maze=15x15 or text=200")
        name, sides = match["name"], tuple(int(side) for side in match["sides"].split("x"))
        wrong = _unfit(name, sides, brain)
        if wrong:
            raise LtmError(f"--size {word}: {wrong}")
        found[name] = sides
    return found


def _unfit(name: str, sides: Sequence[int], brain: Brain) -> str:
    """Returns why a size can't be one of a sense; empty where it can."""
    if name not in brain.chart.senses:
        return f"no sense called {name!r}{nearest(name, brain.chart.senses)}"
    spec = brain.chart.senses[name]
    if spec.fixed_sites is not None:
        return f"the chart fixes the size of {name!r} ({spec.words()})"
    axes = 1 if isinstance(spec, SequenceSpec | TextSpec) else 2
    most = spec.longest if isinstance(spec, SequenceSpec | TextSpec) else spec.layout.longest
    if len(sides) != axes or not all(1 <= side <= most for side in sides):
        form = "one number" if axes == 1 else "rows x columns"
        return f"expected {form} from 1 to {most:,} for {name!r}"
    return ""


def sizes_of(brain: Brain, asked: Mapping[str, tuple[int, ...]]) -> Sizes:
    """Returns the shape of one encoded value for each sense.

    Raises:
        DataError: what is asked for can't be; or a sense's size is open, nothing was asked for, and the brain keeps no
            scenes to go by.
    """
    for name, sides in asked.items():
        wrong = _unfit(name, sides, brain)
        if wrong:
            raise DataError(f"sizes: {wrong}, got {sides}")
    sizes: dict[str, tuple[int, ...]] = {}
    for name, spec in brain.chart.senses.items():
        places = asked.get(name) or _declared(spec) or _largest_kept(brain, name)
        if places is None:
            example = f"{name}=100" if isinstance(spec, SequenceSpec | TextSpec) else f"{name}=9x9"
            raise DataError(
                f"senses.{name}: its size is open, and the brain keeps no scenes to take it from; say the "
                f"largest that shall be seen, such as --size {example}"
            )
        sizes[name] = (*places, *_inner(spec))
    return sizes


def _declared(spec: Any) -> tuple[int, ...] | None:
    if isinstance(spec, ImageSpec):
        return (spec.rows, spec.columns, spec.channels)
    if isinstance(spec, AudioSpec):
        return (spec.frames, spec.mels)
    if isinstance(spec, VectorSpec):
        return (spec.size,)
    if spec.fixed_sites is None:
        return None
    return tuple(spec.fixed_sites) if spec.layout.rank == 2 else (1,)


def _inner(spec: Any) -> tuple[int, ...]:
    """Returns the sides of what encodes one place, beyond the places themselves."""
    if isinstance(spec, SequenceSpec) and spec.branches:
        return (3,)
    if isinstance(spec, TextSpec) and spec.unit == "words":
        return (int(spec.encode("word").shape[1]),)
    return ()


def _largest_kept(brain: Brain, name: str) -> tuple[int, ...] | None:
    kept = None if brain.rehearsal is None else (brain.rehearsal.replay, brain.rehearsal.aside)
    sides = [part.shapes[name].max(axis=0) for part in kept or () if len(part)]
    inner = len(_inner(brain.chart.senses[name]))
    largest = np.max(sides, axis=0).tolist() if sides else []
    return tuple(int(side) for side in largest[: len(largest) - inner]) or None


def padded(value: npt.NDArray[Any], size: tuple[int, ...], void: float) -> Tensor | None:
    """Returns an encoded value `[1, *sides]` filled up to a size; None where it is larger."""
    if any(side > most for side, most in zip(value.shape, size, strict=True)):
        return None
    whole = np.full(size, void, dtype=value.dtype)
    whole[tuple(slice(side) for side in value.shape)] = value
    return torch.from_numpy(whole)[None]
