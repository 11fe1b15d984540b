"""A zone outside any brain: one safetensors file with its weights, roles, declaration, origin, and what it fits.

What it holds beside the weights is text in the file's header: nothing in it can run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.chart.sites import fixed_sites
from ltm.errors import FolderError, LtmError, first_mistake, nearest
from ltm.runtime.atomic import write_file
from ltm.runtime.bodies import BODY, hash_tensors, zone_file
from ltm.runtime.brains import check_tensors, declared_in
from ltm.runtime.int8 import pack, unpack
from ltm.runtime.listing import inspect_folder
from ltm.runtime.paged import read_zone
from ltm.runtime.record import ZoneOrigin
from ltm.runtime.snapshot import origin_of
from ltm.runtime.weights import from_bytes, read_bytes, to_bytes
from ltm.zones.spec import ZoneBase
from ltm.zones.table import ZoneSpec
from ltm.zones.zone import Zone

PART = "taken zone"
_SUM = "sha256"
ROLES = "roles."
"""What the names of role vectors begin with, in a zone's file."""
MOST_TEXT = 100_000
"""Letters of the declaration, and of where it comes from."""


@dataclass(frozen=True, eq=False)
class ZoneFile:
    """A zone outside any brain.

    Attributes:
        name: what it was called.
        spec: its declaration.
        width: channels inside.
        field: channels of the field that it worked on.
        sites: of the field, where its weights are made for so many; otherwise None.
        body: weights of its layers, without what tied it to that field.
        roles: the learned vectors of its roles `[W]`, by name.
        origin: name of the brain it comes from, and the SHA-256 of its file there.
        provenance: what that brain's record says of where its weights come from.
    """

    name: str
    spec: ZoneBase
    width: int
    field: int
    sites: int | None
    body: dict[str, Tensor]
    roles: dict[str, Tensor]
    origin: dict[str, str]
    provenance: dict[str, Any]

    def came_from(self) -> dict[str, Any]:
        """Returns what the record of a brain says that gets it; see `ltm.runtime.record.ZoneOrigin`."""
        return {**self.origin, "zone": self.name, "provenance": self.provenance}


def take_zone(folder: Path, zone: str, out: Path) -> ZoneFile:
    """Writes a zone of a brain to a file of its own; the brain stays as it is, and of its weights no others are read.

    Args:
        folder: of a brain of one skill.
        zone: which one.
        out: file to write; one that is there is replaced only if it is such a file.

    Raises:
        LtmError: there is no such zone, something else is at `out`, or the disk is full.
        FolderError: the brain can't be read.
    """
    record = inspect_folder(folder)
    chart = declared_in(folder, record)
    if zone not in chart.zones:
        known = ", ".join(chart.zones)
        raise LtmError(f"{folder}: its zones are {known}; there is no {zone!r}{nearest(zone, chart.zones)}")
    if out.exists():
        read_zone_file(out)
    with torch.device("meta"):  # shapes are enough: of the weights only this zone's are read
        made = Brain(chart, absent=True).circuit.zone(zone)
    listed = record.files[zone_file(zone)]
    found = read_zone(folder, zone, record, {})
    check_tensors(found, made.state_dict(), folder / zone_file(zone))
    body, roles = _parts(found)
    provenance = record.provenance.model_dump(mode="json", exclude_none=True)
    if (origin := origin_of(folder)) is not None:
        provenance["origin"] = origin
    before = {name: one for name, one in provenance.pop("zones", {}).items() if name == zone}
    provenance |= {"zones": before} if before else {}
    taken = ZoneFile(
        zone,
        chart.zones[zone],
        made.width,
        chart.field.width,
        _sites(chart, made),
        body,
        roles,
        {"brain": record.name, "sha256": listed.sha256},
        provenance,
    )
    int8 = listed.weights == "int8"
    words = {
        "ltm": "1",
        "part": PART,
        "name": zone,
        "spec": json.dumps(taken.spec.model_dump(mode="json", exclude_defaults=True)),
        "fits": json.dumps({"width": taken.width, "field": taken.field, "sites": taken.sites}),
        "origin": json.dumps(taken.origin),
        "provenance": json.dumps(taken.provenance),
        "weights": "int8" if int8 else "fp32",
    }
    tensors = {name: weight for name, weight in found.items() if name.startswith((BODY, ROLES))}
    written = pack(tensors) if int8 else tensors
    write_file(out, to_bytes(written, words | {_SUM: _sum_of(written, words)}, str(out)))
    return taken


def _sum_of(tensors: Mapping[str, Tensor], words: Mapping[str, str]) -> str:
    """Returns a hash of all that a zone file holds, beside the hash itself."""
    hashed = hashlib.sha256(json.dumps({key: words[key] for key in sorted(words) if key != _SUM}).encode())
    hash_tensors(hashed, tensors, tensors)
    return hashed.hexdigest()


def read_zone_file(path: Path) -> ZoneFile:
    """Reads a zone outside any brain; its weights are checked against its declaration.

    Raises:
        FolderError: no such file, damaged, or something else.
    """
    tensors, words = from_bytes(read_bytes(path), str(path))
    if words.get("part") != PART or words.get("ltm") != "1":
        raise FolderError(f"{path}: not a zone that was taken with ltm zone take")
    try:
        if any(len(word) > MOST_TEXT for word in words.values()):
            raise ValueError("its header is too long")
        fits, origin, provenance = (json.loads(words[key]) for key in ("fits", "origin", "provenance"))
        adapter: TypeAdapter[ZoneBase] = TypeAdapter(ZoneSpec)
        spec = adapter.validate_json(words["spec"])
        width, field, sites = int(fits["width"]), int(fits["field"]), fits["sites"]
        sites = None if sites is None else int(sites)
        with torch.device("meta"):
            zone = Zone(spec, field, sites)
    except ValidationError as problem:
        raise FolderError(f"{path}: its declaration can't be used: {first_mistake(problem)}") from None
    except (ValueError, KeyError, TypeError, OverflowError, RuntimeError, RecursionError) as problem:
        raise FolderError(f"{path}: damaged: {problem}") from None
    if zone.width != width:
        raise FolderError(f"{path}: says {width} channels; its declaration has {zone.width}")
    whole = unpack(tensors, str(path)) if words.get("weights") == "int8" else tensors
    # Files of earlier versions hold no role vectors.
    wanted = (BODY, ROLES) if any(name.startswith(ROLES) for name in whole) else (BODY,)
    check_tensors(whole, {name: weight for name, weight in zone.state_dict().items() if name.startswith(wanted)}, path)
    taken = ZoneFile(words.get("name", ""), spec, width, field, sites, *_parts(whole), origin, provenance)
    try:
        ZoneOrigin.model_validate(taken.came_from())
    except (ValidationError, TypeError) as problem:
        why = first_mistake(problem) if isinstance(problem, ValidationError) else problem
        raise FolderError(f"{path}: where it comes from can't be read: {why}") from None
    # Files of earlier versions say no hash.
    if _SUM in words and words[_SUM] != _sum_of(tensors, words):
        raise FolderError(f"{path}: damaged, or changed since it was taken: its content doesn't have the hash it says")
    return taken


def _parts(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Returns the weights of a zone's body, and the vectors of its roles."""
    body, roles = (
        {name.removeprefix(part): weight for name, weight in tensors.items() if name.startswith(part)}
        for part in (BODY, ROLES)
    )
    return body, roles


def _sites(chart: Chart, zone: Zone) -> int | None:
    """Returns the number of sites where a zone's weights depend on it."""
    sites = fixed_sites(chart)
    if sites is None:
        return None
    with torch.device("meta"):
        other = Zone(zone.spec, chart.field.width, sites + 1)
    alike = {name: weight.shape for name, weight in other.body.state_dict().items()}
    same = alike == {name: weight.shape for name, weight in zone.body.state_dict().items()}
    return None if same else sites
