"""Opens a brain whose zones stay on disk until they fire: of their files only the sizes are looked at before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.chart.base import parse_bytes
from ltm.chart.load import chart_from_text
from ltm.errors import ChartError, FolderError, LtmError, nearest
from ltm.runtime.bodies import zone_file
from ltm.runtime.brains import check_tensors, load_brain, without_zones
from ltm.runtime.folder import CHART, CONNECTOME, read_part, read_zone
from ltm.runtime.listing import checked, inspect_folder
from ltm.runtime.pager import START, Pager, vacate
from ltm.runtime.skills import has_skills


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
        raise LtmError(f"{path}: a brain of several skills; --memory is for one of them, such as {path}/skills/NAME")
    record = inspect_folder(path)
    text = checked(path, CHART, record).decode("utf-8", "replace")
    try:
        chart = chart_from_text(text, str(path / CHART))
    except ChartError as problem:
        raise FolderError(str(problem)) from None
    for pin in pins:
        if pin not in chart.zones:
            raise LtmError(f"--pin {pin}: no such zone{nearest(pin, chart.zones)}")
    brain = Brain(chart, absent=True)
    tensors = read_part(path / CONNECTOME, checked(path, CONNECTOME, record), "connectome", record.name)
    without_zones(brain, tensors, path)
    zones = {name: brain.circuit.zone(name) for name in chart.zones}
    for name, zone in zones.items():
        vacate(zone)
        if zone.start_O is not None:
            zone.start_O = _start(path / zone_file(name), zone.start_O)

    verified: dict[str, tuple[int, ...]] = {}

    def load(name: str) -> Mapping[str, Tensor]:
        file = path / zone_file(name)
        mark = _mark(file)
        found = read_zone(path, name, record, known=verified.get(name) == mark)
        check_tensors(found, zones[name].state_dict(), file)
        verified[name] = mark
        return found

    brain.circuit.residence = Pager(zones, load, memory, pins)
    return brain.eval(), record.model_dump(mode="json", exclude_none=True)


def _mark(file: Path) -> tuple[int, ...]:
    """Returns what changes when a file does, short of reading it."""
    try:
        state = file.stat()
    except OSError as problem:
        raise FolderError(f"{file}: can't be read: {problem.strerror or problem}") from None
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def open_brain(path: Path, memory: str | None, pins: Sequence[str] = ()) -> tuple[Brain, dict[str, Any]]:
    """Opens a brain folder, whole, or with its zones on disk where memory is limited.

    Args:
        path: of a brain of one skill.
        memory: such as `300MB`, for the weights of zones; None for all of them.
        pins: zones that never leave memory, where it is limited.

    Raises:
        LtmError: no such size, pins without a limit, and as `load_brain` and `open_paged`.
    """
    if memory is None:
        if pins:
            raise LtmError("--pin is for brains whose zones come and go: say how much --memory they may take")
        return load_brain(path)
    try:
        return open_paged(path, int(parse_bytes(memory)), pins)
    except ValueError as problem:
        if isinstance(problem, LtmError):
            raise
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
