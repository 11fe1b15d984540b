"""A brain of several skills on disk: `skills.json`, and a brain folder for each skill.

Skills are copied byte by byte when brains are merged, so each answers exactly as it did before. A skill may use the
body of another's zone (see `ltm.runtime.bodies`); copied without the other, it is written whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ltm.brain.brain import Brain
from ltm.brain.skills import SkilledBrain
from ltm.chart.base import Name, Part
from ltm.errors import FolderError, LtmError, first_mistake, nearest
from ltm.runtime.alone import alone
from ltm.runtime.atomic import write_folder
from ltm.runtime.bodies import SKILLS_FOLDER, fingerprint_of, zone_file
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.listing import CARD, LICENSE, RECORD, check_target, inspect_folder
from ltm.runtime.record import MAX_RECORD, BrainRecord, Digest
from ltm.runtime.snapshot import origin_of
from ltm.runtime.weights import read_bytes

SKILLS = "skills.json"
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
    folders = {name: path / SKILLS_FOLDER / name for name in record.skills}
    for name, folder in folders.items():
        if not folder.is_dir():
            raise FolderError(f"{folder}: missing")
        if _digest(folder) != record.skills[name].sha256:
            raise FolderError(f"{folder / RECORD}: its sha256 is not what {SKILLS} says; damaged, changed or exchanged")
    for entry in sorted((path / SKILLS_FOLDER).iterdir()) if origin_of(path) is None else ():
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


def write_skills(final: Path, name: str, folders: Mapping[str, Path], share: Collection[str] = ()) -> None:
    """Writes a brain of several skills, whole or not at all; the folders are copied as they are.

    Args:
        final: where to; a brain that is there is replaced, anything else refused.
        name: of the brain.
        folders: the brain folder of each skill; they may lie in the folder that is replaced. Of one that was fetched,
            the record is told from where.
        share: skills of whose zones those bodies are left out that an earlier skill has, bit for bit.

    Raises:
        LtmError: something else is there, or the disk is full; what was there before is untouched.
        FolderError: one of the brains is damaged.
    """
    check_skills_target(final)
    if len(folders) > MOST_SKILLS:
        raise LtmError(f"{len(folders)} skills; a brain has {MOST_SKILLS} at most")

    def write(temporary: Path) -> None:
        held: dict[str, str] = {}  # from a body to the zone file in which it lies
        for skill, folder in folders.items():
            place = temporary / SKILLS_FOLDER / skill
            brain, record = load_brain(folder)
            bodies = _bodies(brain)
            lent = {zone: held[body] for zone, body in bodies.items() if body in held}
            files = inspect_folder(folder).files
            borrowed = {zone: files[zone_file(zone)].body for zone in bodies if files[zone_file(zone)].body}
            if (skill in share and lent != borrowed) or any(lent.get(zone) != file for zone, file in borrowed.items()):
                save_brain(brain, place, record, lent if skill in share or borrowed else {})
            else:
                _copy(folder, place)
                # Nothing damaged is copied. Another process may have replaced the folder since it was looked at.
                bodies = _bodies(load_brain(place)[0])
            for zone, body in bodies.items():
                file = inspect_folder(place).files[zone_file(zone)]
                if body is not None and file.body is None:
                    held.setdefault(body, file.sha256)
        record_of = {skill: SkillRecord(sha256=_digest(temporary / SKILLS_FOLDER / skill)) for skill in folders}
        text = json.dumps(SkillsRecord(name=name, skills=record_of).model_dump(mode="json"), indent=2)
        (temporary / SKILLS).write_text(text + "\n", encoding="utf-8")

    with alone(final, "writes it"):
        write_folder(final, write)


def copy_brain(brain: Path, final: Path) -> None:
    """Copies a brain with all its skills, whole or not at all; every file is verified.

    Args:
        brain: its folder. Of one that was fetched, the copy's records are told from where.
        final: where to; a brain that is there is replaced, anything else refused.

    Raises:
        LtmError: something else is there, or the disk is full; what was there before is untouched.
        FolderError: the brain is damaged.
    """
    if has_skills(brain):
        write_skills(final, read_skills(brain).name, folders_of(brain))
        return
    check_skills_target(final)

    def write(place: Path) -> None:
        _copy(brain, place)
        load_brain(place)  # nothing damaged is copied

    with alone(final, "writes it"):
        write_folder(final, write)


def _bodies(brain: Brain) -> dict[str, str | None]:
    return {zone: fingerprint_of(brain.circuit.zone(zone).state_dict()) for zone in brain.chart.zones}


def check_skills_target(path: Path) -> None:
    """Makes sure that a brain of skills may be written to a folder: nothing is there, or a brain.

    Raises:
        LtmError: anything else is there.
    """
    if not has_skills(path):
        check_target(path)
        return
    inside = path / SKILLS_FOLDER
    known = {SKILLS, SKILLS_FOLDER, *(f"{SKILLS_FOLDER}/{name}" for name in read_skills(path).skills)}
    found = [*path.iterdir(), *(inside.iterdir() if inside.is_dir() else ())]
    foreign = sorted(str(entry.relative_to(path)) for entry in found if str(entry.relative_to(path)) not in known)
    if foreign:
        raise LtmError(f"{path}: the brain there shares its folder with '{foreign[0]}', which would be lost; move it")


def _copy(folder: Path, place: Path) -> None:
    """Copies a brain; of one that was fetched nothing but its own files, and its record is told from where."""
    origin = origin_of(folder)
    if origin is None:
        shutil.copytree(folder, place, ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
        return
    card = (CARD,) if (folder / CARD).is_file() else ()
    license = (LICENSE,) if (folder / LICENSE).is_file() else ()
    for file in (*inspect_folder(folder).files, *card, *license):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / file, place / file)
    record = json.loads(read_bytes(folder / RECORD, MAX_RECORD))
    record["provenance"] = record.get("provenance", {}) | {"origin": origin}
    (place / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _digest(folder: Path) -> str:
    return hashlib.sha256(read_bytes(folder / RECORD, MAX_RECORD)).hexdigest()
