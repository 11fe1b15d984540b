"""Symmetries of scenes of several steps: the same for every step of a scene, so that they still tell of one thing.

Shapes: B batch, T steps, R rows, C columns of the padded boards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ltm.scenes.augment import augment, shapes_of, squares


def augment_steps(
    values: Mapping[str, Tensor],
    symmetries: Sequence[str],
    generator: torch.Generator,
    symbols: Mapping[str, int],
    relabel_from: int = 1,
) -> dict[str, Tensor]:
    """Returns grids `[B, T, R, C]` after random symmetries, one draw a scene; columns may differ in size.

    Args:
        values: the columns that hold grids, padded with what marks places outside.
        symmetries: as `augment` takes them.
        generator: draws the symmetries.
        symbols: number of symbols of each column.
        relabel_from: the symbols below keep their meaning.
    """
    shapes = {name: shapes_of(grids_BTRC.flatten(0, 1)) for name, grids_BTRC in values.items()}
    # Where one board of a scene can't be transposed none is, or the rule that they show would be another.
    square_B = torch.stack([squares(of, values[name].shape[1]) for name, of in shapes.items()]).all(0)
    start = generator.get_state()
    changed = {}
    for name, grids_BTRC in values.items():
        generator.set_state(start)  # every column undergoes the same
        steps = grids_BTRC.shape[1]
        folded = {name: grids_BTRC.flatten(0, 1)}
        moved = augment(
            folded, symmetries, generator, {name: symbols[name]}, shapes[name], relabel_from, steps, square_B
        )
        changed[name] = moved[name].view(grids_BTRC.shape)
    return changed
