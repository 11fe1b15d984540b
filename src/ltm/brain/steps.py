"""What a brain adds for scenes of several steps: vectors for roles and for what it did, and a zone that looks ahead.

Foreseeing is learned as in latent world models (Ha and Schmidhuber 2018; Grill et al. 2020 for the target without
gradient): from the field after a step, what was done and the next role, to where the field moves.

Shapes: B batch, S sites, D field width, K deeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor, nn

from ltm.acts.label import LabelActSpec
from ltm.brain.parts import Parts
from ltm.chart.schema import Chart
from ltm.scenes.step_rows import ROLE
from ltm.senses.layout import void_of
from ltm.zones.layers import truncated_normal_
from ltm.zones.places import Places
from ltm.zones.zone import Zone

DID = "@did."
"""What was done at the step before, `@did.<act>`; nothing at the first."""
SHOWN = "@shown."
"""What is done at this step where its role shows it, `@shown.<act>`; nothing elsewhere."""


class Deeds(nn.Module):
    """A vector for each thing that an act may do, and one for having done nothing yet."""

    def __init__(self, symbols: int, width: int) -> None:
        super().__init__()
        self.deed = nn.Parameter(torch.empty(symbols + 1, width))

    def initialise(self, generator: torch.Generator) -> None:
        """Draws them with standard deviation one half, so that what is seen outweighs what was done."""
        truncated_normal_(self.deed, 0.5, generator)

    def forward(self, did_B1: Integer[Tensor, "B 1"]) -> Float[Tensor, "B D"]:
        """Returns the vectors of what was done."""
        nothing_B1 = did_B1 == void_of(did_B1.dtype)
        return F.embedding(did_B1.long().masked_fill(nothing_B1, self.deed.shape[0] - 1), self.deed)[:, 0]


class Shown(nn.Module):
    """A vector for each symbol of an answer that is shown rather than asked for."""

    def __init__(self, symbols: int, width: int) -> None:
        super().__init__()
        self.symbol = nn.Parameter(torch.empty(symbols, width))

    def initialise(self, generator: torch.Generator) -> None:
        """Draws them with unit variance, as senses do."""
        truncated_normal_(self.symbol, 1.0, generator)

    def forward(self, shown: Integer[Tensor, "B ..."]) -> Float[Tensor, "B N D"]:
        """Returns the vectors of an answer's cells; zeros where nothing is shown."""
        cells_BN = shown.flatten(1)
        nothing_BN = cells_BN == void_of(cells_BN.dtype)
        written = F.embedding(cells_BN.long().masked_fill(nothing_BN, 0), self.symbol)
        return written.masked_fill(nothing_BN[..., None], 0.0)


class Steps(nn.Module):
    """The weights.

    Args:
        chart: one that declares steps.
        width: channels of the field.
        sites: number of sites where the chart fixes it, otherwise None.
    """

    def __init__(self, chart: Chart, width: int, sites: int | None) -> None:
        super().__init__()
        assert chart.steps is not None
        self.role = nn.Parameter(torch.empty(len(chart.steps.roles), width))
        self.felt = felt_acts(chart)
        self.deeds = Parts({name: Deeds(chart.acts[name].symbols, width) for name in self.felt})
        self.shown_acts = tuple(chart.acts) if chart.steps.shows else ()
        self.shown = Parts({name: Shown(chart.acts[name].symbols, width) for name in self.shown_acts})
        foresees = chart.steps.transition
        self.transition = None if foresees is None else Zone(foresees.zone, width, sites)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the roles' vectors with standard deviation one half."""
        truncated_normal_(self.role, 0.5, generator)

    def forward(self, values: Mapping[str, Tensor]) -> Float[Tensor, "B 1 D"]:
        """Returns what is added to what is seen at every site: the step's role, and what was done before it."""
        told_BD = F.embedding(values[ROLE].long(), self.role)
        for name in self.felt:
            told_BD = told_BD + cast(Deeds, self.deeds[name])(values[DID + name])
        return told_BD[:, None]

    def show(self, written_BSD: Tensor, values: Mapping[str, Tensor], sites: Mapping[str, tuple[int, int]]) -> Tensor:
        """Returns what the senses wrote with what was done, where it is shown, on top of it.

        Args:
            written_BSD: by the senses.
            values: of this step.
            sites: first and last site that each act reads.
        """
        for name, (first, last) in sites.items():
            vectors_BND = cast(Shown, self.shown[name])(values[SHOWN + name]).to(written_BSD.dtype)
            # A grid lies over its sites; what has but one cell is shown at all of them.
            on_BSD = written_BSD[:, first:last] + vectors_BND
            written_BSD = torch.cat((written_BSD[:, :first], on_BSD, written_BSD[:, last:]), dim=1)
        return written_BSD

    def foresee(
        self, field_BSD: Float[Tensor, "B S D"], following: Mapping[str, Tensor], places: Places
    ) -> Float[Tensor, "B S D"]:
        """Returns the move of the field that is expected from this step to the next.

        Args:
            field_BSD: the field, once this step has been thought about.
            following: of the next step the role, and what was done before it; nothing else of it is looked at.
            places: where the sites are.
        """
        assert self.transition is not None
        told_BSD = self(following).expand_as(field_BSD)
        (role,) = self.transition.spec.roles
        given, _ = self.transition.fire(role, field_BSD, told_BSD.to(field_BSD.dtype), None, None, places)
        return given - field_BSD if self.transition.spec.write == "replace" else given


def felt_acts(chart: Chart) -> tuple[str, ...]:
    """Returns the acts whose choice at one step is known at the next."""
    return tuple(n for n, act in chart.acts.items() if isinstance(act, LabelActSpec) and act.kind == "action")
