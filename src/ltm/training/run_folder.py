"""Where a run keeps its files, and how its chart names the scenes' file from there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ltm.chart.scenes import PIPE
from ltm.chart.schema import Chart
from ltm.errors import FolderError, LtmError
from ltm.runtime.atomic import write_file
from ltm.runtime.weights import read_bytes
from ltm.scenes.prepare import source_file
from ltm.scenes.running import MANUAL
from ltm.scenes.sources import find_source

RUN_SUFFIX = ".run"
ZONES = "zones.json"
"""Where zones come from that the run's brain has from other brains."""


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


def remember_zones(run: Path, origins: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns where zones come from that a run's brain has from others, also once the run was stopped and goes on.

    Args:
        run: its folder.
        origins: of the brain that the run begins with; None where it goes on.

    Raises:
        FolderError: what was remembered is damaged.
    """
    file = run / ZONES
    if origins is None:
        try:
            return dict(json.loads(read_bytes(file))) if file.exists() else {}
        except (ValueError, TypeError, RecursionError) as problem:
            raise FolderError(f"{file}: damaged: {problem}; remove it to forget where zones come from") from None
    if origins:
        write_file(file, json.dumps(origins).encode())
    else:
        file.unlink(missing_ok=True)
    return dict(origins)


def without_path(chart: Chart) -> Chart:
    """Returns the chart with only the name of its scenes' file: a brain that is given away tells no folders."""
    named = chart.scenes.source
    if named is None:
        return chart
    source = find_source(named)
    if source is None:
        changes: dict[str, Any] = {"source": Path(named).name}
    else:
        options = chart.scenes.options
        changes = {"options": {name: value for name, value in options.items() if name not in source.places}}
        if source.file:
            family, _, member = named.partition(":")
            name = Path(member).name
            # A file of that name is not the manual, also where it is missing.
            changes["source"] = f"{family}:{f'./{name}' if name == MANUAL else name}"
    return chart.model_copy(update={"scenes": chart.scenes.model_copy(update=changes)})
