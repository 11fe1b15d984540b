"""Proposes a chart for a person's data: one that fits the size, of parts that paid their way in the ablations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ltm.chart.base import format_bytes
from ltm.chart.check import require
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import ChartError

WIDTHS = (16, 24, 32, 48, 64, 80, 96, 112, 128)
"""Tried from the widest down. Beyond 128, a step on two cores costs more than the width gains within an hour."""

_ROLES = {
    "fast": {"reads": ["own", "field", "input"], "writes": "own", "period": 4, "phases": [0, 1, 2]},
    "slow": {"reads": ["field", "own"], "writes": "field", "period": 4, "phases": [3]},
}
"""TRM's scheme: three ticks for the zone's own state, the fourth for the field."""


def propose(
    columns: Mapping[str, Mapping[str, Any]],
    see: Sequence[str],
    do: Sequence[str],
    *,
    source: str,
    symmetries: Sequence[str] = (),
    score: str = "exact",
    size: int = 2_000_000,
    minutes: float = 15.0,
    seed: int = 0,
    name: str = "brain",
) -> Chart:
    """Returns the largest chart that fits.

    Grids of one shape get window mixing over rows, columns and blocks, in two roles with a state of its own; grids of
    any shape get local convolution, which carries over to larger grids given more ticks. Labels need no long search:
    scenes leave after two segments, so that more of them are seen.

    Args:
        columns: the declaration of each column, as `ltm.scenes.infer` finds them.
        see: columns that are seen.
        do: columns that are to be answered.
        source: built-in source or file.
        symmetries: of the scenes.
        score: what counts as right.
        size: bytes of all weights in fp32.
        minutes: of training.
        seed: of weights, order and noise.
        name: of the brain.

    Raises:
        ChartError: even the smallest brain exceeds the size.
    """
    fixed = all(columns[c]["kind"] != "grid" or (columns[c].get("rows") and columns[c].get("columns")) for c in see)
    labels = all(columns[c]["kind"] == "label" for c in do)
    smallest = None
    for width in reversed(WIDTHS):
        declared = {
            "name": name,
            "about": f"Sees {', '.join(see)}; answers {', '.join(do)}.",
            "budget": size,
            "field": {"width": width, "noise": 0.5},
            "senses": {c: _sense(columns[c], fixed) for c in see},
            "acts": {c: dict(columns[c]) for c in do},
            "zones": _zones(columns[see[0]], fixed, width),
            "scenes": {"source": source, "symmetries": list(symmetries), "score": score, "seed": seed},
            "training": _training(fixed, labels, minutes, seed),
            "will": _will(fixed, labels),
        }
        unbounded = Chart.model_validate({**declared, "budget": None})
        smallest = Sizes.of(unbounded).bytes
        if smallest <= size:
            return require(Chart.model_validate(declared), source="proposed chart")
    least = format_bytes(smallest or 0)
    raise ChartError(f"--size {format_bytes(size)}: the smallest brain for these scenes takes {least}")


def _sense(arguments: Mapping[str, Any], fixed: bool) -> dict[str, Any]:
    if arguments["kind"] != "grid":
        return dict(arguments)
    return {**arguments, "positions": "learned" if fixed else "none"}


def _zones(seen: Mapping[str, Any], fixed: bool, width: int) -> dict[str, Any]:
    if not fixed:
        return {"local": {"kind": "conv", "layers": 2, "hidden": width, "write": "replace"}}
    if seen["kind"] != "grid":  # few sites, without rows and columns
        return {
            "core": {
                "kind": "mixer",
                "layers": 2,
                "windows": ["all"],
                "state": "own",
                "write": "replace",
                "roles": _ROLES,
            }
        }
    square = seen["rows"] == seen["columns"] and math.isqrt(seen["rows"]) ** 2 == seen["rows"]
    windows = ["rows", "columns", "blocks"] if square else ["rows", "columns", "all"]
    mixer = {"kind": "mixer", "layers": 2, "windows": windows, "state": "own", "write": "replace"}
    return {"core": {**mixer, "roles": _ROLES}}


def _training(fixed: bool, labels: bool, minutes: float, seed: int) -> dict[str, Any]:
    ticks = {"ticks": 4, "segments": 12} if fixed else {"ticks": 10, "segments": 6}
    if labels:
        ticks = {"ticks": 4, "segments": 2}
    return {**ticks, "minutes": minutes, "seed": seed}


def _will(fixed: bool, labels: bool) -> dict[str, Any]:
    if labels:
        return {"ticks": 32}
    return {"ticks": 512, "noise": 0.4, "patience": 48} if fixed else {"ticks": 400}
