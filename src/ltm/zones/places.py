"""Where the sites are: grids laid out one after another behind the prefix, and the windows that group them.

Shapes: B batch, S sites.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ltm.zones.raw import Raw
from ltm.zones.spec import BRANCHES, Window

if TYPE_CHECKING:
    from ltm.zones.causal import Carried

ROOT, NOWHERE = -1, -2
"""In place of a parent: at the root of a tree, and in no tree at all."""


@dataclass(eq=False)
class Places:
    """The layout of the field's sites.

    Attributes:
        grids: rows and columns of each sense's grid, in the order of the senses.
        prefix: sites in front of the grids.
        mask_BS: True where a site exists; None when all do.
        shown_BS: in scenes of several steps, True where the present step shows something; None as `mask_BS`.
        parents_BS: site of each site's parent in a tree, `ROOT` or `NOWHERE`; None where no sense has brackets.
        carried: what causal zones carry from sites that have gone by; None where all sites are here.
        raw: what senses of kind `raw` hold, by name.
        draws: gives circuits inside zones their chance.
        names: of the senses, in their order.
        blocks: rows and columns of a block of each grid; empty where they follow from the grids.
    """

    grids: tuple[tuple[int, int], ...]
    prefix: int = 0
    mask_BS: Tensor | None = None
    parents_BS: Tensor | None = None
    carried: Carried | None = None
    raw: dict[str, Raw] = field(default_factory=dict)
    draws: torch.Generator | None = None
    names: tuple[str, ...] = ()
    blocks: tuple[tuple[int, int], ...] = ()
    shown_BS: Tensor | None = None
    _pools: dict[Window, Tensor] = field(default_factory=dict, repr=False)

    @property
    def sites(self) -> int:
        """Number of sites, the prefix included."""
        return self.prefix + sum(rows * columns for rows, columns in self.grids)

    def count(self, sense: str) -> int:
        """Returns how many sites a sense has."""
        rows, columns = self.grids[self.names.index(sense)]
        return rows * columns

    def some(self, index: Tensor) -> Places:
        """Returns the layout of some examples of a batch; window matrices are shared."""
        mask = None if self.mask_BS is None else self.mask_BS[index]
        parents = None if self.parents_BS is None else self.parents_BS[index]
        shown = None if self.shown_BS is None else self.shown_BS[index]
        raw = {name: held.some(index) for name, held in self.raw.items()}
        return replace(self, mask_BS=mask, shown_BS=shown, parents_BS=parents, raw=raw)

    @property
    def alike(self) -> bool:
        """Whether all examples of the batch share the layout."""
        return self.mask_BS is None and self.parents_BS is None and not self.raw

    def mask(self, masks: Sequence[Tensor | None], batch: int) -> Tensor | None:
        """Returns which sites exist `[B, S]` by what each sense says of its own; None where all do."""
        if all(mask is None for mask in masks):
            return None
        whole = [torch.ones(batch, rows * columns, dtype=torch.bool) for rows, columns in self.grids]
        front = torch.ones(batch, self.prefix, dtype=torch.bool)
        own = [None] * (len(self.grids) - len(masks))  # sites of acts always exist
        return torch.cat((front, *(f if m is None else m for m, f in zip((*masks, *own), whole, strict=True))), dim=1)

    def plant(self, trees: Sequence[Tensor | None], batch: int) -> None:
        """Fills `parents_BS` from each sense's tree: places of parents within it `[B, L]`; None where there is none."""
        parts = [torch.full((batch, self.prefix), NOWHERE)]
        start = self.prefix
        alone = [None] * (len(self.grids) - len(trees))  # sites of acts are in no tree
        for tree_BL, (rows, columns) in zip((*trees, *alone), self.grids, strict=True):
            if tree_BL is None:
                parts.append(torch.full((batch, rows * columns), NOWHERE))
            else:
                parts.append(torch.where(tree_BL < 0, torch.full_like(tree_BL, ROOT), tree_BL + start))
            start += rows * columns
        self.parents_BS = torch.cat(parts, dim=1)

    def line(self) -> Tensor:
        """Returns the number of every site in one line `[S]`, or `[B, S]` where some don't exist and aren't counted."""
        if self.mask_BS is None:
            return torch.arange(self.sites, dtype=torch.float32)
        return self.mask_BS.float().cumsum(1) - 1

    def rows_columns(self) -> tuple[Tensor, Tensor]:
        """Returns the row and the column of every site, each `[S]`; 0 for the prefix."""
        rows = [torch.zeros(self.prefix, dtype=torch.long)]
        columns = [torch.zeros(self.prefix, dtype=torch.long)]
        for height, width in self.grids:
            cells = torch.arange(height * width)
            rows.append(cells // width)
            columns.append(cells % width)
        return torch.cat(rows), torch.cat(columns)

    def groups(self, window: Window) -> Tensor:
        """Returns the group of every site `[S]` in that family of windows; prefix sites form a group of their own.

        Of `blocks`, see `block_of`.
        """
        if window == "field":
            return torch.zeros(self.sites, dtype=torch.long)
        if window == "cells":
            row, column = self.rows_columns()
            cell = row * (1 + max(width for _, width in self.grids)) + column
            cell[: self.prefix] = -1
            return cell
        parts = [torch.full((self.prefix,), -1, dtype=torch.long)]
        offset = 0
        for (height, width), block in zip(self.grids, self.blocks or map(block_of, self.grids), strict=True):
            cells = torch.arange(height * width)
            row, column = cells // width, cells % width
            if window == "rows":
                group, count = row, height
            elif window == "columns":
                group, count = column, width
            elif window == "blocks":
                tall, wide = block
                across = math.ceil(width / wide)
                group, count = row // tall * across + column // wide, math.ceil(height / tall) * across
            else:
                group, count = torch.zeros_like(cells), 1
            parts.append(group + offset)
            offset += count
        return torch.cat(parts)

    def pool(self, window: Window) -> Tensor:
        """Returns the matrix `[S, S]` that sums over what each site hears, divided by the root of how many that are.

        Dividing by the root keeps the variance of a sum of independent messages at one. For families that differ from
        scene to scene the matrix is `[B, S, S]`, and sites that don't exist are left out of it.
        """
        if window in BRANCHES:
            return self._branches(window)
        if window not in self._pools:
            with torch.inference_mode(False):  # whoever looks first, training may use it later
                same = self._beside(window) if window in ("before", "after") else _alike(self.groups(window))
                self._pools[window] = same / same.sum(1, keepdim=True).clamp_min(1).sqrt()
        return self._pools[window]

    def _beside(self, window: Window) -> Tensor:
        rows = self.groups("rows")
        sites = torch.arange(self.sites)
        distance = sites[:, None] - sites[None, :]
        return ((distance == (1 if window == "before" else -1)) & (rows[:, None] == rows[None, :])).float()

    def _branches(self, window: Window) -> Tensor:
        assert self.parents_BS is not None  # checked by the chart
        parents_BS, sites = self.parents_BS, torch.arange(self.sites)
        if window == "siblings":
            heard = (parents_BS[:, :, None] == parents_BS[:, None, :]) & (parents_BS > NOWHERE)[:, :, None]
        else:
            heard = parents_BS[:, :, None] == sites  # [b, s, t]: t is the parent of s
            heard = heard.transpose(1, 2) if window == "children" else heard
        if self.mask_BS is not None:
            heard = heard & self.mask_BS[:, None, :]
        heard_BSS = heard.float()
        return heard_BSS / heard_BSS.sum(2, keepdim=True).clamp_min(1).sqrt()

    def crowd(self, window: Window) -> Tensor | None:
        """Returns factors `[B, S]` by which the sums of `pool` must grow where sites are missing.

        With them a group is divided by the root of the number of sites that it really has. None where nothing is
        missing, or the matrix says so itself.
        """
        if self.mask_BS is None or window in BRANCHES:
            return None
        pool_SS = self.pool(window)
        whole_S = pool_SS.sum(-1)  # the root of the group's full size
        there_BS = self.mask_BS.to(pool_SS.dtype) @ pool_SS.T
        return (whole_S / there_BS.clamp_min(1e-6)).sqrt() * self.mask_BS


def _alike(groups_S: Tensor) -> Tensor:
    return (groups_S[:, None] == groups_S[None, :]).float()


def block_of(sides: tuple[int, int] | None) -> tuple[int, int]:
    """Returns the rows and columns of a grid's blocks: the root of each side where whole (3x3 on 9x9), otherwise 3.

    Sides that vary, `None`, give 3x3: how large the largest grid of a batch is mustn't matter to the others.
    """
    roots = [math.isqrt(side) for side in sides or ()]
    fitting = [root if root > 1 and root * root == side else 3 for root, side in zip(roots, sides or (), strict=True)]
    return (fitting[0], fitting[1]) if fitting else (3, 3)
