"""The chart: the one declaration from which a brain is built.

`Chart` is what `ltm chart schema` exports. Kinds of zone, sense and act come from explicit tables
(`ltm.zones.table`, `ltm.senses.table`, `ltm.acts.table`); a chart can never name code.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ltm.acts.table import ActSpec
from ltm.chart.base import Bytes, Name, Part
from ltm.chart.circuit import CircuitSpec
from ltm.chart.scenes import ScenesSpec
from ltm.chart.steps import StepsSpec
from ltm.senses.table import SenseSpec

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
