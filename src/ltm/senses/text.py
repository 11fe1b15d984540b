"""The `text` sense: free text, each word, byte or piece becoming one site of the field.

Words need no vocabulary: their features are hashed into a table of fixed size (Bojanowski et al. 2017; Serrà and
Karatzoglou 2017), so a word that was never seen still shares its beginning, its ending and its bytes with others.

Shapes: B batch, L places, H features a word, R runs of letters, I inner channels, D field width.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from ltm.senses.layout import Layout, Written, unless_all
from ltm.senses.pieces import BYTES, check_pieces, encode_pieces
from ltm.senses.tokenizer import encode_tokens
from ltm.senses.word_features import Feature, buckets_of, words_of
from ltm.zones.layers import Linear, truncated_normal_

MOST_PLACES = 8192
Unit = Literal["words", "bytes", "pieces"]
TokenizerHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Piece = Annotated[str, Field(min_length=2, max_length=200)]


class TextSpec(Part):
    """Free text in any language, in UTF-8."""

    kind: Literal["text"]
    unit: Unit | Literal["tokens"] = "words"
    """What becomes a site: a word or a sign between words, a byte, a piece of a vocabulary, or a token of a model from
    elsewhere."""
    pieces: tuple[Piece, ...] = ()
    """With `unit: pieces`: the vocabulary beside the 256 bytes, in the order in which it was learned (byte-pair
    encoding), in GPT-2's alphabet for bytes: `Ġthe` is ` the`."""
    tokenizer: TokenizerHash | None = None
    """With `unit: tokens`: the SHA-256 of the `tokenizer.json` in the brain's folder."""
    tokens: Annotated[int, Field(ge=2, le=10**6)] | None = None
    """With `unit: tokens`: how many symbols the model has."""
    longest: Annotated[int, Field(ge=1, le=MOST_PLACES)] = 1024
    """Units at most; longer text is refused, or cut where `cut` says so."""
    cut: bool = False
    """Whether what is too long is cut off at the end rather than refused."""
    buckets: Annotated[int, Field(ge=2, le=2**20)] = 4096
    """Vectors in the table of words; features that fall into the same bucket share one."""
    inner: Annotated[int, Field(ge=1, le=1024)] | None = 32
    """Channels of the table's vectors, before a matrix brings them to the field's width; `null`: they have that width
    from the beginning, and there is no matrix."""
    features: Annotated[tuple[Feature, ...], Field(min_length=1)] = ("word", "again", "beginning", "ending")
    """What of a word is looked up: itself in one place and `again` in another, so that two words seldom share both; its
    first and its last three letters; the `pair` it makes with the word before; any five `letters` in a row (Bojanowski
    et al. 2017), together as large as one other feature."""
    positions: Literal["none", "learned"] = "none"
    """`learned` adds a vector for each place."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Standard deviation of what it writes, positions aside."""
    start: Annotated[float, Field(gt=0, le=1)] = 1.0
    """What words write before anything is learned, as a share of `scale`. Near 0, words that came too seldom to learn
    much of them stay as good as silent, instead of adding noise."""

    @model_validator(mode="after")
    def _all_differ(self) -> TextSpec:
        if len(set(self.features)) < len(self.features):
            raise ValueError("features repeats one")
        if (self.unit == "tokens") != (self.tokenizer is not None) or (self.tokenizer is None) != (self.tokens is None):
            raise ValueError("unit: tokens, tokenizer and tokens go together (ltm import writes them)")
        check_vocabulary(self.unit, self.pieces)
        return self

    @property
    def rows(self) -> int:
        """How many vectors its table holds: one a bucket, one a byte and a piece, or one a token."""
        if self.tokens is not None:
            return self.tokens
        return self.buckets if self.unit == "words" else BYTES + len(self.pieces)

    @property
    def layout(self) -> Layout:
        """Bytes, pieces or tokens `[places]`, or the buckets of words' features `[places, features]`."""
        if self.unit == "bytes":
            return Layout(rank=1, dtype="uint8", longest=MOST_PLACES)  # no byte of UTF-8 is 255, which marks the end
        if self.unit != "words":
            return Layout(rank=1, dtype="int32", longest=MOST_PLACES)
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
        if self.tokens is not None:
            return f"up to {self.longest:,} tokens of a vocabulary of {self.tokens:,}"
        return unit_words(self.longest, self.unit, self.pieces)

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns text into bytes, pieces or tokens `[places]` or buckets `[places, features]`.

        Raises:
            DataError: no text, empty, or too long.
        """
        if not isinstance(value, str):
            raise DataError(f"expected text, got {type(value).__name__}")
        units: Any = words_of(value) if self.unit == "words" else self.tokenize(value)
        if not units:
            raise DataError("the text is empty")
        if len(units) > self.longest:
            if not self.cut:
                raise DataError(f"{len(units):,} {self.unit}; at most {self.longest:,} are read")
            units = units[: self.longest]
        if self.unit != "words":
            return np.array(units, dtype=self.layout.dtype)
        before = ["", *units[:-1]]
        found = [buckets_of(word, last, self.features, self.buckets) for word, last in zip(units, before, strict=True)]
        return np.array(found, dtype=np.int32)

    def tokenize(self, text: str) -> list[int]:
        """Returns the numbers of a text's bytes, pieces or tokens, however many.

        Raises:
            DataError: the tokenizer isn't at hand.
        """
        return symbols_of(text, self.pieces) if self.tokenizer is None else encode_tokens(text, self.tokenizer)


def check_vocabulary(unit: str, pieces: tuple[str, ...]) -> None:
    """Refuses a vocabulary that is none, or that nothing would use.

    Raises:
        ValueError: says what is wrong.
    """
    if unit == "pieces" and not pieces:
        raise ValueError("unit: pieces needs pieces, the vocabulary (ltm fit learns one)")
    if unit != "pieces" and pieces:
        raise ValueError(f"pieces go with unit: pieces, not with unit: {unit}")
    check_pieces(pieces)


def symbols_of(text: str, pieces: tuple[str, ...]) -> list[int]:
    """Returns the numbers of a text's pieces; those of its bytes where there are none."""
    return encode_pieces(text, pieces) if pieces else list(text.encode("utf-8", "replace"))


def unit_words(longest: int, unit: str, pieces: Sequence[str]) -> str:
    """Says what a text is of: `up to 512 pieces of a vocabulary of 1,024`."""
    return f"up to {longest:,} {unit}" + (f" of a vocabulary of {BYTES + len(pieces):,}" if pieces else "")


class TextSense(nn.Module):
    """The weights of a `text` sense: a table of vectors, a matrix to the field's width, and places where learned."""

    def __init__(self, spec: TextSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.table = nn.Parameter(torch.empty(spec.rows, spec.inner or width))
        self.read = None if spec.inner is None else Linear(spec.inner, width)
        self.place = nn.Parameter(torch.empty(spec.longest, width)) if spec.positions == "learned" else None

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the table so that a word's features together have variance `start` squared; places with one half."""
        together = len(self.spec.features) if self.spec.unit == "words" else 1
        truncated_normal_(self.table, self.spec.start * together**-0.5, generator)
        if self.place is not None:
            truncated_normal_(self.place, 0.5, generator)

    def _features(self, text: Tensor) -> Integer[Tensor, "B L H"]:
        return (text if self.spec.unit == "words" else text[..., None]).long()

    def exists(self, text: Integer[Tensor, "B ..."]) -> Bool[Tensor, "B S"] | None:
        """Returns which places hold a unit; None when all do."""
        there_BL = (self._features(text) != self.spec.layout.void).any(-1)
        return unless_all(there_BL)

    def parents(self, text: Integer[Tensor, "B ..."]) -> None:
        """Its sites make no tree."""

    @property
    def vectors_VD(self) -> Float[Tensor, "V D"]:
        """What it writes for each symbol, positions aside."""
        return (self.table if self.read is None else self.read(self.table)) * self.spec.scale

    def forward(self, text: Integer[Tensor, "B ..."]) -> Float[Tensor, "B L D"]:
        """Writes each unit's vector at its site; places without one get zeros."""
        features_BLH = self._features(text)
        there_BLH = features_BLH != self.spec.layout.void
        weights_BLH = there_BLH.to(self.table.dtype)
        if self.spec.unit == "words" and "letters" in self.spec.features:
            runs_BLR = weights_BLH[..., len(self.spec.features) - 1 :]
            runs_BLR = runs_BLR / runs_BLR.sum(-1, keepdim=True).clamp_min(1).sqrt()
            weights_BLH = torch.cat((weights_BLH[..., : len(self.spec.features) - 1], runs_BLR), dim=-1)
        held_BLHI = F.embedding(features_BLH.masked_fill(~there_BLH, 0), self.table)
        held_BLI = (held_BLHI * weights_BLH[..., None]).sum(2)
        seen = (held_BLI if self.read is None else self.read(held_BLI)) * self.spec.scale
        if self.place is not None:
            seen = seen + self.place[: seen.shape[1]]
        written: Tensor = seen.masked_fill(~there_BLH.any(-1, keepdim=True), 0.0)
        return written
