"""Every kind of sense. A new one is one file and one line here."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ltm.senses.audio import AudioSense, AudioSpec
from ltm.senses.grid import GridSense, GridSpec
from ltm.senses.image import ImageSense, ImageSpec
from ltm.senses.label import LabelSense, LabelSpec
from ltm.senses.number import NumberSense, NumberSpec
from ltm.senses.raw import RawSense, RawSpec
from ltm.senses.sequence import SequenceSense, SequenceSpec
from ltm.senses.text import TextSense, TextSpec
from ltm.senses.vector import VectorSense, VectorSpec

KINDS: dict[str, tuple[Any, Any]] = {
    "grid": (GridSpec, GridSense),
    "image": (ImageSpec, ImageSense),
    "audio": (AudioSpec, AudioSense),
    "label": (LabelSpec, LabelSense),
    "number": (NumberSpec, NumberSense),
    "sequence": (SequenceSpec, SequenceSense),
    "text": (TextSpec, TextSense),
    "vector": (VectorSpec, VectorSense),
    "raw": (RawSpec, RawSense),
}
"""What a chart declares, and the weights that result, by kind."""

Sense = (
    GridSense | ImageSense | AudioSense | LabelSense | NumberSense | SequenceSense | TextSense | VectorSense | RawSense
)

SenseSpec = Annotated[
    GridSpec | ImageSpec | AudioSpec | LabelSpec | NumberSpec | SequenceSpec | TextSpec | VectorSpec | RawSpec,
    Field(discriminator="kind"),
]
"""The union of all declarations, told apart by `kind`."""
