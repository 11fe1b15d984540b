"""Which brains make up a merged one, and what their skills are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ltm.errors import LtmError
from ltm.runtime.brains import load_brain
from ltm.runtime.folder import RECORD
from ltm.runtime.skills import folders_of
from ltm.training.from_data import name_of


def gather(brains: Sequence[Path], names: Sequence[str]) -> tuple[dict[str, Path], list[str]]:
    """Returns the folder of every skill of some brains by name, and what was noticed on the way.

    A skill that appears twice with the same weights is taken once; others of one name are numbered.

    Args:
        brains: folders of brains of one or several skills.
        names: what to call the skills, in order; those beyond keep their own names.

    Raises:
        LtmError: a folder can't be used, or a name can't be a skill's.
    """
    found = [(skill, folder) for brain in brains for skill, folder in folders_of(brain).items()]
    if len(names) > len(found):
        raise LtmError(f"{len(names)} names for {len(found)} skills")
    for name in names:
        if name != name_of(Path(name)):
            raise LtmError(f"--name {name}: expected a lower-case word such as {name_of(Path(name))!r}")
    if len(set(names)) < len(names):
        raise LtmError("two skills can't have one name")
    folders: dict[str, Path] = {}
    notes = []
    for place, (skill, folder) in enumerate(found):
        wanted = names[place] if place < len(names) else skill
        same = next((n for n, other in folders.items() if _content(other) == _content(folder)), None)
        if same is not None:
            notes.append(f"{folder}: the same brain as skill '{same}'; taken once")
            continue
        name, number = wanted, 2
        while name in folders or name in names[place + 1 :]:
            name, number = f"{wanted[:36]}-{number}", number + 1
        if name != wanted:
            notes.append(f"{folder}: there is a skill '{wanted}' already; this one is called '{name}'")
        if load_brain(folder)[0].familiarity is None:
            notes.append(f"{folder}: has never measured what looks familiar to it; its reflection alone decides")
        folders[name] = folder
    return folders, notes


def _content(folder: Path) -> bytes:
    return (folder / RECORD).read_bytes()
