"""The chart: the one declaration from which a brain is built.

`Chart` is what `ltm chart schema` exports. Kinds of zone, sense and act come from explicit tables
(`ltm.zones.table`, `ltm.senses.table`, `ltm.acts.table`); a chart can never name code.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ltm.acts.table import ActSpec
from ltm.chart.base import Bytes, Name, Part, parse_bytes
from ltm.chart.circuit import CircuitSpec
from ltm.chart.interchange import Groups, matching
from ltm.chart.steps import StepsSpec
from ltm.errors import DataError, first_mistake, nearest
from ltm.scenes.sources import find_source, source_names
from ltm.senses.table import SenseSpec

MADE = 10_000
"""Scenes that built-in sources make unless told how many."""
PIPE = "-"
"""What a chart calls standard input."""
MOST_SENSES = 1024
"""A table with more columns is better seen as lists of numbers, which share sites."""


class FieldSpec(Part):
    """The shared tensor `[batch, sites, width]` that zones read and write."""

    width: Annotated[int, Field(ge=1, le=8192)] = 128
    """Channels of every site."""
    prefix: Annotated[int, Field(ge=0, le=1024)] = 0
    """Extra sites in front that no sense writes, as TRM's and HRM's puzzle embedding."""
    prefix_vectors: Annotated[int, Field(ge=0, le=1024)] = 0
    """So many of them, from the first, hear a learned vector that is the same in every scene; zero at the start."""
    noise: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Standard deviation of the Gaussian noise in the starting state; makes several tries useful."""
    norm: Literal["rms", "none"] = "rms"
    """Normalisation of the field after zones have added to it."""

    @model_validator(mode="after")
    def _vectors_have_sites(self) -> FieldSpec:
        if self.prefix_vectors > self.prefix:
            raise ValueError(f"prefix_vectors ({self.prefix_vectors}) exceeds prefix ({self.prefix})")
        return self


class ReflectionSpec(Part):
    """The brain's own estimate that its present answer is right."""

    kind: Literal["evidence", "head", "none"] = "evidence"
    """`head`: a linear read-out of the field (TRM's halt head); `evidence`: that plus how sure the acts are and how far
    the answer still moves; `none`: the mean log-probability of the answer, untrained."""
    read: Literal["mean", "first"] = "mean"
    """`mean`: over all sites; `first`: the first site, as TRM and HRM."""
    outputs: Annotated[int, Field(ge=1, le=2)] = 1
    """2 adds the `continue` logit that HRM and TRM carry; without `ahead` only the first is used."""
    ahead: bool = False
    """HRM's Q-learning: the second output learns how right the brain will be if it thinks on, by a segment that is run
    ahead without gradient; with `training.release_by: reflection` scenes leave once the first output exceeds it."""
    bias: float = -3.0
    """Starting bias; must be negative, or halting saturates early."""
    weight: Annotated[float, Field(ge=0, le=10)] = 0.1
    """Weight of its loss beside the acts' loss."""

    @model_validator(mode="after")
    def _ahead_has_an_output(self) -> ReflectionSpec:
        if self.ahead and (self.kind == "none" or self.outputs != 2):
            raise ValueError("ahead: needs a second output to learn with; set outputs: 2 and kind: head or evidence")
        return self


class WillSpec(Part):
    """The goal and the budget that thinking gets unless the caller says otherwise; stops at whichever comes first."""

    ticks: Annotated[int, Field(ge=1, le=10**6)] = 128
    """At most this many ticks a try."""
    tries: Annotated[int, Field(ge=1, le=4096)] = 1
    """At most this many starting states; reflection keeps the best."""
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.99
    """Halt once reflection says so; 1 never halts early."""
    ms: Annotated[float, Field(gt=0)] | None = None
    """Milliseconds a thought."""
    operations: Annotated[int, Field(ge=1)] | None = None
    """Multiply-adds times two a thought."""
    noise: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Restlessness: standard deviation of the noise that the field gets after each reading, times the doubt that is
    left (1 - confidence), so that a mind that is stuck goes looking and one that is sure stays."""
    patience: Annotated[int, Field(ge=0)] = 32
    """Ticks a try before restlessness sets in."""
    goal: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    """What is wanted, instead of what the scene itself says: heard at every step by the sense `steps.goal`."""


class TrainingSpec(Part):
    """How the brain learns: one optimiser step a segment, state carried to the next, loss on every segment."""

    ticks: Annotated[int, Field(ge=1, le=4096)] = 8
    """Ticks a segment."""
    gradient_ticks: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Only the last so many ticks of a segment carry gradient; all when absent."""
    segments: Annotated[int, Field(ge=1, le=256)] = 6
    """A scene leaves its slot after so many segments, or earlier once it is solved."""
    batch: Annotated[int, Field(ge=1, le=65536)] = 64
    """Scenes under way at once; in minutes on a laptop, many small steps learn more than few large ones."""
    steps: Annotated[int, Field(ge=1, le=10**8)] | None = None
    """Optimiser steps; when absent, the minutes asked for are turned into steps once, at the start."""
    minutes: Annotated[float, Field(gt=0, le=10**5)] = 15.0
    passes: Annotated[float, Field(gt=0, le=10**6)] | None = None
    """Training ends after so many passes over the scenes where the minutes would allow more; for data that is soon
    learned by heart, such as some thousand texts; but never before 400 steps, nor where `steps` says how many."""
    keep: Literal["best", "last"] = "best"
    """Which averaged weights become the brain: the best by validation, or the last. Where `passes` end training in time
    and few scenes are set aside, the best is mostly luck."""
    optimiser: Literal["muon", "adamw", "adam-atan2"] = "muon"
    """`muon`: Muon for matrices inside zones, AdamW for the rest; `adam-atan2`: as HRM and TRM were trained."""
    rate: Annotated[float, Field(gt=0, le=1)] = 3e-3
    warmup: Annotated[int, Field(ge=0)] = 50
    floor: Annotated[float, Field(ge=0, le=1)] = 0.02
    """Cosine decay ends at this fraction of the rate; 1 keeps it constant."""
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.05
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.95)
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Decay of the averaged weights that are evaluated and saved; 0 is off."""
    ema_warmup: bool = True
    """The average follows closely at first, so that a short run's is worth something; TRM's did not."""
    clip: Annotated[float, Field(gt=0)] | None = None
    """Gradient norm limit."""
    loss: Literal["cross-entropy", "stablemax"] = "cross-entropy"
    noise: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Restlessness while learning, as the will's noise while thinking: after the will's patience, times the doubt."""
    release: Annotated[float, Field(ge=0, le=1)] = 0.7
    """Chance that a solved scene leaves its slot before its last segment."""
    release_by: Literal["answer", "reflection"] = "answer"
    """What counts as solved: that the answer is right, or that reflection believes so, as in HRM and TRM."""
    linger: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Chance at each segment that a scene leaves early only after a random number of segments, at least two; the
    exploration of HRM and TRM, 0.1 there."""
    augment: bool = True
    """Symmetries declared by the scene's type."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    compile: Literal["auto", "on", "off"] = "auto"


class ScenesSpec(Part):
    """Where scenes come from, and what leaves their meaning unchanged."""

    source: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """A built-in source (`sudoku`, `maze`, `listops`, …), or a file (relative to the chart's folder); where scenes are
    streamed also `-`, a table piped into standard input."""
    count: Annotated[int, Field(ge=1, le=10**12)] | None = None
    """Built-in sources: how many scenes to make. When absent 10,000; where they are streamed, new ones without end."""
    stream: bool = False
    """Read scenes while they are learned from, rather than all of them before: in constant memory, however many."""
    buffer: Annotated[int, Field(ge=32, le=10**7)] = 4096
    """Streams: how many scenes are held, among which they are shuffled. Some of the first so many are set aside."""
    shard: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1, le=10**6)]] = (0, 1)
    """Streams: which part of the scenes to learn from, and how many there are: `[0, 4]` is the first of four. They
    share no scene and together are all of them; the same scenes are set aside in each."""
    options: dict[Name, Any] = Field(default_factory=dict)
    """Built-in sources: what scenes to make, by each source's own options, such as `{depth: [1, 9]}` of `listops`."""
    sizes: tuple[Annotated[int, Field(ge=3, le=255)], Annotated[int, Field(ge=3, le=255)]] | None = None
    """`maze`: another way to write `options: {sizes: …}`."""
    givens: tuple[Annotated[int, Field(ge=17, le=81)], Annotated[int, Field(ge=17, le=81)]] | None = None
    """`sudoku`: another way to write `options: {givens: …}`."""
    search_steps: tuple[Annotated[int, Field(ge=0, le=10_000)], Annotated[int, Field(ge=0, le=10_000)]] | None = None
    """`sudoku`: another way to write `options: {search_steps: …}`."""
    symmetries: tuple[Literal["relabel", "bands", "transpose", "dihedral", "jitter", "drop", "scatter"], ...] = ()
    """`relabel`: symbols from `relabel_from` on are interchangeable; `bands`: blocks of rows and columns, and lines in
    them, may be permuted; `transpose`; `dihedral`: rotations and reflections; `jitter`: pictures are moved,
    turned, stretched and slanted a little; `drop`: a quarter of the words of a text is left out;
    `scatter`: numbers that are seen are moved by a fifth of their spread, and a tenth of them is left out."""
    relabel_from: Annotated[int, Field(ge=0, le=249)] = 1
    """First of the symbols that `relabel` permutes; those before it, such as a blank, keep their meaning."""
    interchange: Annotated[Groups, AfterValidator(matching)] = ()
    """Groups of things that may take one another's place, such as colours: for each thing the symbols that stand for it
    in each column, `[{red: {goal: [red], view: [6, 12]}, blue: {goal: [blue], view: [7, 13]}}]`."""
    score: Literal["exact", "shortest-path"] = "exact"
    """What counts as a right answer: the very one in the data, or any shortest path."""
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Share of the scenes that is set aside, never fewer than 16 scenes nor more than 1,000."""
    replay: Annotated[int, BeforeValidator(parse_bytes), Field(ge=0, le=10**10)] = 200_000
    """Bytes of scenes that the brain keeps in its folder, to rehearse them once it learns something else and to judge
    itself by; 0 keeps none. Whoever gets the folder gets these scenes."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    @property
    def made(self) -> int:
        """How many scenes to make where they are not streamed."""
        return MADE if self.count is None else self.count

    @model_validator(mode="after")
    def _stream_is_meant(self) -> ScenesSpec:
        low, high = self.shard
        if low >= high:
            raise ValueError(f"shard: part {low} of {high}; parts are numbered 0 to {high - 1}")
        if not self.stream and high > 1:
            raise ValueError("shard: only a stream comes in parts; set stream: true")
        if not self.stream and self.source == PIPE:
            raise ValueError("source: standard input (-) can only be streamed; set stream: true")
        return self

    @field_validator("options")
    @classmethod
    def _options_are_the_sources(cls, options: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        name = info.data.get("source")
        source = find_source(name)
        if not options or "source" not in info.data:
            return options
        if source is None:
            raise ValueError(f"options are for built-in sources ({', '.join(source_names())})")
        known = source.options.model_fields
        if source.options.model_config["extra"] == "forbid":
            for key in options:
                if key not in known:
                    choices = ", ".join(known) or "none"
                    raise ValueError(f"{key}: no option of source {name!r} (it has: {choices}){nearest(key, known)}")
        return source.options.model_validate(options).model_dump(mode="json", exclude_defaults=True)

    def options_of(self, name: str) -> Part:
        """Returns the options of a built-in source: this chart's where they are for it, its own otherwise.

        Raises:
            DataError: an older key holds what the source doesn't take.
        """
        source = find_source(name)
        assert source is not None
        # The three keys are older than `options`; what stands there counts more.
        older = {
            key: getattr(self, key) for key in ("sizes", "givens", "search_steps") if key in source.options.model_fields
        }
        given = {key: value for key, value in older.items() if value is not None}
        try:
            return source.options.model_validate({**given, **(self.options if self.source == name else {})})
        except ValidationError as problem:
            raise DataError(f"source {name!r}: {first_mistake(problem)}") from None


class Chart(CircuitSpec):
    """A whole brain, declared."""

    ltm: Literal[1] = 1
    """Version of the chart format."""
    name: Name = "brain"
    about: Annotated[str, Field(max_length=4000)] = ""
    budget: Bytes | None = None
    """The whole brain's weights must fit; checked before anything is allocated."""
    field: FieldSpec = FieldSpec()
    senses: Annotated[dict[Name, SenseSpec], Field(min_length=1, max_length=MOST_SENSES)]
    acts: Annotated[dict[Name, ActSpec], Field(min_length=1, max_length=64)]
    scenes: ScenesSpec = ScenesSpec()
    steps: StepsSpec | None = None
    """Scenes of several steps, such as episodes; when absent a scene is one."""
    reflection: ReflectionSpec = ReflectionSpec()
    will: WillSpec = WillSpec()
    training: TrainingSpec = TrainingSpec()

    @model_validator(mode="after")
    def _segments_fit(self) -> Chart:
        spec = self.training
        if spec.gradient_ticks is not None and spec.gradient_ticks > spec.ticks:
            raise ValueError(f"training.gradient_ticks ({spec.gradient_ticks}) exceeds training.ticks ({spec.ticks})")
        return self
