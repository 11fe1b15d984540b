"""Every kind of act. A new one is one file and one line here."""

from __future__ import annotations

from ltm.acts.grid import GridAct, GridActSpec

KINDS = {"grid": (GridActSpec, GridAct)}
"""What a chart declares, and the weights that result, by kind."""

ActSpec = GridActSpec
"""The union of all declarations, told apart by `kind`."""
