"""Sets scenes aside without leaks: scenes that are equal up to a symmetry land on the same side."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError, nearest
from ltm.scenes import maze, sudoku
from ltm.scenes.store import SceneSet
from ltm.scenes.told import Told, nobody

LEAST, MOST = 16, 1000
"""How many scenes are set aside, whatever share was asked for."""
FAMILIES = ("sudoku", "maze", "grid")
_BLOCK = 16_384


def split(
    scenes: SceneSet, *, validation: float, seed: int, family: str, told: Told = nobody, answers: int = 1
) -> tuple[SceneSet, SceneSet]:
    """Splits scenes into those to learn from and those set aside, each in the order of the file.

    Args:
        scenes: what there is; the last columns are the answers, all before them are seen.
        validation: share to set aside; from 16 to 1,000 scenes, whatever the share.
        seed: the same seed sets the same scenes aside.
        family: which scenes count as the same: `sudoku` (one solution leads to the other by a symmetry of Sudoku),
            `maze` (what is seen is the same up to rotation and reflection) or `grid` (what is seen is the same).
        told: told now and then how far the comparing is.
        answers: how many columns are answers.

    Raises:
        DataError: too few different scenes.
    """
    count = len(scenes)
    if count <= LEAST:
        raise DataError(f"{count} scenes are too few: {LEAST} are set aside, and the others are learned from")
    groups, sizes = np.unique(group_keys(scenes, family, told, answers), return_inverse=True, return_counts=True)[1:]
    target = min(max(round(validation * count), LEAST), MOST, count - 1)
    order = np.random.default_rng(seed).permutation(len(sizes))
    chosen = _choose(order, sizes, target)
    if sizes[chosen].sum() < LEAST:
        # Large groups: the smallest come first, and more than asked for is set aside.
        chosen = _choose(order[np.argsort(sizes[order], kind="stable")], sizes, min(MOST, count - 1), enough=LEAST)
    if sizes[chosen].sum() < LEAST:
        raise DataError(
            f"only {len(sizes)} of {count} scenes differ by more than a symmetry: too few to set {LEAST} aside"
        )
    aside = np.isin(groups, chosen)
    return scenes.take(~aside), scenes.take(aside)


def halves(scenes: SceneSet) -> tuple[SceneSet, SceneSet]:
    """Parts scenes that were set aside: every other one to choose and calibrate by, the rest to judge by."""
    number = np.arange(len(scenes))
    return scenes.take(number % 2 == 0), scenes.take(number % 2 == 1)


def _choose(
    order: npt.NDArray[Any], sizes: npt.NDArray[Any], most: int, enough: int | None = None
) -> npt.NDArray[np.int64]:
    """Takes groups in order, passing over those that would lead above `most`, until there are `enough` scenes."""
    total, chosen = 0, []
    for group in order.tolist():
        if total >= (most if enough is None else enough):
            break
        if total + sizes[group] <= most:
            total += int(sizes[group])
            chosen.append(group)
    return np.array(chosen, dtype=np.int64)


def group_keys(scenes: SceneSet, family: str, told: Told = nobody, answers: int = 1) -> npt.NDArray[np.uint64]:
    """Returns a number for each scene; scenes that are the same up to the family's symmetries share it.

    Different scenes share one only by chance (about one pair in 2^64), which would put both on the same side.
    """
    if family not in FAMILIES:
        raise DataError(f"unknown family '{family}'{nearest(family, FAMILIES)}")
    names = list(scenes.values)
    seen = names[:-answers] or names
    keys = np.empty(len(scenes), dtype=np.uint64)
    for start in range(0, len(scenes), _BLOCK):
        told("looking for scenes that are alike", start / len(scenes))
        place = slice(start, start + _BLOCK)
        values = {name: np.asarray(scenes.values[name][place]) for name in names}
        shapes = {name: scenes.shapes[name][place] for name in names}
        keys[place] = [_hash(key) for key in _exact_keys(values, seen, shapes, family)]
    return keys


def _exact_keys(
    values: dict[str, npt.NDArray[Any]], seen: list[str], shapes: dict[str, npt.NDArray[Any]], family: str
) -> list[bytes]:
    if family == "maze":
        joined = [maze.canonical(values[name], shapes[name]) for name in seen]
        return [b"|".join(keys) for keys in zip(*joined, strict=True)]
    count = len(values[seen[0]])
    # Without padding, which depends on the other scenes of the set.
    plain = [b"".join(shapes[n][i].tobytes() + _value(values[n][i], shapes[n][i]) for n in seen) for i in range(count)]
    if family == "sudoku":
        for name, grids in values.items():
            if grids.ndim != 3 or min(grids.shape[1:]) < 9:
                continue
            # Whatever else is in the set: a scene's key depends on the scene alone.
            nine = np.flatnonzero((shapes[name] == 9).all(axis=1))
            boards = grids[nine, :9, :9]
            solved = sudoku.is_solution(boards)
            for index, key in zip(nine[solved].tolist(), sudoku.canonical(boards[solved]).tolist(), strict=True):
                plain[index] = key
    return plain


def _value(padded: npt.NDArray[Any], shape: npt.NDArray[Any]) -> bytes:
    return padded[tuple(slice(side) for side in shape.tolist())].tobytes()


def _hash(key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little")
