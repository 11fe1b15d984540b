"""A brain folder of two little zones, for the tests of folders."""

from __future__ import annotations

from typing import Any

import torch

from ltm.runtime.folder import BrainFiles

CHART = """\
# A comment that has to survive.
name: tiny
zones:
  thinker: {kind: mixer}
  doubter: {kind: mixer, loops: 3}
senses:
  puzzle: {kind: grid, symbols: 5}
acts:
  solution: {kind: grid, symbols: 5}
"""


def brain(value: float = 1.0, **record: Any) -> BrainFiles:
    zones = {name: {"up": torch.full((4, 3), value + i)} for i, name in enumerate(("thinker", "doubter"))}
    record = {
        "name": "tiny",
        "about": "Solves small puzzles.",
        "provenance": {"seed": 3, "steps": 100, "seconds": 12.5, "data": "sudoku, 100 scenes", "data_sha256": "0" * 64},
        "measured": {"whole boards": 0.5, "easy": {"boards": 100, "right": 0.75}, "note": "a|b"},
    } | record
    return BrainFiles(CHART, zones, {"field.norm": torch.ones(5)}, record)
