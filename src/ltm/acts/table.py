"""Every kind of act. A new one is one file and one line here."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ltm.acts.canvas import CanvasAct, CanvasSpec
from ltm.acts.grid import GridAct, GridActSpec
from ltm.acts.label import LabelAct, LabelActSpec
from ltm.acts.next import NextAct, NextActSpec
from ltm.acts.number import NumberAct, NumberActSpec
from ltm.acts.saying import SayingAct
from ltm.acts.sequence import SequenceActSpec
from ltm.acts.text import TextActSpec

KINDS: dict[str, tuple[Any, Any]] = {
    "grid": (GridActSpec, GridAct),
    "canvas": (CanvasSpec, CanvasAct),
    "label": (LabelActSpec, LabelAct),
    "action": (LabelActSpec, LabelAct),
    "number": (NumberActSpec, NumberAct),
    "sequence": (SequenceActSpec, SayingAct),
    "text": (TextActSpec, SayingAct),
    "next": (NextActSpec, NextAct),
}
"""What a chart declares, and the weights that result, by kind."""

Act = GridAct | CanvasAct | LabelAct | NumberAct | SayingAct | NextAct

ActSpec = Annotated[
    GridActSpec | CanvasSpec | LabelActSpec | NumberActSpec | SequenceActSpec | TextActSpec | NextActSpec,
    Field(discriminator="kind"),
]
"""The union of all declarations, told apart by `kind`."""
