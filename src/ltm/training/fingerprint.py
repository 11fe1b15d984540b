"""What tells scenes, and a chart with its scenes, from others."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from pydantic import ValidationError

from ltm.chart.schema import Chart
from ltm.scenes.store import SceneSet
from ltm.scenes.stream import Stream


def identity(scenes: SceneSet | Stream) -> str:
    """Returns what differs when scenes to learn from do: of a set its fingerprint, of a stream where it comes from."""
    if not isinstance(scenes, Stream):
        return fingerprint(scenes)
    return f"{scenes.origin.identity()} {fingerprint(scenes.sample)}"


def run_digest(chart: Chart, scenes: dict[str, str]) -> str:
    """Returns a hash of a chart and of what tells its scenes from others."""
    whole = json.dumps([chart.model_dump(mode="json"), scenes], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def same_chart(saved: dict[str, Any], chart: Chart) -> bool:
    """Returns whether a chart written down by this or an earlier version is this one.

    Keys that charts have gained since stand at their defaults, so that a run stopped before an update goes on after it.
    """
    try:
        return Chart.model_validate(saved) == chart
    except ValidationError:
        return False


def fingerprint(scenes: SceneSet) -> str:
    """Returns a hash of how many scenes there are, of their shapes, and of up to 1,000 of them spread over the set."""
    hashed = hashlib.sha256(f"{len(scenes)}".encode())
    for sides in scenes.shapes.values():
        hashed.update(np.ascontiguousarray(sides).tobytes())
    index = np.unique(np.linspace(0, len(scenes) - 1, min(len(scenes), 1000)).astype(np.int64))
    for name, grids in scenes.values.items():
        hashed.update(name.encode() + np.ascontiguousarray(grids[index]).tobytes())
    return hashed.hexdigest()
