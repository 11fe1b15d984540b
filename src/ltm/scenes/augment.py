"""Symmetries that leave a scene's meaning unchanged, drawn afresh for every example of a batch.

All columns of a scene undergo the same symmetry. Moves of cells are composed into one table of indices for each
example, so each column is gathered once. Shapes: B batch, R rows, C columns of the padded boards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ltm.errors import DataError, nearest
from ltm.senses.layout import VOID

SYMMETRIES = ("relabel", "bands", "transpose", "dihedral")


def augment(
    values: Mapping[str, Tensor],
    symmetries: Sequence[str],
    generator: torch.Generator,
    symbols: Mapping[str, int],
    shapes: Tensor | None = None,
    relabel_from: int = 1,
    together: int = 1,
    square: Tensor | None = None,
) -> dict[str, Tensor]:
    """Returns a batch after random symmetries, the same for all columns of an example.

    Args:
        values: for each column, symbols `[B, R, C]` of any integer type, padded below and right with `VOID`.
        symmetries: any of `relabel` (symbols from `relabel_from` on change places), `bands` (bands, stacks, and lines
            within them change places; the side must be a square number), `transpose` (half of the square boards) and
            `dihedral` (the 8 rotations and reflections; 4 for boards that aren't square).
        generator: draws the symmetries.
        symbols: number of symbols of each column; `relabel` needs them to be equal.
        shapes: `[B, 2]`, rows and columns of each board; found from the padding when absent.
        relabel_from: the symbols below, such as a blank, keep their meaning.
        together: so many boards that follow one another, the steps of a scene, undergo the same symmetry.
        square: of each scene, whether all its boards are square, so that rows and columns may change places; found from
            these boards when absent.

    Raises:
        DataError: an unknown symmetry, or one that these boards don't have.
    """
    for name in symmetries:
        if name not in SYMMETRIES:
            raise DataError(f"unknown symmetry '{name}'{nearest(name, SYMMETRIES)}")
    first = next(iter(values.values()))
    batch, rows, columns = first.shape
    result = dict(values)
    moves = [name for name in MOVES if name in symmetries]
    if moves:
        shapes = shapes_of(first) if shapes is None else shapes.long()
        square = squares(shapes, together) if square is None else square
        cells: Tensor | None = None
        for name in moves:
            row, column = MOVES[name](shapes, square, rows, columns, generator, together)
            move = (row * columns + column).flatten(1)
            cells = move if cells is None else cells.gather(1, move)
        assert cells is not None
        result = {name: grid.flatten(1).gather(1, cells).view(grid.shape) for name, grid in result.items()}
    if "relabel" in symmetries:
        names = _names(batch // together, {name: symbols[name] for name in result}, generator, relabel_from)
        names = names.repeat_interleave(together, 0)
        result = {
            name: names.to(grid.dtype).gather(1, grid.flatten(1).long()).view(grid.shape)
            for name, grid in result.items()
        }
    return result


def shapes_of(grid: Tensor) -> Tensor:
    """Returns rows and columns of padded boards `[B, 2]`."""
    there = grid != VOID
    return torch.stack((there.any(2).sum(1), there.any(1).sum(1)), dim=1)


def squares(shapes: Tensor, together: int) -> Tensor:
    """Returns which scenes have square boards only, of so many that follow one another."""
    return (shapes[:, 0] == shapes[:, 1]).view(-1, together).all(1)


def _names(batch: int, symbols: Mapping[str, int], generator: torch.Generator, first: int) -> Tensor:
    """Returns for each example what each of the 256 values becomes `[B, 256]`; those before `first` and `VOID` stay."""
    counts = set(symbols.values())
    if len(counts) > 1:
        listed = ", ".join(f"{name} has {count}" for name, count in symbols.items())
        raise DataError(f"symmetry 'relabel' needs columns with the same symbols: {listed}")
    count = counts.pop()
    names = torch.arange(256).repeat(batch, 1)
    names[:, first:count] = first + _permutations((batch,), max(0, count - first), generator)
    return names


def _permutations(shape: tuple[int, ...], size: int, generator: torch.Generator) -> Tensor:
    return torch.rand((*shape, size), generator=generator).argsort(-1)


def _bands(
    shapes: Tensor, square: Tensor, rows: int, columns: int, generator: torch.Generator, together: int
) -> tuple[Tensor, Tensor]:
    """Returns the row and column each cell is taken from: `[B, R, 1]` and `[B, 1, C]`."""
    side = math.isqrt(rows)
    if rows != columns or side * side != rows or bool((shapes != rows).any()):
        raise DataError(
            f"symmetry 'bands' needs square boards of one size whose side is a square number (4, 9, 16, ...), "
            f"got boards of up to {rows}×{columns}"
        )
    batch = len(shapes) // together
    bands = _permutations((batch, 2), side, generator)
    lines = _permutations((batch, 2, side), side, generator)
    order = (bands[..., None] * side + lines).view(batch, 2, rows).repeat_interleave(together, 0)
    return order[:, 0, :, None], order[:, 1, None, :]


def _transpose(
    shapes: Tensor, square: Tensor, rows: int, columns: int, generator: torch.Generator, together: int
) -> tuple[Tensor, Tensor]:
    turned = (torch.rand(len(shapes) // together, generator=generator) < 0.5) & square
    return _turned(shapes, rows, columns, turned.repeat_interleave(together, 0))


def _turned(shapes: Tensor, rows: int, columns: int, turned: Tensor) -> tuple[Tensor, Tensor]:
    """Swaps rows and columns of the boards in `turned` `[B]`, which are square; padding is left where it is."""
    row, column, inside = _places(shapes, rows, columns)
    swap = inside & turned[:, None, None]
    return torch.where(swap, column, row), torch.where(swap, row, column)


def _dihedral(
    shapes: Tensor, square: Tensor, rows: int, columns: int, generator: torch.Generator, together: int
) -> tuple[Tensor, Tensor]:
    draws = torch.randint(0, 2, (3, len(shapes) // together), generator=generator).bool()
    draws[0] &= square
    draws = draws.repeat_interleave(together, 1)
    _, _, inside = _places(shapes, rows, columns)
    row, column = _turned(shapes, rows, columns, draws[0])
    height, width = shapes[:, 0, None, None], shapes[:, 1, None, None]
    row = torch.where(inside & draws[1, :, None, None], height - 1 - row, row)
    column = torch.where(inside & draws[2, :, None, None], width - 1 - column, column)
    return row, column


def _places(shapes: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor, Tensor]:
    """Returns each cell's row and column, and whether it lies inside its board: `[R, 1]`, `[C]`, `[B, R, C]`."""
    row, column = torch.arange(rows)[:, None], torch.arange(columns)
    return row, column, (row < shapes[:, 0, None, None]) & (column < shapes[:, 1, None, None])


MOVES = {"bands": _bands, "transpose": _transpose, "dihedral": _dihedral}
"""Symmetries that move cells: from where each takes them."""
