"""Where a brain's senses and acts have their sites in the field, and which of these exist in a batch of scenes.

Shapes: B batch, S sites, T steps of a scene.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from ltm.chart.schema import Chart
from ltm.chart.sites import own_grids
from ltm.senses.raw import RawSense
from ltm.senses.table import Sense
from ltm.zones.places import Places, block_of
from ltm.zones.raw import Raw
from ltm.zones.spec import Window

MOST_SHAPES = 64
"""Shapes of scenes whose window matrices are kept: a stream may bring any number of shapes."""
MOST_NUMBERS = 2**26
"""Numbers of all matrices that are kept, 256 MB: those of long texts are large."""


class Layout:
    """The order of sites: the prefix, each sense's grid, then sites that acts bring with them.

    Args:
        chart: which senses and acts there are.
        senses: what tells which sites exist.
    """

    def __init__(self, chart: Chart, senses: Mapping[str, Sense]) -> None:
        self.senses, self.prefix, self.stepped = senses, chart.field.prefix, chart.steps is not None
        self.specs = chart.senses
        self.own = own_grids(chart)
        self.blocks = tuple(block_of(s.fixed_sites) for s in self.specs.values()) + tuple(
            map(block_of, self.own.values())
        )
        first = next(iter(chart.senses))
        self.read = {name: name if name in self.own else act.place(first) for name, act in chart.acts.items()}
        self._pools: dict[tuple[tuple[int, int], ...], dict[Window, Tensor]] = {}

    def places(self, values: Mapping[str, Tensor], steps_B: Tensor | None = None) -> Places:
        """Returns where the sites are.

        Args:
            values: `[B, *sides]`, or of whole scenes of several steps `[B, T, *sides]`.
            steps_B: of those, how many steps have been seen; the first one when absent. What was seen at one step
                leaves its trace in the field at later ones, so a site exists from then on.
        """
        seen = (spec.sites(tuple(values[name].shape[1 + self.stepped :])) for name, spec in self.specs.items())
        grids = (*seen, *self.own.values())
        places = Places(grids, self.prefix, names=tuple(self.specs), blocks=self.blocks)
        # Window matrices depend on the shapes only, so every batch of one shape shares them.
        places._pools = self._pools.pop(grids, places._pools)
        self._pools[grids] = places._pools
        while len(self._pools) > 1 and (len(self._pools) > MOST_SHAPES or self._kept() > MOST_NUMBERS):
            del self._pools[next(iter(self._pools))]  # what was needed longest ago
        batch = next(iter(values.values())).shape[0]
        if self.stepped:  # then without trees: checked by the chart
            steps_B = torch.ones(batch, dtype=torch.long) if steps_B is None else steps_B.clamp_min(1)
            masks = [_existed(sense, values[name], steps_B) for name, sense in self.senses.items()]
        else:
            masks = [sense.exists(values[name]) for name, sense in self.senses.items()]
            trees = [sense.parents(values[name]) for name, sense in self.senses.items()]
            if any(tree is not None for tree in trees):
                places.plant(trees, batch)
        places.mask_BS = places.mask(masks, batch)
        return places

    def _kept(self) -> int:
        return sum(matrix.numel() for pool in self._pools.values() for matrix in pool.values())

    def widened(self, places: Places, values: Mapping[str, Tensor]) -> Places:
        """Returns the places with the sites that a further step's values `[B, *sides]` add, and which it shows."""
        masks = [sense.exists(values[name]) for name, sense in self.senses.items()]
        new = places.mask(masks, len(next(iter(values.values()))))
        if places.mask_BS is None:
            return replace(places, shown_BS=new)
        joined = None if new is None else places.mask_BS | new
        return replace(places, mask_BS=None if joined is None or bool(joined.all()) else joined, shown_BS=new)

    def raw(self, values: Mapping[str, Tensor], places: Places) -> dict[str, Raw]:
        """Returns what senses of kind `raw` hold, for the zones that look at it."""
        first, held = places.prefix, {}
        for (name, sense), (rows, columns) in zip(self.senses.items(), places.grids, strict=False):
            last = first + rows * columns
            if isinstance(sense, RawSense):
                held[name] = Raw.of(values[name], first, last)
            first = last
        return held

    def sites_of(self, act: str, places: Places) -> tuple[int, int]:
        """Returns the first site that an act reads, and the one after its last."""
        wanted = self.read[act]
        if wanted is None:
            return 0, places.sites
        first = places.prefix
        for name, (rows, columns) in zip((*self.senses, *self.own), places.grids, strict=True):
            last = first + rows * columns
            if name == wanted:
                return first, last
            first = last
        raise AssertionError("the chart was checked: every act reads an existing sense")


def _existed(sense: Sense, value: Tensor, steps_B: Tensor) -> Tensor | None:
    """Returns which sites of a sense have existed at any step seen so far; None where all have from the first."""
    there = [sense.exists(value[:, number]) for number in range(int(steps_B.max()))]
    first = there[0]
    if first is None:
        return None
    came_BT = torch.arange(len(there)) < steps_B[:, None]
    parts = [came_BT[:, n : n + 1] & (torch.ones_like(first) if m is None else m) for n, m in enumerate(there)]
    existed_BS = torch.stack(parts).any(0)
    return None if bool(existed_BS.all()) else existed_BS
