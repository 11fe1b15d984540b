"""Boards that pictures may show: the likeliest readings in order, and those with pictures in doubt left blank.

Shapes: C cells, V symbols.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

LEAST_STEP = 0.05
"""In the order of boards, no reading comes cheaper than this: few changes come before many."""
DOUBTED = (0.5, 0.9, 0.99, 0.999, 0.9999)
"""Pictures whose reading is less sure than this are left blank, once for each level."""
UNLIKELY = 1e-5
"""Second readings less likely than this are not tried, unless the answer contradicts the first."""


def doubtful(log_CV: npt.NDArray[np.float64], contradicted: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yields boards on which pictures that are in doubt are blank, so that thought fills in what they show.

    Args:
        log_CV: log-probability of each symbol for each cell.
        contradicted: cells that an answer contradicts, which are in doubt however sure their reading is.
    """
    board_C, sure_C = log_CV.argmax(1), np.exp(log_CV.max(1))
    against_C = np.isin(np.arange(len(board_C)), contradicted)
    for level in (0.0, *DOUBTED):
        for doubted_C in (sure_C < level, (sure_C < level) | against_C):
            yield tuple(np.where(doubted_C, 0, board_C).tolist())


def likeliest(log_CV: npt.NDArray[np.float64], doubts_C: npt.NDArray[np.float64]) -> Iterator[tuple[int, ...]]:
    """Yields boards from the likeliest down.

    Args:
        log_CV: log-probability of each symbol for each cell.
        doubts_C: what other readings of a cell gain in the order.

    Best first over how many cells are read as their second, third, … choice (Lawler 1972): each board is made from an
    earlier one by reading one cell, no earlier one in the order of cells, one choice further down.
    """
    order_CV = np.argsort(-log_CV, axis=1, kind="stable")
    sorted_CV = np.take_along_axis(log_CV, order_CV, axis=1)
    cells = [int(cell) for cell in np.argsort(sorted_CV[:, 1] - sorted_CV[:, 0] + doubts_C)[::-1]]
    cells = [cell for cell in cells if np.isfinite(sorted_CV[cell, 1])]
    cells = [cell for cell in cells if doubts_C[cell] > 0 or sorted_CV[cell, 1] > math.log(UNLIKELY)]
    # A state: choice of each changed cell, as pairs of place in `cells` and depth; the last may go deeper or on.
    heap: list[tuple[float, tuple[tuple[int, int], ...]]] = [(0.0, ())]
    while heap:
        cost, changed = heapq.heappop(heap)
        board = order_CV[:, 0].copy()
        for place, depth in changed:
            cell = cells[place]
            board[cell] = order_CV[cell, depth]
        yield tuple(int(symbol) for symbol in board)
        first = changed[-1][0] if changed else -1
        for place in range(first, len(cells)):
            if place < 0:
                continue
            cell = cells[place]
            depth = changed[-1][1] + 1 if place == first else 1
            if depth >= log_CV.shape[1] or not np.isfinite(sorted_CV[cell, depth]):
                continue
            step = float(sorted_CV[cell, depth - 1] - sorted_CV[cell, depth]) - (doubts_C[cell] if depth == 1 else 0.0)
            step = max(LEAST_STEP, step)
            kept = changed[:-1] if place == first else changed
            heapq.heappush(heap, (cost + step, (*kept, (place, depth))))
