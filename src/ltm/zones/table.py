"""Every kind of zone. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import Field
from torch import Tensor

from ltm.zones.archetype import ArchetypeBody, ArchetypeSpec
from ltm.zones.attention import AttentionBody, AttentionSpec
from ltm.zones.conv import ConvBody, ConvSpec
from ltm.zones.llama import LlamaBody, LlamaSpec
from ltm.zones.mixer import MixerBody, MixerSpec
from ltm.zones.nested import NestedBody, NestedSpec
from ltm.zones.oscillator import OscillatorBody, OscillatorSpec
from ltm.zones.phi import PhiBody, PhiSpec
from ltm.zones.places import Places
from ltm.zones.pretrained import PretrainedBody, PretrainedSpec
from ltm.zones.recurrent import RecurrentBody, RecurrentSpec
from ltm.zones.rwkv7 import Rwkv7Body, Rwkv7Spec
from ltm.zones.spec import Window, ZoneBase

KINDS = {
    "mixer": (MixerSpec, MixerBody),
    "attention": (AttentionSpec, AttentionBody),
    "conv": (ConvSpec, ConvBody),
    "recurrent": (RecurrentSpec, RecurrentBody),
    "archetype": (ArchetypeSpec, ArchetypeBody),
    "oscillator": (OscillatorSpec, OscillatorBody),
    "nested": (NestedSpec, NestedBody),
    "rwkv7": (Rwkv7Spec, Rwkv7Body),
    "llama": (LlamaSpec, LlamaBody),
    "phi": (PhiSpec, PhiBody),
    "pretrained": (PretrainedSpec, PretrainedBody),
}
"""What a chart declares, and the weights that result, by kind."""

if TYPE_CHECKING:
    ZoneSpec = ZoneBase
else:
    _specs = tuple(spec for spec, _ in KINDS.values())
    ZoneSpec = Annotated[reduce(or_, _specs), Field(discriminator="kind")]


class ZoneBody(Protocol):
    """What every kind of zone is: it knows what it reads, its own state and where the sites are, nothing of others.

    `__init__(spec, width, sites)` gets its declaration, its width, and the number of sites where that is fixed.
    """

    state_width: int
    """Channels of the own state that the kind reads by itself; 0 for kinds without one."""

    def __call__(
        self, x_BSW: Tensor, own_BSO: Tensor | None, places: Places, windows: Sequence[Window] | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Returns what the zone makes of what it reads `[B, S, W]`, and its next own state `[B, S, O]`."""

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example: multiply-adds times two, matrix products only."""
