"""Opens a seeing and a reasoning brain together; either may be a skill of a brain that has several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ltm.brain.brain import Brain
from ltm.brain.perceive import Coupled
from ltm.errors import DataError, LtmError
from ltm.runtime.paged import open_brain
from ltm.runtime.skills import folders_of, has_skills


def open_coupled(
    eye: Path,
    mind: Path,
    *,
    keeps: bool | None = None,
    memory: str | None = None,
    eye_pins: Sequence[str] = (),
    mind_pins: Sequence[str] = (),
) -> tuple[Coupled, Path, Path]:
    """Opens two brains and couples them, and returns their folders.

    Args:
        eye: a brain that sees one picture, or one of several skills, of which one does.
        mind: a brain that sees what the labels of the other stand for; or one of several skills; may be the same.
        keeps: as `ltm.brain.perceive.Coupled` has it.
        memory: for the weights of either's zones, such as `300MB`; None for all of them.
        eye_pins: zones of the eye that stay, where memory is limited.
        mind_pins: likewise of the mind.

    Raises:
        DataError: two brains that don't fit.
        LtmError: no skills that fit, or more than two.
    """
    if has_skills(eye) or has_skills(mind):
        eye, mind = _fitting(eye, mind, keeps, memory)
    seeing, thinking = open_brain(eye, memory, eye_pins)[0], open_brain(mind, memory, mind_pins)[0]
    return Coupled(seeing, thinking, keeps=keeps), eye, mind


def _fitting(eye: Path, mind: Path, keeps: bool | None, memory: str | None) -> tuple[Path, Path]:
    eyes, minds = _members(eye), _members(mind)
    brains = {folder: open_brain(folder, memory)[0] for folder in {*eyes, *minds}}
    pairs = [
        (one, other) for one in eyes for other in minds if one != other and _fit(brains[one], brains[other], keeps)
    ]
    if len(pairs) == 1:
        return pairs[0]
    where = f"{eye}" if eye == mind else f"{eye} and {mind}"
    if not pairs:
        raise LtmError(
            f"{where}: no two of {', '.join(dict.fromkeys(path.name for path in (*eyes, *minds)))} fit: one must see a "
            "picture and answer with one label, the other see a board or a sequence of such labels"
        )
    listed = "; ".join(f"{one} {other}" for one, other in pairs)
    raise LtmError(f"{where}: several skills fit one another; name two of their folders: {listed}")


def _members(folder: Path) -> list[Path]:
    return list(folders_of(folder).values()) if has_skills(folder) else [folder]


def _fit(eye: Brain, mind: Brain, keeps: bool | None) -> bool:
    try:
        Coupled(eye, mind, keeps=keeps)
    except DataError:
        return False
    return True
