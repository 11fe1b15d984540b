"""The `grid` act: reads one symbol off every site of a sense's grid.

Shapes: B batch, R rows, C columns, S sites, D field width, V symbols.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy.typing as npt
from jaxtyping import Bool, Integer
from pydantic import Field
from torch import Tensor

from ltm.acts.each_site import ReadsEachSite
from ltm.chart.base import Name
from ltm.senses.grid import GridSpec
from ltm.senses.layout import VOID
from ltm.zones.layers import Linear


class GridActSpec(GridSpec):
    """A grid of symbols of the same shape as the grid of the sense whose sites it reads."""

    kind: Literal["grid"]
    at: Name | None = None
    """The sense whose sites it reads; the first when absent."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Label smoothing of the training loss."""

    @property
    def own_sites(self) -> int:
        """It adds no sites to the field."""
        return 0

    def place(self, first_sense: str) -> str | None:
        """Returns the sense whose sites it reads."""
        return self.at or first_sense

    def answer(self, symbols_N: npt.NDArray[Any], seen: npt.NDArray[Any]) -> Any:
        """Turns chosen symbols, one a cell of what is seen `[R, C]`, into a value of that size."""
        there = seen != VOID
        rows, columns = int(there.any(1).sum()), int(there.any(0).sum())
        return self.decode(symbols_N.reshape(seen.shape)[:rows, :columns])


class GridAct(ReadsEachSite):
    """The weights of a `grid` act: a matrix from the field to symbols, without bias."""

    def __init__(self, spec: GridActSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.read = Linear(width, spec.symbols)

    def cells(self, sites: int) -> int:
        """A symbol for each site."""
        return sites

    def settle(self, symbols_BN: Integer[Tensor, "B N"]) -> Integer[Tensor, "B N"]:
        """Returns the answer as it is."""
        return symbols_BN

    def exists(
        self, mask_BS: Bool[Tensor, "B S"] | None, symbols_BN: Integer[Tensor, "B N"]
    ) -> Bool[Tensor, "B S"] | None:
        """Returns which cells exist: those whose sites do; None when all do."""
        return mask_BS
