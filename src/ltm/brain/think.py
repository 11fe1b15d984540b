"""Thinking: spends the will's budget on scenes, halts when reflection is sure, tries again when it is not.

Ticks are run in segments as in training, after each of which the answer is read. A scene that is sure leaves the batch,
so halting saves operations, and only scenes that are not sure get further tries. Tries differ by the noise in their
starting state; of several, reflection keeps the one it trusts most. Within a try, a mind that is still in doubt when
patience has run out becomes restless.

Shapes: B scenes in the batch, A attempts at once, R roles.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ltm.brain.account import Account
from ltm.brain.brain import Brain
from ltm.brain.circuit import Recorder
from ltm.brain.mind import Mind, Reading
from ltm.brain.residence import Paging
from ltm.brain.restlessness import wander
from ltm.brain.telling import Listener, Look, Teller
from ltm.brain.thought import StepRecord, Stop, Thought
from ltm.brain.walk import (
    Walk,
    aimed,
    begin,
    foreseeing_operations,
    last_step,
    segment_operations,
    step_records,
    think_segment,
)
from ltm.chart.schema import WillSpec
from ltm.scenes.scene import Scene, encode

AT_ONCE = 128
"""Attempts thought in one batch at most."""


@dataclass
class _Kept:
    """The best try of one scene so far."""

    answers: dict[str, Tensor] = field(default_factory=dict)
    logits: dict[str, Tensor] = field(default_factory=dict)
    confidence: float = -1.0
    ticks: int = 0
    tries: int = 0
    stop: Stop = "ticks"
    broke: bool = False
    """Whether its operations ended the last try."""


def think(
    brain: Brain,
    values: Mapping[str, Tensor] | Sequence[Scene],
    will: WillSpec | None = None,
    *,
    seed: int = 0,
    trace: bool = False,
    steps: bool = False,
    listen: Listener | None = None,
    bf16: bool = False,
    logits: bool = False,
) -> list[Thought]:
    """Thinks about a batch of scenes of one shape (smaller ones padded).

    Args:
        brain: who thinks.
        values: what is seen: scenes of one shape, or `[B, *sides]` for each sense.
        will: goal and budget; the chart's when absent.
        seed: of the noise in starting states.
        trace: whether to record every tick, with the answer and the confidence as they stood.
        steps: whether to record how the steps went, in scenes of several; with a trace always.
        listen: told of every tick while it happens; the time it takes doesn't count as thinking.
        bf16: whether matrix products run in bfloat16.
        logits: whether thoughts hold what their answers were chosen by.

    Returns:
        One thought a scene, in order.

    Raises:
        DataError: scenes that don't fit the brain's senses, or that differ in shape.
    """
    will = will or brain.chart.will
    if not isinstance(values, Mapping):
        values = encode(brain.chart, values)
    thinker = _Thinker(brain, values, will, seed, trace, listen, bf16)
    thinker.told_steps, thinker.keeps_logits = steps or trace, logits
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        thinker.run()
    return thinker.thoughts()


class _Thinker:
    def __init__(
        self,
        brain: Brain,
        values: Mapping[str, Tensor],
        will: WillSpec,
        seed: int,
        trace: bool,
        listen: Listener | None,
        bf16: bool,
    ) -> None:
        self.brain, self.will = brain, will
        self.values = aimed(brain.chart, values, will.goal)
        self.teller = Teller(brain, last_step(brain.chart, self.values), trace, listen)
        self.count = int(next(iter(self.values.values())).shape[0])
        self.generator = torch.Generator().manual_seed(seed)
        self.dtype = torch.bfloat16 if bf16 else torch.float32
        self.kept = [_Kept() for _ in range(self.count)]
        self.steps: list[tuple[StepRecord, ...]] = [()] * self.count
        self.told_steps, self.keeps_logits = trace, False
        self.start = time.perf_counter()
        self.account = Account(brain, self.count, will.operations)
        self.paging: Paging | None = None
        self.seconds = 0.0

    def run(self) -> None:
        residence = self.brain.circuit.residence
        before = None if residence is None else residence.paging
        open_scenes = list(range(self.count))
        while open_scenes:
            # The first try goes alone, since most scenes need no other; the rest share batches.
            begun = self.kept[open_scenes[0]].tries
            attempts = 1 if begun == 0 else min(self.will.tries - begun, max(1, AT_ONCE // len(open_scenes)))
            attempts = self.account.tries(open_scenes, attempts)
            for first in range(0, len(open_scenes), AT_ONCE):
                self._attempt(open_scenes[first : first + AT_ONCE], attempts)
            open_scenes = [scene for scene in open_scenes if self._goes_on(scene)]
        self.seconds = self._elapsed()
        if residence is not None and before is not None:
            self.paging = residence.paging.since(before)

    def _goes_on(self, scene: int) -> bool:
        kept = self.kept[scene]
        if self._halts(kept.confidence):
            kept.stop = "confident"
        elif self._late():
            kept.stop = "milliseconds"
        elif kept.tries >= self.will.tries:
            kept.stop = "operations" if kept.broke else "tries" if self.will.tries > 1 else "ticks"
        elif not self.account.affords_try(scene):
            kept.stop = "operations"
        else:
            return True
        return False

    def _halts(self, confidence: float) -> bool:
        # Confidence may round to 1; a will that asks for 1 asks to think to the end all the same.
        return self.will.confidence < 1 and confidence >= self.will.confidence

    def _elapsed(self) -> float:
        return time.perf_counter() - self.start - self.teller.paused

    def _late(self) -> bool:
        return self.will.ms is not None and self._elapsed() * 1000 >= self.will.ms

    def _attempt(self, scenes: list[int], attempts: int) -> None:
        """Runs some attempts of some scenes side by side until they are sure or the budget ends."""
        owner = [scene for scene in scenes for _ in range(attempts)]
        seen = {name: value[torch.tensor(owner)] for name, value in self.values.items()}
        segment = self.brain.chart.training.ticks

        def step(brain: Brain, mind: Mind, values: dict[str, Tensor]) -> Reading:
            recorder = None if brain.circuit.wave is None else Recorder()
            reading = think_segment(brain, mind, values, recorder)
            self.account.charge(mind, recorder, segment, owner, reads=True)
            return reading

        mind, _, walked = begin(self.brain, seen, self.generator, self.dtype, step)
        foreseeing = most = 0
        if walked.readings:
            foreseeing, most = (
                len(walked.readings) * cost(self.brain, mind.places)
                for cost in (foreseeing_operations, segment_operations)
            )
        self.account.enter(owner, foreseeing, most, mind, min(segment, self.will.ticks))
        number = {}
        for row, scene in enumerate(owner):
            number[row] = self.kept[scene].tries
            self.kept[scene].tries += 1
        rows, spent = list(range(len(owner))), 0
        while rows:
            ticks = min(segment, self.will.ticks - spent)
            recorder = Recorder() if self.teller.wanted or self.brain.circuit.wave is not None else None
            reading = self._segment(mind, ticks, recorder, [(owner[r], number[r]) for r in rows], spent)
            spent += ticks
            if spent == ticks and walked.readings:
                walked.arrive(reading, mind.lanes.field if ticks == segment else None, mind.places.mask_BS)
                self._tell_steps(walked, owner)
            confidence_B = self.brain.reflection.confidence(reading.right)
            sure = self._keep(reading, confidence_B, [owner[row] for row in rows], spent)
            done_scenes = {owner[row] for row, is_sure in zip(rows, sure, strict=True) if is_sure}
            if spent >= self.will.ticks or self._late():
                return
            running = Counter(owner[row] for row in rows)
            broke = self.account.broke(running, mind, min(segment, self.will.ticks - spent))
            for scene in running:
                self.kept[scene].broke = scene in broke
            stay = [place for place, row in enumerate(rows) if owner[row] not in done_scenes | broke]
            if len(stay) < len(rows):
                index = torch.tensor(stay, dtype=torch.long)
                mind, confidence_B = mind.some(index), confidence_B[index]
                rows = [rows[place] for place in stay]
            wander(mind, confidence_B, self.will.noise, spent >= self.will.patience, self.generator)

    def _tell_steps(self, walked: Walk, owner: list[int]) -> None:
        """Keeps how steps went in the first try of each scene."""
        for row, scene in enumerate(owner):
            if self.told_steps and not self.steps[scene]:
                self.steps[scene] = step_records(self.brain, self.teller, self.values, walked, row, scene)

    def _segment(
        self, mind: Mind, ticks: int, recorder: Recorder | None, who: list[tuple[int, int]], spent: int
    ) -> Reading:
        brain, scenes = self.brain, [scene for scene, _ in who]
        if not self.teller.wanted:
            reading = brain.think_on(mind, ticks, recorder)
            self.account.charge(mind, recorder, ticks, scenes, reads=True)
            return reading
        assert recorder is not None
        for step in range(ticks):
            before, logits = dict(mind.answers), dict(mind.logits)
            reading = brain.think_on(mind, 1, recorder)
            last = step + 1 == ticks
            if not last:
                # "Changed" is measured from segment to segment, as in training; what is said is of a segment's end.
                mind.answers, mind.logits = before, logits
            # Looking at the answer at every tick is the trace's affair: only the segment's end is paid for.
            costs = self.account.charge(mind, recorder, 1, scenes, reads=last)
            confidence_B = brain.reflection.confidence(reading.right)
            self.teller.tell(Look(who, spent + step, recorder, confidence_B, reading, costs))
        return reading

    def _keep(self, reading: Reading, confidence_B: Tensor, scenes: list[int], spent: int) -> list[bool]:
        confidence = confidence_B.tolist()
        for place, scene in enumerate(scenes):
            kept = self.kept[scene]
            # Every look competes, within a try and across tries; of equals the later one, which has thought longer.
            if confidence[place] >= kept.confidence:
                kept.answers = {name: answer[place].clone() for name, answer in reading.answers.items()}
                kept.confidence, kept.ticks = confidence[place], spent
                if self.keeps_logits:
                    kept.logits = {name: logits[place].clone() for name, logits in reading.logits.items()}
        return [self._halts(value) for value in confidence]

    def thoughts(self) -> list[Thought]:
        return [
            Thought(
                self.teller.decode(kept.answers, self.teller.seen(scene)),
                kept.confidence,
                kept.ticks,
                kept.tries,
                self.seconds,
                self.account.spent[scene],
                kept.stop,
                kept.confidence >= self.will.confidence,
                tuple(self.teller.traces[scene]),
                steps=self.steps[scene],
                paging=self.paging,
                symbols=kept.answers,
                logits=kept.logits,
            )
            for scene, kept in enumerate(self.kept)
        ]
