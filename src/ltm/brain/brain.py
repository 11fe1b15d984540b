"""The brain: senses, a circuit of zones, acts and reflection, built from a chart.

Shapes: B batch, S sites, D field width, N cells, V symbols, R rows, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from ltm.acts.canvas import CanvasAct
from ltm.acts.next import NextAct
from ltm.acts.number import NumberAct
from ltm.acts.saying import SayingAct
from ltm.acts.table import KINDS as ACT_KINDS
from ltm.acts.table import Act
from ltm.brain.circuit import Circuit, Recorder
from ltm.brain.familiarity import Familiarity
from ltm.brain.layout import Layout
from ltm.brain.mind import Mind, Reading
from ltm.brain.parts import Parts
from ltm.brain.prefix import Prefix
from ltm.brain.pretrained import Pretrained
from ltm.brain.reflection import Reflection
from ltm.brain.rehearsal import Rehearsal
from ltm.brain.spoken import Spoken, nothing_said, paces
from ltm.brain.steps import Steps
from ltm.chart.locate import refuse
from ltm.chart.misfits import misfits
from ltm.chart.schema import Chart
from ltm.chart.sites import fixed_sites
from ltm.senses.sequence import SequenceSense
from ltm.senses.table import KINDS as SENSE_KINDS
from ltm.senses.table import Sense
from ltm.senses.text import TextSense
from ltm.zones.layers import field_mean, initialise_all
from ltm.zones.places import Places


class Brain(Pretrained, nn.Module):
    """A brain as declared by a chart; weights are drawn from the seed.

    Args:
        chart: the declaration.
        seed: for the weights; the chart's training seed when absent.
        absent: whether weights are not drawn, and zones have none at all: they will be called in.

    Raises:
        ChartError: parts of the chart don't fit one another.
    """

    def __init__(self, chart: Chart, seed: int | None = None, *, absent: bool = False) -> None:
        super().__init__()
        refuse(misfits(chart))
        self.chart = chart
        width = chart.field.width
        senses = {name: SENSE_KINDS[s.kind][1](s, width) for name, s in chart.senses.items()}
        self.senses = Parts(senses)
        self.layout = Layout(chart, senses)
        self.circuit = Circuit(chart, width, fixed_sites(chart), chart.field.norm == "rms", absent)
        self.acts = Parts({name: ACT_KINDS[a.kind][1](a, width) for name, a in chart.acts.items()})
        self.reflection = Reflection(chart.reflection, width)
        told = chart.field.prefix_vectors
        self.prefix = Prefix(chart.field.prefix, told, width) if told else None
        self.steps = None if chart.steps is None else Steps(chart, width, fixed_sites(chart))
        self.familiarity: Familiarity | None = None
        """How known scenes look to its senses; measured once training is done."""
        self.rehearsal: Rehearsal | None = None
        """Scenes it keeps, to rehearse and to judge itself by."""
        self.int8 = False
        """Whether its matrices are written in eight bits."""
        self.zone_origins: dict[str, dict[str, Any]] = {}
        """Of zones that were carried from other brains: where they come from, as `provenance.zones` of a record."""
        if not absent and not self.circuit.field_start.is_meta:
            generator = torch.Generator().manual_seed(chart.training.seed if seed is None else seed)
            initialise_all(self, generator)
            self.reflection.start_bias()

    def sense(self, values: Mapping[str, Tensor], places: Places, spoken: Mapping[str, Spoken] | None = None) -> Tensor:
        """Returns what the senses write `[B, S, D]`, and what acts put on their own sites.

        Prefix sites get nothing, or vectors that were learned for them. Values of senses of kind `raw` are kept in the
        places, for the zones that look at them. In scenes of several steps, `values` are those of one step.
        """
        places.raw = self.layout.raw(values, places)
        parts = [self.senses[name](values[name]) for name in self.chart.senses]
        batch = parts[0].shape[0]
        for name in self.chart.acts:
            act = self.act(name)
            if isinstance(act, SayingAct):
                said = None if spoken is None else spoken.get(name)
                parts.append(act.written(batch, None if said is None else said.heard).to(parts[0].dtype))
            elif isinstance(act, CanvasAct):
                parts.append(act.blank(batch).to(parts[0].dtype))
        if places.prefix:
            silent = parts[0].new_zeros(batch, places.prefix, parts[0].shape[-1])
            parts.insert(0, silent if self.prefix is None else self.prefix(batch).to(parts[0].dtype))
        written = parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
        if self.steps is None:
            return written
        shown: Tensor = self.steps.show(
            written, values, {name: self.layout.sites_of(name, places) for name in self.steps.shown_acts}
        )
        told: Tensor = self.steps(values)
        return shown + told.to(written.dtype)

    def begin(
        self,
        values: Mapping[str, Tensor],
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Mind:
        """Starts thoughts about a batch of scenes; noise in the starting state comes from the generator.

        Of scenes of several steps nothing is seen yet: see `ltm.brain.walk`.
        """
        places = self.layout.places(values)
        # Never by chance: without a generator the same every time.
        places.draws = torch.Generator().manual_seed(0) if generator is None else generator
        batch = next(iter(values.values())).shape[0]
        lanes = self.circuit.start(batch, places, generator, self.chart.field.noise, dtype)
        answers = {}
        for name in self.chart.acts:
            first, last = self.layout.sites_of(name, places)
            answers[name] = torch.full((batch, self.act(name).cells(last - first)), -1)
        seen = torch.zeros_like(lanes.field) if self.steps is not None else self.sense(values, places)
        return Mind(lanes, seen, places, answers, nothing_said(self.chart, batch))

    def think_on(self, mind: Mind, ticks: int, recorder: Recorder | None = None) -> Reading:
        """Runs ticks and reads the answer; changes `mind`. What is due to be said is said first."""
        if mind.spoken and mind.lanes.tick and mind.lanes.tick % self.chart.training.ticks == 0:
            self._say(mind)
        self.circuit.run(mind.lanes, mind.input, mind.places, ticks, recorder)
        return self.read(mind)

    def read(self, mind: Mind) -> Reading:
        """Reads the acts and reflection off the field as it stands, and remembers the answer."""
        field_BSD = mind.lanes.field
        logits: dict[str, Tensor] = {}
        answers: dict[str, Tensor] = {}
        exists: dict[str, Tensor | None] = {}
        unsettled: dict[str, Tensor | None] = {}
        said: dict[str, Tensor] = {}
        for name in self.chart.acts:
            first, last = self.layout.sites_of(name, mind.places)
            whole = mind.places.mask_BS
            mask = None if whole is None else whole[:, first:last]
            logits[name] = self._logits(name, field_BSD[:, first:last], mask)
            if name in mind.spoken:
                # Before it is settled: an end in a cell that was said long ago must not close the answer.
                symbols, logits[name] = mind.spoken[name].merge(logits[name].argmax(-1), logits[name])
                answers[name] = self.act(name).settle(symbols)
            else:
                answers[name] = self._chosen(name, logits[name])
            if mind.places.shown_BS is not None:
                # What earlier steps showed is still there, and no part of this step's answer, unless it shows none.
                shown = mind.places.shown_BS[:, first:last]
                earlier = torch.ones_like(shown) if mask is None else mask
                mask = torch.where(shown.any(1, keepdim=True), shown, earlier)
            exists[name] = unsettled[name] = self.act(name).exists(mask, answers[name])
            if name in mind.spoken:
                there, unsaid = exists[name], ~mind.spoken[name].said
                unsettled[name] = unsaid if there is None else there & unsaid  # what has been said can't change
                if mind.spoken[name].logits is None:
                    said[name], exists[name] = mind.spoken[name].said, unsettled[name]
        changed_B = torch.stack([_changed(answers[n], mind.answers[n], unsettled[n]) for n in answers]).mean(0)
        said_BO = self.reflection(field_BSD, logits, answers, exists, changed_B, mind.places.mask_BS)
        mind.answers = answers
        mind.logits = {name: logits[name] for name in mind.spoken}
        return Reading(logits, answers, said_BO[:, 0], said_BO[:, 1] if said_BO.shape[1] == 2 else None, said)

    def _logits(self, name: str, field_BSD: Tensor, mask_BS: Tensor | None) -> Tensor:
        act = self.act(name)
        logits: Tensor
        if isinstance(act, NextAct) and act.spec.tied:
            sense = self.sense_of(act.spec.at or next(iter(self.chart.senses)))
            assert isinstance(sense, TextSense | SequenceSense)  # checked by the chart
            logits = act(field_BSD, mask_BS, sense.vectors_VD)
        else:
            logits = act(field_BSD, mask_BS)
        return logits

    def _say(self, mind: Mind) -> None:
        """Lets acts that answer from left to right say the next symbols of their last answer."""
        mind.input = mind.input.clone()
        for name, pace in paces(self.chart).items():
            act, (first, last) = self.act(name), self.layout.sites_of(name, mind.places)
            assert isinstance(act, SayingAct)
            mind.spoken[name] = mind.spoken[name].further(mind.answers[name], mind.logits[name], pace)
            written = act.written(mind.input.shape[0], mind.spoken[name].heard)
            mind.input[:, first:last] = written.to(mind.input.dtype)

    def _chosen(self, name: str, logits_BNV: Tensor) -> Tensor:
        act = self.act(name)
        return act.choose(logits_BNV) if isinstance(act, NumberAct) else act.settle(logits_BNV.argmax(-1))

    def act(self, name: str) -> Act:
        """Returns an act by name."""
        return cast(Act, self.acts[name])

    def sense_of(self, name: str) -> Sense:
        """Returns a sense by name."""
        return cast(Sense, self.senses[name])

    def reading_operations(self, places: Places) -> int:
        """Operations of one reading for one example: acts and reflection."""
        total = 0 if self.reflection.read is None else self.chart.field.width * 2 * self.chart.reflection.outputs
        for name in self.chart.acts:
            first, last = self.layout.sites_of(name, places)
            total += self.act(name).operations(last - first)
        return total

    def parameters_by_part(self) -> dict[str, int]:
        """Returns counts of weights: `zones/<name>`, `coupling`, `wave`, `senses`, `acts`, `reflection`.

        Those of pretrained models count for the zones that look through them, though they aren't learned.
        """

        def count(module: nn.Module | None) -> int:
            return 0 if module is None else sum(weight.numel() for weight in module.parameters())

        zones = ((name, self.circuit.zone(name)) for name in self.circuit.spec.zones)
        parts = {f"zones/{name}": count(zone) + zone.borrowed for name, zone in zones}
        rest: dict[str, nn.Module | None] = {"coupling": self.circuit.coupling, "wave": self.circuit.wave}
        rest |= {"senses": self.senses, "acts": self.acts, "reflection": self.reflection}
        rest |= {} if self.prefix is None else {"prefix": self.prefix}
        rest |= {} if self.steps is None else {"steps": self.steps}
        return parts | {name: count(module) for name, module in rest.items()}


def _changed(answer_BN: Tensor, before_BN: Tensor, exists_BN: Tensor | None) -> Tensor:
    """Returns the share `[B]` of the cells that there are whose answer is another one than before."""
    return field_mean((answer_BN != before_BN).float()[..., None], exists_BN)[:, 0]


def with_training(chart: Chart, **changes: object) -> Chart:
    """Returns the chart with some training settings replaced, validated."""
    training = type(chart.training).model_validate({**chart.training.model_dump(), **changes})
    return chart.model_copy(update={"training": training})
