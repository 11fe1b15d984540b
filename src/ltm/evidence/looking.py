"""How long brains are asked to think when they are measured, as figures that the plan and the measuring share."""

from __future__ import annotations

from ltm.chart.schema import TrainingSpec

LONGER = 4
"""Times the ticks of training that every brain is asked to think, where it was trained to loop."""
LONGEST = 256
"""Ticks that brains of the experiment on thinking time are asked to think."""
DEAR = 5e9
"""Operations a scene beyond which a brain is not asked to think longer than it was trained."""
TRIES = (1, 4, 16)
TRY_TICKS = 64
"""Ticks a try at most."""
UNHALTED_TICKS = (4, 16, 64, 256)
"""Ticks of one try that never halts, each of which has its cost in time and energy; `TRY_TICKS` among them."""
SURE = (0.5, 0.9)
"""Confidences at which one try halts, beside that of the charts."""
WILL_SCENES = 128
"""Scenes that wills are compared on; many tries cost as much as training."""


def will_ticks() -> int:
    """Returns the ticks a scene, at most, of all wills that are compared."""
    return sum(UNHALTED_TICKS) + (len(SURE) + sum(TRIES)) * TRY_TICKS


def segments_to_look(spec: TrainingSpec, operations: int, thinks: bool) -> tuple[int, ...]:
    """Returns after how many segments a brain is looked at: its training's, powers of two before, and longer.

    Args:
        spec: its training.
        operations: of a thought as in training, for one scene.
        thinks: whether thinking time is the experiment.
    """
    if spec.segments * spec.ticks == 1:
        return (1,)
    longest = LONGEST // spec.ticks if thinks else spec.segments * (1 if LONGER * operations > DEAR else LONGER)
    powers = {2**power for power in range(longest.bit_length()) if 2**power <= longest}
    return tuple(sorted({*powers, spec.segments, longest}))
