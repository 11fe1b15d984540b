"""What the micro-models chart may say: figures that carry their source, and models made of such figures.

A figure is written `VALUE @source` when somebody published or measured it, and `VALUE =formula` when it is computed
from the shape by a formula of `ltm.catalog.count`. A figure that names neither has the source of its entry. Large
numbers may end in k, M, B or T, sizes of files in KB, MB or GB; all are powers of ten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from ltm.chart.base import Name, Part

Modality = Literal["language", "reasoning", "encoder", "vision", "audio", "time-series", "table"]
MODALITIES: tuple[str, ...] = get_args(Modality)
Precision = Literal["fp16", "int8"]
BYTES_A_PARAMETER: dict[Precision, int] = {"fp16": 2, "int8": 1}

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
_FIGURE = re.compile(r"(\d+(?:\.\d+)?)(k|M|B|T|KB|MB|GB)?")
_UNITS = {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_SOURCED = re.compile(r"(?P<said>.*?)(?:\s+(?P<sign>[@=])(?P<name>[a-z0-9][a-z0-9._-]*))?\s*", re.DOTALL)


class Figure(Part):
    """A number and where it comes from; written `14067712 @litgpt-test`, `3745984 =gpt-neo`, or `12`."""

    value: int | float
    source: str | None = None
    """Whom to believe: a key of `sources`; the entry's own source when absent."""
    formula: str | None = None
    """The formula by which it was computed; then there is no source."""

    @model_validator(mode="before")
    @classmethod
    def _written(cls, given: Any) -> Any:
        if isinstance(given, int | float) and not isinstance(given, bool):
            return {"value": given}
        if not isinstance(given, str):
            return given
        said, sign, name = _split(given)
        match = _FIGURE.fullmatch(said)
        if match is None:
            raise ValueError(f"expected a number with its source, such as '68.5M @some-source', got {given[:60]!r}")
        value = float(match[1]) * _UNITS.get(match[2], 1)
        # 68.5M is a whole number although 68.5 isn't; 87.4 stays as it is.
        exact = round(value) if match[2] or "." not in match[1] else value
        return {"value": exact, "formula" if sign == "=" else "source": name}


class Said(Part):
    """A word or a sentence and where it comes from; written `apache-2.0 @model-card`."""

    text: str
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _written(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        said, sign, name = _split(given)
        if sign == "=" or not said:
            raise ValueError(f"expected words with their source, such as 'MIT @some-source', got {given[:60]!r}")
        return {"text": said, "source": name}


def _split(given: str) -> tuple[str, str | None, str | None]:
    match = _SOURCED.fullmatch(given)
    assert match is not None  # everything in it is optional
    return match["said"], match["sign"], match["name"]


class Source(Part):
    """Where figures come from."""

    about: str
    """Which repository, paper, file or page, so that one finds it."""
    third_party: bool = False
    """Whether it repeats what others published, rather than being the publication."""


class Metric(Part):
    """What a score measures. Scores are comparable within one metric, and only there."""

    about: str
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"


class Shape(Part):
    """Layers and widths; what a formula needs is in here."""

    layers: Figure | None = None
    """Layers; of encoder-decoders those of the encoder; of looped networks those that have weights of their own."""
    width: Figure | None = None
    """Channels of the residual stream."""
    heads: Figure | None = None
    """Attention heads, or heads of the recurrent state."""
    kv_heads: Figure | None = None
    """Key and value heads, where fewer than heads."""
    head_width: Figure | None = None
    """Channels a head, where not width / heads."""
    inner: Figure | None = None
    """Channels inside the feed-forward part."""
    context: Figure | None = None
    """Longest sequence, in tokens."""
    vocabulary: Figure | None = None
    """Rows of the token embedding."""
    low_rank: Figure | None = None
    """RWKV-7: the sum of the ranks w, a, v and g."""
    patch: Figure | None = None
    """Vision transformers: side of a patch, in pixels."""
    side: Figure | None = None
    """Vision: side of the picture for which the score holds, in pixels."""


class Trained(Part):
    """What it learned from."""

    tokens: Figure | None = None
    """Tokens seen in training."""
    examples: Figure | None = None
    """Examples, before augmentation."""
    compute: Said | None = None
    """Machines and time."""


class Runs(Part):
    """What runs it here."""

    zone: Name
    """Kind of zone (`ltm.zones.table.KINDS`)."""
    chart: Name | None = None
    """Shipped chart (`ltm chart list`); None where none has it."""
    settings: tuple[str, ...] = ()
    """What replaces settings of that chart, as `ltm train CHART key=value` takes it."""
    model: Name | None = None
    """Of a zone `pretrained`: what its `model:` says, a name of `ltm.pretrained.known.KNOWN`.

    A test holds it to that table, whose reading takes torch."""
    by: str = ""
    """Where no shipped chart has it: what to do instead, such as which file to name."""
    departs: str = ""
    """What is different here; empty when it's the published architecture."""

    @model_validator(mode="after")
    def _led(self) -> Runs:
        if (self.chart is None) == (not self.by):
            raise ValueError("expected either `chart`, a shipped one, or `by`, what to do where there is none")
        if self.settings and self.chart is None:
            raise ValueError("settings need the `chart` that they are of")
        if self.model is not None and self.zone != "pretrained":
            raise ValueError(f"`model` is for a zone `pretrained`, got zone {self.zone!r}")
        return self


class Model(Part):
    """One model. What nobody could source is absent."""

    family: Name
    """Architecture, in a word."""
    modality: Modality
    source: str | None = None
    """The source of every figure of this entry that names none."""
    year: Figure | None = None
    parameters: Figure | None = None
    """All parameters."""
    without_embeddings: Figure | None = None
    """Parameters outside of token and position embeddings and of an output matrix of its own."""
    file: Figure | None = None
    """Bytes of a file as published."""
    shape: Shape = Shape()
    trained: Trained = Trained()
    scores: dict[Name, Figure] = Field(default_factory=dict)
    """Scores by metric; the first is the headline."""
    cpu_ms: Figure | None = None
    """Milliseconds for one input on a processor; which input and which processor is in its source."""
    licence: Said | None = None
    runs: Runs | None = None
    note: str = ""

    def bytes(self, precision: Precision = "fp16") -> int | None:
        """Bytes of all weights, two (fp16) or one (int8) for each parameter; None where parameters are unknown."""
        return None if self.parameters is None else round(BYTES_A_PARAMETER[precision] * self.parameters.value)

    def figures(self) -> Iterator[tuple[str, Figure | Said]]:
        """Yields everything sourced with its path, such as `shape.layers`."""
        for name in ("year", "parameters", "without_embeddings", "file", "cpu_ms", "licence"):
            if (found := getattr(self, name)) is not None:
                yield name, found
        for part in ("shape", "trained"):
            group = getattr(self, part)
            yield from (
                (f"{part}.{name}", found)
                for name in type(group).model_fields
                if (found := getattr(group, name)) is not None
            )
        yield from ((f"scores.{metric}", score) for metric, score in self.scores.items())

    def whence(self, figure: Figure | Said) -> str:
        """Says where one of its figures comes from: a key of `sources`, or `=` with the formula."""
        if isinstance(figure, Figure) and figure.formula is not None:
            return f"={figure.formula}"
        return figure.source or self.source or ""


class Catalog(Part):
    """The whole chart."""

    format: Literal[1]
    sources: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")], Source]
    metrics: dict[Name, Metric]
    models: Annotated[dict[ModelName, Model], Field(min_length=1)]
