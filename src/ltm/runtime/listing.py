"""What lies in a brain folder, checked against what its `brain.json` says, before any of it is used."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ltm.chart.document import MAX_TEXT
from ltm.errors import FolderError, LtmError, nearest
from ltm.runtime.atomic import sweep
from ltm.runtime.record import (
    CHART,
    CONNECTOME,
    FAMILIARITY,
    MAX_RECORD,
    REHEARSAL,
    TOKENIZER,
    BrainRecord,
    read_record,
)
from ltm.runtime.snapshot import origin_of
from ltm.runtime.weights import read_bytes

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

RECORD = "brain.json"
CARD = "README.md"
LICENSE = "LICENSE"
MOST_LICENSE = 1_000_000
"""Bytes of one."""
_BESIDE = {RECORD, CARD, LICENSE, "zones"}  # what may be there without being listed, and hidden files


def license_of(path: Path) -> bytes | None:
    """Returns the license that somebody has added to a brain folder, which isn't listed; None where there is none."""
    file = path / LICENSE
    return read_bytes(file, MOST_LICENSE) if file.is_file() else None


def inspect_folder(path: Path) -> BrainRecord:
    """Reads what a brain folder says about itself; of weights only the sizes are checked.

    Raises:
        FolderError: no brain folder, its `brain.json` or chart is damaged, or files are missing or of another size.
    """
    if not path.exists():
        with suppress(OSError):  # a writer without atomic exchange may have been killed halfway
            sweep(path.parent, path.name)
    if not path.is_dir():
        raise FolderError(f"{path}: {'not a brain folder' if path.exists() else 'no such brain folder'}")
    record = read_record(read_bytes(path / RECORD, MAX_RECORD), str(path / RECORD))
    _check_listing(path, record)
    for file, expected in record.files.items():
        _check_size(path / file, (path / file).stat().st_size, expected.bytes)
    checked(path, CHART, record)
    return record


def check_target(path: Path, *, overwrite: bool = True) -> None:
    """Makes sure that a brain may be written to a folder: nothing is there, or only what `save_folder` wrote.

    Raises:
        LtmError: anything else is there.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not overwrite:
        raise LtmError(f"{path}: already there; choose another folder")
    if not path.is_dir():
        raise LtmError(f"{path}: a file; expected a folder")
    try:
        marks = json.loads(read_bytes(path / RECORD, MAX_RECORD))
    except (ValueError, RecursionError):  # FolderError is a ValueError
        marks = None
    if not isinstance(marks, dict) or "format" not in marks or not isinstance(marks.get("files"), dict):
        raise LtmError(f"{path}: there is a folder that is not a brain; choose another one")
    known = _BESIDE | {CHART, CONNECTOME, FAMILIARITY, REHEARSAL, TOKENIZER}
    foreign = sorted(other.name for other in path.iterdir() if other.name not in known)
    zones = path / "zones"
    inside = sorted(zones.iterdir()) if zones.is_dir() else []
    foreign += [f"zones/{other.name}" for other in inside if f"zones/{other.name}" not in marks["files"]]
    if foreign:
        raise LtmError(f"{path}: the brain there shares its folder with '{foreign[0]}', which would be lost; move it")


def _check_listing(path: Path, record: BrainRecord) -> None:
    for file in record.files:
        if not (path / file).is_file():
            raise FolderError(f"{path / file}: missing")
    if origin_of(path) is not None:
        return  # other programs fetch into the same folder; only what is listed is read
    found = [(entry.name, entry) for entry in path.iterdir() if entry.name not in _BESIDE]
    if (path / "zones").is_dir():
        found += [(f"zones/{entry.name}", entry) for entry in (path / "zones").iterdir()]
    for name, entry in sorted(found):
        if name not in record.files and not entry.name.startswith("."):
            raise FolderError(f"{entry}: not part of the brain according to {RECORD}{nearest(name, record.files)}")


def checked(path: Path, file: str, record: BrainRecord) -> bytes:
    """Returns a file's content once it is known to be what the record says.

    Raises:
        FolderError: it is missing, damaged, changed or exchanged for another.
    """
    data = read_bytes(path / file, MAX_TEXT * 4 if file == CHART else None)
    check_content(path, file, data, record)
    return data


def check_content(path: Path, file: str, data: Buffer, record: BrainRecord) -> None:
    """Refuses a file's content that is not what the record says.

    Raises:
        FolderError: it is damaged, changed or exchanged for another.
    """
    expected = record.files[file]
    _check_size(path / file, memoryview(data).nbytes, expected.bytes)
    digest = digest_of(data)
    if digest != expected.sha256:
        owner = next((f" (it holds what belongs in {o})" for o, r in record.files.items() if r.sha256 == digest), "")
        raise FolderError(f"{path / file}: its sha256 is not what {RECORD} says{owner}; damaged or changed")


def _check_size(file: Path, found: int, expected: int) -> None:
    if found != expected:
        raise FolderError(f"{file}: {found:,} bytes; {RECORD} says {expected:,}; damaged or changed")


def digest_of(data: Buffer) -> str:
    """Returns the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
