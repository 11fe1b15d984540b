"""Every kind of sense. A new one is one file and one line here."""

from __future__ import annotations

from ltm.senses.grid import GridSense, GridSpec

KINDS = {"grid": (GridSpec, GridSense)}
"""What a chart declares, and the weights that result, by kind."""

SenseSpec = GridSpec
"""The union of all declarations, told apart by `kind`."""
