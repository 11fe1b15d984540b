"""Symmetries where answers are drawn on canvases: what is on them is moved by its own size, and gets its rim again.

Shapes: B batch, T steps, R rows, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ltm.acts.canvas import CanvasSpec, with_rim
from ltm.scenes.augment_steps import augment_steps
from ltm.senses.grid import GridSpec
from ltm.senses.layout import VOID

Flat = GridSpec | CanvasSpec
"""What symmetries of grids apply to."""


def symbols_in(spec: Flat) -> int:
    """Returns how many symbols a cell may hold; that it lies outside is none."""
    return spec.colours if isinstance(spec, CanvasSpec) else spec.symbols


def augment_apart(
    values: Mapping[str, Tensor],
    specs: Mapping[str, Flat],
    symmetries: Sequence[str],
    generator: torch.Generator,
    relabel_from: int = 1,
) -> dict[str, Tensor]:
    """Returns grids and canvases `[B, T, R, C]` after random symmetries, each moved by its own rows and columns.

    Args:
        values: by column.
        specs: likewise.
        symmetries: as `ltm.scenes.augment.augment` takes them.
        generator: draws them; the same for all columns and steps of a scene.
        relabel_from: the symbols below keep their meaning.
    """
    bare = {name: _bare(values[name], spec) for name, spec in specs.items()}
    symbols = {name: symbols_in(spec) for name, spec in specs.items()}
    moved = augment_steps(bare, symmetries, generator, symbols, relabel_from)
    return {name: _rimmed(moved[name], spec) for name, spec in specs.items()}


def _bare(cells_BTRC: Tensor, spec: Flat) -> Tensor:
    """Returns a canvas without its rim: padded as grids are."""
    return cells_BTRC.masked_fill(cells_BTRC == spec.colours, VOID) if isinstance(spec, CanvasSpec) else cells_BTRC


def _rimmed(cells_BTRC: Tensor, spec: Flat) -> Tensor:
    if not isinstance(spec, CanvasSpec):
        return cells_BTRC
    inside_BTRC = cells_BTRC != VOID
    there_BTRC = with_rim(inside_BTRC.flatten(0, 1)).view(inside_BTRC.shape)
    return cells_BTRC.masked_fill(there_BTRC & ~inside_BTRC, spec.colours)
