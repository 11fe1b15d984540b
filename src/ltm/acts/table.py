"""Every kind of act. A new one is one file and one line here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ltm.acts.grid import GridAct, GridActSpec
from ltm.acts.label import LabelAct, LabelActSpec
from ltm.acts.number import NumberAct, NumberActSpec

KINDS = {
    "grid": (GridActSpec, GridAct),
    "label": (LabelActSpec, LabelAct),
    "number": (NumberActSpec, NumberAct),
}
"""What a chart declares, and the weights that result, by kind."""

Act = GridAct | LabelAct | NumberAct

ActSpec = Annotated[GridActSpec | LabelActSpec | NumberActSpec, Field(discriminator="kind")]
"""The union of all declarations, told apart by `kind`."""
