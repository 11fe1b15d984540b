"""Between a brain in memory and its folder on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.familiarity import Familiarity
from ltm.brain.rehearsal import Rehearsal
from ltm.chart.dump import dump
from ltm.chart.load import chart_from_text
from ltm.errors import ChartError, FolderError
from ltm.runtime.folder import CHART, BrainFiles, load_folder, save_folder
from ltm.runtime.record import FAMILIARITY, REHEARSAL
from ltm.scenes.columns import columns_of

_ZONES = "circuit.zones."


def save_brain(
    brain: Brain, path: Path, record: dict[str, Any] | None = None, bodies: Mapping[str, str] | None = None
) -> None:
    """Writes a brain folder, whole or not at all.

    Args:
        brain: what to save.
        path: the folder; one that holds a brain is replaced, anything else is refused.
        record: `provenance` and `measured` for `brain.json`.
        bodies: zones whose body another skill's zone file holds, with its SHA-256; see `ltm.runtime.bodies`.

    Raises:
        LtmError: the folder holds something else, the weights hold NaN, or the disk is full.
    """
    zones: dict[str, dict[str, Tensor]] = {name: {} for name in brain.chart.zones}
    connectome: dict[str, Tensor] = {}
    learned = {name for name, _ in brain.named_parameters()}
    constants = set()
    for name, tensor in brain.state_dict().items():
        value = tensor.detach().contiguous()
        if name.startswith(_ZONES):
            zone, _, inner = name.removeprefix(_ZONES).partition(".")
            zones[zone][inner] = value
        else:
            inner = name
            connectome[name] = value
        if name not in learned:
            constants.add(inner)
    record = {"name": brain.chart.name, "about": brain.chart.about} | (record or {})
    known = None if brain.familiarity is None else brain.familiarity.tensors()
    kept = None if brain.rehearsal is None else brain.rehearsal.tensors()
    text = dump(brain.chart)
    files = BrainFiles(text, zones, connectome, record, frozenset(constants), known, kept, bodies or {}, brain.int8)
    save_folder(path, files)


def load_brain(path: Path) -> tuple[Brain, dict[str, Any]]:
    """Reads a brain folder; every file is verified.

    Returns:
        The brain, and what `brain.json` says.

    Raises:
        FolderError: files are missing, damaged, exchanged or hold NaN; names the file.
    """
    files = load_folder(path)
    try:
        chart = chart_from_text(files.chart_text, str(path / CHART))
    except ChartError as problem:
        raise FolderError(str(problem)) from None
    with torch.device("meta"):
        brain = Brain(chart)
    state = dict(files.connectome)
    for zone, tensors in files.zones.items():
        state |= {f"{_ZONES}{zone}.{inner}": tensor for inner, tensor in tensors.items()}
    expected = brain.state_dict()
    for name, tensor in expected.items():
        inside = name.startswith(_ZONES)
        file = path / (f"zones/{name.removeprefix(_ZONES).split('.')[0]}" if inside else "connectome")
        if name not in state:
            raise FolderError(f"{file}.safetensors: no tensor {name!r}")
        if state[name].shape != tensor.shape:
            shapes = f"{list(state[name].shape)}, the chart asks for {list(tensor.shape)}"
            raise FolderError(f"{file}.safetensors: {name!r} has shape {shapes}")
        if state[name].dtype != tensor.dtype:
            types = f"{str(state[name].dtype)[6:]}, the chart asks for {str(tensor.dtype)[6:]}"
            raise FolderError(f"{file}.safetensors: {name!r} is of type {types}")
    extra = sorted(set(state) - set(expected))
    if extra:
        raise FolderError(f"{path}: a tensor that the chart doesn't know: {extra[0]!r}")
    brain = Brain(chart)
    brain.load_state_dict(state)
    brain.int8 = files.int8
    if files.familiarity is not None:
        brain.familiarity = _familiarity(files.familiarity, path / FAMILIARITY)
    if files.rehearsal is not None:
        layouts = {name: spec.layout for name, spec in columns_of(chart).items()}
        brain.rehearsal = Rehearsal.of(files.rehearsal, layouts, str(path / REHEARSAL))
    return brain.eval(), files.record


def _familiarity(tensors: dict[str, Tensor], file: Path) -> Familiarity:
    wanted = set(Familiarity.__dataclass_fields__)
    if set(tensors) != wanted or any(tensor.dtype != torch.float32 for tensor in tensors.values()):
        raise FolderError(f"{file}: expected the tensors {', '.join(sorted(wanted))}, got {', '.join(sorted(tensors))}")
    return Familiarity(**tensors)
