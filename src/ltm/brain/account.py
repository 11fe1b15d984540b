"""What thinking about each scene has cost so far, counted from what fired.

Shapes: B scenes in the batch, R roles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.circuit import Recorder
from ltm.brain.mind import Mind


class Account:
    """Operations spent on each scene, beside what a will allows.

    Args:
        brain: who thinks.
        scenes: how many there are.
        limit: operations a scene may cost; None for no limit.
    """

    def __init__(self, brain: Brain, scenes: int, limit: int | None) -> None:
        self.brain, self.limit = brain, limit
        self.spent = [0] * scenes
        self.beginning = 0
        """What a try takes until its first answer at most: walking through earlier steps, and a segment."""
        self._looked: list[set[str]] = [set() for _ in range(scenes)]
        """Zones whose pretrained models have looked at a scene: they needn't look again."""
        self._looks_left = [0] * scenes
        """What looks would cost of those that haven't."""

    def tries(self, scenes: Sequence[int], most: int) -> int:
        """Returns how many tries at once, `most` or fewer, what is left for each scene pays; at least one."""
        if self.limit is None:
            return most
        left = self.limit - max(self.spent[scene] + self._looks_left[scene] for scene in scenes)
        return max(1, min(most, left // max(1, self.beginning)))

    def affords_try(self, scene: int) -> bool:
        """Returns whether what is left pays a further try of a segment."""
        return self._pays(scene, self.beginning)

    def broke(self, running: Mapping[int, int], mind: Mind, ticks: int) -> set[int]:
        """Returns the scenes for which what is left doesn't pay so many more ticks of their running tries.

        Args:
            running: how many tries of each scene.
            mind: of one of them at least.
            ticks: that come next.
        """
        if self.limit is None:
            return set()
        cost = self._ahead(mind, ticks)
        return {scene for scene, tries in running.items() if not self._pays(scene, tries * cost)}

    def _pays(self, scene: int, cost: int) -> bool:
        return self.limit is None or self.spent[scene] + self._looks_left[scene] + cost <= self.limit

    def enter(self, scenes: Sequence[int], foreseeing: int, walking: int, mind: Mind, ticks: int) -> None:
        """Notes that tries of some scenes begin.

        Args:
            scenes: whose tries.
            foreseeing: what each has spent on foreseeing moves, which nothing else counts.
            walking: what a try takes at most before its first segment.
            mind: before that.
            ticks: of the first segment.
        """
        for scene in scenes:
            self.spent[scene] += foreseeing
        if self.limit is not None:
            self.beginning = max(self.beginning, walking + self._ahead(mind, ticks))

    def _ahead(self, mind: Mind, ticks: int) -> int:
        """Returns what the next ticks of one try cost, and reading the answer; at most, where the wave is dynamic.

        Looks of pretrained models are left out.
        """
        circuit, places = self.brain.circuit, mind.places
        coming = (circuit.operations(places, mind.lanes.tick + tick) for tick in range(ticks))
        return sum(coming) + self.brain.reading_operations(places)

    def charge(
        self, mind: Mind, recorder: Recorder | None, ticks: int, scenes: Sequence[int], reads: bool
    ) -> list[int]:
        """Adds what the mind's last ticks cost, and whether the answer was read after them.

        Args:
            mind: after those ticks.
            recorder: holds what fired in them; None where the rhythm alone says so.
            ticks: how many.
            scenes: whose rows they are, `[B]`; a scene may have several.
            reads: whether reading acts and reflection is to be paid.

        Returns:
            What each row's ticks cost, but for looks of pretrained models, which a scene pays once.
        """
        read = self.brain.reading_operations(mind.places) if reads else 0
        costs_B = self._ticks(mind, recorder, ticks, len(scenes))
        costs = [int(cost) + read for cost in costs_B.tolist()]
        for scene, cost in zip(scenes, costs, strict=True):
            self.spent[scene] += cost
        self._look_once(mind, recorder, ticks, scenes)
        return costs

    def _ticks(self, mind: Mind, recorder: Recorder | None, ticks: int, batch: int) -> Tensor:
        """Returns the operations of the last ticks `[B]`."""
        circuit, places = self.brain.circuit, mind.places
        if circuit.wave is None:
            first = mind.lanes.tick - ticks
            fixed = sum(circuit.operations(places, first + tick) for tick in range(ticks))
            return torch.full((batch,), float(fixed), dtype=torch.float64)
        assert recorder is not None
        costs_R = torch.tensor(circuit.role_operations(places), dtype=torch.float64)
        fired_TBR = torch.stack(recorder.fired[-ticks:]).double()
        return (fired_TBR @ costs_R + circuit.wave.operations()).sum(0)

    def _look_once(self, mind: Mind, recorder: Recorder | None, ticks: int, scenes: Sequence[int]) -> None:
        """Counts what pretrained models cost that have looked at a scene for the first time in the last ticks."""
        circuit = self.brain.circuit
        left = dict.fromkeys(scenes, 0)
        for name in circuit.looking:
            numbers = [number for number, (zone, _) in enumerate(circuit.labels) if zone == name]
            costs = circuit.zone(name).once(mind.places)
            fired = circuit.fired(recorder, ticks, mind.lanes.tick, len(scenes))[:, numbers].any(1).tolist()
            for scene, cost, fires in zip(scenes, costs, fired, strict=True):
                if fires and name not in self._looked[scene]:
                    self._looked[scene].add(name)
                    self.spent[scene] += cost
            for scene, cost in dict(zip(scenes, costs, strict=True)).items():
                left[scene] += 0 if name in self._looked[scene] else cost
        for scene, cost in left.items():
            self._looks_left[scene] = cost
