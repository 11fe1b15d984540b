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
from ltm.chart.schema import Chart
from ltm.errors import ChartError, FolderError
from ltm.runtime.bodies import zone_file
from ltm.runtime.folder import CHART, CONNECTOME, BrainFiles, check_zones, load_folder, save_folder
from ltm.runtime.listing import checked
from ltm.runtime.record import FAMILIARITY, REHEARSAL, TOKENIZER, BrainRecord
from ltm.runtime.snapshot import origin_of
from ltm.scenes.columns import columns_of
from ltm.senses.text import TextSpec
from ltm.senses.tokenizer import content_of, keep, most_symbols

_ZONES = "circuit.zones."


def save_brain(
    brain: Brain, path: Path, record: dict[str, Any] | None = None, bodies: Mapping[str, str] | None = None
) -> None:
    """Writes a brain folder, whole or not at all.

    Args:
        brain: what to save.
        path: the folder; one that holds a brain is replaced, anything else is refused.
        record: `provenance` and `measured` for `brain.json`; where the brain has an origin, that one is written,
            and so are those of zones that were carried to it.
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
    record["provenance"] = dict(record.get("provenance", {}))
    if brain.origin is not None:
        record["provenance"]["origin"] = brain.origin
    carried = {**(record["provenance"].pop("zones", None) or {}), **brain.zone_origins}
    if carried := {name: origin for name, origin in carried.items() if name in brain.chart.zones}:
        record["provenance"]["zones"] = carried
    known = None if brain.familiarity is None else brain.familiarity.tensors()
    kept = None if brain.rehearsal is None else brain.rehearsal.tensors()
    text = dump(brain.chart)
    wanted = tokenizer_named(brain.chart)
    content = None if wanted is None else content_of(wanted)
    files = BrainFiles(
        text,
        zones,
        connectome,
        record,
        frozenset(constants),
        familiarity=known,
        rehearsal=kept,
        bodies=bodies or {},
        int8=brain.int8,
        tokenizer=content,
        license=brain.license,
    )
    save_folder(path, files)


def load_brain(path: Path) -> tuple[Brain, dict[str, Any]]:
    """Reads a brain folder; every file is verified.

    Returns:
        The brain, and what `brain.json` says; of a brain that was fetched, its `provenance.origin` is that commit.

    Raises:
        FolderError: files are missing, damaged, exchanged or hold NaN; names the file.
    """
    files = load_folder(path)
    try:
        chart = chart_from_text(files.chart_text, str(path / CHART))
    except ChartError as problem:
        raise FolderError(str(problem)) from None
    take_in_tokenizer(chart, files.tokenizer, path)
    brain = Brain(chart, absent=True)  # no weight is drawn only to be replaced
    without_zones(brain, files.connectome, path)
    for name, tensors in files.zones.items():
        zone = brain.circuit.zone(name)
        check_tensors(tensors, zone.state_dict(), path / zone_file(name))
        zone.load_state_dict(tensors, assign=True)
    brain.int8 = files.int8
    if (origin := origin_of(path)) is not None:  # where it was fetched from, not where its weights began
        files.record["provenance"]["origin"] = origin
    brain.origin, brain.license = files.record["provenance"].get("origin"), files.license
    brain.zone_origins = files.record["provenance"].get("zones", {})
    if files.familiarity is not None:
        brain.familiarity = familiarity_of(files.familiarity, path / FAMILIARITY)
    if files.rehearsal is not None:
        layouts = {name: spec.layout for name, spec in columns_of(chart).items()}
        brain.rehearsal = Rehearsal.of(files.rehearsal, layouts, str(path / REHEARSAL))
    return brain.eval(), files.record


def read_chart(path: Path, record: BrainRecord) -> Chart:
    """Reads the chart of a brain folder, and keeps what its texts are read with at hand; no weights are read.

    Raises:
        FolderError: damaged, or not what the record says.
        DataError: the package tokenizers is not installed, and the chart needs it.
    """
    chart = declared_in(path, record)
    content = checked(path, TOKENIZER, record).decode("utf-8", "replace") if TOKENIZER in record.files else None
    take_in_tokenizer(chart, content, path)
    return chart


def declared_in(path: Path, record: BrainRecord) -> Chart:
    """Reads the chart of a brain folder; what its texts are read with isn't asked for.

    Raises:
        FolderError: damaged, or not what the record says.
    """
    text = checked(path, CHART, record).decode("utf-8", "replace")
    try:
        chart = chart_from_text(text, str(path / CHART))
    except ChartError as problem:
        raise FolderError(str(problem)) from None
    check_zones(record.zones, chart.zones, path)
    return chart


def tokenizer_named(chart: Chart) -> str | None:
    """Returns the SHA-256 of the tokenizer that a chart's texts are read with; None where there is none."""
    named = (sense.tokenizer for sense in chart.senses.values() if isinstance(sense, TextSpec))
    return next((digest for digest in named if digest is not None), None)


def take_in_tokenizer(chart: Chart, content: str | None, path: Path) -> None:
    """Keeps the tokenizer of a brain folder at hand for reading texts.

    Raises:
        FolderError: none is there, it isn't the one that the chart names, or it has more symbols than the brain.
        DataError: the package tokenizers is not installed, or can't read it.
    """
    wanted = tokenizer_named(chart)
    if wanted is None:
        return
    if content is None or keep(content) != wanted:
        what = "missing" if content is None else "not the one that the chart names"
        raise FolderError(f"{path / TOKENIZER}: {what}")
    for name, sense in chart.senses.items():
        if isinstance(sense, TextSpec) and sense.tokens is not None and most_symbols(wanted) > sense.tokens:
            symbols = f"{most_symbols(wanted):,} symbols; sense {name!r} has {sense.tokens:,}"
            raise FolderError(f"{path / TOKENIZER}: writes {symbols}")


def check_tensors(found: Mapping[str, Tensor], expected: Mapping[str, Tensor], file: Path) -> None:
    """Compares the tensors of a file with those that a chart asks for.

    Raises:
        FolderError: one is missing, unknown, or of another shape or kind of number; names file and tensor.
    """
    for name, tensor in expected.items():
        if name not in found:
            raise FolderError(f"{file}: no tensor {name!r}")
        if found[name].shape != tensor.shape:
            shapes = f"{list(found[name].shape)}, the chart asks for {list(tensor.shape)}"
            raise FolderError(f"{file}: {name!r} has shape {shapes}")
        if found[name].dtype != tensor.dtype:
            types = f"{str(found[name].dtype)[6:]}, the chart asks for {str(tensor.dtype)[6:]}"
            raise FolderError(f"{file}: {name!r} is of type {types}")
    extra = sorted(set(found) - set(expected))
    if extra:
        raise FolderError(f"{file}: a tensor that the chart doesn't know: {extra[0]!r}")


def without_zones(brain: Brain, connectome: Mapping[str, Tensor], path: Path) -> None:
    """Gives a brain everything but its zones' weights.

    Raises:
        FolderError: these aren't the tensors that its chart asks for.
    """
    outside = {name: tensor for name, tensor in brain.state_dict().items() if not name.startswith(_ZONES)}
    check_tensors(connectome, outside, path / CONNECTOME)
    brain.load_state_dict(dict(connectome), strict=False)


def familiarity_of(tensors: dict[str, Tensor], file: Path) -> Familiarity:
    """Returns how known scenes look, of a file's tensors.

    Raises:
        FolderError: these are others.
    """
    wanted = set(Familiarity.__dataclass_fields__)
    tensors = {"rarity_R": torch.zeros(0), **tensors}  # symbols weren't counted by earlier versions
    if set(tensors) != wanted or any(tensor.dtype != torch.float32 for tensor in tensors.values()):
        raise FolderError(f"{file}: expected the tensors {', '.join(sorted(wanted))}, got {', '.join(sorted(tensors))}")
    known = Familiarity(**tensors)
    if not known.consistent:
        raise FolderError(f"{file}: the sizes of its tensors don't fit one another")
    return known
