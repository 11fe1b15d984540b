"""A brain of several skills on disk: `skills.json`, and a whole brain folder for each skill.

Skills are copied byte by byte when brains are merged, so each answers exactly as it did before.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ltm.brain.skills import SkilledBrain
from ltm.chart.base import Name, Part
from ltm.errors import FolderError, LtmError, first_mistake, nearest
from ltm.runtime.atomic import write_folder
from ltm.runtime.brains import load_brain
from ltm.runtime.folder import RECORD, check_target, inspect_folder
from ltm.runtime.record import MAX_RECORD, BrainRecord, Digest
from ltm.runtime.weights import read_bytes

SKILLS = "skills.json"
_FOLDER = "skills"
MOST_SKILLS = 256


class SkillRecord(Part):
    """One skill of a folder."""

    sha256: Digest
    """Of its `brain.json`, which holds those of all its files."""


class SkillsRecord(Part):
    """The whole of `skills.json`."""

    format: Literal[1] = 1
    name: Name
    skills: Annotated[dict[Name, SkillRecord], Field(min_length=1, max_length=MOST_SKILLS)]
    """In the order in which they were gained."""


def has_skills(path: Path) -> bool:
    """Whether a folder holds a brain of several skills."""
    return (path / SKILLS).is_file()


def folders_of(path: Path) -> dict[str, Path]:
    """Returns the brain folder of each skill, in order; for a brain of one skill, by its own name.

    Raises:
        FolderError: no brain, or its records are damaged or exchanged.
    """
    if not has_skills(path):
        return {inspect_folder(path).name: path}
    record = read_skills(path)
    folders = {name: path / _FOLDER / name for name in record.skills}
    for name, folder in folders.items():
        if not folder.is_dir():
            raise FolderError(f"{folder}: missing")
        if _digest(folder) != record.skills[name].sha256:
            raise FolderError(f"{folder / RECORD}: its sha256 is not what {SKILLS} says; damaged, changed or exchanged")
    for entry in sorted((path / _FOLDER).iterdir()):
        if entry.name not in folders and not entry.name.startswith("."):
            raise FolderError(f"{entry}: not a skill according to {SKILLS}{nearest(entry.name, folders)}")
    return folders


def read_skills(path: Path) -> SkillsRecord:
    """Reads `skills.json`.

    Raises:
        FolderError: not JSON, of another format, or with missing, unknown or impossible entries.
    """
    try:
        return SkillsRecord.model_validate_json(read_bytes(path / SKILLS, MAX_RECORD), strict=True)
    except ValidationError as problem:
        raise FolderError(f"{path / SKILLS}: {first_mistake(problem)}") from None


def load_skills(path: Path) -> SkilledBrain:
    """Reads a brain of one or several skills; every file is verified.

    Raises:
        FolderError: files are missing, damaged, exchanged or hold NaN; names the file.
    """
    name = read_skills(path).name if has_skills(path) else inspect_folder(path).name
    return SkilledBrain(name, {skill: load_brain(folder)[0] for skill, folder in folders_of(path).items()})


def records_of(path: Path) -> dict[str, BrainRecord]:
    """Returns what each skill's `brain.json` says; of weights only the sizes are checked."""
    return {name: inspect_folder(folder) for name, folder in folders_of(path).items()}


def write_skills(final: Path, name: str, folders: Mapping[str, Path]) -> None:
    """Writes a brain of several skills, whole or not at all; the folders are copied as they are.

    Args:
        final: where to; a brain that is there is replaced, anything else refused.
        name: of the brain.
        folders: the brain folder of each skill; they may lie in the folder that is replaced.

    Raises:
        LtmError: something else is there, or the disk is full; what was there before is untouched.
        FolderError: one of the brains is damaged.
    """
    check_skills_target(final)
    if len(folders) > MOST_SKILLS:
        raise LtmError(f"{len(folders)} skills; a brain has {MOST_SKILLS} at most")
    for folder in folders.values():
        load_brain(folder)  # nothing damaged is copied
    record = SkillsRecord(name=name, skills={n: SkillRecord(sha256=_digest(f)) for n, f in folders.items()})

    def write(temporary: Path) -> None:
        for skill, folder in folders.items():
            shutil.copytree(folder, temporary / _FOLDER / skill, ignore=shutil.ignore_patterns(".*"))
        text = json.dumps(record.model_dump(mode="json"), indent=2)
        (temporary / SKILLS).write_text(text + "\n", encoding="utf-8")

    write_folder(final, write)


def check_skills_target(path: Path) -> None:
    """Makes sure that a brain of skills may be written to a folder: nothing is there, or a brain.

    Raises:
        LtmError: anything else is there.
    """
    if not has_skills(path):
        check_target(path)
        return
    known = {SKILLS, _FOLDER, *(f"{_FOLDER}/{name}" for name in read_skills(path).skills)}
    found = [*path.iterdir(), *(path / _FOLDER).iterdir()] if (path / _FOLDER).is_dir() else list(path.iterdir())
    foreign = sorted(str(entry.relative_to(path)) for entry in found if str(entry.relative_to(path)) not in known)
    if foreign:
        raise LtmError(f"{path}: the brain there shares its folder with '{foreign[0]}', which would be lost; move it")


def _digest(folder: Path) -> str:
    return hashlib.sha256(read_bytes(folder / RECORD, MAX_RECORD)).hexdigest()
