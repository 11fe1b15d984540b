"""A brain on disk: a chart, one weights file a zone, the connectome, `brain.json` and a model card.

The folder is written as a whole or not at all, and every file's hash is checked before any of it is used.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ltm.chart.document import MAX_TEXT, load_yaml
from ltm.errors import ChartError, FolderError, LtmError, nearest
from ltm.runtime.atomic import sweep, write_folder
from ltm.runtime.card import card
from ltm.runtime.record import (
    CHART,
    CONNECTOME,
    FAMILIARITY,
    FORMAT,
    MAX_RECORD,
    BrainRecord,
    here,
    read_record,
)
from ltm.runtime.weights import from_bytes, read_bytes, to_bytes

__all__ = [
    "CARD",
    "CHART",
    "CONNECTOME",
    "RECORD",
    "BrainFiles",
    "check_target",
    "inspect_folder",
    "load_folder",
    "save_folder",
]

RECORD = "brain.json"
CARD = "README.md"
_BESIDE = {RECORD, CARD, "LICENSE", "zones"}  # what may be there without being listed, and hidden files
_ZONE = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class BrainFiles:
    """What a brain folder holds.

    Attributes:
        chart_text: the exact chart.
        zones: the tensors of each zone by name; the names are those of the chart's zones.
        connectome: everything that belongs to no zone: field, couplings, senses, acts, wave, will, reflection.
        record: `name`, `about`, `provenance` and `measured` as in `BrainRecord`; the rest is filled in on saving.
        constants: names of tensors that are kept but were not learned, which are no parameters.
        familiarity: how known scenes look to the senses; None where that was never measured.
    """

    chart_text: str
    zones: dict[str, dict[str, Tensor]]
    connectome: dict[str, Tensor]
    record: dict[str, Any]
    constants: frozenset[str] = frozenset()
    familiarity: dict[str, Tensor] | None = None


def save_folder(path: Path, files: BrainFiles, *, overwrite: bool = True) -> None:
    """Writes a brain folder, whole or not at all.

    Versions and processor are filled in from this machine unless the record has them.

    Args:
        path: the folder; missing parents are made.
        files: what to write.
        overwrite: whether a brain folder that is there may be replaced. Anything else never is.

    Raises:
        LtmError: something else is there, tensors hold NaN or infinity, or the disk is full or refuses.
        FolderError: the zones are not those of the chart, or the record has impossible entries.
    """
    check_target(path, overwrite=overwrite)
    specs = _zone_specs(files.chart_text, path / CHART)
    _check_zones(files.zones, specs, path)
    name = files.record.get("name")
    contents = {CHART: files.chart_text.encode()}
    counts = {CHART: 0, CONNECTOME: _count(files.connectome, files.constants)}
    for zone, tensors in files.zones.items():
        file = f"zones/{zone}.safetensors"
        contents[file] = to_bytes(tensors, _words("zone", zone) | {"spec": json.dumps(specs[zone])}, str(path / file))
        counts[file] = _count(tensors, files.constants)
    contents[CONNECTOME] = to_bytes(files.connectome, _words("connectome", str(name)), str(path / CONNECTOME))
    if files.familiarity is not None:
        contents[FAMILIARITY] = to_bytes(files.familiarity, _words("familiarity", str(name)), str(path / FAMILIARITY))
        counts[FAMILIARITY] = 0
    listed = {
        file: {"sha256": _digest(data), "bytes": len(data), "parameters": counts[file]}
        for file, data in contents.items()
    }
    given = {key: value for key, value in files.record.items() if key not in ("format", "parameters", "files")}
    given["provenance"] = here() | dict(given.get("provenance", {}))
    whole = {"format": FORMAT, "parameters": sum(counts.values()), "files": listed} | given
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    record = read_record(text.encode(), str(path / RECORD))

    def write(folder: Path) -> None:
        (folder / "zones").mkdir()
        for file, data in contents.items():
            (folder / file).write_bytes(data)
        (folder / CARD).write_text(card(record, files.chart_text), encoding="utf-8")
        (folder / RECORD).write_text(text + "\n", encoding="utf-8")

    write_folder(path, write)


def load_folder(path: Path) -> BrainFiles:
    """Reads a brain folder and checks all of it.

    Raises:
        FolderError: no brain folder, or files that are missing, unknown, damaged, changed or exchanged; names the file.
    """
    record = inspect_folder(path)
    contents = {file: _checked(path, file, record) for file in record.files}
    try:
        chart_text = contents[CHART].decode()
    except UnicodeDecodeError:
        raise FolderError(f"{path / CHART}: not UTF-8 text") from None
    _check_zones(record.zones, _zone_specs(chart_text, path / CHART), path)
    zones = {}
    for zone in record.zones:
        file = f"zones/{zone}.safetensors"
        zones[zone] = _tensors(path / file, contents.pop(file), "zone", zone)
    connectome = _tensors(path / CONNECTOME, contents.pop(CONNECTOME), "connectome", record.name)
    known = None
    if FAMILIARITY in contents:
        known = _tensors(path / FAMILIARITY, contents.pop(FAMILIARITY), "familiarity", record.name)
    dumped = record.model_dump(mode="json", exclude_none=True)
    return BrainFiles(chart_text, zones, connectome, dumped, familiarity=known)


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
    _checked(path, CHART, record)
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
    if not isinstance(marks, dict) or "format" not in marks or "files" not in marks:
        raise LtmError(f"{path}: there is a folder that is not a brain; choose another one")
    foreign = sorted(
        other.name for other in path.iterdir() if other.name not in _BESIDE | {CHART, CONNECTOME, FAMILIARITY}
    )
    if foreign:
        raise LtmError(f"{path}: the brain there shares its folder with '{foreign[0]}', which would be lost; move it")


def _check_listing(path: Path, record: BrainRecord) -> None:
    for file in record.files:
        if not (path / file).is_file():
            raise FolderError(f"{path / file}: missing")
    found = [(entry.name, entry) for entry in path.iterdir() if entry.name not in _BESIDE]
    if (path / "zones").is_dir():
        found += [(f"zones/{entry.name}", entry) for entry in (path / "zones").iterdir()]
    for name, entry in sorted(found):
        if name not in record.files and not entry.name.startswith("."):
            raise FolderError(f"{entry}: not part of the brain according to {RECORD}{nearest(name, record.files)}")


def _checked(path: Path, file: str, record: BrainRecord) -> bytes:
    """Returns a file's content once it is known to be what the record says."""
    expected = record.files[file]
    data = read_bytes(path / file, MAX_TEXT * 4 if file == CHART else None)
    _check_size(path / file, len(data), expected.bytes)
    digest = _digest(data)
    if digest != expected.sha256:
        owner = next((f" (it holds what belongs in {o})" for o, r in record.files.items() if r.sha256 == digest), "")
        raise FolderError(f"{path / file}: its sha256 is not what {RECORD} says{owner}; damaged or changed")
    return data


def _check_size(file: Path, found: int, expected: int) -> None:
    if found != expected:
        raise FolderError(f"{file}: {found:,} bytes; {RECORD} says {expected:,}; damaged or changed")


def _tensors(file: Path, data: bytes, part: str, name: str) -> dict[str, Tensor]:
    tensors, words = from_bytes(data, str(file))
    if (words.get("part"), words.get("name")) != (part, name):
        found = f"{words.get('part', 'unknown')} {words.get('name', '')!r}"
        raise FolderError(f"{file}: holds {found[:80]}; expected {part} {name!r}")
    return tensors


def _words(part: str, name: str) -> dict[str, str]:
    return {"ltm": str(FORMAT), "part": part, "name": name}


def _zone_specs(chart_text: str, chart: Path) -> dict[str, Any]:
    """Returns what the chart declares for each zone, without judging it."""
    try:
        zones = load_yaml(chart_text, str(chart)).data.get("zones")
    except ChartError as problem:
        raise FolderError(str(problem)) from None
    if not isinstance(zones, dict):
        raise FolderError(f"{chart}: declares no zones")
    return zones


def _check_zones(names: Mapping[str, Any] | tuple[str, ...], specs: Mapping[str, Any], path: Path) -> None:
    for name in names:
        if not _ZONE.fullmatch(name):
            raise FolderError(f"{path}: zone name {name[:60]!r} is not a lower-case word")
        if name not in specs:
            raise FolderError(f"{path}: weights for zone '{name}', which its chart doesn't have{nearest(name, specs)}")
    for name in specs:
        if name not in names:
            raise FolderError(f"{path}: zone '{name[:60]}' of the chart has no weights{nearest(name[:60], names)}")


def _count(tensors: Mapping[str, Tensor], constants: frozenset[str]) -> int:
    return sum(tensor.numel() for name, tensor in tensors.items() if name not in constants)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
