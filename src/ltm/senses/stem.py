"""From levels in rows and columns to sites: square patches, through convolutions or one matrix. Pictures and sounds.

Shapes: B batch, R rows, C columns, K channels, S sites, D field width.
"""

from __future__ import annotations

import itertools
import math
from typing import Literal, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor, nn

from ltm.zones.layers import Linear, truncated_normal_

_MEAN, _SPREAD = 127.5, 73.9
"""Of levels from 0 to 255 that are all equally frequent."""


@runtime_checkable
class PatchSpec(Protocol):
    """What a declaration says of its patches."""

    @property
    def patch(self) -> int: ...
    @property
    def stem(self) -> Literal["convolution", "patches"]: ...
    @property
    def positions(self) -> Literal["none", "learned"]: ...
    @property
    def scale(self) -> float: ...
    @property
    def fixed_sites(self) -> tuple[int, int]: ...


class Stem(nn.Module):
    """Strided 3x3 convolutions that halve rows and columns, with fourfold channels each, up to the field's width."""

    def __init__(self, channels: int, halvings: int, width: int) -> None:
        super().__init__()
        widths = [channels, *(max(8, width >> (2 * (halvings - step - 1))) for step in range(halvings))]
        self.weights = nn.ParameterList(
            torch.empty(after, before, 3, 3) for before, after in itertools.pairwise(widths)
        )

    def initialise(self, generator: torch.Generator) -> None:
        """Draws kernels with standard deviation sqrt(2 / fan in), since about half of what passes is cut off."""
        for weight in self.weights:
            truncated_normal_(weight, math.sqrt(2 / weight[0].numel()), generator)

    def forward(self, x_BKRC: Float[Tensor, "B K R C"]) -> Float[Tensor, "B D r c"]:
        """Convolves; a SiLU follows every convolution but the last."""
        for number, weight in enumerate(self.weights):
            x_BKRC = F.conv2d(F.silu(x_BKRC) if number else x_BKRC, weight, stride=2, padding=1)
        return x_BKRC


class PatchSense(nn.Module):
    """The weights that read patches: convolutions or a matrix, and positions where they are learned.

    Args:
        spec: what was declared.
        sides: rows, columns and channels of a value.
        width: of the field.
    """

    def __init__(self, spec: PatchSpec, sides: tuple[int, int, int], width: int) -> None:
        super().__init__()
        self.spec, self.sides = spec, sides
        halvings, channels = int(math.log2(spec.patch)), sides[2]
        self.stem = Stem(channels, halvings, width) if spec.stem == "convolution" and halvings else None
        self.read = None if self.stem is not None else Linear(channels * spec.patch**2, width)
        rows, columns = spec.fixed_sites
        learned = spec.positions == "learned"
        self.row = nn.Parameter(torch.empty(rows, width)) if learned else None
        self.column = nn.Parameter(torch.empty(columns, width)) if learned else None

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the positions with a standard deviation of one half."""
        if self.row is not None and self.column is not None:
            truncated_normal_(self.row, 0.5, generator)
            truncated_normal_(self.column, 0.5, generator)

    def exists(self, levels: Integer[Tensor, "B ..."]) -> Tensor | None:
        """Every patch exists."""
        return None

    def parents(self, levels: Integer[Tensor, "B ..."]) -> None:
        """Its sites make no tree."""

    def write(self, levels_BRCK: Integer[Tensor, "B R C K"]) -> Float[Tensor, "B S D"]:
        """Returns each patch's vector; rows and columns are filled up to whole patches with level 0."""
        spec = self.spec
        rows, columns = spec.fixed_sites
        x_BKRC = F.pad(
            ((levels_BRCK.float() - _MEAN) / _SPREAD).permute(0, 3, 1, 2),
            (0, columns * spec.patch - self.sides[1], 0, rows * spec.patch - self.sides[0]),
            value=-_MEAN / _SPREAD,
        )
        if self.stem is not None:
            seen = self.stem(x_BKRC).flatten(2).transpose(1, 2)
        else:
            assert self.read is not None
            seen = self.read(F.unfold(x_BKRC, spec.patch, stride=spec.patch).transpose(1, 2))
        if self.row is not None and self.column is not None:
            seen = seen + (self.row[:, None] + self.column[None, :]).flatten(0, 1)
        written: Tensor = seen * spec.scale
        return written
