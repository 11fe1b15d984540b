"""Where a run keeps its files, and how its chart names the scenes' file from there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ltm.chart.scenes import PIPE
from ltm.chart.schema import Chart
from ltm.errors import FolderError, LtmError, first_mistake
from ltm.runtime.atomic import write_file
from ltm.runtime.weights import read_bytes
from ltm.scenes.prepare import source_file
from ltm.scenes.running import MANUAL
from ltm.scenes.sources import find_source

RUN_SUFFIX = ".run"
BEGINNING = "beginning.json"
"""What is known of the weights that a run began with."""


def run_folder(out: Path) -> Path:
    """Returns where a run keeps its checkpoints: beside the brain folder."""
    named = out if out.name not in ("", "..") else out.resolve()
    if not named.name:
        raise LtmError(f"{out}: no place for a brain; choose a folder in it")
    return named.with_name(named.name + RUN_SUFFIX)


def moved(chart: Chart, folder: Path, run: Path) -> Chart:
    """Returns a chart of one folder for another: a scenes' file is named relative to the new one."""
    source = chart.scenes.source
    if source is None or source == PIPE or find_source(source) is not None:
        return chart
    file = os.path.relpath(source_file(source, folder).resolve(), run.resolve())
    return chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"source": file})})


class Beginning(BaseModel):
    """Where the weights come from that a run began with."""

    model_config = ConfigDict(extra="forbid")

    zones: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Of zones that the brain has from others, where those were."""
    origin: str | None = None
    """The commit on the hub from which they were fetched."""


def remember(run: Path, beginning: Beginning | None) -> Beginning:
    """Returns what a run began with, also once it was stopped and goes on.

    Args:
        run: its folder.
        beginning: of the brain that the run begins with; None where it goes on.

    Raises:
        FolderError: what was remembered is damaged.
    """
    file = run / BEGINNING
    if beginning is None:
        try:
            return Beginning.model_validate_json(read_bytes(file)) if file.exists() else Beginning()
        except ValidationError as problem:
            told = first_mistake(problem)
            raise FolderError(f"{file}: damaged: {told}; remove it to forget where weights come from") from None
    if beginning != Beginning():
        write_file(file, beginning.model_dump_json().encode())
    else:
        file.unlink(missing_ok=True)
    return beginning


def without_path(chart: Chart) -> Chart:
    """Returns the chart with only the name of its scenes' file: a brain that is given away tells no folders."""
    named = chart.scenes.source
    if named is None:
        return chart
    source = find_source(named)
    if source is None:
        name = Path(named).name
        # What is called like a source isn't that source, also where it is missing.
        changes: dict[str, Any] = {"source": name if find_source(name) is None else f"./{name}"}
    else:
        options = chart.scenes.options
        changes = {"options": {name: value for name, value in options.items() if name not in source.places}}
        if source.file:
            family, _, member = named.partition(":")
            name = Path(member).name
            # A file of that name is not the manual, also where it is missing.
            changes["source"] = f"{family}:{f'./{name}' if name == MANUAL else name}"
    return chart.model_copy(update={"scenes": chart.scenes.model_copy(update=changes)})
