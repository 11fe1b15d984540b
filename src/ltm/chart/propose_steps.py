"""What a proposed chart says for scenes of several steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SHOWING = ("example", "other")
"""Roles of these names show what was done: pairs that show a rule, and what somebody else did."""
RULES_WIDTH = 64
"""Of the field, at most, where rules are shown: more scenes in the same time gain more than more channels."""
BATCH = 16
"""Episodes a batch: each stands for several steps, and few are learned from better in many small steps."""

Columns = Mapping[str, Mapping[str, Any]]


def propose_steps(
    columns: Columns, see: Sequence[str], do: Sequence[str], found: Mapping[str, Any], attending: bool
) -> dict[str, Any]:
    """Returns the keys of a chart that differ from those for scenes of one step.

    Zones mix within lines of grids, among neighbours, and across all senses; what is answered at many steps leaves its
    slot once they are over, what is asked once at the end is thought about for some segments more. Rules that pairs of
    grids show are found by two zones in turn, one that sees what is near and one that sees lines: on 1-D ARC such a
    pair had more unseen tasks right than either alone, and far more than attention; two that see what is near came
    close (`python -m benchmarks.kinds`).

    Args:
        columns: the declaration of each column.
        see: columns that are seen.
        do: columns that are answered.
        found: what was found of the steps, as a chart declares it.
        attending: the zone that scenes of one step would get attends, and is kept: whoever has to find in a view what
            words ask for learns that in far fewer steps by attention than by sums over windows.
    """
    roles = found["roles"]
    shown = [role for role in roles if role in SHOWING]
    shown = shown if len(shown) < len(roles) else []
    flat = [name for name in see if columns[name]["kind"] in ("grid", "image", "audio")]
    windows = ["rows", "columns", "before", "after"] if flat else []
    windows += ["cells"] if len(flat) > 1 else []
    windows += ["field"] if len(see) > 1 or not flat else ["all"]
    deeds = [name for name in do if columns[name]["kind"] in ("label", "action")]
    # Read off the goal's words, a deed is what these have found out; off the whole field, it is learned without them.
    goal = found.get("goal")
    at = {"at": goal} if goal is not None and columns[goal]["kind"] in ("sequence", "text") else {}
    deed = {"kind": "action", **at}
    acts = {name: {**columns[name], **deed} if name in deeds and not shown else columns[name] for name in do}
    mixer = {"kind": "mixer", "windows": windows, "write": "replace"}
    core: dict[str, Any] = {"core": {**mixer, "layers": 2}}
    rules = bool(shown) and not attending and any(columns[name]["kind"] == "grid" for name in flat)
    zones = {"local": {"kind": "conv", "write": "replace"}, **core} if rules else core
    ahead = {"transition": {"zone": mixer}} if found["window"] > 1 else {}
    return {
        "steps": {**found, "shows": shown, **ahead},
        "acts": acts,
        **({} if attending else {"zones": zones}),
        "training": {"ticks": 2, "segments": 2 if rules else 4}
        if shown
        else {"ticks": 2, "segments": 1, "batch": BATCH},
        "will": {"ticks": 16 if shown else 2},
    }
