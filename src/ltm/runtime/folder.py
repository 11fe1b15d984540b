"""A brain on disk: a chart, one weights file a zone, the connectome, `brain.json` and a model card.

The folder is written as a whole or not at all, and every file's hash is checked before any of it is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from ltm.chart.document import load_yaml
from ltm.errors import ChartError, FolderError, nearest
from ltm.runtime.alone import alone
from ltm.runtime.atomic import write_folder
from ltm.runtime.bodies import BODY, find_body, zone_file
from ltm.runtime.card import card
from ltm.runtime.front_matter import with_front_matter
from ltm.runtime.int8 import pack, unpack
from ltm.runtime.listing import CARD, LICENSE, RECORD, check_target, checked, digest_of, inspect_folder, license_of
from ltm.runtime.record import (
    CHART,
    CONNECTOME,
    FAMILIARITY,
    REHEARSAL,
    TOKENIZER,
    here,
    needed_format,
    read_record,
)
from ltm.runtime.weights import from_bytes, to_bytes

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
        rehearsal: scenes that are kept, packed; None where there are none.
        bodies: zones whose body is not written, as another skill's zone file holds the very same; with its SHA-256.
        int8: whether matrices of zones and connectome are written in eight bits.
        tokenizer: what texts are read with, where the chart names one.
        license: a text that a person has added; None leaves the one that is there.
    """

    chart_text: str
    zones: dict[str, dict[str, Tensor]]
    connectome: dict[str, Tensor]
    record: dict[str, Any]
    constants: frozenset[str] = frozenset()
    familiarity: dict[str, Tensor] | None = None
    rehearsal: dict[str, Tensor] | None = None
    bodies: Mapping[str, str] = field(default_factory=dict)
    int8: bool = False
    tokenizer: str | None = None
    license: bytes | None = None


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
    check_zones(files.zones, specs, path)
    kind = {"weights": "int8"} if files.int8 else {}
    written = pack if files.int8 else dict
    name = files.record.get("name")
    contents = {CHART: files.chart_text.encode()}
    counts = {CHART: 0, CONNECTOME: _count(files.connectome, files.constants)}
    for zone, tensors in files.zones.items():
        file = f"zones/{zone}.safetensors"
        words = _words("zone", zone) | {"spec": json.dumps(specs[zone])} | kind
        if zone in files.bodies:
            words["body"] = files.bodies[zone]
            tensors = {inner: tensor for inner, tensor in tensors.items() if not inner.startswith(BODY)}
        contents[file] = to_bytes(written(tensors), words, str(path / file))
        counts[file] = _count(tensors, files.constants)
    words = _words("connectome", str(name)) | kind
    contents[CONNECTOME] = to_bytes(written(files.connectome), words, str(path / CONNECTOME))
    if files.familiarity is not None:
        contents[FAMILIARITY] = to_bytes(files.familiarity, _words("familiarity", str(name)), str(path / FAMILIARITY))
        counts[FAMILIARITY] = 0
    if files.rehearsal is not None:
        contents[REHEARSAL] = to_bytes(files.rehearsal, _words("rehearsal", str(name)), str(path / REHEARSAL))
        counts[REHEARSAL] = 0
    if files.tokenizer is not None:
        contents[TOKENIZER] = files.tokenizer.encode()
        counts[TOKENIZER] = 0
    listed: dict[str, dict[str, Any]] = {
        file: {"sha256": digest_of(data), "bytes": len(data), "parameters": counts[file]}
        for file, data in contents.items()
    }
    for file in (CONNECTOME, *(zone_file(zone) for zone in files.zones)) if files.int8 else ():
        listed[file]["weights"] = "int8"
    for zone, digest in files.bodies.items():
        listed[f"zones/{zone}.safetensors"]["body"] = digest
    given = {key: value for key, value in files.record.items() if key not in ("format", "parameters", "files")}
    given["provenance"] = here() | dict(given.get("provenance", {}))
    version = needed_format(listed, bool(files.bodies), files.int8)
    whole = {"format": version, "parameters": sum(counts.values()), "files": listed} | given
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    record = read_record(text.encode(), str(path / RECORD))

    kept = files.license or license_of(path)

    def write(folder: Path) -> None:
        (folder / "zones").mkdir()
        for file, data in contents.items():
            (folder / file).write_bytes(data)
        words = with_front_matter(card(record, files.chart_text), files.chart_text)
        if kept is not None:
            (folder / LICENSE).write_bytes(kept)
        (folder / CARD).write_text(words, encoding="utf-8")
        (folder / RECORD).write_text(text + "\n", encoding="utf-8")

    with alone(path, "writes it"):
        write_folder(path, write)


def load_folder(path: Path) -> BrainFiles:
    """Reads a brain folder and checks all of it.

    Raises:
        FolderError: no brain folder, or files that are missing, unknown, damaged, changed or exchanged; names the file.
    """
    record = inspect_folder(path)
    contents = {file: checked(path, file, record) for file in record.files}
    try:
        chart_text = contents[CHART].decode()
    except UnicodeDecodeError:
        raise FolderError(f"{path / CHART}: not UTF-8 text") from None
    check_zones(record.zones, _zone_specs(chart_text, path / CHART), path)
    zones = {}
    for zone in record.zones:
        file = f"zones/{zone}.safetensors"
        body = record.files[file].body
        zones[zone] = read_part(path / file, contents.pop(file), "zone", zone, body)
        if body is not None:
            zones[zone] |= find_body(path, zone, body)
    connectome = read_part(path / CONNECTOME, contents.pop(CONNECTOME), "connectome", record.name)
    known = None
    if FAMILIARITY in contents:
        known = read_part(path / FAMILIARITY, contents.pop(FAMILIARITY), "familiarity", record.name)
    kept = None
    if REHEARSAL in contents:
        kept = read_part(path / REHEARSAL, contents.pop(REHEARSAL), "rehearsal", record.name)
    tokenizer = contents[TOKENIZER].decode("utf-8", "replace") if TOKENIZER in contents else None
    dumped = record.model_dump(mode="json", exclude_none=True)
    int8 = record.files[CONNECTOME].weights == "int8"
    return BrainFiles(
        chart_text,
        zones,
        connectome,
        dumped,
        familiarity=known,
        rehearsal=kept,
        int8=int8,
        tokenizer=tokenizer,
        license=license_of(path),
    )


def read_part(file: Path, data: bytes, part: str, name: str, body: str | None = None) -> dict[str, Tensor]:
    """Turns the content of a file of a brain folder into tensors, once it is known to be of that part.

    Args:
        file: what messages call it.
        data: its content.
        part: `zone`, `connectome`, …
        name: of the zone, or of the brain.
        body: SHA-256 of the file that holds a zone's body, where another does.

    Raises:
        FolderError: damaged, or of another part.
    """
    tensors, words = from_bytes(data, str(file))
    check_words(words, file, part, name, body)
    return unpack(tensors, str(file)) if words.get("weights") == "int8" else tensors


def check_words(words: Mapping[str, str], file: Path, part: str, name: str, body: str | None) -> None:
    """Refuses a file that is of another part than it should be, by the words kept with its tensors.

    Raises:
        FolderError: says which part it is of.
    """
    if words.get("body") != body:
        raise FolderError(f"{file}: where its body lies is not what {RECORD} says; damaged or changed")
    if (words.get("part"), words.get("name")) != (part, name):
        found = f"{words.get('part', 'unknown')} {words.get('name', '')!r}"
        raise FolderError(f"{file}: holds {found[:80]}; expected {part} {name!r}")


def _words(part: str, name: str) -> dict[str, str]:
    return {"ltm": "1", "part": part, "name": name}


def _zone_specs(chart_text: str, chart: Path) -> dict[str, Any]:
    """Returns what the chart declares for each zone, without judging it."""
    try:
        zones = load_yaml(chart_text, str(chart)).data.get("zones")
    except ChartError as problem:
        raise FolderError(str(problem)) from None
    if not isinstance(zones, dict):
        raise FolderError(f"{chart}: declares no zones")
    return zones


def check_zones(names: Mapping[str, Any] | tuple[str, ...], specs: Mapping[str, Any], path: Path) -> None:
    """Raises a `FolderError` unless a brain folder's zones are those of its chart."""
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
