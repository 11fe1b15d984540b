"""Things that may change places: scenes mean the same once every `red` is called `blue` in whatever is seen and done.

A brain that meets every scene under other names can't learn it by heart, and has to compare what it sees with what it
is told. Shapes: B batch, K values a scene, N symbols of a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Integer
from torch import Tensor

from ltm.acts.canvas import CanvasSpec
from ltm.senses.grid import GridSpec
from ltm.senses.label import Labels
from ltm.senses.sequence import SequenceSpec

Thing = Mapping[str, Sequence[int | str]]
"""By column: the symbols that stand for a thing."""
Group = Mapping[str, Thing]
"""Things by name, any of which may take the place of any other."""


def symbols_of(spec: object) -> Sequence[int | str] | None:
    """Returns how a column's symbols are called, in order; None where they have no names."""
    if isinstance(spec, GridSpec):
        return tuple(range(spec.symbols)) if spec.alphabet is None else tuple(spec.alphabet)
    if isinstance(spec, CanvasSpec):
        return tuple(range(spec.colours)) if spec.alphabet is None else tuple(spec.alphabet)
    if isinstance(spec, SequenceSpec):
        return spec.tokens
    return spec.labels if isinstance(spec, Labels) else None


def interchange(
    values: Mapping[str, Tensor], specs: Mapping[str, object], groups: Sequence[Group], generator: torch.Generator
) -> dict[str, Tensor]:
    """Returns the columns of a batch in which things have changed places, drawn afresh for every scene.

    Args:
        values: `[B, ...]` by column, of scenes of several steps `[B, T, ...]`; one draw a scene.
        specs: by column.
        groups: one after the other, so that colours and shapes may both change.
        generator: draws who takes whose place.
    """
    batch = len(next(iter(values.values())))
    names: dict[str, Tensor] = {}
    for group in groups:
        things = list(group.values())
        order_BM = torch.rand((batch, len(things)), generator=generator).argsort(-1)
        for column in things[0]:
            called = symbols_of(specs[column])
            assert called is not None
            numbers = {symbol: number for number, symbol in enumerate(called)}
            symbols_MS = torch.tensor([[numbers[symbol] for symbol in thing[column]] for thing in things])
            table_BN = torch.arange(len(called)).repeat(batch, 1)
            table_BN[:, symbols_MS.flatten()] = symbols_MS[order_BM].flatten(1)
            names[column] = table_BN if column not in names else table_BN.gather(1, names[column])
    return {column: _renamed(values[column], table_BN, specs[column]) for column, table_BN in names.items()}


def _renamed(value: Tensor, table_BN: Integer[Tensor, "B N"], spec: object) -> Tensor:
    """Renames symbols; what pads a value, and tokens outside the vocabulary, stay."""
    if isinstance(spec, SequenceSpec) and spec.branches:
        return torch.cat((_renamed(value[..., :1], table_BN, None), value[..., 1:]), dim=-1)
    old_BK = value.flatten(1).long()
    named_BK = (old_BK >= 0) & (old_BK < table_BN.shape[1])
    new_BK = table_BN.gather(1, old_BK.clamp(0, table_BN.shape[1] - 1))
    return torch.where(named_BK, new_BK, old_BK).to(value.dtype).view(value.shape)
