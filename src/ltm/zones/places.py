"""Where the sites are: grids laid out one after another behind the prefix, and the windows that group them.

Shapes: B batch, S sites.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ltm.zones.spec import Window


@dataclass(eq=False)
class Places:
    """The layout of the field's sites.

    Attributes:
        grids: rows and columns of each sense's grid, in the order of the senses.
        prefix: sites in front of the grids.
        mask_BS: True where a site exists; None when all do.
    """

    grids: tuple[tuple[int, int], ...]
    prefix: int = 0
    mask_BS: Tensor | None = None
    _pools: dict[str, Tensor] = field(default_factory=dict, repr=False)

    @property
    def sites(self) -> int:
        """Number of sites, the prefix included."""
        return self.prefix + sum(rows * columns for rows, columns in self.grids)

    def some(self, index: Tensor) -> Places:
        """Returns the layout of some examples of a batch; window matrices are shared."""
        mask = None if self.mask_BS is None else self.mask_BS[index]
        return replace(self, mask_BS=mask)

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

        `blocks` are squares whose side is the root of the grid's where that is a whole number (3x3 on 9x9), otherwise
        3x3 tiles.
        """
        if window == "field":
            return torch.zeros(self.sites, dtype=torch.long)
        parts = [torch.full((self.prefix,), -1, dtype=torch.long)]
        offset = 0
        for height, width in self.grids:
            cells = torch.arange(height * width)
            row, column = cells // width, cells % width
            if window == "rows":
                group, count = row, height
            elif window == "columns":
                group, count = column, width
            elif window == "blocks":
                tall, wide = _block_side(height), _block_side(width)
                across = math.ceil(width / wide)
                group, count = row // tall * across + column // wide, math.ceil(height / tall) * across
            else:
                group, count = torch.zeros_like(cells), 1
            parts.append(group + offset)
            offset += count
        return torch.cat(parts)

    def pool(self, windows: Sequence[Window]) -> Tensor:
        """Returns matrices `[len(windows), S, S]` that sum over each site's group, divided by the root of its size.

        Dividing by the root keeps the variance of a sum of independent messages at one.
        """
        key = "+".join(windows)
        if key not in self._pools:
            stack = []
            for window in windows:
                group = self.groups(window)
                same = (group[:, None] == group[None, :]).float()
                stack.append(same / same.sum(1, keepdim=True).sqrt())
            self._pools[key] = torch.stack(stack)
        return self._pools[key]

    def crowd(self, windows: Sequence[Window]) -> Tensor:
        """Returns factors `[len(windows), B, S]` by which the sums of `pool` must grow where sites are missing.

        With them a group is divided by the root of the number of sites that it really has.
        """
        assert self.mask_BS is not None
        pools = self.pool(windows)
        whole_FS = pools.sum(-1)  # the root of the group's full size
        there_FBS = torch.einsum("fst,bt->fbs", pools, self.mask_BS.to(pools.dtype))
        return (whole_FS[:, None] / there_FBS.clamp_min(1e-6)).sqrt() * self.mask_BS


def _block_side(side: int) -> int:
    root = math.isqrt(side)
    return root if root * root == side and root > 1 else 3
