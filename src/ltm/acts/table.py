"""Every kind of act. A new one is one file and one line here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ltm.acts.grid import GridAct, GridActSpec
from ltm.acts.label import LabelAct, LabelActSpec

KINDS = {"grid": (GridActSpec, GridAct), "label": (LabelActSpec, LabelAct)}
"""What a chart declares, and the weights that result, by kind."""

Act = GridAct | LabelAct

ActSpec = Annotated[GridActSpec | LabelActSpec, Field(discriminator="kind")]
"""The union of all declarations, told apart by `kind`."""
