"""Scenes one by one, encoded but not padded: how they are held while they wait to be put into a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ltm.scenes.spool import Array
from ltm.scenes.store import SceneSet
from ltm.senses.layout import Layout

Single = dict[str, Array]
"""The encoded value of each column of one scene."""
Sides = dict[str, tuple[int, ...]]
"""Of each column, the sides to which its values are padded."""


def singles(scenes: SceneSet) -> Iterator[Single]:
    """Yields the scenes of a set, without padding, as copies of their own."""
    for number in range(len(scenes)):
        corners = {name: tuple(slice(int(side)) for side in sides[number]) for name, sides in scenes.shapes.items()}
        yield {name: np.array(values[number][corners[name]]) for name, values in scenes.values.items()}


def largest(scenes: Sequence[Single], least: Mapping[str, tuple[int, ...]]) -> Sides:
    """Returns the sides that hold every scene, and are at least as long as `least`."""
    found = {}
    for name, first in least.items():
        found[name] = tuple(max(sides) for sides in zip(first, *(scene[name].shape for scene in scenes), strict=True))
    return found


def packed(scenes: Sequence[Single], layouts: Mapping[str, Layout], sides: Mapping[str, tuple[int, ...]]) -> SceneSet:
    """Returns scenes as a set whose values are padded to given sides."""
    values, shapes = {}, {}
    for name, layout in layouts.items():
        values[name] = np.full((len(scenes), *sides[name]), layout.void, dtype=layout.dtype)
        for number, scene in enumerate(scenes):
            corner = tuple(slice(side) for side in scene[name].shape)
            values[name][number][corner] = scene[name]
        shapes[name] = np.array([scene[name].shape for scene in scenes], dtype=np.uint32).reshape(-1, layout.rank)
    return SceneSet(values, shapes, np.zeros(len(scenes), dtype=np.int64))
