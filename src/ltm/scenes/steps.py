"""Scenes of several steps as arrays: each column has an axis of steps in front.

Where nothing is shown at a step, or nothing answered, the arrays hold what pads values elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.acts.canvas import CanvasSpec
from ltm.acts.saying import Saying
from ltm.errors import DataError, nearest
from ltm.scenes.step_rows import MOST_STEPS, ROLE, StepList
from ltm.scenes.store import SceneSet
from ltm.senses.grid import GridSpec
from ltm.senses.layout import VOID, Layout, Written, void_of
from ltm.senses.value import ValueSpec
from ltm.senses.vector import VectorSpec

UNPADDED = ("image", "audio")
"""Kinds of which every number means something, so that none is left to say that nothing is there."""


@dataclass(frozen=True)
class Stepped:
    """How a column of scenes of several steps is read: each step's value as `inner` says, one behind the other.

    Attributes:
        inner: the declaration of a single step's value.
    """

    inner: ValueSpec

    @property
    def kind(self) -> str:
        """The word for it in charts: that of one step's value."""
        return self.inner.kind

    @property
    def layout(self) -> Layout:
        """An axis of steps in front of the value's own."""
        one = self.inner.layout
        return Layout(rank=one.rank + 1, dtype=one.dtype, longest=max(one.longest, MOST_STEPS))

    @property
    def written(self) -> Written:
        """As one step's value."""
        return self.inner.written

    def words(self) -> str:
        """Says what one step's value is."""
        return self.inner.words()

    def model_dump(self, *, exclude_defaults: bool = False) -> dict[str, Any]:
        """Returns the declaration as a chart holds it."""
        return self.inner.model_dump(exclude_defaults=exclude_defaults)

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns the values of all steps into an array `[steps, *sides]`, each padded to the largest.

        Raises:
            DataError: a step's value is none of the declared kind; says which step.
        """
        if not isinstance(value, StepList):
            raise DataError("expected a scene of steps, such as {'steps': [{'see': {…}, 'do': {…}}, …]}")
        layout = self.inner.layout
        arrays: list[npt.NDArray[Any] | None] = []
        for number, one in enumerate(value):
            try:
                arrays.append(None if one is None else self.inner.encode(one))
            except DataError as problem:
                raise DataError(f"step {number + 1}: {problem}") from None
        there = [array.shape for array in arrays if array is not None]
        if self.kind in UNPADDED and len(there) < len(arrays):
            raise DataError(f"values of kind {self.kind!r} must be there at every step")
        there = there or [_least(self.inner)]
        sides = tuple(max(side) for side in zip(*there, strict=True))
        if len(sides) and max(sides) > layout.longest:
            raise DataError(f"a side may have {layout.longest:,} places at most, got {max(sides):,}")
        whole = np.full((len(arrays), *sides), layout.void, dtype=layout.dtype)
        for number, array in enumerate(arrays):
            if array is not None:
                corner: tuple[Any, ...] = (number, *(slice(side) for side in array.shape))
                whole[corner] = array
        return whole


def _least(spec: ValueSpec) -> tuple[int, ...]:
    """Returns the shape of a value of which nothing is there."""
    if isinstance(spec, GridSpec):
        return (spec.rows or 1, spec.columns or 1)
    if isinstance(spec, Saying | CanvasSpec):
        return spec.own_grid[-spec.layout.rank :]
    return (spec.size,) if isinstance(spec, VectorSpec) else (1,) * spec.layout.rank


@dataclass(frozen=True)
class Roles:
    """How the column of roles is read: the number of each step's role.

    Attributes:
        names: the roles that a chart knows, in order.
    """

    names: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The word for it in messages."""
        return "role"

    @property
    def layout(self) -> Layout:
        """One number a step."""
        return Layout(rank=1, dtype="uint8", longest=MOST_STEPS)

    @property
    def written(self) -> Written:
        """Plain words."""
        return "plain"

    def words(self) -> str:
        """Names the roles."""
        return ", ".join(self.names)

    def model_dump(self, *, exclude_defaults: bool = False) -> dict[str, Any]:
        """Returns the roles as a chart holds them."""
        return {"roles": list(self.names)}

    def encode(self, value: Any) -> npt.NDArray[np.uint8]:
        """Turns words into numbers `[steps]`; a step that names none is in the first role.

        Raises:
            DataError: a role that the chart doesn't know; says at which step, and the nearest one.
        """
        if not isinstance(value, StepList):
            raise DataError("expected a scene of steps")
        numbers = {name: number for number, name in enumerate(self.names)}
        for number, role in enumerate(value):
            if role is not None and role not in numbers:
                known = ", ".join(self.names)
                raise DataError(f"step {number + 1}: unknown role {role!r} (roles: {known}){nearest(role, self.names)}")
        return np.array([0 if role is None else numbers[role] for role in value], dtype=np.uint8)


def laid_over(answer: npt.NDArray[Any], under: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """Returns answered grids `[steps, R, C]` padded like the grids they lie over, whose size they must have.

    Raises:
        DataError: at some step the two differ in size.
    """
    for number, (said, seen) in enumerate(zip(answer, under, strict=True)):
        sizes = [_extent(grid) for grid in (said, seen)]
        if sizes[0] != (0, 0) and sizes[0] != sizes[1]:
            shapes = [f"{rows}×{columns}" for rows, columns in sizes]
            raise DataError(f"step {number + 1}: {name} is {shapes[0]}, what it lies over is {shapes[1]}")
    padded = np.full(under.shape, VOID, dtype=answer.dtype)
    rows, columns = (min(a, b) for a, b in zip(answer.shape[1:], under.shape[1:], strict=True))
    padded[:, :rows, :columns] = answer[:, :rows, :columns]
    return padded


def _extent(grid: npt.NDArray[Any]) -> tuple[int, int]:
    there = grid != VOID
    return int(there.any(1).sum()), int(there.any(0).sum())


def is_void(array: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Returns where an array holds what pads values."""
    void: npt.NDArray[np.bool_] = np.isnan(array) if array.dtype.kind == "f" else array == void_of(array.dtype)
    return void


def cut(scenes: SceneSet, answered: Sequence[str], shown: Sequence[int], seed: int) -> SceneSet:
    """Returns each scene up to one of its answered steps, drawn at random, so that its last step is the question.

    Scenes without any answered step are left out.

    Args:
        scenes: with a column of roles.
        answered: the columns that are answered.
        shown: the roles, by number, in which that is shown rather than asked for.
        seed: of the draw.
    """
    draw = np.random.default_rng(seed)
    known: npt.NDArray[np.bool_] = np.zeros(scenes.values[ROLE].shape, dtype=bool)
    for name in answered:
        array = np.asarray(scenes.values[name])
        known |= ~is_void(array).reshape(*known.shape, -1).all(-1)
    known &= ~np.isin(scenes.values[ROLE], list(shown))
    chances = np.where(known, draw.random(known.shape), -1.0)
    lengths = chances.argmax(1) + 1
    kept = np.flatnonzero(known.any(1))
    part = scenes.take(kept)
    lengths = lengths[kept]
    gone = np.arange(known.shape[1])[None] >= lengths[:, None]
    values, shapes = {}, {}
    for name, array in part.values.items():
        values[name] = np.array(array)
        values[name][gone] = void_of(array.dtype)
        shapes[name] = part.shapes[name].copy()
        shapes[name][:, 0] = lengths
    return SceneSet(values, shapes, part.lines).crop()
