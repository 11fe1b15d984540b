"""Opens a brain whose zones stay on disk until they fire: of their files only the sizes are looked at before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.skills import SkilledBrain
from ltm.chart.base import parse_bytes
from ltm.errors import FolderError, LtmError, nearest
from ltm.runtime.bodies import BODY, holding_file, zone_file
from ltm.runtime.brains import check_tensors, familiarity_of, load_brain, read_chart, without_zones
from ltm.runtime.folder import CONNECTOME, check_words, read_part
from ltm.runtime.int8 import unpack_into, with_scales
from ltm.runtime.listing import check_content, checked, inspect_folder
from ltm.runtime.pager import START, Load, Lodging, Pager, vacate
from ltm.runtime.record import FAMILIARITY, BrainRecord
from ltm.runtime.room import Mark, read_into_a_room, room_for, views_of
from ltm.runtime.skills import folders_of, has_skills, load_skills, read_skills
from ltm.runtime.weights import PLAIN

Marks = dict[Path, Mark]
"""Of files that have been verified."""
Words = dict[str, str]
"""What is kept with a file's tensors."""
Scaled = dict[str, tuple[Tensor, Tensor | None]]
"""Tensors with the scales of those in eight bits."""


def open_paged(path: Path, memory: int, pins: Sequence[str] = ()) -> tuple[Brain, dict[str, Any]]:
    """Opens a brain folder without reading its zones.

    Args:
        path: of a brain of one skill.
        memory: bytes of zones' weights in memory at any moment.
        pins: zones that never leave.

    Returns:
        The brain, which calls its zones in by `brain.circuit.residence`, and what `brain.json` says.

    Raises:
        FolderError: files are missing, damaged or of another size; names the file.
        LtmError: a brain of several skills, a pin that is no zone, or less memory than the largest zone takes.
    """
    if has_skills(path):
        raise LtmError(f"{path}: a brain of several skills; open_paged_skills opens it")
    brain, record, load = _without_zones(path)
    check_pins(pins, brain.chart.zones)
    zones = {name: brain.circuit.zone(name) for name in brain.chart.zones}
    brain.circuit.residence = Pager(zones, load, memory, pins)
    return brain, record.model_dump(mode="json", exclude_none=True)


def open_paged_skills(path: Path, memory: int, pins: Sequence[str] = ()) -> SkilledBrain:
    """Opens a brain of several skills without reading zones; all its skills share the memory.

    Args:
        path: of the brain.
        memory: bytes of zones' weights in memory at any moment, whosesoever they are.
        pins: zones that never leave, as `skill/zone`.

    Raises:
        FolderError, LtmError: as `open_paged`.
    """
    opened = {skill: _without_zones(folder) for skill, folder in folders_of(path).items()}
    zones = {
        f"{skill}/{zone}": part.circuit.zone(zone)
        for skill, (part, _, _) in opened.items()
        for zone in part.chart.zones
    }
    check_pins(pins, zones)

    def load(label: str) -> Mapping[str, Tensor]:
        skill, _, zone = label.partition("/")
        return opened[skill][2](zone)

    pager = Pager(zones, load, memory, pins)
    for skill, (brain, _, _) in opened.items():
        brain.circuit.residence = Lodging(pager, f"{skill}/")
    return SkilledBrain(read_skills(path).name, {skill: brain for skill, (brain, _, _) in opened.items()})


def _without_zones(path: Path) -> tuple[Brain, BrainRecord, Load]:
    """Returns a brain of one skill whose zones have no weights, its record, and what reads a zone."""
    record = inspect_folder(path)
    chart = read_chart(path, record)
    brain = Brain(chart, absent=True)
    tensors = read_part(path / CONNECTOME, checked(path, CONNECTOME, record), "connectome", record.name)
    without_zones(brain, tensors, path)
    if FAMILIARITY in record.files:
        known = read_part(path / FAMILIARITY, checked(path, FAMILIARITY, record), "familiarity", record.name)
        brain.familiarity = familiarity_of(known, path / FAMILIARITY)
    zones = {name: brain.circuit.zone(name) for name in chart.zones}
    for name, zone in zones.items():
        vacate(zone)
        if zone.start_O is not None:
            zone.start_O = _start(path / zone_file(name), zone.start_O)

    verified: Marks = {}

    def load(name: str) -> Mapping[str, Tensor]:
        file, start = path / zone_file(name), zones[name].start_O
        found = read_zone(path, name, record, verified)
        check_tensors(found, zones[name].state_dict(), file)
        if start is not None and not torch.equal(found[START], start):
            raise FolderError(f"{file}: {START!r} isn't what it was when the brain was opened; damaged or changed")
        return found

    return brain.eval(), record, load


def check_pins(pins: Sequence[str], zones: Collection[str]) -> None:
    """Refuses a pin that is no zone.

    Raises:
        LtmError: names it, and the nearest zone.
    """
    for pin in pins:
        if pin not in zones:
            raise LtmError(f"--pin {pin}: no such zone{nearest(pin, zones)}")


def read_zone(path: Path, zone: str, record: BrainRecord, known: Marks) -> dict[str, Tensor]:
    """Reads one zone of a brain folder into memory of its own (see `ltm.runtime.room`).

    Args:
        path: of the folder.
        zone: its name.
        record: what `brain.json` says.
        known: marks of files that have been verified before: of the very same the hash need not be taken again, nor
            NaN be looked for. What is verified now is added.

    Raises:
        FolderError: its file is missing, damaged, changed or exchanged; names the file.
    """
    file = zone_file(zone)
    body = record.files[file].body
    tensors, words = _views(path, file, record, known)
    check_words(words, path / file, "zone", zone, body)
    if words.get("weights") != "int8" and body is None:
        return tensors
    parts = _with_scales(tensors, words, str(path / file))
    if body is not None:
        other, held, its_record = holding_file(path, zone, body)
        tensors, words = _views(other, held, its_record, known)
        theirs = _with_scales(tensors, words, str(other / held))
        parts |= {name: part for name, part in theirs.items() if name.startswith(BODY)}
    return _whole(parts)


def _views(path: Path, file: str, record: BrainRecord, known: Marks) -> tuple[dict[str, Tensor], Words]:
    """Reads a zone's file, verified unless its mark is known; its tensors are views of what was read."""
    content, mark = read_into_a_room(path / file, record.files[file].bytes)
    new = known.get(path / file) != mark
    if new:
        check_content(path, file, content.data, record)
    found = views_of(content, str(path / file), finite=new)
    known[path / file] = mark
    return found


def _with_scales(tensors: Mapping[str, Tensor], words: Words, source: str) -> Scaled:
    if words.get("weights") == "int8":
        return with_scales(tensors, source)
    return {name: (tensor, None) for name, tensor in tensors.items()}


def _whole(parts: Scaled) -> dict[str, Tensor]:
    """Returns tensors in fp32 in a room of their own, written there matrix by matrix: beside it lies only the file."""
    wanted = {
        name: (tensor.shape, tensor.dtype if scale_R is None else torch.float32)
        for name, (tensor, scale_R) in parts.items()
    }
    whole = room_for(wanted)
    for name, (tensor, scale_R) in parts.items():
        if scale_R is None and tensor.dtype in PLAIN:
            # As in `unpack_into`: torch's own would start a crew of threads in the reader's.
            whole[name].numpy()[...] = tensor.numpy()
        elif scale_R is None:
            whole[name].copy_(tensor)
        else:
            unpack_into(whole[name], tensor, scale_R)
    return whole


def open_brain(path: Path, memory: str | None, pins: Sequence[str] = ()) -> tuple[Brain, dict[str, Any]]:
    """Opens a brain folder, whole, or with its zones on disk where memory is limited.

    Args:
        path: of a brain of one skill.
        memory: such as `300MB`, for the weights of zones; None for all of them.
        pins: zones that never leave memory, where it is limited.

    Raises:
        LtmError: no such size, pins without a limit, and as `load_brain` and `open_paged`.
    """
    limit = _limit(memory, pins)
    return load_brain(path) if limit is None else open_paged(path, limit, pins)


def open_skills(path: Path, memory: str | None, pins: Sequence[str] = ()) -> SkilledBrain:
    """Opens a brain of several skills, whole, or with its zones on disk where memory is limited.

    Args:
        path: of the brain.
        memory: such as `300MB`, for the weights of all skills' zones; None for all of them.
        pins: zones that never leave memory, where it is limited, as `skill/zone`.

    Raises:
        LtmError: no such size, pins without a limit, and as `load_skills` and `open_paged_skills`.
    """
    limit = _limit(memory, pins)
    return load_skills(path) if limit is None else open_paged_skills(path, limit, pins)


def _limit(memory: str | None, pins: Sequence[str]) -> int | None:
    if memory is None:
        if pins:
            raise LtmError("--pin is for brains whose zones come and go: say how much --memory they may take")
        return None
    try:
        return int(parse_bytes(memory))
    except ValueError as problem:
        raise LtmError(f"--memory: {problem}") from None


def _start(file: Path, like: Tensor) -> Tensor:
    try:
        with safe_open(file, "pt") as tensors:
            found: Tensor = tensors.get_tensor(START)
    except (SafetensorError, OSError, KeyError) as problem:
        raise FolderError(f"{file}: damaged, or not a safetensors file: {problem}") from None
    check_tensors({START: found}, {START: like}, file)
    if not bool(found.isfinite().all()):
        raise FolderError(f"{file}: {START!r} holds NaN or infinity")
    return found.clone()
