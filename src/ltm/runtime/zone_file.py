"""A zone outside any brain: one safetensors file with its weights, declaration, origin, and what it fits.

What it holds beside the weights is text in the file's header: nothing in it can run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from ltm.chart.schema import Chart
from ltm.chart.sites import fixed_sites
from ltm.errors import FolderError, LtmError, first_mistake, nearest
from ltm.runtime.atomic import write_file
from ltm.runtime.bodies import BODY, zone_file
from ltm.runtime.brains import check_tensors, load_brain
from ltm.runtime.int8 import pack, unpack
from ltm.runtime.listing import checked, digest_of, inspect_folder
from ltm.runtime.weights import from_bytes, read_bytes, to_bytes
from ltm.zones.spec import ZoneBase
from ltm.zones.table import ZoneSpec
from ltm.zones.zone import Zone

PART = "taken zone"
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
        origin: name of the brain it comes from, and the SHA-256 of its file there.
        provenance: what that brain's record says of where its weights come from.
    """

    name: str
    spec: ZoneBase
    width: int
    field: int
    sites: int | None
    body: dict[str, Tensor]
    origin: dict[str, str]
    provenance: dict[str, Any]


def take_zone(folder: Path, zone: str, out: Path) -> ZoneFile:
    """Writes a zone of a brain to a file of its own; the brain stays as it is.

    Args:
        folder: of a brain of one skill.
        zone: which one.
        out: file to write; one that is there is replaced only if it is such a file.

    Raises:
        LtmError: there is no such zone, something else is at `out`, or the disk is full.
        FolderError: the brain can't be read.
    """
    brain, record = load_brain(folder)
    if zone not in brain.chart.zones:
        known = ", ".join(brain.chart.zones)
        raise LtmError(f"{folder}: its zones are {known}; there is no {zone!r}{nearest(zone, brain.chart.zones)}")
    if out.exists():
        read_zone_file(out)
    made = brain.circuit.zone(zone)
    listed = inspect_folder(folder)
    source = digest_of(checked(folder, zone_file(zone), listed))
    body = {name: weight.detach() for name, weight in made.body.state_dict().items()}
    taken = ZoneFile(
        zone,
        brain.chart.zones[zone],
        made.width,
        brain.chart.field.width,
        _sites(brain.chart, made),
        body,
        {"brain": str(record["name"]), "sha256": source},
        dict(record.get("provenance", {})),
    )
    words = {
        "ltm": "1",
        "part": PART,
        "name": zone,
        "spec": json.dumps(taken.spec.model_dump(mode="json", exclude_defaults=True)),
        "fits": json.dumps({"width": taken.width, "field": taken.field, "sites": taken.sites}),
        "origin": json.dumps(taken.origin),
        "provenance": json.dumps(taken.provenance),
        "weights": "int8" if brain.int8 else "fp32",
    }
    tensors = {BODY + name: weight for name, weight in body.items()}
    write_file(out, to_bytes(pack(tensors) if brain.int8 else tensors, words, str(out)))
    return taken


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
    except (ValueError, KeyError, TypeError, RuntimeError, RecursionError) as problem:
        raise FolderError(f"{path}: damaged: {problem}") from None
    if zone.width != width:
        raise FolderError(f"{path}: says {width} channels; its declaration has {zone.width}")
    whole = unpack(tensors, str(path)) if words.get("weights") == "int8" else tensors
    check_tensors(whole, {BODY + name: weight for name, weight in zone.body.state_dict().items()}, path)
    body = {name.removeprefix(BODY): weight for name, weight in whole.items()}
    return ZoneFile(words.get("name", ""), spec, width, field, sites, body, dict(origin), dict(provenance))


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
