"""The `pretrained` zone: a frozen model from elsewhere looks at a sense's raw values and tells the field what it sees.

What the model makes of a value never changes, so it runs once, and what it has made is used at every tick, segment and
epoch. Learned is a matrix from the model's channels to the zone's, beside those to and from the field; and, where the
chart asks for adapters, low-rank matrices in the model's last layers, which then run at every firing. Its weights stay
in their own package or file: the zone's file holds their SHA-256, and a model that is another one is refused.

Shapes: B batch, S sites, L tokens, W width, K channels of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Name
from ltm.errors import FolderError
from ltm.pretrained.above import FAMILIES, Above
from ltm.pretrained.facts import units_of
from ltm.pretrained.frozen import Frozen
from ltm.pretrained.models import above, digest_of, facts_of, frozen
from ltm.senses.layout import void_of
from ltm.zones.adapters import Adapter, AdaptersSpec
from ltm.zones.layers import Linear, rms_norm
from ltm.zones.places import Places
from ltm.zones.raw import Raw, uncompiled, whole
from ltm.zones.spec import Window, ZoneBase


class PretrainedSpec(ZoneBase):
    """A frozen model from elsewhere: what it makes of a sense's values joins what the zone reads at its sites."""

    kind: Literal["pretrained"]
    model: Annotated[str, Field(min_length=1, max_length=400)]
    """The model of the sense."""
    sense: Name
    """Whose values it looks at: a sense of kind `raw` for the same model."""

    layers: Annotated[int, Field(ge=1, le=256)] | None = None
    """Models of several layers in transformers' form, language models, brains of one zone: only the first so many are
    run. What is told of a value is often plainer in the middle, and cheaper; all when absent."""
    adapters: AdaptersSpec | None = None
    """Text models in transformers' form: low-rank matrices that are learned inside the last of the layers that are
    run."""

    @model_validator(mode="after")
    def _is_there(self) -> PretrainedSpec:
        facts = facts_of(self.model, self.layers)
        if self.adapters is not None:
            if not facts.adaptable:
                families = ", ".join(FAMILIES)
                raise ValueError(f"adapters: model {self.model!r} takes none; expected a text model of {families}")
            if self.adapters.layers > facts.adaptable:
                got = self.adapters.layers
                raise ValueError(f"adapters.layers: model {self.model!r} runs {facts.adaptable}, got {got}")
        return self

    @property
    def below(self) -> int | None:
        """How many of the first layers run once a value: those that have no adapters; None for the whole model."""
        if self.adapters is None:
            return self.layers
        return facts_of(self.model, self.layers).adaptable - self.adapters.layers


class PretrainedBody(nn.Module):
    """The weights of a `pretrained` zone, without the model's."""

    state_width = 0

    def __init__(self, spec: PretrainedSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec, self.facts = spec, facts_of(spec.model, spec.layers)
        self.below = facts_of(spec.model, spec.below)
        """What is known of the layers that run once a value."""
        self.take = Linear(self.facts.channels, width)
        count, rank = (0, 0) if spec.adapters is None else (spec.adapters.layers, spec.adapters.rank)
        self.adapters = nn.ModuleList(Adapter(self.facts.channels, rank) for _ in range(count))
        self.remembered: int | None = None
        """Bytes of what the model makes that may be remembered, where memory is limited."""
        self.digest: Tensor
        self.register_buffer("digest", torch.empty(32, dtype=torch.uint8))

    def initialise(self, generator: torch.Generator) -> None:
        """Notes which files the model is made of."""
        self.digest.copy_(torch.frombuffer(bytearray(digest_of(self.spec.model)), dtype=torch.uint8))

    @property
    def parts(self) -> list[tuple[int | None, ...]]:
        """Which parts of its model it looks through, as `ltm.pretrained.models` keeps them."""
        spec = self.spec
        return [(spec.below,), *([] if spec.adapters is None else [(spec.layers, spec.adapters.layers)])]

    @property
    def borrowed(self) -> int:
        """Weights of the model, which are neither learned nor stored here."""
        return self.facts.weights

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns what is read, joined by what the model makes of the values; it is also the zone's own state."""
        made_BSK = self.made(places.raw[self.spec.sense], x_BSW.shape[1])
        told_BSW = rms_norm(x_BSW + self.take(rms_norm(made_BSK)).to(x_BSW.dtype))
        return told_BSW, told_BSW

    @uncompiled
    def made(self, raw: Raw, sites: int) -> Float[Tensor, "B S K"]:
        """Returns what the model makes of values, at their sites; zeros elsewhere, and where texts are padded.

        Raises:
            LtmError: the model isn't installed; says how to get it.
            FolderError: it is damaged, or not the one that this zone was trained with.
        """
        made_BSK = self._made_once(raw, sites)
        return self._adapted(made_BSK, raw) if self.adapters else made_BSK

    def _made_once(self, raw: Raw, sites: int) -> Float[Tensor, "B S K"]:
        """Returns the same of the layers without adapters."""
        model = self._frozen()
        self._check(model.digest)
        made_BSK = torch.zeros(len(raw.keys), sites, self.facts.channels)
        for row, key in enumerate(raw.keys):
            part_SK = model.made(whole(raw.values[row]).numpy(), key, self.remembered)
            made_BSK[row, raw.first : raw.first + len(part_SK)] = part_SK
        return made_BSK

    def _adapted(self, made_BSK: Float[Tensor, "B S K"], raw: Raw) -> Float[Tensor, "B S K"]:
        """Returns what the layers with adapters make of that."""
        assert self.spec.adapters is not None
        layers = self._above()
        self._check(layers.digest)
        there_BL = raw.values != void_of(raw.values.dtype)
        learned = [cast(Adapter, adapter) for adapter in self.adapters]
        seen_BLK = layers(made_BSK[:, raw.first : raw.last], there_BL, learned)
        seen_BLK = seen_BLK.masked_fill(~there_BL[..., None], 0.0)
        return F.pad(seen_BLK, (0, 0, raw.first, made_BSK.shape[1] - raw.last))

    def load(self) -> None:
        """Loads the model, which otherwise happens when it is first looked through.

        Raises:
            LtmError: it isn't installed; says how to get it.
            FolderError: it is damaged.
        """
        self._frozen()
        if self.spec.adapters is not None:
            self._above()

    def _frozen(self) -> Frozen:
        return frozen(self.spec.model, self.spec.below)

    def _above(self) -> Above:
        assert self.spec.adapters is not None
        return above(self.spec.model, self.spec.layers, self.spec.adapters.layers)

    def _check(self, digest: bytes) -> None:
        if digest != bytes(self.digest.tolist()):
            raise FolderError(
                f"model {self.spec.model!r} is not the one that this zone was trained with: its files were exchanged"
            )

    def once(self, raw: Raw) -> list[int]:
        """Returns the operations of the model for each value, which it costs once, however often the zone fires.

        Layers with adapters are not among them.
        """
        return [self.below.operations(units_of(whole(value))) for value in raw.values]

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example; of the model, those of layers with adapters: see `once`."""
        total = places.sites * self.take.operations
        if self.adapters:
            tokens = places.count(self.spec.sense)
            total += self.facts.operations(tokens) - self.below.operations(tokens)
            total += sum(tokens * cast(Adapter, adapter).operations for adapter in self.adapters)
        return total
