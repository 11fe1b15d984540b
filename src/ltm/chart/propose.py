"""Proposes a chart for a person's data: one that fits the size, of parts that paid their way in the ablations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ltm.chart.base import format_bytes
from ltm.chart.check import require
from ltm.chart.propose_steps import RULES_WIDTH, propose_steps
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import ChartError
from ltm.scenes.interchange import Group

WIDTHS = (16, 24, 32, 48, 64, 80, 96, 112, 128)
"""Tried from the widest down. Beyond 128, a step on two cores costs more than the width gains within an hour."""

_TURNING = 16
"""The usual four heads can turn only in fields whose width is a multiple of this."""
Columns = Mapping[str, Mapping[str, Any]]
"""The declaration of each column."""
WRITTEN = ("sequence", "text")
"""Kinds that are answered symbol by symbol, on sites of their own."""
MOST_SEGMENTS = 64
"""From left to right an answer takes so many segments of thinking at most; longer ones are said faster."""
FREE_WIDTH, FREE_PASSES = 32, 4
"""Of brains that judge free text; chosen on parts of the rows that benchmarks/text.py learns from. What free text says
is in its words: the table of words matters, the width hardly."""
LOCAL_WIDTHS = ((10.0, 32), (30.0, 64))
"""Where there are fewer minutes, local zones are so wide at most: their steps are dear, and few steps teach nothing. Of
mazes of 9 to 13 cells, 41 % were right after five minutes at width 32, 30 at 48 and 3 at 80 (one run each)."""
HEARING_HEAD = 32
"""Channels of a head of a zone that hears sites in order, or the most that divide the width."""
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
    interchange: Sequence[Group] = (),
    score: str = "exact",
    size: int = 2_000_000,
    minutes: float = 15.0,
    seed: int = 0,
    name: str = "brain",
    steps: Mapping[str, Any] | None = None,
) -> Chart:
    """Returns the largest chart that fits.

    Grids of one shape get window mixing over rows, columns and blocks, in two roles with a state of its own; grids of
    any shape get local convolution, which carries over to larger grids given more ticks. Lists answered from left to
    right get RWKV-7's recurrence before attention, which carries over to longer ones. Labels and numbers need no long
    search: scenes leave after two segments, so that more of them are seen.

    Args:
        columns: the declaration of each column, as `ltm.scenes.infer` finds them.
        see: columns that are seen.
        do: columns that are to be answered.
        source: built-in source or file.
        symmetries: of the scenes.
        interchange: groups of things in them that may take one another's place.
        score: what counts as right.
        size: bytes of all weights in fp32.
        minutes: of training.
        seed: of weights, order and noise.
        name: of the brain.
        steps: what the chart declares of scenes of several steps; None for scenes of one.

    Raises:
        ChartError: even the smallest brain exceeds the size.
    """
    fixed = all(columns[c]["kind"] != "grid" or (columns[c].get("rows") and columns[c].get("columns")) for c in see)
    # Answers that lie over a grid constrain one another: finding them takes search. A label is seen or it isn't.
    searching = any(columns[c]["kind"] == "grid" for c in do)
    # A canvas is drawn from what is seen elsewhere, which local zones can't reach.
    drawing = any(columns[c]["kind"] == "canvas" for c in do)
    local = not fixed and not drawing
    free = _free(columns, see, do)
    attending = drawing or (fixed and _attending(columns, see, do))
    stepped = {} if steps is None else propose_steps(columns, see, do, steps, attending)
    training = stepped.get("training", _training(columns, see, do, local, searching, free))
    training |= {"minutes": minutes, "seed": seed}
    smallest = None
    most = FREE_WIDTH if free else RULES_WIDTH if stepped.get("steps", {}).get("shows") else WIDTHS[-1]
    if local and not stepped:
        most = min([most, *(width for longest, width in LOCAL_WIDTHS if minutes < longest)])
    for width, share in _sizes(most, any("buckets" in columns[c] for c in see)):
        declared = {
            "name": name,
            "about": f"Sees {_listed(see)}; answers {_listed(do)}.",
            "budget": size,
            "field": {"width": width, "noise": 0.5 if searching and steps is None else 0.0},
            "senses": {c: _sense(columns[c], fixed, share) for c in see},
            "acts": {c: _act(columns[c]) for c in do},
            "zones": _zones(columns, see, do, local, attending, searching, free, width),
            "scenes": {
                "source": source,
                "symmetries": list(symmetries),
                "interchange": list(interchange),
                "score": score,
                "seed": seed,
            },
            "will": _will(columns, do, local, searching, training["ticks"], free),
            **stepped,
            "training": training,
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


def _sense(arguments: Mapping[str, Any], fixed: bool, share: int) -> dict[str, Any]:
    if "buckets" in arguments:
        return {**arguments, "buckets": arguments["buckets"] // share}
    if arguments["kind"] != "grid":
        return dict(arguments)
    return {**arguments, "positions": "learned" if fixed else "none"}


def _act(arguments: Mapping[str, Any]) -> dict[str, Any]:
    if arguments["kind"] not in WRITTEN:
        return dict(arguments)
    said = {
        key: arguments[key]
        for key in ("kind", "tokens", "unit", "pieces", "longest", "order", "cut")
        if key in arguments
    }
    if not _later(arguments):
        return said
    pace = -(-(arguments["longest"] + 1) // MOST_SEGMENTS)
    return {**said, **({"pace": pace} if pace > 1 else {}), "positions": "none"}


def _later(arguments: Mapping[str, Any]) -> bool:
    return arguments.get("order") == "left-to-right"


def _free(columns: Columns, see: Sequence[str], do: Sequence[str]) -> bool:
    """Returns whether free text alone is seen and judged as a whole, which is learned by heart within a few passes."""
    seen = all(columns[c]["kind"] == "text" and columns[c].get("start", 1.0) < 1.0 for c in see)
    return seen and all(columns[c]["kind"] in ("label", "number") for c in do)


def _sizes(most: int, tables: bool) -> Iterator[tuple[int, int]]:
    """Yields widths of the field, from the widest, and by which number tables of words are divided."""
    widths = [width for width in reversed(WIDTHS) if width <= most]
    for halvings in range(10 if tables else 1):
        yield from ((width, 2**halvings) for width in widths)


def _zones(
    columns: Columns,
    see: Sequence[str],
    do: Sequence[str],
    local: bool,
    attending: bool,
    searching: bool,
    free: bool,
    width: int,
) -> dict[str, Any]:
    if local:
        return {"local": {"kind": "conv", "layers": 2, "write": "replace"}}
    if free:
        return {"core": {"kind": "mixer", "windows": ["field"], "write": "replace"}}
    heads = {} if width % _TURNING == 0 else {"heads": 2}
    if _hearing(columns, see, do):
        return _in_order_then_at_once(width, heads)
    if attending:
        return {"core": {"kind": "attention", "layers": 2, "write": "replace", **heads}}
    if any(columns[c]["kind"] == "text" for c in see):
        return {"core": {"kind": "mixer", "windows": ["before", "after", "field"], "write": "replace"}}
    mixer: dict[str, Any] = {"kind": "mixer", "layers": 2, "windows": _windows(columns, see), "write": "replace"}
    return {"core": {**mixer, "state": "own", "roles": _ROLES} if searching else mixer}


def _attending(columns: Columns, see: Sequence[str], do: Sequence[str]) -> bool:
    """Returns whether what is seen stands in lines without brackets, or a text is to be answered by symbols."""
    texts = any(columns[c]["kind"] == "text" for c in see)
    lines = any(columns[c]["kind"] == "sequence" and not columns[c].get("opening") for c in see)
    return lines or (texts and any(columns[c]["kind"] in WRITTEN for c in do))


def _hearing(columns: Columns, see: Sequence[str], do: Sequence[str]) -> bool:
    """Returns whether lists are answered by lists from left to right.

    A zone that hears its sites in order goes on beyond lengths that were learned, which attention alone doesn't
    (benchmarks/scan.py); what is said in brackets has families to mix along instead.
    """
    heard = all(columns[c]["kind"] == "sequence" and not columns[c].get("opening") for c in see)
    return heard and all(columns[c]["kind"] == "sequence" and _later(columns[c]) for c in do)


def _in_order_then_at_once(width: int, heads: Mapping[str, int]) -> dict[str, Any]:
    """Returns two zones that take turns: the first alone learns slowly, more of the second goes less far beyond."""
    order = {"kind": "rwkv7", "layers": 1, "head_width": math.gcd(width, HEARING_HEAD), "hidden": width * 3 // 2}
    look = {"kind": "attention", "layers": 1, **heads}
    turns = {"order": (order, 0), "look": (look, 1)}
    return {
        name: {**zone, "write": "replace", "roles": {"self": {"period": 2, "phases": [phase]}}}
        for name, (zone, phase) in turns.items()
    }


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


def _training(
    columns: Columns, see: Sequence[str], do: Sequence[str], local: bool, searching: bool, free: bool
) -> dict[str, Any]:
    if local:
        return {"ticks": 10, "segments": 6}
    if searching:
        return {"ticks": 4, "segments": 12}
    if any(columns[c]["kind"] in (*WRITTEN, "canvas") for c in do):
        return {"ticks": 2 if any(_later(columns[c]) for c in do) else 4, "segments": 4}
    if free:
        return {"ticks": 1, "segments": 1, "passes": FREE_PASSES, "keep": "last"}
    # A tree is worked out level by level: each tick passes what was found up by as many levels as there are layers.
    return {"ticks": 6, "segments": 2} if any(columns[c].get("opening") for c in see) else {"ticks": 2, "segments": 2}


def _will(columns: Columns, do: Sequence[str], local: bool, searching: bool, ticks: int, free: bool) -> dict[str, Any]:
    if local:
        return {"ticks": 400}
    if searching:
        return {"ticks": 512, "noise": 0.4, "patience": 48}
    # Whatever is said from left to right must come to its end.
    later = [min(columns[c]["longest"] + 1, MOST_SEGMENTS) + 1 for c in do if _later(columns[c])]
    return {"ticks": ticks if free else ticks * max([8, *later])}
