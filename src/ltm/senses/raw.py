"""The `raw` sense: a value as a pretrained model takes it, for zones of kind `pretrained` to tell the field of.

It holds tokens, pixels or samples, and has a site for each thing that the model makes of them. By itself it writes no
more than that there is something.

Shapes: B batch, L tokens, S sites, D field width.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Bool, Float, Integer
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.pretrained.facts import Facts
from ltm.pretrained.models import facts_of
from ltm.pretrained.values import ends_closed, line, pixels, samples, tokens
from ltm.senses.layout import Layout, Written, void_of
from ltm.zones.layers import truncated_normal_

Model = Annotated[str, Field(min_length=1, max_length=400)]
"""A name of the table (`minilm`, `smollm2`, `efficientnet-lite0`, `rapidocr`, `speech-embedding`, `silero-vad`), or the
path of a folder in transformers' form, of a brain, or of a safetensors, ONNX, GGUF or Navec file."""


_WHAT = {"text": "texts", "image": "pictures of one size", "audio": "sounds"}


class RawSpec(Part):
    """A text, a picture or a sound, as a pretrained model takes it, for zones of kind `pretrained` to look at."""

    kind: Literal["raw"]
    model: Model
    """Whose tokens, pixels or samples: one of `minilm`, `smollm2`, `efficientnet-lite0`, `rapidocr`, `speech-embedding`
    and `silero-vad`, or a path: `./folder` in transformers' form, `./brain` that tells what comes next in texts,
    `./file.safetensors` of RWKV-7, `./file.onnx`, `./file.gguf`, `./navec.tar`."""
    longest: Annotated[int, Field(ge=1, le=8192)] | None = None
    """Texts: tokens at most, as many as the model takes when absent; longer text is refused, or cut where `cut` says
    so."""
    cut: bool = False
    """Texts: whether what is too long is cut off at the end rather than refused."""
    columns: Annotated[int, Field(ge=32, le=3200, multiple_of=8)] | None = None
    """Lines of text, for `rapidocr`: pixels along a line of 48 rows, 320 when absent. A line keeps its shape; one that
    is longer is squeezed."""
    seconds: Annotated[float, Field(gt=0, le=60)] | None = None
    """Sounds: how much is heard, from the beginning; what is shorter is followed by silence."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Standard deviation of what it writes."""

    @model_validator(mode="after")
    def _fits_the_model(self) -> RawSpec:
        facts = self.facts
        if facts.takes == "audio":
            if self.seconds is None:
                raise ValueError(f"model {self.model!r} takes sounds: say how many seconds are heard")
            if not facts.least <= self.units <= facts.most:
                low, high = (round(count / facts.rate + 0.0005, 3) for count in (facts.least, facts.most))
                raise ValueError(f"seconds: model {self.model!r} takes {low:g} to {high:g}, got {self.seconds:g}")
        elif self.seconds is not None:
            raise ValueError(f"seconds: model {self.model!r} takes values of kind {facts.takes}, not sounds")
        if facts.takes != "text" and (self.longest is not None or self.cut):
            raise ValueError(f"longest and cut are for texts; model {self.model!r} takes a value of kind {facts.takes}")
        if self.columns is not None and not facts.line:
            raise ValueError(f"columns: are for lines of text; model {self.model!r} takes {_WHAT[facts.takes]}")
        if facts.takes == "text" and self.most > facts.most:
            raise ValueError(f"longest: model {self.model!r} takes {facts.most} tokens, got {self.longest}")
        return self

    @property
    def facts(self) -> Facts:
        """What is known of the model."""
        return facts_of(self.model)

    @property
    def most(self) -> int:
        """Tokens of a text at most."""
        return self.facts.most if self.longest is None else self.longest

    @property
    def units(self) -> int:
        """Samples of a sound, columns of a picture."""
        if self.facts.takes == "image":
            return self.size[1]
        return round((self.seconds or 0) * self.facts.rate)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a picture."""
        rows, columns = self.facts.size
        return rows, columns if self.columns is None else self.columns

    @property
    def layout(self) -> Layout:
        """Tokens `[L]`, samples `[N]`, or brightnesses `[rows, columns, 3]`."""
        if self.facts.takes == "image":
            return Layout(rank=3, dtype="uint8", symbolic=False)
        if self.facts.takes == "audio":
            return Layout(rank=1, dtype="int16", longest=self.units, symbolic=False)
        return Layout(rank=1, dtype="int32", longest=8192)

    @property
    def written(self) -> Written:
        """Text as it is; of pictures and sounds a file's name, or lists."""
        return "plain" if self.facts.takes == "text" else "file"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of what the model makes of a value of a shape."""
        return self.fixed_sites or self.facts.sites(shape[0])

    @property
    def fixed_sites(self) -> tuple[int, int] | None:
        """Rows and columns; texts differ in length."""
        return None if self.facts.takes == "text" else self.facts.sites(self.units)

    def words(self) -> str:
        """Says what is read: `text for minilm, up to 64 tokens`."""
        facts = self.facts
        if facts.takes == "text":
            return f"text for {self.model}, up to {self.most:,} tokens"
        if facts.takes == "audio":
            return f"first {self.seconds:g} s of a sound at {facts.rate / 1000:g} kHz for {self.model}"
        what = "a line of text in " if facts.line else ""
        return f"{what}{self.size[0]}×{self.size[1]} pixels in colours for {self.model}"

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns a text, a picture or a sound into what the model takes.

        Raises:
            DataError: not such a value, or too long.
            LtmError: the model's vocabulary isn't there; says how to get it.
        """
        facts = self.facts
        if facts.takes == "image":
            return line(value, self.size) if facts.line else pixels(value, self.size)
        if facts.takes == "audio":
            return samples(value, facts, self.units)
        if not isinstance(value, str):
            raise DataError(f"expected text, got {type(value).__name__}")
        if not value.strip():
            raise DataError("the text is empty")
        found = tokens(self.model, value)
        if not len(found):
            raise DataError(f"the text holds nothing that model {self.model!r} reads")
        if len(found) > self.most:
            if not self.cut:
                raise DataError(f"{len(found):,} tokens; at most {self.most:,} are read")
            # What the model wants at a text's end stays there; others end with the text.
            closed = ends_closed(self.model)
            found = np.concatenate((found[: self.most - 1], found[-1:])) if closed else found[: self.most]
        return found

    def decode(self, encoded: npt.NDArray[Any]) -> Any:
        """Turns pixels, samples or tokens into nested lists of whole numbers."""
        return encoded.astype(int).tolist()


class RawSense(nn.Module):
    """The weights of a `raw` sense: one vector, which says that there is something."""

    def __init__(self, spec: RawSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.mark = nn.Parameter(torch.empty(width))

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the vector with unit variance, `scale` aside."""
        truncated_normal_(self.mark, 1.0, generator)

    def exists(self, value: Integer[Tensor, "B ..."]) -> Bool[Tensor, "B S"] | None:
        """Returns which sites hold a token; None where all do. Pictures and sounds are whole."""
        if self.spec.facts.takes != "text":
            return None
        there_BL = value != void_of(value.dtype)
        return None if bool(there_BL.all()) else there_BL

    def parents(self, value: Integer[Tensor, "B ..."]) -> None:
        """Its sites make no tree."""

    def forward(self, value: Integer[Tensor, "B ..."]) -> Float[Tensor, "B S D"]:
        """Writes the same vector at each site that exists."""
        sites = math.prod(self.spec.sites(tuple(value.shape[1:])))
        written = (self.mark * self.spec.scale).expand(len(value), sites, -1)
        there_BS = self.exists(value)
        return written if there_BS is None else written * there_BS[..., None].to(written.dtype)
