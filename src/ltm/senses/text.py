"""The `text` sense: free text, each word or byte becoming one site of the field.

Words need no vocabulary: their features are hashed into a table of fixed size (Bojanowski et al. 2017; Serrà and
Karatzoglou 2017), so a word that was never seen still shares its beginning, its ending and its bytes with others.

Shapes: B batch, L places, H features a word, D field width.
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.senses.layout import Layout, Written
from ltm.zones.layers import Linear, truncated_normal_

MOST_PLACES = 8192
BYTES = 256
_WORD = re.compile(r"\w+|[^\w\s]")
Feature = Literal["word", "again", "pair", "beginning", "ending"]


class TextSpec(Part):
    """Free text in any language, in UTF-8."""

    kind: Literal["text"]
    unit: Literal["words", "bytes"] = "words"
    """What becomes a site: a word or a sign between words, or a byte."""
    longest: Annotated[int, Field(ge=1, le=MOST_PLACES)] = 1024
    """Units at most; longer text is refused, or cut where `cut` says so."""
    cut: bool = False
    """Whether what is too long is cut off at the end rather than refused."""
    buckets: Annotated[int, Field(ge=2, le=2**20)] = 4096
    """Vectors in the table of words; features that fall into the same bucket share one."""
    inner: Annotated[int, Field(ge=1, le=1024)] = 32
    """Channels of those vectors, before a matrix brings them to the field's width."""
    features: Annotated[tuple[Feature, ...], Field(min_length=1)] = ("word", "again", "beginning", "ending")
    """What of a word is looked up: itself in one place and `again` in another, so that two words seldom share both; its
    first and its last three letters; the `pair` it makes with the word before."""
    positions: Literal["none", "learned"] = "none"
    """`learned` adds a vector for each place."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Standard deviation of what it writes, positions aside."""

    @model_validator(mode="after")
    def _all_differ(self) -> TextSpec:
        if len(set(self.features)) < len(self.features):
            raise ValueError("features repeats one")
        return self

    @property
    def layout(self) -> Layout:
        """Bytes `[places]`, or the buckets of words' features `[places, features]`."""
        if self.unit == "bytes":
            return Layout(rank=1, dtype="uint8", longest=MOST_PLACES)  # no byte of UTF-8 is 255, which marks the end
        return Layout(rank=2, dtype="int32", longest=MOST_PLACES)

    @property
    def written(self) -> Written:
        """Text as it is."""
        return "plain"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of sites that a value of a shape takes: one a unit."""
        return (1, shape[0])

    @property
    def fixed_sites(self) -> tuple[int, int] | None:
        """Texts differ in length."""
        return None

    def words(self) -> str:
        """Says what is read: `up to 512 words`."""
        return f"up to {self.longest:,} {self.unit}"

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns text into bytes `[places]` or buckets `[places, features]`.

        Raises:
            DataError: no text, empty, or too long.
        """
        if not isinstance(value, str):
            raise DataError(f"expected text, got {type(value).__name__}")
        units: Any = list(value.encode("utf-8", "replace")) if self.unit == "bytes" else _WORD.findall(value.casefold())
        if not units:
            raise DataError("the text is empty")
        if len(units) > self.longest:
            if not self.cut:
                raise DataError(f"{len(units):,} {self.unit}; at most {self.longest:,} are read")
            units = units[: self.longest]
        if self.unit == "bytes":
            return np.array(units, dtype=np.uint8)
        before = ["", *units[:-1]]
        found = [_buckets(word, last, self.features, self.buckets) for word, last in zip(units, before, strict=True)]
        return np.array(found, dtype=np.int32)


@functools.lru_cache(maxsize=2**17)
def _bucket(text: str, buckets: int) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little") % buckets


def _buckets(word: str, before: str, features: tuple[Feature, ...], buckets: int) -> list[int]:
    texts = {
        "word": f"w {word}",
        "again": f"a {word}",
        "pair": f"p {before} {word}",
        "beginning": f"b {word[:3]}",
        "ending": f"e {word[-3:]}",
    }
    return [_bucket(texts[feature], buckets) for feature in features]


class TextSense(nn.Module):
    """The weights of a `text` sense: a table of vectors, a matrix to the field's width, and places where learned."""

    def __init__(self, spec: TextSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.table = nn.Parameter(torch.empty(BYTES if spec.unit == "bytes" else spec.buckets, spec.inner))
        self.read = Linear(spec.inner, width)
        self.place = nn.Parameter(torch.empty(spec.longest, width)) if spec.positions == "learned" else None

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the table so that a word's features together have unit variance; places with one half."""
        together = 1 if self.spec.unit == "bytes" else len(self.spec.features)
        truncated_normal_(self.table, together**-0.5, generator)
        if self.place is not None:
            truncated_normal_(self.place, 0.5, generator)

    def _features(self, text: Tensor) -> Integer[Tensor, "B L H"]:
        return (text[..., None] if self.spec.unit == "bytes" else text).long()

    def exists(self, text: Integer[Tensor, "B ..."]) -> Bool[Tensor, "B S"] | None:
        """Returns which places hold a unit; None when all do."""
        there_BL = self._features(text)[..., 0] != self.spec.layout.void
        return None if bool(there_BL.all()) else there_BL

    def parents(self, text: Integer[Tensor, "B ..."]) -> None:
        """Its sites make no tree."""

    def forward(self, text: Integer[Tensor, "B ..."]) -> Float[Tensor, "B L D"]:
        """Writes each unit's vector at its site; places without one get zeros."""
        features_BLH = self._features(text)
        void_BL1 = features_BLH[..., :1] == self.spec.layout.void
        seen = self.read(F.embedding(features_BLH.masked_fill(void_BL1, 0), self.table).sum(2)) * self.spec.scale
        if self.place is not None:
            seen = seen + self.place[: seen.shape[1]]
        written: Tensor = seen.masked_fill(void_BL1, 0.0)
        return written
