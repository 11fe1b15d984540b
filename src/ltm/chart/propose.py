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

_TURNING = 16
"""The usual four heads can turn only in fields whose width is a multiple of this."""
Columns = Mapping[str, Mapping[str, Any]]
"""The declaration of each column."""
_LISTED = 12
"""So many columns are named in the description."""
_ROLES = {
    "fast": {"reads": ["own", "field", "input"], "writes": "own", "period": 4, "phases": [0, 1, 2]},
    "slow": {"reads": ["field", "own"], "writes": "field", "period": 4, "phases": [3]},
}
"""TRM's scheme: three ticks for the zone's own state, the fourth for the field."""


def propose(
    columns: Columns,
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
    any shape get local convolution, which carries over to larger grids given more ticks. Labels and numbers need no
    long search: scenes leave after two segments, so that more of them are seen.

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
    # Answers that lie over a grid constrain one another: finding them takes search. A label is seen or it isn't.
    searching = any(columns[c]["kind"] == "grid" for c in do)
    writing = any(columns[c]["kind"] == "sequence" for c in do)
    training = {**_training(columns, see, fixed, searching, writing), "minutes": minutes, "seed": seed}
    smallest = None
    for width in reversed(WIDTHS):
        declared = {
            "name": name,
            "about": f"Sees {_listed(see)}; answers {_listed(do)}.",
            "budget": size,
            "field": {"width": width, "noise": 0.5 if searching else 0.0},
            "senses": {c: _sense(columns[c], fixed) for c in see},
            "acts": {c: _act(columns[c]) for c in do},
            "zones": _zones(columns, see, fixed, searching, width),
            "scenes": {"source": source, "symmetries": list(symmetries), "score": score, "seed": seed},
            "training": training,
            "will": _will(fixed, searching, training["ticks"]),
        }
        unbounded = Chart.model_validate({**declared, "budget": None})
        smallest = Sizes.of(unbounded).bytes
        if smallest <= size:
            return require(Chart.model_validate(declared), source="proposed chart")
    least = format_bytes(smallest or 0)
    raise ChartError(f"--size {format_bytes(size)}: the smallest brain for these scenes takes {least}")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _sense(arguments: Mapping[str, Any], fixed: bool) -> dict[str, Any]:
    if arguments["kind"] != "grid":
        return dict(arguments)
    return {**arguments, "positions": "learned" if fixed else "none"}


def _act(arguments: Mapping[str, Any]) -> dict[str, Any]:
    if arguments["kind"] != "sequence":
        return dict(arguments)
    return {key: arguments[key] for key in ("kind", "tokens", "longest")}


def _zones(columns: Columns, see: Sequence[str], fixed: bool, searching: bool, width: int) -> dict[str, Any]:
    if not fixed:
        return {"local": {"kind": "conv", "layers": 2, "write": "replace"}}
    if any(columns[c]["kind"] == "text" for c in see):
        return {"core": {"kind": "mixer", "windows": ["before", "after", "field"], "write": "replace"}}
    if any(columns[c]["kind"] == "sequence" and not columns[c].get("opening") for c in see):
        heads = {} if width % _TURNING == 0 else {"heads": 2}
        return {"core": {"kind": "attention", "layers": 2, "write": "replace", **heads}}
    mixer: dict[str, Any] = {"kind": "mixer", "layers": 2, "windows": _windows(columns, see), "write": "replace"}
    return {"core": {**mixer, "state": "own", "roles": _ROLES} if searching else mixer}


def _windows(columns: Columns, see: Sequence[str]) -> list[str]:
    """Returns the families that what is seen has: lines and blocks of what is flat, trees, all together."""
    flat = [columns[c] for c in see if columns[c]["kind"] in ("grid", "image", "audio")]
    windows = ["rows", "columns"] if flat else []
    if any(c["kind"] == "grid" and c["rows"] == c["columns"] and math.isqrt(c["rows"]) ** 2 == c["rows"] for c in flat):
        windows.append("blocks")
    elif flat:
        windows.append("all")
    if any(columns[c].get("opening") for c in see):
        windows += ["children", "parent", "siblings"]
    return [*windows, "field"] if len(see) > 1 or not windows else windows


def _training(columns: Columns, see: Sequence[str], fixed: bool, searching: bool, writing: bool) -> dict[str, Any]:
    if not fixed:
        return {"ticks": 10, "segments": 6}
    if searching:
        return {"ticks": 4, "segments": 12}
    if writing:
        return {"ticks": 4, "segments": 4}
    # A tree is worked out level by level: each tick passes what was found up by as many levels as there are layers.
    return {"ticks": 6, "segments": 2} if any(columns[c].get("opening") for c in see) else {"ticks": 2, "segments": 2}


def _will(fixed: bool, searching: bool, ticks: int) -> dict[str, Any]:
    if not fixed:
        return {"ticks": 400}
    return {"ticks": 512, "noise": 0.4, "patience": 48} if searching else {"ticks": 8 * ticks}
