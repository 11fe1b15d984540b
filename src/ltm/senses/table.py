"""Every kind of sense. A new one is one file and one line here."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ltm.senses.audio import AudioSense, AudioSpec
from ltm.senses.grid import GridSense, GridSpec
from ltm.senses.image import ImageSense, ImageSpec
from ltm.senses.label import LabelSense, LabelSpec
from ltm.senses.sequence import SequenceSense, SequenceSpec
from ltm.senses.text import TextSense, TextSpec

KINDS: dict[str, tuple[Any, Any]] = {
    "grid": (GridSpec, GridSense),
    "image": (ImageSpec, ImageSense),
    "audio": (AudioSpec, AudioSense),
    "label": (LabelSpec, LabelSense),
    "sequence": (SequenceSpec, SequenceSense),
    "text": (TextSpec, TextSense),
}
"""What a chart declares, and the weights that result, by kind."""

Sense = GridSense | ImageSense | AudioSense | LabelSense | SequenceSense | TextSense

SenseSpec = Annotated[
    GridSpec | ImageSpec | AudioSpec | LabelSpec | SequenceSpec | TextSpec, Field(discriminator="kind")
]
"""The union of all declarations, told apart by `kind`."""
